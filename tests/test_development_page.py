"""docs/development.md names files that exist, and modules are named by its rules."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
PACKAGES = ("risk", "features", "models", "training", "serving")
# Gerunds that are nouns of the field.
NOUNS = {
    "blocking",
    "case_handling",
    "csv_escaping",
    "formatting",
    "funding",
    "ranking",
    "reporting",
}
NOUNS |= {"rounding", "route_planning", "scoring", "signing", "staging", "subcontracting", "tuning"}
NOUNS |= {"visit_reordering"}


def task_rows() -> list[tuple[str, str]]:
    """The rows of the table of tasks: what is done, and in which file."""
    section = PAGE.split("## Where is ... done?")[1].split("\n## ")[0]
    return re.findall(r"^\| (?!task)([^|]+) \| `([^`]+)` \|$", section, re.MULTILINE)


def module_paths() -> list[Path]:
    """Every module of the five packages, migrations left out."""
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    return [path for path in files if "migrations" not in path.parts]


def test_tasks_are_at_least_thirty_and_none_is_listed_twice():
    rows = task_rows()
    assert len(rows) >= 30
    assert max(Counter(task for task, _ in rows).values()) == 1


@pytest.mark.parametrize(("task", "file"), task_rows())
def test_file_named_for_a_task_exists(task: str, file: str):
    assert (ROOT / file).is_file(), f"{task}: {file}"


def test_every_path_the_page_names_exists():
    named = {
        path
        for path in re.findall(
            r"`((?:risk|features|models|training|serving|tests)/[\w./-]*)`", PAGE
        )
        if not re.search(r"[A-Z]{3}", path)
    }
    assert len(named) > 40
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_modules_are_not_named_by_a_bare_gerund():
    names = {path.stem for path in module_paths()}
    assert len(names) > 200
    assert sorted(name for name in names if name.endswith("ing") and name not in NOUNS) == []


_MOST_LINES = 60
_DEFINITION = re.compile(r"( *)(?:async )?def (\w+)")


def lengths_of_functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and lines of each function of a module; a function ends where the indentation does."""
    open_ones: list[tuple[int, str, int]] = []
    last = 0
    for number, line in enumerate([*text.splitlines(), "end"], start=1):
        indent = len(line) - len(line.lstrip())
        # The end of a signature is as far left as its beginning.
        if not line.strip() or line.lstrip().startswith(")"):
            continue
        while open_ones and indent <= open_ones[-1][0]:
            _, name, start = open_ones.pop()
            yield name, last - start + 1
        if found := _DEFINITION.match(line):
            open_ones.append((indent, found[2], number))
        last = number


def test_functions_have_at_most_sixty_lines():
    sample = "def a(\n    b,\n) -> None:\n    def c():\n        d\n\n    e\n\n\nf = 1\n"
    assert list(lengths_of_functions(sample)) == [("c", 2), ("a", 7)]
    found = [
        (str(path.relative_to(ROOT)), name, lines)
        for path in module_paths()
        for name, lines in lengths_of_functions(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 3000
    assert [one for one in found if one[2] > _MOST_LINES] == []


def test_every_package_has_a_docstring():
    inits = [path for path in module_paths() if path.name == "__init__.py"]
    assert len(inits) > 30
    assert [str(path) for path in inits if '"""' not in path.read_text(encoding="utf-8")] == []


def documented_imports() -> list[tuple[str, str, str]]:
    """Every ``from MODULE import NAME`` of our packages in the code of the docs."""
    pattern = rf"^ {{4,}}from ((?:{'|'.join(PACKAGES)})[\w.]*) import ([\w, ]+)$"
    return [
        (page.name, module, name.strip())
        for page in sorted((ROOT / "docs").rglob("*.md"))
        for module, names in re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE)
        for name in names.split(",")
    ]


def test_names_imported_in_the_docs_exist():
    imports = documented_imports()
    assert len(imports) > 5
    missing = [row for row in imports if not hasattr(importlib.import_module(row[1]), row[2])]
    assert missing == []


def test_module_paths_in_the_docs_exist():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    named = {
        (page.name, path)
        for page in pages
        for path in re.findall(r"`([\w/]+\.py)`", page.read_text(encoding="utf-8"))
        if not re.search(r"[A-Z]{3}", path)
    }
    assert len(named) > 60
    names_of_files = {"commands.py", "csv.py", "endpoints.py", "pages.py", "repository.py"}
    names_of_files |= {"schemas.py", "service.py", "texts.py", "xlsx.py"}
    missing = [
        row
        for row in sorted(named)
        if row[1] not in names_of_files and not (ROOT / row[1]).exists()
    ]
    assert missing == []
