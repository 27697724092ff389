"""What a list is made of: its groups, its reasons taken together, and what changed.

All of it is derived from sealed documents and needs no outcomes, so it is known on the day a list
is published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from risk.contract_sizes import contract_size
from serving.watchlists.texts import counted_flags, stated_reasons

Document = Mapping[str, Any]
GroupBy = Literal["region", "contractor"]

ATTRIBUTES = ("region", "sector", "funding", "size")
"""Attributes by which a list is divided: ``region`` is the county, or the township if there is only
one county, ``size`` that of the contract."""
MOST_REASONS = 5
"""Reasons shown of a group."""
_LEADING = 3
_COUNTY_DIGITS = 6
_TOWNSHIP_DIGITS = 9


@dataclass(frozen=True)
class GroupShare:
    """A group among the scored projects and on the list.

    ``expected`` is the sum of its probabilities, the events expected in it, and ``proportionate``
    the number of places it would have if they followed them. ``group`` is None where the attribute
    is unknown.
    """

    attribute: str
    group: str | None
    scored: int
    expected: float
    listed: int
    proportionate: float


@dataclass(frozen=True)
class ReasonCount:
    """A reason or red flag, and on how many entries of a group it is stated."""

    code: str
    entries: int


@dataclass(frozen=True)
class ReasonGroup:
    """The entries of one township or contractor; money in yuan, None where nothing is known.

    ``reasons`` are features that raise the risk, ``red_flags`` those about people and money; both
    most frequent first.
    """

    group: str | None
    entries: int
    urgent: int
    workers: int | None
    amount_owed: float | None
    reasons: tuple[ReasonCount, ...]
    red_flags: tuple[ReasonCount, ...]


@dataclass(frozen=True)
class Stability:
    """How much of a list was on the previous one, and for the same reasons.

    Of ``entries``, ``remaining`` were on the previous list too. Of those, ``compared`` state
    reasons on both, ``same_first`` the same first one; ``shared`` is the mean share of the first
    three reasons that both have (Jaccard index), None if nothing could be compared.
    """

    previous: str
    entries: int
    remaining: int
    compared: int
    same_first: int
    shared: float | None


def group_shares(scored: Sequence[Document], listed: Iterable[str]) -> list[GroupShare]:
    """Return the groups of the ``scored`` projects (rows of a register), and their places.

    ``listed`` are the project_ids on the list.

    >>> rows = [
    ...     {"project_id": key, "region_code": place, "probability": p, "contract_amount": 1}
    ...     for key, place, p in [("a", "1", 0.3), ("b", "1", 0.1), ("c", "2", 0.1)]
    ... ]
    >>> shares = group_shares(rows, ["a"])[:2]
    >>> [(one.group, one.listed, round(one.proportionate, 2)) for one in shares]
    [('1', 1, 0.8), ('2', 0, 0.2)]
    """
    on_list = set(listed) & {row["project_id"] for row in scored}
    expected = sum(row["probability"] for row in scored)
    found = []
    for attribute, values in _attributes(scored).items():
        groups: dict[str | None, list[Document]] = {}
        for row, value in zip(scored, values, strict=True):
            groups.setdefault(value, []).append(row)
        for group in sorted(groups, key=lambda name: (name is None, name or "")):
            rows = groups[group]
            events = sum(row["probability"] for row in rows)
            found.append(
                GroupShare(
                    attribute,
                    group,
                    scored=len(rows),
                    expected=events,
                    listed=sum(row["project_id"] in on_list for row in rows),
                    proportionate=len(on_list) * events / expected if expected else 0.0,
                )
            )
    return found


def reason_groups(entries: Sequence[Document], by: GroupBy) -> list[ReasonGroup]:
    """Return the entries of each township or contractor taken together, largest group first."""
    groups: dict[str | None, list[Document]] = {}
    for entry in entries:
        township = (entry["region_code"] or "")[:_TOWNSHIP_DIGITS]
        name = township if by == "region" else entry["contractor_name"]
        groups.setdefault(name or None, []).append(entry)
    found = [_reason_group(name, rows) for name, rows in groups.items()]
    return sorted(found, key=lambda one: (-one.entries, one.group is None, one.group or ""))


def stability(document: Document, previous: Document) -> Stability:
    """Return how much a list and its reasons have in common with the previous one."""
    before = {entry["project_id"]: entry for entry in previous["entries"]}
    both = [
        (_leading(entry), _leading(before[entry["project_id"]]))
        for entry in document["entries"]
        if entry["project_id"] in before
    ]
    stated = [(now, then) for now, then in both if now and then]
    shared = [len({*now} & {*then}) / len({*now} | {*then}) for now, then in stated]
    return Stability(
        previous=previous["as_of"],
        entries=len(document["entries"]),
        remaining=len(both),
        compared=len(stated),
        same_first=sum(now[0] == then[0] for now, then in stated),
        shared=sum(shared) / len(shared) if shared else None,
    )


def _reason_group(name: str | None, entries: Sequence[Document]) -> ReasonGroup:
    reasons = Counter(code for entry in entries for code in set(_raising(entry)))
    flags = Counter(code for entry in entries for code in {f["code"] for f in counted_flags(entry)})
    return ReasonGroup(
        group=name,
        entries=len(entries),
        urgent=sum(entry["tier"] in ("red", "orange") for entry in entries),
        workers=_total(entry["workers"] for entry in entries),
        amount_owed=_total(entry.get("amount_owed") for entry in entries),
        reasons=_most_frequent(reasons),
        red_flags=_most_frequent(flags),
    )


def _most_frequent(counts: Counter[str]) -> tuple[ReasonCount, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ReasonCount(code, entries) for code, entries in ordered[:MOST_REASONS])


def _raising(entry: Document) -> list[str]:
    """Return the features that raise the risk of an entry, strongest first."""
    raising = [one for one in stated_reasons(entry) if one["contribution"] > 0]
    return [one["feature"] for one in sorted(raising, key=lambda reason: -reason["contribution"])]


def _leading(entry: Document) -> list[str]:
    return _raising(entry)[:_LEADING]


def _total(values: Iterable[float | None]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _attributes(scored: Sequence[Document]) -> Mapping[str, Sequence[str | None]]:
    """Return the value of every attribute for each of the ``scored`` projects."""
    counties = {(row["region_code"] or "")[:_COUNTY_DIGITS] for row in scored}
    digits = _COUNTY_DIGITS if len(counties) > 1 else _TOWNSHIP_DIGITS
    return {
        "region": [(row["region_code"] or "")[:digits] or None for row in scored],
        "sector": [row.get("sector") for row in scored],
        "funding": [row.get("funding") for row in scored],
        "size": [contract_size(row.get("contract_amount")) for row in scored],
    }
