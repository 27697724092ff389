"""Amounts and terms of ``standards.toml``: dated and cited; the closest region applies."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

FEN = 100


@dataclass(frozen=True)
class Standard:
    """Amount from which arrears are large in a region: (low, high) in fen, equal if exact."""

    region: str
    single: tuple[int, int]
    group: tuple[int, int]
    from_day: dt.date
    to_day: dt.date | None
    date_status: str
    instrument: str
    source: str
    certainty: str
    validity: str

    @property
    def national(self) -> bool:
        """Whether this is the national range, used where a region has no figure of its own."""
        return not self.region


@dataclass(frozen=True)
class Standards:
    """All standards, the group size in workers, and the terms of the sanction list."""

    standards: tuple[Standard, ...]
    group_workers: int
    months: int
    listing_from: dt.date
    term_years: int
    early_removal_months: int

    def of(self, region: str, day: dt.date) -> Standard | None:
        """Standard in force on ``day`` of the closest region; None if there was none."""
        matching = [
            standard
            for standard in self.standards
            if region.startswith(standard.region)
            and standard.from_day <= day
            and (standard.to_day is None or day < standard.to_day)
        ]
        return max(matching, key=lambda item: (len(item.region), item.from_day), default=None)


@cache
def read_standards() -> Standards:
    """Standards read from ``standards.toml``."""
    text = files("risk.legal_elements").joinpath("standards.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return Standards(
        standards=tuple(_standard(item) for item in document["standards"]),
        group_workers=document["workers"]["group"],
        months=document["workers"]["months"],
        listing_from=document["listing"]["from"],
        term_years=document["listing"]["term_years"],
        early_removal_months=document["listing"]["early_removal_months"],
    )


def _standard(item: Mapping[str, Any]) -> Standard:
    single, group = item["single"], item["group"]
    return Standard(
        region=item["region"],
        single=(single[0] * FEN, single[1] * FEN),
        group=(group[0] * FEN, group[1] * FEN),
        from_day=item["from"],
        to_day=item.get("to"),
        date_status=item["date_status"],
        instrument=item["instrument"],
        source=item["source"],
        certainty=item["certainty"],
        validity=item["validity"],
    )
