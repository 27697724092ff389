"""Check of each statutory element against the cases and inspections of one project.

Source: Criminal Law Article 276-1 with Fa Shi [2013] No. 3; Order No. 45 of the Ministry of Human
Resources and Social Security. Cases and inspections are rows of the record contract as known
before ``as_of`` (days as ISO text, money in fen); elements without records are unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from risk.legal_elements.standards import Standard, Standards, read_standards

Kind = Literal["crime", "listing"]
KINDS: tuple[Kind, ...] = ("crime", "listing")
Standing = Literal["shown", "otherwise", "unknown"]
Row = Mapping[str, Any]

_OPEN = frozenset({"accepted", "filed", "confirmed", "transferred"})
_CONFIRMED = frozenset({"confirmed", "transferred"})


@dataclass(frozen=True)
class Element:
    """One element: its standing, the reason (catalogue key and fields) and the evidence.

    Fields ending in ``_fen`` are money in fen; days are ISO text. ``evidence`` holds pairs of
    table and record id.
    """

    code: str
    standing: Standing
    reason: str
    fields: Mapping[str, int | str] = field(default_factory=dict)
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Matter:
    """Newest open case, and newest inspection with arrears that are not reported as corrected."""

    case: Row | None
    order: Row | None

    def figure(self, case_field: str, order_field: str) -> int | None:
        """Figure of the case, or of the inspection if the case lacks it."""
        for row, name in ((self.case, case_field), (self.order, order_field)):
            if row is not None and row.get(name) is not None:
                return int(row[name])
        return None

    def refs(self) -> tuple[tuple[str, str], ...]:
        """Table and id of the case and of the inspection."""
        return (*_case_ref(self.case), *_order_ref(self.order))


def has_open_matter(handling: Mapping[str, Sequence[Row]] | None) -> bool:
    """Whether a case is open or an inspection found arrears that are not corrected."""
    matter = _matter(handling)
    return matter.case is not None or matter.order is not None


def elements_of(
    kind: Kind,
    handling: Mapping[str, Sequence[Row]] | None,
    region: str,
    as_of: dt.date,
    standards: Standards | None = None,
) -> tuple[Element, ...]:
    """Elements of ``kind`` in statutory order.

    ``handling`` holds the ``cases`` and ``inspections`` of the project as known before ``as_of``;
    with None every element is unknown.
    """
    known = standards or read_standards()
    matter = _matter(handling)
    standard = known.of(region, as_of - dt.timedelta(days=1))
    common = (
        _confirmed(matter, handling),
        _extent(matter, known),
        _amount(matter, standard, known.group_workers),
    )
    order = (_order_made(matter), _order_served(matter), _deadline(matter, as_of))
    if kind == "crime":
        ability = Element("able_or_fled", "unknown", "not_in_records")
        return (*common, *order, _still_unpaid(matter), ability)
    incident = Element("group_incident", "unknown", "not_in_records")
    term = {"years": known.term_years, "months": known.early_removal_months}
    if as_of <= known.listing_from:
        return (Element("in_force", "otherwise", "not_yet", {"day": str(known.listing_from)}),)
    return (*common, incident, *order, _still_unpaid(matter), Element("term", "shown", "is", term))


def _matter(handling: Mapping[str, Sequence[Row]] | None) -> _Matter:
    records = handling or {"cases": (), "inspections": ()}
    cases = [row for row in records["cases"] if row["status"] in _OPEN and not row.get("closed_on")]
    orders = [
        row
        for row in records["inspections"]
        if row["arrears_found"] and not row.get("rectified_on")
    ]
    # Confirmed cases come before accepted ones; then the newest.
    case = max(
        cases,
        key=lambda row: (row["status"] in _CONFIRMED, row["opened_on"], row["case_id"]),
        default=None,
    )
    order = max(
        orders,
        key=lambda row: (
            row.get("rectify_by") is not None,
            row["inspected_on"],
            row["inspection_id"],
        ),
        default=None,
    )
    return _Matter(case, order)


def _confirmed(matter: _Matter, handling: Mapping[str, Sequence[Row]] | None) -> Element:
    code = "arrears_confirmed"
    if matter.case is not None and matter.case["status"] in _CONFIRMED:
        return Element(code, "shown", "case", {}, _case_ref(matter.case))
    if matter.order is not None:
        fields: dict[str, int | str] = {"day": str(matter.order["inspected_on"])}
        return Element(code, "shown", "inspection", fields, _order_ref(matter.order))
    if matter.case is not None:
        return Element(code, "unknown", "not_yet", {}, _case_ref(matter.case))
    done = (handling or {}).get("cases", ())
    if done and all(row["status"] in ("unfounded", "closed") for row in done):
        refs = tuple(("cases", str(row["case_id"])) for row in done)
        return Element(code, "otherwise", "settled", {}, refs)
    return Element(code, "unknown", "no_record")


def _extent(matter: _Matter, known: Standards) -> Element:
    """Ten or more workers, or one owed three months' pay; no record has the months per worker."""
    workers = matter.figure("workers", "workers_owed")
    fields: dict[str, int | str] = {"least": known.group_workers, "months": known.months}
    if workers is None:
        return Element("extent", "unknown", "no_workers", fields, matter.refs())
    fields["workers"] = workers
    if workers >= known.group_workers:
        return Element("extent", "shown", "group", fields, matter.refs())
    return Element("extent", "unknown", "few", fields, matter.refs())


