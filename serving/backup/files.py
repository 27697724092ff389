"""Files of a workspace that people wrote, for the backup."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from risk.workspace import Workspace
from serving.settings import NESTED, PREFIX, file_settings, read_toml

_QUERIES = "queries"


def written_files(workspace: Workspace) -> list[Path]:
    """Return settings and what they name or what lies beside them, below the workspace, sorted.

    That are all TOML files in the workspace's folder, the files that settings name (found by the
    types of the settings), models of other counties, layouts, import forms, warning rules, and
    the query files and dialects of sources. Files with secrets, and files elsewhere, are left out.

    Raises:
        SettingsUnreadable: the settings are not TOML.
    """
    root = workspace.root.resolve()
    settings = read_toml(workspace.settings_file)
    sections = settings.get("sources", {})
    sources = [one for one in sections.values() if isinstance(one, Mapping)]
    secrets = {(root / _text(one, "secret_file")).resolve() for one in sources}
    paths = [*_candidates(root, workspace.layouts.resolve(), sources), workspace.shared_models]
    found = {path.resolve() for path in [*paths, *_named(root, settings)]}
    return sorted(
        path.relative_to(root)
        for path in found - secrets
        if path.is_file() and path.is_relative_to(root)
    )


def _named(root: Path, settings: Mapping[str, Any]) -> Iterator[Path]:
    """The files that settings name, in the file or in the environment, which wins."""
    for section, key in file_settings():
        given = settings.get(section, {})
        variable = f"{PREFIX}{section}{NESTED}{key}".upper()
        name = os.environ.get(variable) or (_text(given, key) if isinstance(given, dict) else "")
        if name:
            yield root / name


def _candidates(root: Path, layouts: Path, sources: list[Mapping[str, Any]]) -> Iterator[Path]:
    yield from root.glob("*.toml")
    yield from layouts.rglob("*.toml")
    yield from (root / "import_forms").glob("*.toml")
    yield from (root / "rules").glob("*.toml")
    for one in sources:
        yield from (root / (_text(one, _QUERIES) or _QUERIES)).glob("*.sql")
        if dialect := _text(one, "dialect"):
            yield root / dialect


def _text(section: Mapping[str, Any], key: str) -> str:
    value = section.get(key, "")
    return value if isinstance(value, str) else ""
