"""Stored files of briefings by period, as the page lists them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from serving.briefings.repository import Briefing, PeriodKind

_ORDER = ("html", "docx", "pdf")


@dataclass(frozen=True)
class BriefingGroup:
    """The newest file of each format of a period and region, and the number of earlier ones."""

    month: dt.date
    period: PeriodKind
    label: str
    region: str
    files: Sequence[Briefing]
    earlier: int

    @property
    def newest(self) -> Briefing:
        """The file that was made last."""
        return max(self.files, key=lambda file: file.id)


def by_period(found: Sequence[Briefing]) -> list[BriefingGroup]:
    """Group files, newest first, by period and region; the latest period comes first."""
    groups: dict[tuple[dt.date, PeriodKind, str], list[Briefing]] = {}
    for one in sorted(found, key=lambda file: -file.id):
        groups.setdefault((one.month, one.period, one.region), []).append(one)
    order = sorted(groups, key=lambda key: (key[0], key[1], key[2]), reverse=True)
    return [_group(groups[key]) for key in order]


def _group(found: Sequence[Briefing]) -> BriefingGroup:
    newest: dict[str, Briefing] = {}
    for one in found:
        newest.setdefault(one.format, one)
    files = sorted(newest.values(), key=lambda one: _ORDER.index(one.format))
    first = found[0]
    return BriefingGroup(
        first.month, first.period, first.label, first.region, files, len(found) - len(files)
    )
