"""Sections on alerts: by tier, sector and place, key projects, repeated organisations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from serving.briefings.facts import Document, Facts, ScoredList
from serving.briefings.owed import Owed
from serving.documents.builder import DocumentBuilder
from serving.documents.model import BarChart, Cell, Table
from serving.formatting import capitalized, code_label
from serving.watchlists.ranking import Ranking, ranking_of
from serving.watchlists.texts import counted_flags, flag_title, joined, main_reasons

TIERS = ("red", "orange", "yellow", "blue")
ALERTED = ("red", "orange")
KEY_PROJECTS = 10
REPEATING = 2
_MOST_PLACES = 12
_MOST_REPEATING = 15


def add_alerts(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the number of projects per tier, compared with the last list and a year before."""
    builder.add_heading("alerts")
    if facts.current is None:
        builder.add_paragraph("no_list_here")
        return
    _changes(builder, facts)
    if not facts.current.complete:
        return
    builder.add(_tiers(builder, facts, facts.current).condensed())
    sector = _table_by(builder, facts, "sector", lambda row: _coded(builder, "sector", row))
    places = _places(builder, facts)
    builder.add(sector.condensed(), places.condensed())
    chart = _chart(builder, places)
    if len(places.rows) > 1 and any(map(any, chart.amounts)):
        builder.add(chart)


