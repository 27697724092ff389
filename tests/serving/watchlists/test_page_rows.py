"""Pages read rows: they are the parts of the sealed documents, by whatever filter and order."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import replace

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from benchmarks.publications import publication
from benchmarks.registers import snapshot
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.compression import unpacked
from serving.db.engine import writing
from serving.db.page_rows import shown_entry
from serving.db.tables import (
    DEPOSIT_ROWS,
    LIST_DICTIONARIES,
    LIST_HEADS,
    REGISTER_PARTS,
    SCORED_PROJECTS,
    WATCHLIST_ENTRIES,
)
from serving.deposits.service import (
    DepositFilter,
    advice_rows,
    deposits_of,
    ending_rows,
    return_rows,
)
from serving.outcomes.repository import Visit
from serving.publishing.repository import store_publication
from serving.watchlists import service
from serving.watchlists.document import EntryChange, RemovedEntry
from serving.watchlists.list_part import ListPart
from serving.watchlists.list_query import ListQuery, conditions, filter_entries, order
from serving.watchlists.ranking import ranking_of
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.schemas import Entry, EntryFilters
from serving.watchlists.scored_projects import ScoredProjects
from serving.watchlists.snapshot_repository import load_register, load_register_part

from ..conftest import make_extras

AS_OF = dt.date(2025, 6, 1)
COUNTY = Principal("u", "u", Role.SUPERVISOR, "990102")
VIEWER = Principal("v", "v", Role.INSPECTOR, "9901")
NAMES = ("Ｂ桥", "a%路", "Ärzte_haus", "a b\n楼", "\U0001f3d7工地", "B桥", "b'桥")
TABLES = (WATCHLIST_ENTRIES, LIST_HEADS, SCORED_PROJECTS, REGISTER_PARTS, DEPOSIT_ROWS)


@pytest.fixture
def stored(database):
    """A list of fourteen of forty projects of eight townships, with its register."""
    made = publication(AS_OF, listed=14, cohort=40, region="9901")
    changes = [EntryChange("up", 5, "payments"), EntryChange("new"), EntryChange("same", 3)]
    entries = tuple(
        replace(
            entry,
            change=changes[n % 3],
            listing=replace(entry.listing, selection=("risk", "must", "random")[n % 3]),
            assessment=_varied(entry.assessment, n),
        )
        for n, entry in enumerate(made.entries)
    )
    risks = tuple(
        replace(risk, assessment=entry.assessment, listing=entry.listing)
        for risk, entry in zip(made.risks, entries, strict=False)
    )
    gone = (RemovedEntry("P-00039", "模拟工程39号", EntryChange("gone", 2)),)
    made = replace(made, entries=entries, risks=(*risks, *made.risks[14:]), gone=gone)
    extras = replace(make_extras(), snapshot=snapshot(made))
    moment = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    store_publication(database, made.seal(), published_at=moment, published_by="x", extras=extras)
    return WatchlistRepository(database).summaries()[0]


def _varied(assessment, n):
    return replace(
        assessment,
        project_name=NAMES[n % len(NAMES)],
        contractor_name=None if n == 1 else assessment.contractor_name,
        workers=(None, 0, 1, 40)[n % 4],
        amount_at_stake=(None, 0, 123_456_789_01, 1)[n // 2 % 4],
        probability=(0.5, 0.25, 0.25)[n % 3],
    )


def _document(database, summary, principal):
    """The sealed list as the principal may see it, made from the sealed document."""
    from serving.db.change_stamp import ChangeStamp
    from serving.watchlists.redaction import Views

    stamp = ChangeStamp(database.engine)
    view = Views(database, stamp).watchlist(principal, summary.as_of, summary.region)
    stamp.close()
    return json.loads(view.body)


@pytest.mark.parametrize("principal", [OFFICE, COUNTY, VIEWER], ids=["office", "county", "viewer"])
def test_every_filter_and_order_gives_the_entries_of_the_sealed_list(database, stored, principal):
    part, document = ListPart(database, stored, principal), _document(database, stored, principal)
    entries = document["entries"]
    assert len(entries) == (2 if principal is COUNTY else 14)
    done = {entry["project_id"] for entry in entries[::2]}
    visits = {key: Visit(AS_OF, None, "x") for key in done}
    fields = {
        "q": ("a%", "ä", "_", "桥", "p-0000", "\n", "模拟建设1"),
        "tier": ("red", "purple"),
        "flag": ("any", "deposit_missing", "no such", "deposit_missing complaint_open"),
        "change": ("new", "up"),
        "place": ("990102", "9901%"),
        "visited": ("yes", "no"),
        "sort": ("probability", "workers", "amount", "name"),
    }
    wanted = [{}, *({name: value} for name, values in fields.items() for value in values)]
    wanted += [{"sort": s, "visited": v} for s, v in itertools.product(fields["sort"], ("no",))]
    for asked in wanted:
        query = ListQuery(**asked)
        where = conditions(part, query, done)
        found = part.entries(where, order(part, query), 100)
        assert found == filter_entries(entries, query, visits), asked
        shown = part.shown(where, order(part, query), 100)
        assert shown == [_shown(entry) for entry in found], asked
        assert part.count(where) == len(found), asked
    assert part.entries([], order(part, ListQuery()), 3, 1) == entries[1:4]


def test_a_list_is_asked_for_from_its_first_page_by_rank():
    asked = ListQuery()
    assert (asked.page, asked.sort, asked.kind, asked.day()) == (1, "rank", "project", None)


def test_a_page_shows_the_reasons_that_are_facts_and_raise_the_score():
    reasons = [
        {"basis": basis, "contribution": contribution, "text": "x", "value": 1}
        for basis, contribution in (("fact", 0.0), ("fact", 0.25), ("fact", -0.5), ("none", 2.0))
    ]
    shown = json.loads(shown_entry({"tier": "red", "reasons": reasons, "red_flags": []}))
    found = [{"basis": "fact", "contribution": 0.25, "text": "x"}]
    assert shown == {"tier": "red", "reasons": found, "red_flags": []}


def _shown(entry):
    """An entry without what a page of the list does not show of it."""
    hidden = {"selection", "draw_probability"}
    flags = [
        {
            name: value
            for name, value in flag.items()
            if name not in ("article", "check", "evidence")
        }
        for flag in entry["red_flags"]
    ]
    reasons = [
        {name: reason[name] for name in ("basis", "contribution", "text")}
        for reason in entry["reasons"]
        if reason["basis"] == "fact" and reason["contribution"] > 0
    ]
    rest = {name: value for name, value in entry.items() if name not in hidden}
    return {**rest, "red_flags": flags, "reasons": reasons}


@pytest.mark.parametrize("principal", [OFFICE, COUNTY, VIEWER], ids=["office", "county", "viewer"])
def test_counts_and_head_are_those_of_the_sealed_list(database, stored, principal):
    part, document = ListPart(database, stored, principal), _document(database, stored, principal)
    entries = document["entries"]
    tiers = [entry["tier"] for entry in entries]
    assert part.total == len(entries)
    assert part.tiers() == {tier: tiers.count(tier) for tier in set(tiers)}
    assert part.places() == {entry["region_code"] for entry in entries}
    titles = {flag["code"]: flag["title"] for e in entries for flag in e["red_flags"]}
    assert part.flag_titles() == titles
    assert part.ranking() == ranking_of(document)
    assert part.regions() == {entry["project_id"]: entry["region_code"] for entry in entries}
    seen = {entry["project_id"] for entry in entries}
    every = [f"P-{number:05d}" for number in range(40)]
    assert part.among(every) == seen
    assert part.among(every[:3]) == seen & set(every[:3])
    drawn = {every[number] for number in range(2, 14, 3)} & seen
    assert part.drawn() == (None if principal is VIEWER else drawn)
    kinds = [entry["change"]["kind"] for entry in entries]
    assert part.changes() == {kind: kinds.count(kind) for kind in set(kinds)}
    assert part.head["gone"] == document["gone"]
    assert len(document["gone"]) == (0 if principal is COUNTY else 1)
    same = set(document) - {"entries", "view", "rules"}
    assert {name: part.head[name] for name in same} == {name: document[name] for name in same}


def test_entries_of_the_api_are_those_of_the_sealed_list(database, stored):
    part, entries = (
        ListPart(database, stored, OFFICE),
        _document(database, stored, OFFICE)["entries"],
    )
    for asked, matches in (
        ({}, lambda e: True),
        ({"within": "990103"}, lambda e: e["region_code"] == "990103"),
        ({"tier": ["red", "blue"]}, lambda e: e["tier"] in ("red", "blue")),
        ({"red_flag": "any"}, lambda e: False),
        ({"red_flag": "complaint_open"}, lambda e: len(e["red_flags"]) == 5),
        ({"change": "same"}, lambda e: e["change"]["kind"] == "same"),
        ({"least_probability": 0.3}, lambda e: e["probability"] >= 0.3),
        ({"search": "A%"}, lambda e: "a%" in e["project_name"]),
        ({"cursor": "9"}, lambda e: e["rank"] > 9),
    ):
        page = service.entries(part, EntryFilters(**asked))
        wanted = [entry for entry in entries if matches(entry)]
        assert page.items == [Entry.model_validate(entry) for entry in wanted], asked
        assert page.next is None
    first = service.entries(part, EntryFilters(limit=5))
    assert ([item.rank for item in first.items], first.next) == ([1, 2, 3, 4, 5], "5")


@pytest.mark.parametrize("principal", [OFFICE, COUNTY], ids=["office", "county"])
def test_projects_of_the_register_are_found_as_in_it(database, stored, principal):
    scored = ScoredProjects(database, stored, principal)
    rows = [
        row
        for row in load_register(database.engine, AS_OF, "9901").document["projects"]
        if row["region_code"].startswith(principal.region)
    ]
    rows.sort(key=lambda row: (-row["probability"], row["project_id"]))
    for words, tier in (("", ""), ("工程1", ""), ("置业3公司", ""), ("P-0000", "red"), ("%", "")):
        names = ("project_id", "project_name", "contractor_name", "owner_name")
        match = [
            row["project_id"]
            for row in rows
            if words in "\n".join(row[name] or "" for name in names) and tier in ("", row["tier"])
        ]
        found, first = scored.search(words, tier, 3)
        assert (found, [row["project_id"] for row in first]) == (len(match), match[:3])
    owed = {row["project_id"]: row["owed"] for row in rows if row["owed"]}
    assert scored.owed([row["project_id"] for row in rows]) == owed
    tiers, amount = scored.totals()
    assert sum(tiers.values()) == len(rows)
    assert amount == sum(one["amount"] for one in owed.values())
    by_rank = sorted((row for row in rows if row["rank"]), key=lambda row: row["rank"])
    assert [row["rank"] for row in scored.listed(3)] == [row["rank"] for row in by_rank[:3]]
    placed = sorted(rows, key=lambda row: (row["rank"] is None, -row["probability"]))
    assert [row.project_id for row in scored.placed()] == [row["project_id"] for row in placed]


@pytest.mark.parametrize("principal", [OFFICE, COUNTY], ids=["office", "county"])
def test_deposits_are_those_of_the_register(database, stored, principal):
    register = load_register(database.engine, AS_OF, "9901").document
    whole = register["deposits"]
    for region in ("", "990102"):
        for days in (19, 20):
            wanted = DepositFilter(days, region)
            found = deposits_of(database, principal, stored, wanted)
            assert found.advice == advice_rows(whole, principal, region)
            assert found.ending == ending_rows(whole, principal, days, region)
            assert found.returns == return_rows(whole, principal, region)
            pages = [
                deposits_of(database, principal, stored, replace(wanted, most=2, skip=skip))
                for skip in range(0, 6, 2)
            ]
            for part in ("advice", "ending", "returns"):
                rows = getattr(found, part)
                assert [row for page in pages for row in getattr(page, part)] == list(rows)
                assert pages[0].counts[part] == len(rows)
    first = deposits_of(
        database, OFFICE, stored, DepositFilter(20, step="raise", q=" 建设1", most=1)
    )
    assert (len(first.advice), first.counts["advice"]) == (1, 1)
    assert not deposits_of(database, OFFICE, stored, DepositFilter(20, step="no_table")).advice
    for part in ("matters", "months"):
        assert load_register_part(database.engine, stored, OFFICE, part) == register[part]


def test_migration_writes_the_rows_that_publishing_does(database, stored):
    def rows():
        with database.engine.connect() as connection:
            made = [connection.execute(select(table)).all() for table in TABLES[:-1]]
            # The migration stores them as JSON; with the dictionary both are read.
            words = select(LIST_DICTIONARIES.c.body).filter_by(subject="deposit")
            spoken = connection.execute(words).scalar_one()
            deposits = connection.execute(select(DEPOSIT_ROWS)).all()
            made.append([(*row[:-1], unpacked(row.body, spoken)) for row in deposits])
        # JSON of PostgreSQL and of registers has its own order of fields.
        return [sorted(_written(row) for row in rows_of) for rows_of in made]

    before = rows()
    assert all(before)
    with writing(database.engine).begin() as connection:
        config = Config()
        config.set_main_option("script_location", "serving.db:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0024")
        command.upgrade(config, "head")
    assert rows() == before


def _written(row):
    return json.dumps(list(row), sort_keys=True, default=repr)
