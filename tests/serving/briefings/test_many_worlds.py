"""Briefings of many made-up worlds: whatever the facts, the figures of a briefing agree."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from risk.calendar.dates import add_months
from risk.indicators import DEFINITIONS, Rate, add_up
from risk.intake.importer import import_paths
from risk.locale import LANGUAGES
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.briefings.breakdown import Breakdown, Coverage, Group
from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import (
    Facts,
    ListedInYear,
    PeriodStatistics,
    Rates,
    ScoredList,
    collect_facts,
)
from serving.briefings.kinds import CAUSES, CHANNELS, EMPLOYER_KINDS
from serving.briefings.owed import Owed, OwingProject
from serving.briefings.period import month_of, year_of
from serving.briefings.statistics import (
    CaseStatistics,
    ComplaintStatistics,
    Total,
    VisitResults,
    VisitStatistics,
)
from serving.cli.main import main
from serving.db.database import Database
from serving.matters.queries import SecondLooks, UnitCounts
from serving.settings import Settings, default_toml, load_settings

from ...conftest import thorough

_TIERS = ("red", "orange", "yellow", "blue")
_FEEDS = ("cases", "complaints", "inspections")
_FLAGS = ("wages_overdue", "group_complaint_open", "no_account")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((2, 20, 120)), st.sampled_from(LANGUAGES))
def test_briefings_of_any_world_are_consistent(seed, projects, language):
    random = Random(seed)
    month = month_of(dt.date(2025, random.randint(1, 12), 1))
    compose_monthly(_facts(random, month, projects), language)
    compose_yearly(_facts(random, year_of(2025), projects), language)


def test_each_role_has_its_own_number_of_unlisted_organisations():
    facts = _facts(Random(7), month_of(dt.date(2025, 10, 1)), 0)
    rows = [
        row
        for role, count in (("contractor", 33), ("owner", 20))
        for number in range(count)
        for row in _pair(role, number)
    ]
    document = {**_document(Random(7), rows), "entries": []}
    made = compose_monthly(
        _with_list(facts, ScoredList(document, rows, dt.date(2025, 11, 1))), "zh"
    )
    left = [p.text for p in made.blocks if getattr(p, "text", "").endswith("单位未列出。")]
    assert left == ["另有18家施工总承包单位未列出。", "另有5家建设单位未列出。"]


@thorough
def test_briefings_of_a_large_county_overflow_every_list_and_agree(tmp_path):
    made = Workspace(tmp_path / "office")
    made.root.mkdir()
    made.settings_file.write_text(many_alerts(default_toml()), encoding="utf-8")
    simulate(tmp_path / "records", projects=600, months=10, seed=7)
    import_paths(made, [tmp_path / "records"], today=dt.date(2026, 1, 5))
    # So early that too few events are known for more than the scorecard, which costs no fitting.
    assert main(["-w", str(made.root), "train", "--as-of", "2025-04-01"]) == 0
    publish = ["publish", "--as-of", "2025-11-01", "--capacity", "300"]
    assert main(["-w", str(made.root), *publish]) == 0
    with (
        Database(f"sqlite:///{made.service_database}") as database,
        RecordStore(made.records, read_only=True) as store,
    ):
        period = month_of(dt.date(2025, 10, 1))
        facts = collect_facts(store, database, load_settings(made), period, "")
        figures = compose_monthly(facts, "zh").figures
        assert {"repeat_contractor_left", "repeat_owner_left", "revisits_left"} <= set(figures)


def many_alerts(settings: str) -> str:
    """Settings under which most projects of the simulated county are red or orange."""
    return (
        settings.replace("# red = 0.2", "red = 0.02")
        .replace("# orange = 0.1", "orange = 0.01")
        .replace("# yellow = 0.05", "yellow = 0.005")
    )


def make_facts(seed: int, period, projects: int) -> Facts:
    """Facts of a made-up world."""
    return _facts(Random(seed), period, projects)


def _facts(random: Random, period, projects: int) -> Facts:
    facts = _facts_without_breakdown(random, period, projects)
    return replace(
        facts,
        breakdown=_breakdown(random, facts.statistics),
        breakdown_year_ago=_breakdown(random, facts.statistics_year_ago),
    )


def _facts_without_breakdown(random: Random, period, projects: int) -> Facts:
    lists = [_list(random, period.stop, projects) for _ in range(3)]
    return Facts(
        period=period,
        region="",
        settings=Settings(),
        current=lists[0],
        previous=random.choice((None, lists[1])),
        year_ago=random.choice((None, lists[2])),
        statistics=_statistics(random),
        statistics_before=_statistics(random),
        statistics_year_ago=_statistics(random),
        year_to_date=_statistics(random),
        silent_tables=random.sample(
            ("cases", "complaints", "inspections"), random.choice((0, 0, 1, 3))
        ),
        known_until=random.choice((None, period.stop)),
        visit_results=random.choice((None, _visit_results(random, lists[1]))),
        lists_of_year=_listed(random) if period.whole_year else None,
        rates=_rates(random, period.start),
        matters=[
            {"due_on": random.choice((None, "2025-01-02", "2026-12-31"))}
            for _ in range(random.randint(0, 30))
        ],
        closed=[
            {"closed_on": "2025-01-02", "checked_on": random.choice((None, "2025-02-01"))}
            for _ in range(random.randint(0, 30))
        ],
        employers=random.choice((None, _list(random, period.stop, projects))),
        owed=_owed(random, projects),
        owed_before=_owed(random, projects),
        matters_by_unit=[_unit(random, name) for name in (None, "甲", "乙")][
            : random.randint(0, 3)
        ],
        second_looks=random.choice((None, SecondLooks(5, random.randint(0, 5)))),
    )


def _breakdown(random: Random, statistics: PeriodStatistics) -> Breakdown:
    """A breakdown of the complaints and cases of ``statistics``, or of none of them."""
    if random.random() < 0.3:
        return Breakdown()
    complaints, cases = statistics.complaints.received, statistics.cases.opened
    return Breakdown(
        channels={random.choice(CHANNELS): complaints} if complaints else {},
        employers={random.choice(EMPLOYER_KINDS): _group(random, cases)} if cases else {},
        disputes={cause: _group(random, 3) for cause in CAUSES if random.random() < 0.5},
        coverage=Coverage(4, 2, Total(80, 6, random.randint(0, 6)), Total(0, 6, 6)),
        without_cause=random.choice((None, 0, 5)),
    )


def _group(random: Random, count: int) -> Group:
    return Group(count, Total(7, count, random.randint(0, count)), Total(0, count, count), 1)


def _owed(random: Random, projects: int) -> Owed | None:
    owing = [
        OwingProject(
            project_id=f"P{number}",
            name=random.choice((None, f"工程{number}")),
            contractor=random.choice((None, "施工1公司")),
            months=random.randint(1, 12),
            fen=random.randint(1, 10**9),
            workers=random.choice((None, random.randint(1, 500))),
            late_days=random.randint(1, 400),
            whole_month=random.random() < 0.5,
        )
        for number in range(random.randint(0, projects))
    ]
    causes = [("labour_cost_overdue", len(owing) + 1)]
    return random.choice((None, Owed(owing, random.choice(((), causes)))))


def _list(random: Random, as_of: dt.date, projects: int) -> ScoredList:
    rows = [_row(random, number, projects) for number in range(projects)]
    return ScoredList(_document(random, rows), rows, as_of, complete=random.random() < 0.8)


def _document(random: Random, rows):
    entries = [
        _entry(random, row, rank) for rank, row in enumerate(rows, 1) if random.random() < 0.5
    ]
    return {
        "entries": entries,
        "gone": [{}] * random.randint(0, 20),
        "previous": random.choice((None, "0" * 64)),
        "missing_feeds": random.choice(((), ("attendance",))),
        "rules": {"policy": {"order": "probability"}},
        "model": {"note": random.choice((None, {"zh": "说明", "en": "a note"}))},
    }


def _row(random: Random, number: int, projects: int):
    contractor, owner = (random.randint(0, 1 + projects // 3) for _ in range(2))
    return {
        "project_id": f"P{number}",
        "project_name": f"工程{number}",
        "region_code": random.choice(("990121001", "990121002", "990122001")),
        "tier": random.choice(_TIERS),
        "probability": random.choice((0.2, random.random())),
        "rank": None,
        "workers": random.choice((None, 7)),
        "amount_at_stake": random.choice((None, random.randint(0, 10**9))),
        "sector": random.choice((None, "building", "water")),
        "funding": random.choice((None, "government", "private")),
        "contractor_id": random.choice((None, f"C{contractor}")),
        "contractor_name": random.choice((None, f"施工{contractor}公司")),
        "owner_id": f"O{owner}",
        "owner_name": f"建设{owner}局",
        "flags": [],
    }


def _pair(role: str, number: int):
    row = _row(Random(number), number, 0)
    nobody = {"contractor_id": None, "owner_id": None, "tier": "red"}
    return [{**row, **nobody, f"{role}_id": f"{role}{number}"} for _ in range(2)]


def _entry(random: Random, row, rank: int):
    flags = random.sample(_FLAGS, random.randint(0, 2))
    return {
        **row,
        "rank": rank,
        "selection": random.choice(("risk", "random")),
        "change": {"kind": random.choice(("new", "up", "down", "same"))},
        "reasons": [{"contribution": 1.0, "text": {"zh": "理由", "en": "reason"}}],
        "red_flags": [
            {
                "code": code,
                "article": "31",
                "title": {"zh": "红旗", "en": "flag"},
                "finding": {"zh": "记录所示", "en": "what records show"},
            }
            for code in flags
        ],
    }


def _statistics(random: Random) -> PeriodStatistics:
    def numbers(count: int) -> list[int]:
        return [random.choice((0, random.randint(0, most), 10**8)) for _ in range(count)]

    def totals(count: int) -> list[Total]:
        found = []
        for _ in range(count):
            value, records = numbers(2)
            found.append(Total(value, records, random.choice((0, random.randint(0, records)))))
        return found

    most = random.choice((1, 10, 40))
    return PeriodStatistics(
        CaseStatistics(*numbers(5), *totals(4)),
        ComplaintStatistics(*numbers(2), *totals(2)),
        VisitStatistics(*numbers(4), *totals(2)),
        frozenset(random.sample(_FEEDS, random.choice((0, 0, 1, 3)))),
    )


def _visit_results(random: Random, listed: ScoredList) -> VisitResults:
    visited = random.randint(0, len(listed.document["entries"]))
    found = random.randint(0, visited)
    return VisitResults(
        visited, found, Total(12, found, random.randint(0, found)), Total(34_567_89, found)
    )


def _listed(random: Random) -> ListedInYear:
    projects = random.randint(0, 40)
    visited = random.randint(0, projects)
    return ListedInYear(random.randint(0, 12), projects, visited, random.randint(0, visited))


def _rates(random: Random, month: dt.date) -> Rates:
    months = [add_months(month, -back) for back in range(3)]
    by_place = {
        (place, when): {
            name: Rate(random.randint(0, 30), 30) for name in DEFINITIONS if random.random() < 0.8
        }
        for place in ("990121", "990122")
        for when in months
    }
    by_month = {
        when: add_up(rates for (_, at), rates in by_place.items() if at == when) for when in months
    }
    return Rates(by_month, by_place)


def _unit(random: Random, name: str | None) -> UnitCounts:
    opened = random.randint(0, 40)
    return UnitCounts(name, opened, random.randint(0, opened), random.randint(0, 40))


def _with_list(facts: Facts, current: ScoredList) -> Facts:
    return replace(facts, current=current, previous=None, year_ago=None, visit_results=None)
