"""The sections on the alerts: by tier, sector and place, the key projects, who repeats."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from serving.briefings.facts import Document, Facts, Warned
from serving.documents.builder import Teller
from serving.documents.model import Bars, Cell, Grid
from serving.documents.rounding import wan_parts
from serving.formatting import coded

TIERS = ("red", "orange", "yellow", "blue")
ALERTED = ("red", "orange")
KEY_PROJECTS = 10
REPEATING = 2
_MOST_PLACES = 12
_MOST_REPEATING = 15


def tell_alerts(builder: Teller, facts: Facts) -> None:
    """How many projects stand in each tier, against the last list and a year before."""
    builder.heading("alerts")
    if facts.now is None:
        builder.say("no_list")
        return
    builder.put(_tiers(builder, facts, facts.now))
    _changes(builder, facts)
    sector = _across(builder, facts, "sector", lambda row: _coded(builder, "sector", row))
    places = _places(builder, facts)
    builder.put(sector, places)
    builder.put(_chart(builder, places))


def tell_key_projects(builder: Teller, facts: Facts) -> None:
    """The riskiest projects with reasons and duties unmet; contractors and owners that repeat."""
    builder.heading("key")
    if facts.now is None:
        builder.say("no_list")
        return
    entries = [e for e in facts.now.document["entries"] if e["tier"] in ALERTED]
    shown = entries[:KEY_PROJECTS]
    builder.heading("key_projects", 2)
    if not shown:
        builder.say("key_none")
    else:
        builder.say("key_shown", key_all=len(entries), key_shown=len(shown))
        builder.put(_key_grid(builder, shown))
    for role in ("contractor", "owner"):
        builder.heading(f"repeat_{role}", 2)
        repeating = _repeating(facts.now.projects, role)
        if not repeating:
            builder.say(f"repeat_{role}_none")
            continue
        builder.put(_repeat_grid(builder, role, repeating[:_MOST_REPEATING]))
        if len(repeating) > _MOST_REPEATING:
            builder.say("repeat_more", repeat_left=len(repeating) - _MOST_REPEATING)


def full_list(builder: Teller, facts: Facts) -> Grid | None:
    """The annex: every entry of the list."""
    if facts.now is None:
        return None
    heads = ("rank", "project", "contractor", "place", "tier", "chance", "workers", "stake", "why")
    entries = facts.now.document["entries"]
    return Grid(
        builder.word("grids.list"),
        tuple(builder.word(f"heads.{name}") for name in heads),
        tuple(_entry_row(builder, entry) for entry in entries),
        widths=(0.8, 3.6, 3.0, 1.5, 1.0, 1.1, 1.1, 1.6, 6.5),
    )


def by_tier(rows: Sequence[Document]) -> dict[str, int]:
    """How many projects stand in each tier."""
    counted = Counter(row["tier"] for row in rows)
    return {tier: counted[tier] for tier in TIERS}


def _tiers(builder: Teller, facts: Facts, now: Warned) -> Grid:
    heads = ["tier", "now", "last", "difference", "year_ago"]
    lists = (now, facts.last, facts.year_ago)
    counts = [by_tier(one.projects) if one and one.whole else None for one in lists]
    rows = [
        _tier_row(_tier(builder, tier), [c[tier] if c else None for c in counts]) for tier in TIERS
    ]
    total = _tier_row(builder.word("total"), [sum(c.values()) if c else None for c in counts])
    summed = tuple(place for place in (1, 2, 3, 4) if total[place] is not None)
    return Grid(
        builder.word("grids.tiers"),
        tuple(builder.word(f"heads.{name}") for name in heads),
        tuple(rows),
        total,
        summed,
        named=((1, "cohort"),),
    )


def _tier_row(name: str, counts: Sequence[int | None]) -> tuple[Cell, ...]:
    now, last, year_ago = counts
    moved = None if now is None or last is None else now - last
    return (name, now, last, moved, year_ago)


def _changes(builder: Teller, facts: Facts) -> None:
    """Who is new on the list, who left it."""
    assert facts.now is not None  # noqa: S101 - the caller has looked
    document = facts.now.document
    kinds = Counter(entry["change"]["kind"] for entry in document["entries"])
    if document["previous"] is None:
        builder.say("first_list", listed=len(document["entries"]))
        return
    stayed = sum(kinds[kind] for kind in ("up", "down", "same"))
    builder.say(
        "changes",
        listed=len(document["entries"]),
        listed_new=kinds["new"],
        listed_stayed=stayed,
        listed_gone=len(document["gone"]),
    )


def _across(builder: Teller, facts: Facts, name: str, of: Callable[[Document], str]) -> Grid:
    """Projects of each kind by tier; those red or orange against the lists before."""
    assert facts.now is not None  # noqa: S101 - the caller has looked
    lists = (facts.now, facts.last, facts.year_ago)
    counted = [_by_kind(one.projects, of) if one and one.whole else None for one in lists]
    now, *before = counted
    kinds = sorted(now or {}, key=lambda kind: (-sum((now or {})[kind].values()), kind))
    # A kind that has no project any more still belongs to the totals of the lists before.
    kinds += sorted({kind for one in before for kind in one or {}} - set(kinds))
    body = [
        _kind_row(kind, [None if c is None else c.get(kind, _NONE) for c in counted])
        for kind in kinds
    ]
    whole = [None if c is None else _added(c.values()) for c in counted]
    total = _kind_row(builder.word("total"), whole)
    heads = [builder.word(f"heads.{name}"), *(_tier(builder, tier) for tier in TIERS)]
    heads += [
        builder.word(f"heads.{one}") for one in ("sum", "alerted", "last_alerted", "past_alerted")
    ]
    return Grid(
        builder.word(f"grids.{name}"),
        tuple(heads),
        tuple(body),
        total,
        tuple(place for place in range(1, len(total)) if total[place] is not None),
        named=((5, "cohort"),),
    )


Tally = Mapping[str, int]
_NONE: Tally = dict.fromkeys(TIERS, 0)


def _by_kind(rows: Sequence[Document], of: Callable[[Document], str]) -> Mapping[str, Tally]:
    kinds: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        kinds[of(row)].append(row)
    return {kind: by_tier(members) for kind, members in kinds.items()}


def _added(tallies: Iterable[Tally]) -> Tally:
    every = list(tallies)
    return {tier: sum(one[tier] for one in every) for tier in TIERS}


def _kind_row(name: str, tallies: Sequence[Tally | None]) -> tuple[Cell, ...]:
    now = tallies[0] or _NONE
    alerted = [None if one is None else sum(one[tier] for tier in ALERTED) for one in tallies]
    return (name, *now.values(), sum(now.values()), *alerted)


def _places(builder: Teller, facts: Facts) -> Grid:
    """By county, or within one county by township."""
    assert facts.now is not None  # noqa: S101 - the caller has looked
    counties = {row["region_code"][:6] for row in facts.now.projects}
    digits = 9 if len(counties) == 1 else 6
    return _across(builder, facts, "place", lambda row: builder.place(row["region_code"][:digits]))


def _chart(builder: Teller, places: Grid) -> Bars:
    shown = places.rows[:_MOST_PLACES]
    return Bars(
        builder.word("charts.places"),
        tuple(str(row[0]) for row in shown),
        tuple(_tier(builder, tier) for tier in TIERS[:3]),
        tuple(tuple(float(str(row[place])) for place in (1, 2, 3)) for row in shown),
        builder.word("units.projects"),
    )


def _key_grid(builder: Teller, entries: Sequence[Document]) -> Grid:
    heads = ("rank", "project", "tier", "workers", "stake", "why", "unmet")
    return Grid(
        builder.word("grids.key"),
        tuple(builder.word(f"heads.{name}") for name in heads),
        tuple(
            (
                entry["rank"],
                _named(builder, entry),
                f"{_tier(builder, entry['tier'])} {entry['probability']:.1%}",
                entry["workers"],
                _yuan_wan(entry),
                _why(builder, entry),
                _unmet(builder, entry),
            )
            for entry in entries
        ),
        widths=(0.7, 2.9, 1.2, 1.0, 1.4, 5.0, 4.2),
    )


def _entry_row(builder: Teller, entry: Document) -> tuple[Cell, ...]:
    return (
        entry["rank"],
        f"{entry['project_name']}（{entry['project_id']}）",
        entry["contractor_name"],
        builder.place(entry["region_code"]),
        _tier(builder, entry["tier"]),
        f"{entry['probability']:.1%}",
        entry["workers"],
        _yuan_wan(entry),
        _why(builder, entry),
    )


def _named(builder: Teller, entry: Document) -> str:
    contractor = entry["contractor_name"] or builder.word("contractor_unknown")
    return f"{entry['project_name']}（{contractor}）"


def _yuan_wan(entry: Document) -> str | None:
    amount = entry["amount_at_stake"]
    return None if amount is None else f"{amount / 10_000:.2f}"


def _why(builder: Teller, entry: Document) -> str:
    raising = [one for one in entry["reasons"] if one["contribution"] > 0]
    return "；".join(one["text"][builder.language] for one in raising[:2])


def _unmet(builder: Teller, entry: Document) -> str:
    return "；".join(
        f"{flag['title'][builder.language]}（{builder.word('article', n=flag['article'])}）"
        for flag in entry["red_flags"]
    )


Repeat = tuple[str, list[Document]]


def _repeating(rows: Sequence[Document], role: str) -> list[Repeat]:
    """Organisations with several projects in the upper tiers, those with most first."""
    found: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        if row["tier"] in ALERTED and row.get(f"{role}_id"):
            found[row[f"{role}_id"]].append(row)
    several = [(key, members) for key, members in found.items() if len(members) >= REPEATING]
    several.sort(key=lambda one: (-len(one[1]), one[0]))
    return [(members[0].get(f"{role}_name") or key, members) for key, members in several]


def _repeat_grid(builder: Teller, role: str, repeating: Sequence[Repeat]) -> Grid:
    heads = (role, "red", "orange", "together", "workers", "stake")
    money = wan_parts([_sum(members, "amount_at_stake") for _, members in repeating])
    rows: list[tuple[Cell, ...]] = []
    sums: list[int | Decimal] = [0, 0, 0, 0, Decimal(0)]
    for (name, members), amount in zip(repeating, money, strict=True):
        counts = by_tier(members)
        numbers: tuple[int | Decimal, ...] = (
            counts["red"],
            counts["orange"],
            len(members),
            _sum(members, "workers"),
            amount,
        )
        rows.append((name, *numbers))
        for place, one in enumerate(numbers):
            sums[place] += one
    total = (builder.word("total"), *sums)
    return Grid(
        builder.word(f"grids.repeat_{role}"),
        tuple(builder.word(f"heads.{name}") for name in heads),
        tuple(rows),
        total,
        (1, 2, 3, 4, 5),
    )


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(row.get(name) or 0 for row in rows)


def _tier(builder: Teller, tier: str) -> str:
    return coded("tier", tier, builder.language)


def _coded(builder: Teller, field: str, row: Document) -> str:
    code = row.get(field)
    return (
        builder.word("unknown")
        if code is None
        else coded(f"projects.{field}", code, builder.language)
    )
