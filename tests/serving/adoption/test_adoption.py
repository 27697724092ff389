"""Who opened a list, and which of the projects it showed them were visited."""

from __future__ import annotations

import datetime as dt

from serving.audit.repository import AuditEntry, write_audit_entries
from serving.auth.principal import OFFICE
from serving.db.engine import writing
from serving.outcomes.repository import Outcome, add_outcome
from serving.watchlists.repository import WatchlistRepository

from ..conftest import AS_OF


def visit(database, who, project, day, *, found=False, version=1, outcome_id=None, region="990102"):
    """Enter a visit."""
    key = outcome_id or f"{who}-{project}-{day}"
    empty = dict.fromkeys(
        [
            *("workers_owed", "amount_owed", "findings", "rectify_by", "rectified_on", "reason"),
            *("workers_covered", "contracts_seen", "as_of"),
        ]
    )
    made = Outcome(
        outcome_id=key,
        version=version,
        project_id=project,
        region_code=region,
        inspected_on=dt.date.fromisoformat(day),
        kind="watchlist",
        drawn=False,
        arrears_found=found,
        entered_by=who,
        entered_at=dt.datetime(2025, 6, 20, tzinfo=dt.UTC),
        **empty,
    )
    with writing(database.engine).begin() as connection:
        add_outcome(connection, made)


def opened(database, who, at, region="", status=200, action="read_lists"):
    """Audit that somebody opened the newest list; ``at`` is in UTC."""
    newest = WatchlistRepository(database).summaries(OFFICE)[0]
    entry = AuditEntry(
        at=dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC),
        request_id="r",
        who=who,
        role="inspector",
        action=action,
        method="GET",
        subject="/watchlist",
        region=region,
        as_of=newest.as_of,
        list_digest=newest.digest,
        model_version="1",
        status=status,
    )
    write_audit_entries(database.engine, [entry])


