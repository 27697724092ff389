"""Writes the bill of materials of the run-time lock, as CycloneDX 1.6 JSON, to standard output.

Usage: python requirements/sbom.py [LOCK] > wagewatch.cdx.json
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)(?: ; ([^\\]+?))? \\$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill_of_materials(lock: str, version: str) -> dict[str, Any]:
    """Return the document of a lock with hashes, for version ``version`` of Wagewatch.

    The serial number depends on the content only, so that the same lock gives the same bytes.
    """
    components = _components(lock)
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, components]))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "wagewatch",
                "name": "wagewatch",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
    }


def _components(lock: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            found.append(_component(*pin.groups()))
        elif hashed := _HASH.search(line):
            # A distribution has several files, one per platform; one of them is installed.
            files = found[-1]["properties"]
            files.append({"name": "wagewatch:file:sha256", "value": hashed[1]})
    return found


def _component(name: str, version: str, marker: str | None) -> dict[str, Any]:
    url = f"pkg:pypi/{name}@{version}"
    properties = [{"name": "wagewatch:marker", "value": marker}] if marker else []
    return {
        **{"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url},
        "properties": properties,
    }


def main() -> None:
    """Print the document of the lock in the first argument, or of the run-time lock."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    lock = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "runtime.txt"
    document = bill_of_materials(lock.read_text(encoding="utf-8"), project["project"]["version"])
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
