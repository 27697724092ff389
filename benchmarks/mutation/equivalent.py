"""Faults that change nothing, with the reason; the runner plants none of them.

``equivalent.toml`` names each by its file and by the line as it reads with the fault, so that a
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
    """Lines of ``file`` as they read with a fault that changes nothing, for one ``reason``."""

    file: str
    reason: str
    lines: tuple[str, ...]


@cache
def equivalents() -> tuple[Equivalent, ...]:
    """Return the entries of the table."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["equivalent"]
    return tuple(Equivalent(row["file"], row["reason"], tuple(row["lines"])) for row in rows)


def line_with(mutant: Mutant, source: str) -> str:
    """Return the line of ``source`` with the fault, without the spaces around it."""
    return mutant.apply(source).splitlines()[mutant.line - 1].strip()


def is_equivalent(file: str, mutant: Mutant, source: str) -> bool:
    """Whether the table lists ``mutant`` of ``file``."""
    listed = {line for one in equivalents() if one.file == file for line in one.lines}
    return bool(listed) and line_with(mutant, source) in listed
