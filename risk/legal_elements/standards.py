"""The amounts and terms of ``standards.toml``: dated, cited, the closest region wins."""

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
    """From what amount arrears are large in a region; (low, high) in fen, equal where exact."""

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
        """Whether it is the national range, for want of a figure of the region's own."""
        return not self.region


@dataclass(frozen=True)
class Standards:
    """All standards; how many workers are a group, and the terms of the sanction list."""

    standards: tuple[Standard, ...]
    group_workers: int
    months: int
    listing_from: dt.date
    term_years: int
    early_removal_months: int

    def of(self, region: str, day: dt.date) -> Standard | None:
        """The standard of the closest region in force on ``day``; None before there was any."""
        found = [
            one
            for one in self.standards
            if region.startswith(one.region)
            and one.from_day <= day
            and (one.to_day is None or day < one.to_day)
        ]
        return max(found, key=lambda one: (len(one.region), one.from_day), default=None)


@cache
def read_standards() -> Standards:
    """The standards of ``standards.toml``."""
    text = files("risk.legal_elements").joinpath("standards.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return Standards(
        standards=tuple(_standard(one) for one in document["standards"]),
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
