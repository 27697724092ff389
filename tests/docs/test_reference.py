"""The generated reference against what the program can emit: none of it is left out."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
sys.path.insert(0, str(ROOT / "docs"))

import generate_reference as reference  # noqa: E402

from risk.locale import LANGUAGES, catalogue  # noqa: E402
from serving.auth.roles import Permission, Role  # noqa: E402
from serving.cli.main import command  # noqa: E402
from serving.events import types  # noqa: E402
from serving.settings import CampaignPlan, Settings  # noqa: E402
from serving.terminal.context import context_from_arguments  # noqa: E402

PACKAGES = ("risk", "features", "models", "training", "serving")
BASES = {"", "error"}
"""Codes of base classes that are not raised themselves."""


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def codes_in_source() -> set[str]:
    """``code = "..."`` of every exception class, read from the source and not from imports."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for one in ast.walk(tree):
                if isinstance(one, ast.ClassDef) and one.bases:
                    found |= {
                        statement.value.value
                        for statement in one.body
                        if isinstance(statement, ast.Assign | ast.AnnAssign)
                        and "code" in ast.unparse(statement).partition("=")[0].split(":")[0].split()
                        and isinstance(statement.value, ast.Constant)
                    }
    return found


def test_every_error_class_is_listed_with_both_texts():
    listed = set(re.findall(r'^\| <a id="(\w+)"></a>', page("errors"), re.MULTILINE))
    written = codes_in_source()
    assert len(written) > 200
    assert written - listed - BASES == set()


def test_problems_without_a_class_are_listed_with_their_status():
    rows = dict(re.findall(r'^\| <a id="(\w+)"></a>`\w+` \| (\d*) ', page("errors"), re.MULTILINE))
    seen = {
        "invalid_parameter": "422",
        "not_json": "400",
        "text_invalid": "400",
        "not_found": "404",
        "method_not_allowed": "405",
        "internal_server_error": "500",
        "service_unavailable": "503",
        "request_entity_too_large": "413",
        "disk_full": "503",
        "read_only": "503",
        "database_busy": "503",
        "not_allowed": "403",
        "not_signed_in": "401",
        "workspace_missing": "",
    }
    assert {code: rows.get(code) for code in seen} == seen


def test_every_text_of_an_error_belongs_to_a_code_that_exists():
    """No text in the catalogue is for a code that nothing can raise."""
    known = {*reference.error_classes(), *reference.OF_JOBS}
    for language in LANGUAGES:
        texts = {
            key.removeprefix("errors.") for key in catalogue(language) if key.startswith("errors.")
        }
        assert texts - known == set(), language


def test_errors_are_sorted_by_text_without_what_is_filled_in():
    section = page("errors").split("## By Chinese text")[1].split("## By English text")[0]
    texts = re.findall(r"^\| (.+) \| \[`\w+`\]\(#\w+\) \|$", section, re.MULTILINE)
    assert len(texts) > 200
    plain = [reference._plain(one) for one in texts]
    assert plain == sorted(plain)
    assert reference._plain("{file} 设有密码。") == "设有密码"


def test_groups_that_do_something_themselves_are_commands():
    text = page("commands")
    for name in ("records", "link", "layouts", "records look", "link exact"):
        assert f"\n## {name}\n" in text
    for group in ("users", "models"):
        assert f"\n## {group}\n" not in text


def test_commands_say_choices_spans_and_defaults():
    watchlist = page("commands").split("\n## watchlist\n")[1].split("\n## ")[0]
    row = next(line for line in watchlist.splitlines() if line.startswith("| `--format`"))
    assert row.endswith("| `table`, `json`, `csv`, `xlsx` | `table` |")
    monthly = page("commands").split("\n## monthly\n")[1].split("\n## ")[0]
    assert "| 1 to 100000 |" in next(line for line in monthly.splitlines() if "--capacity" in line)


def test_every_option_of_every_command_is_listed():
    root = command(context_from_arguments(["--lang", "en"]))
    text = page("commands")
    count = 0
    for name, made in reference.all_commands(root, ()):
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for parameter in made.params:
            if parameter.name != "help":
                count += 1
                shown = parameter.opts[0] if parameter.opts[0][0] == "-" else parameter.name.upper()
                assert f"| `{shown}" in section, (name, shown)
    assert count > 150


def test_every_setting_has_a_meaning_in_both_languages():
    meant = reference.meanings()
    names = [name for name, _ in reference.all_settings(Settings.model_construct(), ())]
    assert len(names) > 50
    assert [name for name in names if not all(meant.get(name, ("", "")))] == []
    assert "matters.recheck_days" in page("settings")
    assert meant["records.memory_gb"][0].startswith("Memory the record store may use")


def test_campaign_keys_and_rates_are_listed():
    text = page("settings")
    assert [name for name in CampaignPlan.model_fields if f"| `{name}` |" not in text] == []
    from risk.indicators import DEFINITIONS

    assert [name for name in DEFINITIONS if f"| `{name}` |" not in text] == []
    assert "`government_matters`" in text


def test_events_and_roles_are_all_there():
    assert [one for one in types.TYPES if f"`cn.wagewatch.{one}`" not in page("events")] == []
    text = page("roles")
    assert [one for one in Role if f"`{one}`" not in text] == []
    assert [one for one in Permission if f"| `{one}` |" not in text] == []


@pytest.mark.parametrize("name", ["commands", "settings", "errors", "roles", "events"])
def test_no_cell_of_a_table_is_broken(name):
    """Rows of a table have as many cells as their head."""
    width = 0
    for line in page(name).splitlines():
        if re.match(r"\|(---\|)+$", line):
            width = line.count("|")
        elif line.startswith("|") and width:
            assert len(re.findall(r"(?<!\\)\|", line)) == width, line
        elif not line.startswith("|"):
            width = 0