def _amount(matter: _Matter, standard: Standard | None, group: int) -> Element:
    amount = matter.figure("amount_owed", "amount_owed")
    workers = matter.figure("workers", "workers_owed")
    if standard is None or amount is None:
        return Element("amount", "unknown", "no_amount", {}, matter.refs())
    many = workers is not None and workers >= group
    low, high = standard.group if many else standard.single
    fields: dict[str, int | str] = {
        "amount_fen": amount,
        "low_fen": low,
        "high_fen": high,
        "instrument": standard.instrument,
        "source": standard.source,
        "certainty": standard.certainty,
        "validity": standard.validity,
        "date_status": standard.date_status,
    }
    where = "national" if standard.national else "local"
    if workers is None:
        # It is unknown which standard applies, so only amounts above or below both are decided.
        low, high = standard.single[0], standard.group[1]
        fields |= {"low_fen": low, "high_fen": high}
        where = "either"
    # Among several workers at least one is owed the mean or more, and none more than the total.
    most_sure = amount if many or workers is None else amount // max(workers, 1)
    if most_sure >= high:
        return Element("amount", "shown", f"{where}_above", fields, matter.refs())
    if amount < low:
        return Element("amount", "otherwise", f"{where}_below", fields, matter.refs())
    return Element("amount", "unknown", f"{where}_near", fields, matter.refs())


def _order_made(matter: _Matter) -> Element:
    if matter.order is not None and matter.order.get("rectify_by"):
        fields: dict[str, int | str] = {
            "day": str(matter.order["inspected_on"]),
            "by": str(matter.order["rectify_by"]),
        }
        return Element("order_made", "shown", "recorded", fields, _order_ref(matter.order))
    return Element("order_made", "unknown", "not_in_records", {}, matter.refs())


def _order_served(matter: _Matter) -> Element:
    return Element("order_served", "unknown", "not_in_records", {}, _order_ref(matter.order))


def _deadline(matter: _Matter, as_of: dt.date) -> Element:
    refs = _order_ref(matter.order)
    if matter.order is None or not matter.order.get("rectify_by"):
        return Element("deadline_passed", "unknown", "no_deadline", {}, refs)
    by = dt.date.fromisoformat(str(matter.order["rectify_by"]))
    fields: dict[str, int | str] = {"by": str(by)}
    if by < as_of:
        return Element("deadline_passed", "shown", "passed", fields, refs)
    return Element("deadline_passed", "otherwise", "running", fields, refs)


def _still_unpaid(matter: _Matter) -> Element:
    """Shown only if a recovered amount is on record and is short; a missing one proves nothing."""
    code, case = "still_unpaid", matter.case
    if case is None or case.get("amount_owed") is None or case.get("amount_recovered") is None:
        return Element(code, "unknown", "not_in_records", {}, matter.refs())
    left = int(case["amount_owed"]) - int(case["amount_recovered"])
    if left <= 0:
        return Element(code, "otherwise", "recovered", {}, _case_ref(case))
    return Element(code, "shown", "left", {"left_fen": left}, _case_ref(case))


def _case_ref(case: Row | None) -> tuple[tuple[str, str], ...]:
    return () if case is None else (("cases", str(case["case_id"])),)


def _order_ref(order: Row | None) -> tuple[tuple[str, str], ...]:
    return () if order is None else (("inspections", str(order["inspection_id"])),)
