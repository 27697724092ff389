"""Reading of an office's own file of headings; a fault in it is reported with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from risk.contract import STORED_TABLES
from risk.intake.layouts.errors import SynonymsInvalid

_SECTIONS = ("fields", "names")
_LIST = '["...", "..."]'


def read_synonyms(path: Path) -> Mapping[str, Any]:
    """Headings by field, table and section, in the form of ``headings.toml``.

    Raises:
        SynonymsInvalid: the file cannot be read, is no TOML, or has another table, field or value.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise SynonymsInvalid(file=path.name, at="-", found=found, allowed="TOML") from error
    _Check(path.name).file(data)
    return data


class _Check:
    """Check of the data of one file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def file(self, data: Mapping[str, Any]) -> None:
        for section, tables in data.items():
            self._known(section, section, _SECTIONS)
            for name, fields in self._table(section, tables).items():
                self._known(f"{section}.{name}", name, tuple(STORED_TABLES))
                allowed = tuple(one.name for one in STORED_TABLES[name].fields)
                for field, headings in self._table(f"{section}.{name}", fields).items():
                    at = f"{section}.{name}.{field}"
                    self._known(at, field, allowed)
                    self._headings(at, headings)

    def _headings(self, at: str, headings: Any) -> None:
        """Check the headings of a field: a list, or lists by source."""
        lists = headings.values() if isinstance(headings, dict) else [headings]
        for one in lists:
            if not isinstance(one, list) or not all(isinstance(text, str) for text in one):
                self._refuse(at, one, _LIST)

    def _table(self, at: str, found: Any) -> Mapping[str, Any]:
        if not isinstance(found, dict):
            self._refuse(at, found, f"[{at}]")
        return dict(found)

    def _known(self, at: str, found: str, allowed: Sequence[str]) -> None:
        if found not in allowed:
            self._refuse(at, found, ", ".join(allowed))

    def _refuse(self, at: str, found: Any, allowed: str) -> NoReturn:
        raise SynonymsInvalid(file=self._file, at=at, found=str(found)[:200], allowed=allowed)
