"""Builds the documentation's site into a wheel; without mkdocs the wheel has what is there."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SiteHook(BuildHookInterface[Any]):
    """Runs before a wheel is built; not for an editable install, which serves the tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the site, where its sources and mkdocs are at hand."""
        root = Path(self.root)
        if version == "editable" or not (root / "docs" / "index.md").is_file():
            return
        if find_spec("mkdocs") is None:
            self.app.display_warning("mkdocs is missing: the wheel is built without /help")
            return
        os.environ["NO_MKDOCS_2_WARNING"] = "1"
        from mkdocs.commands.build import build
        from mkdocs.config import load_config

        build(load_config(str(root / "mkdocs.yml")))
