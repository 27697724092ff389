"""The bill of materials lists what the lock pins, and SECURITY.md names tests that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from .test_locks import ROOT, lock_lines, pins


def bill():
    command = [sys.executable, "requirements/sbom.py"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


def test_bill_of_materials_lists_every_pin_with_its_hashes():
    document = json.loads(bill())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", document["serialNumber"]
    )
    found = {(one["name"], one["version"]) for one in document["components"]}
    assert found == {pin[:2] for pin in pins("runtime")}
    assert len({one["bom-ref"] for one in document["components"]}) == len(document["components"])
    hashes = [
        p for one in document["components"] for p in one["properties"] if "sha256" in p["name"]
    ]
    assert len(hashes) == sum(line.count("--hash=sha256:") for line in lock_lines("runtime"))


def test_same_lock_gives_the_same_bytes():
    assert bill() == bill()


def test_tests_named_in_the_threat_model_exist():
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+)`", security)
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []
