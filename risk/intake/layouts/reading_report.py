"""What reading through a layout, or by usual headings, did to a file; part of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from risk.intake.account_notes import Note

if TYPE_CHECKING:
    from risk.intake.layouts.plan import ReadingPlan, TableReading
    from risk.intake.layouts.translation import Changes

_SHOWN = 8


@dataclass(frozen=True)
class ReadingReport:
    """How a file was read.

    ``layouts`` are the names of the layouts used; ``synonyms`` gives the contract's heading for
    headings understood without one. ``asked`` are columns not used because their field is not
    certain, with the fields they may be. ``named_firms`` firms have an id made from their name
    since this import; ``made_keys`` rows have a key made from fields, ``filled_regions`` rows the
    region of the layout. ``table_by_headings``: the file's name says no table, its headings do.
    """

    layouts: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named_firms: int = 0
    made_keys: int = 0
    filled_regions: int = 0
    table_by_headings: bool = False

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "layouts": list(self.layouts),
            "synonyms": dict(self.synonyms),
            "asked": {heading: list(fields) for heading, fields in self.asked.items()},
            "named_firms": self.named_firms,
            "made_keys": self.made_keys,
            "filled_regions": self.filled_regions,
            "table_by_headings": self.table_by_headings,
        }


def place_notes(changes: Iterable[Changes]) -> Iterator[Note]:
    """Note about places below the county without a code, whose rows have the county's code."""
    places: Counter[str] = sum((one.places for one in changes), Counter())
    if places:
        shown = "、".join(name for name, _ in places.most_common(_SHOWN))
        more = "…" if len(places) > _SHOWN else ""
        fields: dict[str, str | int] = {"places": shown + more, "rows": places.total()}
        yield Note("places_unknown", fields, needs_answer=True)


def reading_report(
    plan: ReadingPlan | TableReading,
    *,
    named_firms: int,
    table_by_headings: bool,
    read: Collection[str] = (),
) -> ReadingReport:
    """Report of a reading whose rows have been read; ``read`` are the headings of used columns."""
    return ReadingReport(
        layouts=plan.layouts,
        synonyms=plan.synonyms,
        asked={
            one.column.heading: one.choices or ((one.target.field.name,) if one.target else ())
            for one in plan.asked
            if one.column.heading not in read
        },
        named_firms=named_firms,
        made_keys=sum(one.keys_made for one in plan.changes),
        filled_regions=sum(one.regions_filled for one in plan.changes),
        table_by_headings=table_by_headings,
    )
