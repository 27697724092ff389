"""Departments read from ``departments.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CODES: tuple[str, ...] = (
    *("housing", "transport", "water", "police", "bank", "reform"),
    "finance",
)
"""Codes of the departments that can receive a notice."""


@dataclass(frozen=True)
class Department:
    """What one department may receive; the fields are explained in ``departments.toml``."""

    code: str
    articles: tuple[str, ...]
    sectors: tuple[str, ...]
    funding: tuple[str, ...]
    flags: tuple[str, ...]
    facts: tuple[str, ...]
    parts: tuple[str, ...]
    elements: bool
    answer_working_days: int

    def supervises(self, sector: str | None, funding: str | None) -> bool:
        """Whether the department supervises a project; False if the sector is unknown."""
        return (not self.sectors or sector in self.sectors) and (
            not self.funding or funding in self.funding
        )


@cache
def departments() -> Mapping[str, Department]:
    """Departments by code."""
    text = files("risk.departments").joinpath("departments.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return {code: _department(code, document[code]) for code in CODES}


def _department(code: str, item: Mapping[str, Any]) -> Department:
    return Department(
        code=code,
        articles=tuple(item["articles"]),
        sectors=tuple(item["sectors"]),
        funding=tuple(item["funding"]),
        flags=tuple(item["flags"]),
        facts=tuple(item["facts"]),
        parts=tuple(item["parts"]),
        elements=item["elements"],
        answer_working_days=item["answer_working_days"],
    )
