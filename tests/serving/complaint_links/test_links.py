"""Links decided over the API, on the page and by command."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from risk.store.store import RecordStore
from serving import clock
from serving.db.database import Database
from serving.db.tables import AUDIT, INBOX, LINK_DECISIONS
from serving.ingest.importer import import_waiting
from serving.publishing.repository import store_publication
from serving.watchlists.snapshot import Snapshot

from ..conftest import LISTS, PUBLISHED_AT, key, make_extras, unlinked_register
from ..site import copied, site_of
from ..web.test_pages import signed_in

LINK = {"complaint_id": "T-1", "decision": "linked", "project_id": "P/000"}
REFUSE = {"complaint_id": "T-1", "decision": "refused"}


@pytest.fixture
def desk(database, publication):
    """A list whose register has one complaint without a project; ``desk(...)`` changes it."""

    def published(**changes):
        register = unlinked_register()
        register["unlinked"][0].update(changes)
        things = replace(make_extras(), snapshot=Snapshot({}, register))
        sealed = publication(region="9901").seal()
        store_publication(
            database, sealed, published_at=PUBLISHED_AT, published_by="李", extras=things
        )

    return published


def rows(database, table):
    with database.engine.connect() as connection:
        return connection.execute(select(table)).all()


def decide(client, who, body, **headers):
    return client.post("/v1/links", json=body, headers={**who, **key(), **headers})


def listed(client, who, state="waiting"):
    return client.get(f"/v1/links?state={state}", headers=who).json()["items"]


def test_decide_link_stores_audits_and_submits(client, database, desk, token):
    desk()
    who = token("inspector", "9901")
    assert [one["complaint_id"] for one in listed(client, who)] == ["T-1"]
    assert listed(client, who)[0]["amount"] == 345_600
    answer = decide(client, who, LINK)
    assert answer.status_code == 201, answer.text
    assert answer.json()["probability"] == 0.93
    assert listed(client, who) == []
    shown = listed(client, who, "decided")[0]["decision"]
    assert (shown["decision"], shown["project_id"]) == ("linked", "P/000")
    assert shown["decided_by"].startswith("inspector")
    (kept,) = rows(database, LINK_DECISIONS)
    (sent,) = rows(database, INBOX)
    record = dict(zip(sent.header, sent.rows[0], strict=True))
    assert sent.table_name == "links"
    assert record["known_at"] == record["decided_on"] == kept.decided_on.isoformat()
    writes = [one for one in rows(database, AUDIT) if one.action == "write_links"]
    assert [one.status for one in writes] == [201]


def test_decide_link_is_idempotent(client, database, desk, token):
    desk()
    who, same = token("inspector", "9901"), key()
    first, again = (client.post("/v1/links", json=LINK, headers={**who, **same}) for _ in range(2))
    assert first.content == again.content
    assert len(rows(database, LINK_DECISIONS)) == 1


def test_decide_link_again_replaces_the_decision(client, database, desk, token):
    desk()
    who = token("inspector", "9901")
    decide(client, who, LINK)
    assert decide(client, who, REFUSE).status_code == 201
    assert [one.decision for one in rows(database, LINK_DECISIONS)] == ["linked", "refused"]
    assert listed(client, who, "decided")[0]["decision"]["decision"] == "refused"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**LINK, "complaint_id": "T-9"}, 404, "complaint_not_waiting"),
        ({**LINK, "project_id": "nowhere"}, 404, "project_unknown"),
        ({**LINK, "project_id": None, "org_id": "nobody"}, 404, "organisation_unknown"),
        ({**LINK, "project_id": None}, 422, "link_unclear"),
        ({**REFUSE, "project_id": "P/000"}, 422, "link_unclear"),
    ],
)
def test_decide_link_rejects_invalid_requests(client, database, desk, token, body, status, code):
    desk()
    answer = decide(client, token("inspector", "9901"), body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert rows(database, LINK_DECISIONS) == rows(database, INBOX) == []


def test_links_show_candidates_of_the_region(client, desk, token):
    here, there = unlinked_register()["unlinked"][0]["candidates"][:2]
    desk(candidates=[here, {**there, "region_code": "990201"}])
    district, province = token("inspector", "9901"), token("inspector", "99")
    (seen,) = listed(client, district)
    assert [one["id"] for one in seen["candidates"]] == ["P/000"]
    assert not seen["whole"]
    assert decide(client, district, REFUSE).json()["code"] == "link_not_yours"
    assert len(listed(client, province)[0]["candidates"]) == 2
    assert decide(client, province, LINK).status_code == 201
    assert listed(client, token("inspector", "9909")) == []


def test_links_hide_targets_of_other_regions(client, database, desk, token):
    here, there = unlinked_register()["unlinked"][0]["candidates"][:2]
    desk(candidates=[{**here, "region_code": "990102"}, {**there, "region_code": "990201"}])
    assert decide(client, token("supervisor", "9901"), LINK).status_code == 201
    other = listed(client, token("inspector", "9902"), "decided")
    # The list was made for 9901; whoever sees none of it sees none of its complaints.
    assert other == []


def test_links_without_candidates_are_visible_without_a_region(client, desk, token):
    desk(candidates=[])
    assert listed(client, token("inspector", "9901")) == []
    assert len(listed(client, token("supervisor"))) == 1


def test_list_links_paginates(client, database, publication, token):
    register = unlinked_register()
    one = register["unlinked"][0]
    register["unlinked"] = [{**one, "complaint_id": f"T-{n}"} for n in range(7)]
    things = replace(make_extras(), snapshot=Snapshot({}, register))
    sealed = publication().seal()
    store_publication(database, sealed, published_at=PUBLISHED_AT, published_by="李", extras=things)
    who, seen, cursor = token("inspector"), [], ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = client.get(f"/v1/links?limit=3{more}", headers=who).json()
        seen += [item["complaint_id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [f"T-{n}" for n in range(7)]


@pytest.fixture
def site(office, tmp_path):
    with site_of(copied(office, tmp_path)) as opened:
        yield opened


def test_links_page_confirms_a_candidate(site):
    client = signed_in(site.url, "inspector")
    page = client.get("/links").text
    forms = re.findall(r'hx-post="/links/([^"]+)"(.*?)</form>', page, re.S)
    told = [(one, re.search(r'name="project_id" value="([^"]+)"', form)) for one, form in forms]
    number, project = next((one, found[1]) for one, found in told if found)
    assert "<mark>" in page
    assert client.post(f"/links/{number}", data={}).status_code == 422
    assert client.post(f"/links/{number}", data={"project_id": "nowhere"}).status_code == 422
    assert client.post("/links/nothing", data={"none": "1"}).status_code == 422
    done = client.post(f"/links/{number}", data={"project_id": project})
    assert done.status_code == 200, done.text
    assert number not in client.get("/links").text
    decided = client.get("/links?state=decided").text
    assert number in decided
    assert "inspector" in decided
    assert 'href="/links"' in client.get("/ledger").text
    client.close()
    assert import_waiting(site.workspace, site.database) == 1
    today = clock.today()
    with RecordStore(site.workspace.records, read_only=True) as store:
        found = store.rows(
            "SELECT project_id, linked, known_at FROM complaints_versions WHERE complaint_id = $1"
            " ORDER BY known_at",
            [number],
        )
    assert found[-1] == (project, True, today)
    assert found[0][:2] == (None, False)


def test_links_page_has_no_buttons_without_permission(site):
    client = signed_in(site.url, "briefer")
    page = client.get("/links").text
    assert "<mark>" in page
    assert 'hx-post="/links' not in page
    assert client.post("/links/x", data={"none": "1"}).status_code == 403
    client.close()


AS_OF = str(LISTS[-1])


def test_link_command_lists_and_decides(copy, wagewatch):
    place = ["-w", str(copy.root)]
    found = json.loads(wagewatch(*place, "link", "--as-of", AS_OF, "--format", "json").stdout)
    one = next(row for row in found if [c for c in row["candidates"] if c["kind"] == "project"])
    number, project = one["complaint_id"], one["candidates"][0]["id"]
    table = wagewatch(*place, "link", "--as-of", AS_OF, "--format", "csv").stdout
    heads, *lines = csv.reader(io.StringIO(table.removeprefix("\ufeff")))
    assert {line[0] for line in lines} == {row["complaint_id"] for row in found}
    assert all(len(line) == len(heads) for line in lines)
    done = wagewatch(*place, "link", "decide", number, "--project", project)
    assert done.returncode == 0, done.stderr
    with RecordStore(copy.records, read_only=True) as store:
        links = store.rows("SELECT complaint_id, project_id, decided_on, known_at FROM links")
    today = clock.today()
    assert links == [(number, project, today, today)]
    with Database(f"sqlite:///{copy.service_database}") as database:
        assert len(rows(database, LINK_DECISIONS)) == 1
    tomorrow = str(today + dt.timedelta(days=1))
    again = wagewatch(*place, "link", "--as-of", tomorrow, "--format", "json")
    assert number not in {row["complaint_id"] for row in json.loads(again.stdout)}
    before = wagewatch(*place, "link", "--as-of", AS_OF, "--format", "json")
    assert json.loads(before.stdout) == found


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing", "--none"],
        ["nothing"],
        ["nothing", "--none", "--project", "P"],
    ],
)
def test_link_decide_command_rejects_unclear_arguments(copy, wagewatch, arguments):
    done = wagewatch("-w", str(copy.root), "link", "decide", *arguments)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