def add_key_projects(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the riskiest projects with their reasons, and organisations with several alerts."""
    builder.add_heading("key")
    if facts.current is None:
        builder.add_paragraph("no_list_here")
        return
    entries = [e for e in facts.current.document["entries"] if e["tier"] in ALERTED]
    shown = entries[:KEY_PROJECTS]
    builder.add_heading("key_projects", 2)
    _add_ranking(builder, ranking_of(facts.current.document))
    if not shown:
        builder.add_paragraph("key_none")
    else:
        key = "key_shown" if len(entries) > len(shown) else "key_all"
        builder.add_paragraph(key, key_all=len(entries), key_shown=len(shown))
        builder.add(_key_projects_table(builder, shown))
    _add_unlisted(builder, facts.current)
    for role in ("contractor", "owner"):
        builder.add_heading(f"repeat_{role}", 2)
        if not facts.current.complete:
            builder.add_paragraph("repeat_unknown")
            continue
        repeating = _repeating(facts.current.projects, role)
        if not repeating:
            builder.add_paragraph(f"repeat_{role}_none")
            continue
        shown_units = repeating[:_MOST_REPEATING]
        builder.add(_repeat_table(builder, role, shown_units, facts.owed).condensed())
        if len(repeating) > _MOST_REPEATING:
            left = {f"repeat_{role}_left": len(repeating) - _MOST_REPEATING}
            builder.add_paragraph(f"repeat_{role}_more", **left)


def _add_unlisted(builder: DocumentBuilder, current: ScoredList) -> None:
    """Add how many red and orange projects the list has no place for, if all are known."""
    listed = {entry["project_id"] for entry in current.document["entries"]}
    left = [row for row in current.projects if row["tier"] in ALERTED]
    left = [row for row in left if row["project_id"] not in listed]
    if left and current.complete:
        builder.add_paragraph("key_unlisted", key_unlisted=len(left))


def _add_ranking(builder: DocumentBuilder, ranking: Ranking) -> None:
    """Add a paragraph if too little is known to rank the list."""
    if ranking.sufficiency == "unranked":
        builder.add_paragraph("key_unranked", tied_places=ranking.tied)
    elif ranking.sufficiency == "partly":
        builder.add_paragraph("key_partly", tied_places=ranking.tied, risk_places=ranking.places)


def watchlist_table(builder: DocumentBuilder, facts: Facts) -> Table | None:
    """Return the annex with every entry of the list, or None without a list."""
    if facts.current is None:
        return None
    heads = ("rank", "project", "contractor", "place", "tier", "chance", "workers", "owed", "why")
    entries = facts.current.document["entries"]
    return Table(
        builder.text("grids.list"),
        tuple(builder.text(f"heads.{name}") for name in heads),
        tuple(_entry_row(builder, entry) for entry in entries),
        widths=(1.0, 3.9, 2.8, 1.9, 1.0, 1.3, 1.1, 1.6, 5.6),
    )


def count_by_tier(rows: Sequence[Document]) -> dict[str, int]:
    """Count the projects of each tier."""
    counted = Counter(row["tier"] for row in rows)
    return {tier: counted[tier] for tier in TIERS}


def _tiers(builder: DocumentBuilder, facts: Facts, now: ScoredList) -> Table:
    heads = ["tier", "now", "last", "difference", "year_ago"]
    lists = (now, facts.previous, facts.year_ago)
    counts = [
        count_by_tier(scored.projects) if scored and scored.complete else None for scored in lists
    ]
    rows = [
        _tier_row(_tier(builder, tier), [c[tier] if c else None for c in counts]) for tier in TIERS
    ]
    total = _tier_row(builder.text("total"), [sum(c.values()) if c else None for c in counts])
    return Table(
        builder.text("grids.tiers"),
        tuple(builder.text(f"heads.{name}") for name in heads),
        tuple(rows),
        total,
        (1, 2, 3, 4),
        named_totals=((1, "cohort"),),
    )


def _tier_row(name: str, counts: Sequence[int | None]) -> tuple[Cell, ...]:
    now, last, year_ago = counts
    moved = None if now is None or last is None else now - last
    return (name, now, last, moved, year_ago)


def _changes(builder: DocumentBuilder, facts: Facts) -> None:
    """Add how many entries are new, stayed or left the list."""
    assert facts.current is not None  # noqa: S101 - checked by the caller
    document = facts.current.document
    kinds = Counter(entry["change"]["kind"] for entry in document["entries"])
    if document["previous"] is None:
        builder.add_paragraph("first_list", listed=len(document["entries"]))
        return
    stayed = sum(kinds[kind] for kind in ("up", "down", "same"))
    builder.add_paragraph(
        "changes",
        listed=len(document["entries"]),
        listed_new=kinds["new"],
        listed_stayed=stayed,
        listed_gone=len(document["gone"]),
    )


def _table_by(
    builder: DocumentBuilder, facts: Facts, name: str, of: Callable[[Document], str]
) -> Table:
    """Return projects by group and tier, with red and orange ones of the earlier lists."""
    assert facts.current is not None  # noqa: S101 - checked by the caller
    lists = (facts.current, facts.previous, facts.year_ago)
    counted = [
        _by_kind(scored.projects, of) if scored and scored.complete else None for scored in lists
    ]
    now, *before = counted
    kinds = sorted(now or {}, key=lambda kind: (-sum((now or {})[kind].values()), kind))
    # A group without projects today still counts in the totals of the earlier lists.
    kinds += sorted({kind for tallies in before for kind in tallies or {}} - set(kinds))
    body = [
        _kind_row(kind, [None if c is None else c.get(kind, _NONE) for c in counted])
        for kind in kinds
    ]
    whole = [None if c is None else _added(c.values()) for c in counted]
    total = _kind_row(builder.text("total"), whole)
    heads = [builder.text(f"heads.{name}"), *(_tier(builder, tier) for tier in TIERS)]
    heads += [
        builder.text(f"heads.{name}") for name in ("sum", "alerted", "last_alerted", "past_alerted")
    ]
    return Table(
        builder.text(f"grids.{name}"),
        tuple(heads),
        tuple(body),
        total,
        tuple(range(1, len(total))),
        named_totals=((5, "cohort"),),
    )


Tally = Mapping[str, int]
_NONE: Tally = dict.fromkeys(TIERS, 0)


def _by_kind(rows: Sequence[Document], of: Callable[[Document], str]) -> Mapping[str, Tally]:
    kinds: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        kinds[of(row)].append(row)
    return {kind: count_by_tier(members) for kind, members in kinds.items()}


def _added(tallies: Iterable[Tally]) -> Tally:
    every = list(tallies)
    return {tier: sum(tally[tier] for tally in every) for tier in TIERS}


def _kind_row(name: str, tallies: Sequence[Tally | None]) -> tuple[Cell, ...]:
    now = tallies[0] or _NONE
    alerted = [None if tally is None else sum(tally[tier] for tier in ALERTED) for tally in tallies]
    return (name, *now.values(), sum(now.values()), *alerted)


def _places(builder: DocumentBuilder, facts: Facts) -> Table:
    """Return projects by county, or by township if all are in one county."""
    assert facts.current is not None  # noqa: S101 - checked by the caller
    counties = {row["region_code"][:6] for row in facts.current.projects}
    digits = 9 if len(counties) == 1 else 6

    def named(row: Document) -> str:
        code = row["region_code"][:digits]
        name = builder.region_name(code)
        return name if len(code) == digits else builder.text("township_unknown", place=name)

    return _table_by(builder, facts, "place", named)


def _chart(builder: DocumentBuilder, places: Table) -> BarChart:
    shown = places.rows[:_MOST_PLACES]
    cut = len(shown) < len(places.rows)
    return BarChart(
        builder.text("charts.places_first", n=len(shown)) if cut else builder.text("charts.places"),
        tuple(str(row[0]) for row in shown),
        tuple(_tier(builder, tier) for tier in TIERS[:3]),
        tuple(tuple(float(str(row[place])) for place in (1, 2, 3)) for row in shown),
        builder.text("units.projects"),
    )


def _key_projects_table(builder: DocumentBuilder, entries: Sequence[Document]) -> Table:
    heads = ("rank", "project", "tier", "chance", "workers", "owed", "why", "unmet")
    return Table(
        builder.text("grids.key"),
        tuple(builder.text(f"heads.{name}") for name in heads),
        tuple(
            (
                entry["rank"],
                _named(builder, entry),
                _tier(builder, entry["tier"]),
                f"{entry['probability']:.1%}",
                entry["workers"],
                _owed(builder, entry),
                _why(builder, entry),
                _unmet(builder, entry),
            )
            for entry in entries
        ),
        widths=(1.25, 2.7, 1.25, 1.6, 1.25, 1.7, 4.2, 2.85),
    )


def _entry_row(builder: DocumentBuilder, entry: Document) -> tuple[Cell, ...]:
    return (
        entry["rank"],
        f"{entry['project_name']} {entry['project_id']}",
        entry["contractor_name"],
        builder.region_name(entry["region_code"]),
        _tier(builder, entry["tier"]),
        f"{entry['probability']:.1%}",
        entry["workers"],
        _owed(builder, entry),
        _why(builder, entry),
    )


def _named(builder: DocumentBuilder, entry: Document) -> str:
    contractor = entry["contractor_name"] or builder.text("contractor_unknown")
    return builder.text("lead.named", project=entry["project_name"], contractor=contractor)


def _owed(builder: DocumentBuilder, entry: Document) -> Decimal | None:
    """Return the wages unpaid on the books; unknown in lists sealed without them."""
    yuan = entry.get("amount_owed")
    return None if yuan is None else builder.money(round(yuan * 100))


def _why(builder: DocumentBuilder, entry: Document) -> str:
    return joined(main_reasons(entry, builder.language), builder.language)


def _unmet(builder: DocumentBuilder, entry: Document) -> str:
    return joined(
        [
            builder.text(
                "flag_of_article",
                title=flag_title(flag, builder.language),
                article=builder.text("article", n=flag["article"]),
            )
            for flag in counted_flags(entry)
        ],
        builder.language,
    )


Repeat = tuple[str, list[Document]]
_Number = TypeVar("_Number")


def _repeating(rows: Sequence[Document], role: str) -> list[Repeat]:
    """Return organisations with several red or orange projects, most projects first."""
    found: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        if row["tier"] in ALERTED and row.get(f"{role}_id"):
            found[row[f"{role}_id"]].append(row)
    several = [(key, members) for key, members in found.items() if len(members) >= REPEATING]
    several.sort(key=lambda group: (-len(group[1]), group[0]))
    return [(members[0].get(f"{role}_name") or key, members) for key, members in several]


def _repeat_table(
    builder: DocumentBuilder, role: str, repeating: Sequence[Repeat], owed: Owed | None
) -> Table:
    heads = (role, "red", "orange", "together", "workers", "owed")
    groups = [members for _, members in repeating]
    counts = [count_by_tier(members) for members in groups]
    columns: list[list[int | Decimal | None]] = [
        [tiers["red"] for tiers in counts],
        [tiers["orange"] for tiers in counts],
        [len(members) for members in groups],
        [_sum_known(row.get("workers") for row in members) for members in groups],
        [*_money_owed(builder, groups, owed)],
    ]
    return Table(
        builder.text(f"grids.repeat_{role}"),
        tuple(builder.text(f"heads.{name}") for name in heads),
        tuple(zip([name for name, _ in repeating], *columns, strict=True)),
        (builder.text("total"), *(_sum_known(column) for column in columns)),
        tuple(place for place, column in enumerate(columns, 1) if _known(column)),
    )


def _money_owed(
    builder: DocumentBuilder, groups: Sequence[Sequence[Document]], owed: Owed | None
) -> list[Decimal | None]:
    """Return the wages each group owes; None where no project of it reports payments."""
    if owed is None:
        return [None] * len(groups)
    owing = [_known(owed.fen_of(row["project_id"]) for row in members) for members in groups]
    money = iter(builder.money_parts([sum(fen) for fen in owing if fen]))
    return [next(money) if fen else None for fen in owing]


def _known(numbers: Iterable[_Number | None]) -> list[_Number]:
    return [number for number in numbers if number is not None]


def _sum_known(numbers: Iterable[int | Decimal | None]) -> int | Decimal | None:
    """Return the sum of the numbers that are known, None if none is."""
    known: list[int | Decimal] = _known(numbers)
    return sum(known) if known else None


def _tier(builder: DocumentBuilder, tier: str) -> str:
    return capitalized(code_label("tier", tier, builder.language))


def _coded(builder: DocumentBuilder, field: str, row: Document) -> str:
    code = row.get(field)
    return (
        builder.text("unknown")
        if code is None
        else code_label(f"projects.{field}", code, builder.language)
    )
