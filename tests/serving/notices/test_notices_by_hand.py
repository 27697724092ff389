"""What a notice says and which is found, value by value."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace

import pytest

from benchmarks.publications import publication
from benchmarks.registers import snapshot
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.documents.model import Heading
from serving.notices import queries
from serving.notices.listing_notice import ListingNotShown, listing_notice
from serving.notices.payload import NothingToNotify, build_payload, seal
from serving.notices.repository import (
    Notice,
    NoticeFilter,
    NoticeStep,
    NoticeUnknown,
    count_notices,
    find_sent,
    insert_notice,
    insert_step,
    list_notices,
    lock_next_number,
    overdue_notices,
    read_notice,
)
from serving.notices.service import Author, NoticeRequest, store_notice
from serving.publishing.repository import store_publication
from serving.watchlists.repository import WatchlistRepository

from ..conftest import make_extras
from .test_listing_notice import CASE, ORDER, case
from .test_notices import CONTRACTS, FACTS, _risk

JUNE = dt.date(2025, 6, 1)
P2 = NoticeFilter("P2")
NOON = dt.datetime(2025, 6, 2, 12, tzinfo=dt.UTC)
EAST = Principal("e", "e", Role.INSPECTOR, "990102")


def _notice(number, department="bank", project="P1", digest="d1", region="990102"):
    body, own = seal({"n": number})
    return Notice(number, department, project, region, JUNE, digest, dt.date(2025, 6, 9), own, body,
                  "李", NOON)  # fmt: skip


@pytest.fixture
def engine(database):
    """Five notices; the second has an answer, the third a note."""
    made = (
        _notice(1),
        _notice(2, department="housing"),
        _notice(3, digest="d2"),
        _notice(4, project="P2", region="990103"),
        _notice(5, project="P2", digest="d3"),
    )
    with writing(database.engine).begin() as connection:
        assert lock_next_number(connection) == 1
        for one in made:
            insert_notice(connection, one)
        steps = (
            (3, "noted", "看过"),
            (2, "noted", None),
            (2, "answered", "已办"),
            (3, "noted", "再"),
        )
        for number, step, text in steps:
            insert_step(connection, NoticeStep(number, "990102", step, text, "王", NOON))
        assert lock_next_number(connection) == 6
    return database.engine


def test_a_notice_is_sent_once_to_a_department_on_a_project_of_a_list(engine):
    with engine.connect() as connection:
        for asked, number in (
            (("bank", "P1", "d1"), 1), (("housing", "P1", "d1"), 2), (("bank", "P1", "d2"), 3),
            (("housing", "P1", "d2"), None), (("housing", "P2", "d1"), None),
        ):  # fmt: skip
            found = find_sent(connection, *asked)
            assert (found and found.id) == number, asked
        assert [step.step for step in find_sent(connection, "housing", "P1", "d1").steps] == [
            *("noted", "answered"),
        ]


def test_notices_are_of_the_region_newest_first_with_their_own_steps(engine):
    first = list_notices(engine, EAST, PageRequest(3))
    assert [one.id for one in first.items] == [5, 3, 2]
    assert [[step.text for step in one.steps] for one in first.items] == [
        *([], ["看过", "再"], [None, "已办"]),
    ]
    rest = list_notices(engine, EAST, PageRequest(3, first.next))
    assert ([one.id for one in rest.items], rest.next) == ([1], None)
    assert [one.id for one in list_notices(engine, OFFICE, PageRequest(9), P2).items] == [5, 4]
    with engine.connect() as connection:
        assert read_notice(connection, 4, OFFICE).steps == ()
        assert read_notice(connection, 2, EAST).package == {"n": 2}
        for number in (4, 6):
            with pytest.raises(NoticeUnknown):
                read_notice(connection, number, EAST)


@pytest.mark.parametrize(
    ("day", "sent", "overdue"), [(9, [5, 4, 3, 1], []), (10, [], [5, 4, 3, 1])]
)
def test_notices_are_found_and_counted_by_state(engine, day, sent, overdue):
    """All are to be answered by the ninth; the second was."""
    day = dt.date(2025, 6, day)
    for state, numbers in (("sent", sent), ("overdue", overdue), ("answered", [2])):
        found = list_notices(engine, OFFICE, PageRequest(9), NoticeFilter(state=(state, day))).items
        assert [one.id for one in found] == numbers
        assert {one.state(day) for one in found} <= {state}
    counts = {"sent": len(sent), "overdue": len(overdue), "answered": 1}
    assert count_notices(engine, OFFICE, day) == counts
    east = {name: count - (name != "answered" and bool(count)) for name, count in counts.items()}
    assert count_notices(engine, EAST, day) == east
    assert [one.id for one in overdue_notices(engine, EAST, day)] == [
        number for number in reversed(overdue) if number != 4
    ]


def test_the_page_of_the_api_names_the_next_as_text(database, engine):
    first = queries.list_notices(database, OFFICE, PageRequest(2), None)
    assert ([one.id for one in first.items], first.next) == ([5, 4], "4")
    last = queries.list_notices(database, OFFICE, PageRequest(2), "P2")
    assert ([one.id for one in last.items], last.next) == ([5, 4], None)
    assert queries.get_notice(database, EAST, 2).department == "housing"


@pytest.mark.parametrize(
    ("steps", "day", "state"),
    [
        ((), 9, "sent"),
        ((), 10, "overdue"),
        (("noted",), 10, "overdue"),
        (("noted", "answered"), 10, "answered"),
        (("answered", "noted"), 1, "answered"),
    ],
)
def test_a_notice_is_overdue_after_its_day_unless_answered(steps, day, state):
    taken = tuple(NoticeStep(1, "", step, None, "王", NOON) for step in steps)
    assert replace(_notice(1), steps=taken).state(dt.date(2025, 6, day)) == state


def payload(to, *codes, sent_on=dt.date(2025, 6, 3), **dossier):
    return build_payload(to, _risk(*codes), {"facts": FACTS, **dossier}, "0" * 64, sent_on)


def test_contracts_name_firms_alone_and_give_yuan():
    firm = {**CONTRACTS[0], "id": "K2", "parent": "K1", "name": "乙公司", "kind": "company"}
    made = payload("housing", "labour_cost_overdue", contracts=[
        *CONTRACTS, {**firm, "written": True, "amount": 123_45},
    ])  # fmt: skip
    assert made["project"]["contract_amount"] == 100.0
    assert made["contracts"] == [
        {"id": "K1", "parent": None, "name": None, "kind": "individual", "written": False,
         "amount": None, "signed_on": "2024-01-01"},
        {"id": "K2", "parent": "K1", "name": "乙公司", "kind": "company", "written": True,
         "amount": 123.45, "signed_on": "2024-01-01"},
    ]  # fmt: skip
    assert made["transfers"] == []
    unknown = payload("housing", "labour_cost_overdue", facts={**FACTS, "contract_amount": None})
    assert (unknown["project"]["contract_amount"], unknown["contracts"]) == (None, [])


def test_transfers_are_of_the_last_twelve_months_with_any_due():
    months = [f"2024-{month:02d}" for month in range(1, 13)] + ["2025-01", "2025-02"]
    money = {
        "months": months,
        "transfer_due": [100, 200, None, *[300] * 11],
        "transferred": [100, None, 5, *[0] * 10, 150],
    }
    found = payload("bank", "paid_in_cash", money=money)["transfers"]
    assert [row["month"] for row in found] == ["2024-02", *months[3:]]
    assert found[0] == {"month": "2024-02", "due": 2.0, "transferred": None}
    assert found[1] == {"month": "2024-04", "due": 3.0, "transferred": 0.0}
    assert found[-1] == {"month": "2025-02", "due": 3.0, "transferred": 1.5}


def handling(**case_values):
    return {
        "cases": [{**CASE, **case_values}],
        "inspections": [ORDER, {**ORDER, "inspection_id": "JC2", "arrears_found": False}],
        "accounts": [{"account_id": "A"}],
    }


def test_the_police_get_cases_and_orders_in_yuan():
    made = payload("police", "correction_overdue", handling=handling())
    assert (made["cases"][0]["amount_owed"], made["cases"][0]["amount_recovered"]) == (
        *(5_000_000.0, 1_000_000.0),
    )
    assert [(one["inspection_id"], one["amount_owed"]) for one in made["orders"]] == [
        ("JC1", 5_000_000.0)
    ]
    assert "accounts" not in made
    assert {one["code"]: one["standing"] for one in made["elements"]}["order_made"] == "shown"
    assert payload("bank", "paid_in_cash", handling=handling())["accounts"] == [{"account_id": "A"}]
    assert payload("bank", "paid_in_cash")["accounts"] == []


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        (("paid_in_cash",), {"handling": handling()}),
        (("correction_overdue",), {"handling": None}),
        (("correction_overdue",), {"handling": {**handling(), "inspections": []}}),
        (("correction_overdue",), {"handling": handling(amount_recovered=5_000_000_00)}),
    ],
)
def test_the_police_get_nothing_without_the_elements(codes, found):
    with pytest.raises(NothingToNotify) as raised:
        payload("police", *codes, **found)
    assert raised.value.fields["why"] == "nothing"


def test_an_answer_is_asked_for_within_the_working_days_of_the_department():
    """From Tuesday 3 June 2025: five working days end on the 10th, ten on the 17th."""
    bank, housing = (payload(to, "labour_cost_overdue") for to in ("bank", "housing"))
    assert (bank["answer_by"], housing["answer_by"]) == ("2025-06-10", "2025-06-17")
    assert (bank["sent_on"], bank["answer_working_days"], bank["list_digest"]) == (
        *("2025-06-03", 5, "0" * 64),
    )


@pytest.fixture
def published(database):
    """Lists of May and June of projects, and one of June of employers, with their registers."""
    for as_of, region, kind in (
        (dt.date(2025, 5, 1), "", "project"),
        (JUNE, "9901", "project"),
        (JUNE, "", "project"),
        (JUNE, "9902", "employer"),
    ):
        made = publication(as_of, listed=1, cohort=2, region=region)
        made = replace(made, header=replace(made.header, kind=kind))
        if kind == "employer":
            risks = [
                replace(one, assessment=replace(one.assessment, project_id=f"E{number}"))
                for number, one in enumerate(made.risks)
            ]
            made = replace(made, risks=tuple(risks), entries=())
        found = snapshot(made)
        store_publication(
            database, made.seal(), published_at=NOON, published_by="x",
            extras=replace(make_extras(), snapshot=found),
        )  # fmt: skip
    return database


def test_an_employer_is_refused_in_words(published):
    """Its list is not of projects; no department supervises what is no site."""
    author = Author(OFFICE, "李", "某局", NOON)
    with writing(published.engine).begin() as connection, pytest.raises(NothingToNotify):
        store_notice(connection, published, NoticeRequest("E0", "housing"), author)


def test_a_notice_names_the_list_of_its_day_and_region(published):
    """What was sent for the list of May is found again, not what was sent for others."""
    digests = {
        (one.as_of, one.region): one.digest for one in WatchlistRepository(published).summaries()
    }
    author = Author(OFFICE, "李", "某局", NOON)
    with writing(published.engine).begin() as connection:
        for number, digest in enumerate(digests.values(), start=1):
            insert_notice(connection, _notice(number, project="P-00000", digest=digest))
        for day in (dt.date(2025, 5, 1), JUNE):
            found = store_notice(
                connection, published, NoticeRequest("P-00000", "bank", day), author
            )
            assert found.list_digest == digests[day, ""]


def test_unknown_funding_is_no_government_money():
    with pytest.raises(NothingToNotify) as raised:
        payload("reform", "labour_cost_overdue", facts={**FACTS, "funding": None})
    assert raised.value.fields["why"] == "unknown_facts"


def test_what_is_sealed_is_sorted_text():
    body, digest = seal({"b": "欠", "a": 1})
    assert body.decode() == '{"a":1,"b":"欠"}'
    assert digest == hashlib.sha256(body).hexdigest()


def test_the_unit_of_a_listing_is_that_of_the_newest_confirmed_case():
    def unit(*cases, **facts):
        return listing_notice(case(cases, (ORDER,), **facts), "zh").addressee

    assert unit({**CASE, "org_id": "C8"}, {**CASE, "case_id": "AJ2", "org_id": "C9"}) == "C9"
    assert unit({**CASE, "org_id": "C8"}, {**CASE, "org_id": "C9", "status": "filed"}) == "C8"
    assert unit(CASE, contractor_name=None) == "C1"
    assert unit({**CASE, "org_id": None}) == "模拟建设公司"
    assert unit({**CASE, "org_id": None}, contractor_name=None) == "C1"


def test_a_listing_states_confirmed_cases_and_open_orders():
    cases = (CASE, {**CASE, "case_id": "AJ2", "status": "transferred", "amount_recovered": None},
             {**CASE, "case_id": "AJ3", "status": "filed"})  # fmt: skip
    orders = (
        ORDER,
        {**ORDER, "inspection_id": "JC2", "rectified_on": "2025-04-01"},
        {**ORDER, "inspection_id": "JC3", "arrears_found": False},
    )
    document = listing_notice(case(cases, orders), "zh")
    stated, ordered = (block for block in document.blocks if hasattr(block, "rows"))
    assert [row[0] for row in stated.rows] == ["AJ1", "AJ2"]
    assert [str(row[4]) for row in stated.rows] == ["5000000", "5000000"]
    assert [row[5] and str(row[5]) for row in stated.rows] == ["1000000", None]
    assert [(row[0], str(row[3])) for row in ordered.rows] == [("JC1", "5000000")]
    assert "2025年5月31日" in document.blocks[0].text
    headings = [block for block in document.blocks if isinstance(block, Heading)]
    assert [(one.level, one.number) for one in headings] == [(1, 1), (1, 2), (1, 3)]


def test_a_listing_names_each_element_once_that_is_lacking():
    with pytest.raises(ListingNotShown) as raised:
        listing_notice(case((), ()), "zh")
    missing = raised.value.fields["missing"].split(", ")
    assert missing[:3] == ["arrears_confirmed", "order_made", "deadline_passed"]
    assert len(missing) == len(set(missing))