def adoption(client, headers, **query):
    """The adoption of the list of 1 June."""
    answer = client.get(f"/v1/watchlists/{AS_OF}/adoption", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_picks_shown_are_visited_by_them_by_others_or_by_nobody(client, publish, token, database):
    publish()  # P/000 to P/003 are listed, P/004 and P/005 are not
    opened(database, "王", "2025-06-02T01:00:00")
    opened(database, "王", "2025-06-05T01:00:00")
    opened(database, "赵", "2025-06-03T01:00:00", region="990103")
    visit(database, "王", "P/000", "2025-06-03", found=True)
    visit(database, "王", "P/000", "2025-06-09")
    visit(database, "王", "P/004", "2025-06-04")
    visit(database, "李", "P/001", "2025-06-05")
    found = adoption(client, token("supervisor"))
    assert (found["entries"], found["visited"], found["until"]) == (4, 2, "2025-07-02")
    people = {one.pop("who"): one for one in found["people"]}
    assert people["王"] == {
        "opened_at": "2025-06-02T01:00:00Z",
        "shown": 4,
        "visited": 1,
        "visited_by_others": 1,
        "not_visited": 2,
        "random_shown": 1,
        "random_visited": 0,
        "visits_on_list": 2,
        "found_on_list": 1,
        "interval_on_list": None,  # two visits tell none
        "visits_elsewhere": 1,
        "found_elsewhere": 0,
        "interval_elsewhere": None,
    }
    assert [people["赵"][name] for name in ("shown", "visited", "visits_on_list")] == [0, 0, 0]
    never = people["李"]
    assert (never["opened_at"], never["shown"], never["visited"]) == (None, None, None)
    assert (never["not_visited"], never["random_shown"], never["random_visited"]) == (None,) * 3
    assert never["visits_on_list"] == 1


def test_projects_drawn_at_random_are_counted_apart(client, publish, token, database):
    """One find in one visit: planned by 3 of 5, 1.96² · 0.55 · 0.45 / 0.05² = 381 visits."""
    publish()  # P/003 is drawn
    opened(database, "王", "2025-06-02T01:00:00")
    headers = token("supervisor")
    drawn = adoption(client, headers)["random"]
    assert (drawn["listed"], drawn["visited"], drawn["found"], drawn["interval"]) == (1, 0, 0, None)
    assert (drawn["visits_for_5_points"], drawn["visits_for_3_points"]) == (381, 1064)
    visit(database, "李", "P/003", "2025-06-03", found=True)
    found = adoption(client, headers)
    assert found["random"] == {
        "listed": 1,
        "visited": 1,
        "found": 1,
        "interval": None,
        "visits_for_5_points": 381,
        "visits_for_3_points": 1047,
    }
    (person,) = [one for one in found["people"] if one["who"] == "王"]
    assert (person["random_shown"], person["random_visited"], person["not_visited"]) == (1, 1, 3)


def test_auditors_do_not_learn_what_was_drawn(client, publish, token, database):
    publish()
    opened(database, "王", "2025-06-02T01:00:00")
    headers = token("auditor")
    found = adoption(client, headers)
    assert found["random"] is None
    (person,) = found["people"]
    assert [person[name] for name in ("random_shown", "random_visited")] == [None, None]
    assert (person["shown"], person["not_visited"]) == (4, 4)
    page = client.get("/supervision/adoption", headers=headers).text
    assert "王" in page
    assert "随机抽取" not in page


def test_share_of_visits_that_found_arrears_needs_ten(client, publish, token, database):
    """Of nine visits none is told; one of ten has Wilson's 1.8 % to 40.4 %."""
    publish()
    visit(database, "王", "P/004", "2025-06-02", found=True)
    visit(database, "王", "P/004", "2025-06-03", found=None)  # without a result
    for day in range(4, 12):
        visit(database, "王", "P/004", f"2025-06-{day:02d}")
    headers = token("supervisor")
    (nine,) = adoption(client, headers)["people"]
    assert (nine["visits_elsewhere"], nine["interval_elsewhere"]) == (10, None)
    visit(database, "王", "P/004", "2025-06-12")
    (ten,) = adoption(client, headers)["people"]
    assert ten["found_elsewhere"] == 1
    low, high = ten["interval_elsewhere"]["low"], ten["interval_elsewhere"]["high"]
    assert (round(low, 3), round(high, 3)) == (0.018, 0.404)
    page = client.get("/supervision/adoption", headers=headers).text
    assert "（95%区间1.8%至40.4%）" in page
    assert "随机抽取的项目：列出1个，已查0个" in page
    assert "1064" in page or "1,064" in page


def test_visits_count_from_the_list_until_the_next(client, publish, token, database):
    publish()
    publish(dt.date(2025, 6, 20))
    for day in ("2025-05-31", "2025-06-20"):
        visit(database, "王", "P/000", day)
    assert adoption(client, token("supervisor"))["visited"] == 0
    visit(database, "王", "P/001", "2025-06-01")
    visit(database, "王", "P/002", "2025-06-19")
    found = adoption(client, token("supervisor"))
    assert (found["until"], found["visited"]) == ("2025-06-20", 2)


def test_a_corrected_visit_counts_once_by_its_newest_version(client, publish, token, database):
    publish()
    visit(database, "王", "P/000", "2025-06-03", found=True, outcome_id="v")
    visit(database, "李", "P/000", "2025-06-04", found=False, outcome_id="v", version=2)
    (person,) = adoption(client, token("supervisor"))["people"]
    assert (person["who"], person["visits_on_list"], person["found_on_list"]) == ("王", 1, 0)


def test_refused_requests_and_days_before_the_list_open_nothing(client, publish, token, database):
    publish()
    opened(database, "王", "2025-06-02T01:00:00", status=403)
    opened(database, "李", "2025-06-02T01:00:00", action="read_projects")
    opened(database, "赵", "2025-05-31T15:59:59")  # a second before 1 June at the office
    assert adoption(client, token("supervisor"))["people"] == []
    opened(database, "赵", "2025-05-31T16:00:00")
    assert [one["who"] for one in adoption(client, token("supervisor"))["people"]] == ["赵"]


def test_a_region_sees_its_own_people_and_visits(client, publish, token, database):
    publish()
    opened(database, "王", "2025-06-02T01:00:00", region="990102")
    opened(database, "赵", "2025-06-02T01:00:00")
    visit(database, "孙", "P/000", "2025-06-03", region="990103")
    found = adoption(client, token("supervisor", "990102"))
    assert [(one["who"], one["shown"]) for one in found["people"]] == [("王", 4)]
    assert found["visited"] == 0


def test_inspectors_do_not_see_the_adoption(client, publish, token):
    publish()
    answer = client.get("/v1/watchlists/latest/adoption", headers=token("inspector"))
    assert answer.status_code == 403


def test_adoption_of_an_unpublished_list_is_refused(client, publish, token):
    publish()
    answer = client.get("/v1/watchlists/2020-01-01/adoption", headers=token("supervisor"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_published")
