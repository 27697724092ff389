"""Faults that change nothing, with the reason; the runner plants none of them.

``equivalent.toml`` names each by its file and by its line without and with the fault, so that a
change elsewhere in the file leaves the entry valid.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.mutation.operators import Mutant

TABLE = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Equivalent:
    """Lines of ``file``, without and with a fault that changes nothing for one ``reason``."""

    file: str
    reason: str
    changes: tuple[tuple[str, str], ...]


@cache
def equivalents() -> tuple[Equivalent, ...]:
    """Return the entries of the table."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8")).get("equivalent", ())
    return tuple(
        Equivalent(row["file"], row["reason"], tuple((old, new) for old, new in row["changes"]))
        for row in rows
    )


def change_by(mutant: Mutant, source: str) -> tuple[str, str]:
    """Return the line of ``source`` without and with the fault, without the spaces around it."""
    start = source.rfind("\n", 0, mutant.start) + 1
    after = source[start : mutant.start] + mutant.after + source[mutant.end :]
    return _first_line(source[start:]), _first_line(after)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip()


def is_equivalent(file: str, mutant: Mutant, source: str) -> bool:
    """Whether the table lists ``mutant`` of ``file``."""
    listed = {change for one in equivalents() if one.file == file for change in one.changes}
    return bool(listed) and change_by(mutant, source) in listed
