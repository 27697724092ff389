"""The pages over HTTP: odd worlds, hostile words, regions, forms, files to take along."""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import openpyxl
import pytest
from sqlalchemy import func, select

from risk.intake.importer import import_paths
from risk.locale import LANGUAGES, catalogue
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from serving.app import create_app
from serving.auth.roles import Role
from serving.db.database import Database
from serving.db.tables import FEEDBACK, MATTER_STEPS, OUTCOMES
from serving.publishing.repository import store_publication
from serving.settings import Settings, default_toml
from serving.watchlists.document import LocalizedText
from serving.watchlists.route_planning import distance, short_order, way
from serving.watchlists.snapshot import Snapshot
from serving.watchlists.xlsx import records_xlsx, watchlist_xlsx
from serving.web.render import FOLDER

from ...conftest import MUST_RUN_ALL, thorough
from ..conftest import AS_OF, PUBLISHED_AT, make_extras, make_publication, served
from ..site import PASSWORD, add_user, copied, signed_in, site_of

PATHS = (
    *("/watchlist", "/watchlist/print", "/watchlist.xlsx", "/watchlist.pdf", "/projects", "/map"),
    *(
        "/links",
        "/route",
        "/ledger",
        "/revisits",
        "/unlisted",
        "/campaign",
        "/indicators",
        "/indicators/trend",
        "/briefings",
        "/month",
        "/supervision",
        "/supervision/model-changes",
        "/supervision/adoption",
    ),
    *("/supervision/audit", "/supervision/people", "/visits.xlsx", "/ledger.xlsx"),
    *("/ledger?state=recheck", "/ledger?state=closed&large=1", "/campaign.xlsx"),
    *("/notices", "/deposits", "/deposits.xlsx"),
    *("/data", "/data/templates/projects.xlsx"),
    *("/watchlist/composition", "/watchlist/composition?by=contractor"),
)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\u202e模拟\u202c 工地🏗️",
    "' onmouseover='alert(1)",
    "{{ 7*7 }}",
)


@pytest.fixture(scope="module")
def site(office, tmp_path_factory):
    with site_of(copied(office, tmp_path_factory.mktemp("pages"))) as opened:
        yield opened


def test_supervision_links_to_the_register_entry_of_the_model(site):
    browser = signed_in(site.url, "supervisor")
    path = "/supervision/models/1/register-entry"
    assert path in browser.get("/supervision").text
    entry = browser.get(path)
    browser.close()
    assert entry.status_code == 200
    assert "script-src" not in entry.headers["content-security-policy"]
    assert "（由本单位填写）" in entry.text


def register_of(publication, dossier=None, **fields) -> Snapshot:
    """A dossier and a line of the register for every project of a hand-made publication."""
    rows = []
    for number, risk in enumerate(publication.risks):
        said = risk.assessment
        rows.append(
            {
                "project_id": said.project_id,
                "project_name": said.project_name,
                "region_code": said.region_code,
                "sector": None,
                "funding": "government" if number % 2 else None,
                "owner_id": "O",
                "owner_name": said.contractor_name,
                "contractor_id": "C",
                "contractor_name": said.contractor_name,
                "contract_amount": None,
                "started_on": None,
                "planned_end_on": None,
                "latitude": 30.0 + (number % 97) / 100,
                "longitude": 110.0 + (number % 89) / 100,
                "tier": said.tier,
                "probability": said.probability,
                "workers": said.workers,
                "amount_at_stake": said.amount_at_stake,
                "flags": [],
                "rank": risk.listing.rank if risk.listing else None,
                "progress": None,
                "last_inspected_on": None,
                "last_found_on": None,
                **fields,
            }
        )
    empty = {"facts": {}, "contracts": [], "money": None, "similar": [], "levers": []}
    empty |= {"records": {}, **(dossier or {})}
    dossiers = {row["project_id"]: empty for row in rows}
    whole = {"as_of": AS_OF.isoformat(), "projects": rows, "matters": [], "closed": []}
    return Snapshot(dossiers, whole)


@pytest.fixture
def shown(tmp_path, sqlite_template):
    """Serves hand-made publications; ``shown(publication, ...)`` gives an admin's client."""
    path = tmp_path / "service.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    opened = []

    def serve(*publications, with_register=True, dossier=None):
        database = Database(f"sqlite:///{path}")
        add_user(database, "admin", Role.ADMIN)
        for one in publications:
            things = replace(
                make_extras(), snapshot=register_of(one, dossier) if with_register else None
            )
            store_publication(
                database, one.seal(), published_at=PUBLISHED_AT, published_by="李", extras=things
            )
        running = served(create_app(Settings(), database))
        client = signed_in(running.__enter__(), "admin")
        opened.append((client, running))
        return client

    yield serve
    for client, running in opened:
        client.close()
        running.__exit__(None, None, None)


def _fine(client, paths=PATHS, languages=LANGUAGES if MUST_RUN_ALL else ("zh",)):
    pages = {}
    for language in languages:
        client.get(f"/language/{language}")
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text[:500])
            if "html" in answer.headers["content-type"]:
                assert len(answer.content) < 200_000, path
                assert "default-src 'none'" in answer.headers["content-security-policy"]
                pages[path, language] = answer.text
    return pages


def test_pages_without_a_publication(shown):
    client = shown()
    files = ("/watchlist.", "/visits", "/campaign.")
    pages = _fine(client, [p for p in PATHS if not p.startswith(files)])
    assert "还没有名单" in pages["/watchlist", "zh"]
    assert client.get("/watchlist.pdf").status_code == 404


def test_pages_of_one_project(shown):
    client = shown(make_publication(listed=1, cohort=1))
    more = ("/projects/P%2F000", "/projects/P%2F000/visit", "/route?stop=P%2F000")
    _fine(client, [*PATHS, *more], LANGUAGES)


def test_project_page_shows_the_last_visit_on_record(shown):
    found = {"inspection_id": "J1", "kind": "routine", "arrears_found": True, "workers_owed": 3}
    days = {"inspected_on": "2025-05-02", "rectify_by": "2025-05-20", "rectified_on": None}
    seen = {**found, **days, "amount_owed": None, "known_at": "2025-05-03"}
    handling = {"cases": [], "accounts": [], "inspections": [seen]}
    client = shown(make_publication(listed=1, cohort=1), dossier={"handling": handling})
    text = client.get("/projects/P%2F000").text
    assert "发现欠薪" in text
    assert "限2025年5月20日前完成" in text


def test_pages_of_an_empty_list(shown):
    _fine(shown(make_publication(listed=0, cohort=3)))


def test_pages_of_a_list_without_a_register(shown):
    client = shown(make_publication(listed=4, cohort=6), with_register=False)
    _fine(client, [*PATHS, "/projects/P%2F000", "/projects/P%2F000/visit"])


@pytest.mark.parametrize(
    ("path", "row"), [("/links", 'hx-post="/links/'), ("/ledger", '<li class="entry">')]
)
def test_a_page_beyond_the_last_shows_the_last(site, path, row):
    with closing(signed_in(site.url, "inspector")) as client:
        assert row in client.get(path).text
        assert row in client.get(f"{path}?page=9999").text


def test_ledger_page_validates_filters(shown):
    client = shown(make_publication())
    for query in ("state=nonsense", "kind=nonsense", "large=2", f"unit={'x' * 101}"):
        for path in ("/ledger", "/ledger.xlsx"):
            assert client.get(f"{path}?{query}").status_code == 422, (path, query)
    page = client.get("/ledger?state=closed&kind=case&unit=一队&large=1").text
    kept = f"/ledger.xlsx?state=closed&kind=case&unit={quote('一队')}&large=1"
    assert kept in html.unescape(page)


def test_pages_note_the_scorecard(shown):
    client = shown(make_publication())
    assert "专家评分卡" in client.get("/watchlist").text
    assert "专家评分卡" in client.get("/projects/P%2F000").text


@thorough
def test_pages_of_five_thousand_projects(shown):
    client = shown(make_publication(listed=600, cohort=5000))
    pages = [path for path in PATHS if path not in ("/watchlist/print", "/watchlist.pdf")]
    _fine(client, [*pages, "/watchlist?page=12", "/projects?q=P", "/projects/P%2F4999"])
    assert "1 / 12" in client.get("/watchlist").text
    assert client.get("/watchlist/print").text.count("<tr>") > 600


def test_pages_of_very_long_names(shown):
    one = make_publication(listed=4, cohort=4)
    long = "很长的项目名称" * 80
    risks = tuple(
        replace(r, assessment=replace(r.assessment, project_name=long, contractor_name=long))
        for r in one.risks
    )
    entries = tuple(
        replace(e, assessment=replace(e.assessment, project_name=long, contractor_name=long))
        for e in one.entries
    )
    pages = _fine(shown(replace(one, risks=risks, entries=entries)))
    assert long in pages["/watchlist", "zh"]


def test_pages_show_nothing_of_other_regions(shown, tmp_path):
    client = shown(make_publication())
    database = Database(f"sqlite:///{tmp_path / 'service.sqlite'}")
    add_user(database, "elsewhere", Role.SUPERVISOR, "110101")
    database.close()
    other = signed_in(str(client.base_url), "elsewhere")
    for path in PATHS:
        answer = other.get(path)
        assert answer.status_code == 200, path
        if "html" in answer.headers["content-type"]:
            assert "模拟花园一期" not in answer.text
            assert "P/000" not in answer.text.replace("%2F", "/")
    for path in ("/projects/P%2F000", "/projects/P%2F000/visit"):
        assert other.get(path).status_code == 404
    assert other.get("/route?stop=P%2F000").status_code == 200
    assert "模拟花园一期" not in other.get("/route?stop=P%2F000").text
    other.close()


class _Seen(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("words", HOSTILE if MUST_RUN_ALL else HOSTILE[::3])
def test_pages_escape_hostile_text(shown, words):
    one = make_publication(listed=2, cohort=2)

    def spoil(said):
        text = LocalizedText(words, words)
        return replace(
            said,
            project_name=words,
            contractor_name=words,
            reasons=tuple(replace(reason, text=text) for reason in said.reasons),
            red_flags=tuple(
                replace(f, title=text, finding=text, check=text) for f in said.red_flags
            ),
        )

    risks = tuple(
        replace(
            r,
            assessment=spoil(r.assessment),
            timeline=tuple(replace(item, text=LocalizedText(words, words)) for item in r.timeline),
        )
        for r in one.risks
    )
    entries = tuple(replace(e, assessment=spoil(e.assessment)) for e in one.entries)
    client = shown(replace(one, risks=risks, entries=entries))
    extra = ("/projects/P%2F000", "/projects/P%2F000/visit", f"/projects?q={quote(words)}")
    for text in _fine(client, [*PATHS, *extra]).values():
        seen = _Seen(text)
        scripts = [attrs for tag, attrs in seen.found if tag == "script"]
        assert all(attrs.get("src", "").startswith("/static/") for attrs in scripts)
        assert not any(name.startswith("on") for _, attrs in seen.found for name in attrs)
        assert "img" not in {tag for tag, _ in seen.found}
    document = json.loads(replace(one, entries=entries).seal().watchlist.body)
    book = openpyxl.load_workbook(io.BytesIO(watchlist_xlsx(document, "zh")))
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in kinds
    assert any(cell.value == words for row in book.worksheets[0] for cell in row)


def test_page_texts_exist_and_are_used():
    serving = FOLDER.parent
    paths = [*(FOLDER / "templates").iterdir(), *FOLDER.glob("*.py"), serving / "formatting.py"]
    paths += [
        *serving.glob("*/*page*.py"),
        *serving.glob("*/*form*.py"),
        serving / "audit_log/sentences.py",
        serving / "data_entry/sources.py",
        serving / "outcomes/findings.py",
    ]
    sources = "".join(path.read_text() for path in paths)
    named = set(re.findall(r"\bt\('([a-z_.]*[a-z])'", sources))
    assert len(named) > 100
    for language in LANGUAGES:
        known = catalogue(language)
        assert {f"pages.{name}" for name in named} <= set(known)
    starts = set(re.findall(r"\bt\('([a-z_.]+[._])' ~", sources))
    for key in catalogue("en"):
        if key.startswith("pages."):
            name = key.removeprefix("pages.")
            spoken = (name in named, any(name.startswith(start) for start in starts))
            assert any(spoken) or _said_in_code(key, sources), key


def _said_in_code(key: str, sources: str) -> bool:
    name = key.removeprefix("pages.")
    tail = name.rpartition(".")[2]
    return (
        f"pages.{name}" in sources
        or f'f"pages.{name.removesuffix(tail)}{{' in sources
        or f"'{name}'" in sources
        or f'"{name}"' in sources
        or f"'{tail}'" in sources
        or f'"{tail}"' in sources
        or (name.startswith(("codes.", "figures.", "said.", "rates.")) or tail in ("yes", "no"))
    )


def test_page_writes_require_the_csrf_token(site):
    client = signed_in(site.url, "inspector")
    del client.headers["X-CSRF-Token"]
    path = f"/projects/{quote(site.listed[0], safe='')}/notes"
    assert client.post(path, data={"text": "x"}).status_code == 403
    client.close()


def test_sign_in_refuses_forms_of_other_sites(site):
    data = {"name": "admin", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx.post(f"{site.url}/sign-in", data=data, headers=headers, trust_env=False)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_sign_in_redirects_within_the_site_only(site):
    for wanted, there in (
        ("/map?x=1", "/map?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
    ):
        data = {"name": "admin", "password": PASSWORD, "next": wanted}
        answer = httpx.post(f"{site.url}/sign-in", data=data, trust_env=False)
        assert answer.headers["location"] == there
    for back in ("//evil.example", "https://evil.example"):
        path = f"{site.url}/language/en?{urlencode({'back': back})}"
        assert httpx.get(path, trust_env=False).headers["location"] == "/"


def test_errors_are_pages_in_browsers_and_documents_elsewhere(site):
    ask = {"trust_env": False}
    told = httpx.get(f"{site.url}/v1/watchlists", headers={"Accept": "text/html"}, **ask)
    assert told.status_code == 401
    assert told.headers["content-type"] == "application/problem+json"
    led = httpx.get(f"{site.url}/watchlist", headers={"Accept": "text/html"}, **ask)
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=/watchlist")
    client = signed_in(site.url, "inspector")
    lost = client.get("/projects/nowhere")
    client.close()
    assert lost.status_code == 404
    assert "<h1>" in lost.text


def test_pages_hide_random_draws_from_inspectors(site):
    client = signed_in(site.url, "inspector")
    pages = [client.get(path) for path in ("/watchlist", "/watchlist/print", "/watchlist.xlsx")]
    for one in site.listed:
        pages.append(client.get(f"/projects/{quote(one, safe='')}"))
    for answer in pages[:2] + pages[3:]:
        assert "随机" not in answer.text.replace("random", "")
    book = openpyxl.load_workbook(io.BytesIO(pages[2].content))
    values = {str(cell.value) for row in book.worksheets[0] for cell in row}
    assert "随机抽查" not in values
    client.close()


def test_the_printed_list_has_facts_and_all_three_results(site):
    """The column holds what records say, not an assessment of the model."""
    client = signed_in(site.url, "inspector")
    page = client.get("/watchlist/print").text
    client.close()
    assert "主要事实</th>" in page
    assert "模型评估" not in page
    assert page.count("□ 无法核查") == page.count("□ 未发现欠薪") == len(site.listed)


def test_refused_form_writes_nothing(site):
    client = signed_in(site.url, "supervisor")
    path = f"/projects/{quote(site.listed[0], safe='')}/feedback"
    for form in (
        {},
        {"verdict": "useful"},
        {"verdict": "no", "as_of": "2025-04-01"},
        {"verdict": "useful", "as_of": "2025-04-01", "family": "nothing"},
    ):
        assert client.post(path, data=form).status_code == 422
    matter = "case:nothing"
    assert client.post(f"/ledger/{matter}", data={"step": "given"}).status_code == 422
    key = re.search(r'hx-post="/ledger/([^"]+)"', client.get("/ledger").text)[1]
    for form in ({"step": "closed"}, {"step": "given", "due_on": "soon"}, {"step": "x"}):
        assert client.post(f"/ledger/{key}", data=form).status_code == 422
    with site.database.engine.connect() as connection:
        for table in (FEEDBACK, MATTER_STEPS):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    client.close()


def test_visits_workbook_can_be_imported(site, tmp_path):
    client = signed_in(site.url, "inspector")
    body = client.get("/watchlist.xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(body))
    listed, sheet = book.worksheets
    assert sheet.title == "检查"
    for one in (listed, sheet):
        assert one.freeze_panes
        assert one.auto_filter.ref
        assert one.print_area
    heads = [cell.value for cell in sheet[1]]
    for row, found in ((2, "是"), (3, "否")):
        sheet.cell(row, heads.index("检查日期") + 1, dt.datetime(2025, 4, 10))
        sheet.cell(row, heads.index("是否发现欠薪") + 1, found)
        sheet.cell(row, heads.index("欠薪金额") + 1, 1234.5)
    path = tmp_path / "检查.xlsx"
    book.save(path)
    workspace = _empty(tmp_path)
    done = import_paths(workspace, [path], today=dt.date(2025, 4, 11))
    told = done.files[0]
    assert (told.accepted, told.quarantined) == (2, len(site.listed) - 2)
    again = import_paths(workspace, [path], today=dt.date(2025, 4, 11)).files[0]
    assert (again.accepted, again.repeated) == (0, 2)
    with RecordStore(workspace.records, read_only=True) as store:
        rows = store.rows("SELECT project_id, kind, arrears_found, amount_owed FROM inspections")
    assert set(rows) == {
        (site.listed[0], "watchlist", True, 123450),
        (site.listed[1], "watchlist", False, 123450),
    }
    client.close()


def test_visits_export_can_be_imported(site, tmp_path):
    client = signed_in(site.url, "inspector")
    for number, project in enumerate(site.listed[:3]):
        body = {
            "project_id": project,
            "inspected_on": "2025-04-09",
            "kind": "routine",
            "arrears_found": number == 0,
            "workers_owed": 5 if number == 0 else None,
            "amount_owed": 1000.25 if number == 0 else None,
            "findings": "=1+1;no_account",
            "rectify_by": "2025-05-09" if number == 0 else None,
        }
        answer = client.post(
            "/v1/outcomes", json=body, headers={"Idempotency-Key": f"visit-number-{number}"}
        )
        assert answer.status_code == 201, answer.text
    path = tmp_path / "inspections.xlsx"
    path.write_bytes(client.get("/visits.xlsx").content)
    workspace = _empty(tmp_path)
    told = import_paths(workspace, [path], today=clock.today()).files[0]
    assert (told.accepted, told.quarantined) == (3, 0)
    with RecordStore(workspace.records, read_only=True) as store:
        rows = store.rows(
            "SELECT project_id, arrears_found, workers_owed, amount_owed, findings, rectify_by"
            " FROM inspections ORDER BY amount_owed NULLS LAST"
        )
    assert rows[0] == (site.listed[0], True, 5, 100_025, "=1+1;no_account", dt.date(2025, 5, 9))
    with site.database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(OUTCOMES)).scalar_one() == 3
    client.close()


def test_empty_table_is_downloadable():
    from risk.contract import TABLES

    body = records_xlsx(TABLES["inspections"], [], AS_OF)
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert [cell.value for cell in sheet[1]][:2] == ["检查编号", "项目编码"]


def _empty(folder: Path) -> Workspace:
    made = Workspace(folder / "elsewhere")
    made.root.mkdir(exist_ok=True)
    made.settings_file.write_text(default_toml(), encoding="utf-8")
    return made


def test_vendored_files_match_the_lock():
    root = Path(__file__).parents[3]
    lock = json.loads((root / "requirements" / "npm" / "package-lock.json").read_text())
    versions = {
        name.removeprefix("node_modules/"): one["version"]
        for name, one in lock["packages"].items()
        if name
    }
    assert not any("resolved" in one for one in lock["packages"].values())
    vendor = FOLDER / "static" / "vendor"
    heads = {
        "htmx.org": f'version:"{versions["htmx.org"]}"',
        "uplot": f"uPlot (v{versions['uplot']})",
        "axe-core": f"axe v{versions['axe-core']}",
    }
    assert heads["htmx.org"] in (vendor / "htmx.min.js").read_text()
    assert heads["uplot"] in (vendor / "uplot.min.js").read_text()
    assert heads["axe-core"] in (root / "tests" / "vendor" / "axe.min.js").read_text()


def test_route_has_no_crossings():
    square = [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)]
    order = short_order(square)
    assert sorted(order) == [0, 1, 2, 3]
    assert sum(way(square, order)) < 3.01 * distance((0, 0), (0, 1))
    assert short_order([]) == []
    assert short_order(square, (1.0, 1.1))[0] == 1
    assert way(square, [0], (0.0, 1.0)) == [pytest.approx(distance((0, 0), (0, 1)))]


def test_a_red_flag_takes_a_state_and_its_reason_is_required(site):
    inspector = signed_in(site.url, "inspector")
    path = f"/projects/{quote(site.listed[0], safe='')}/flags"
    refused = inspector.post(path, data={"code": "wages_overdue", "state": "explained"})
    assert refused.status_code == 422
    assert "须写明理由" in refused.text
    given = {"code": "wages_overdue", "state": "explained", "reason": "<b>已补发</b>", "until": ""}
    stored = inspector.post(path, data=given)
    assert stored.status_code == 200
    assert "已说明" in stored.text
    assert "&lt;b&gt;已补发&lt;/b&gt;" in stored.text
    page = inspector.get(f"/projects/{quote(site.listed[0], safe='')}").text
    assert "模型参考的事实" in page
    assert "对数几率" not in page
    inspector.close()


def test_visit_form_offers_each_finding_once(site):
    """What a red flag is about is not offered again among the general findings."""
    both = {
        "no_contract": "workers_without_contract",
        "no_roster": "payroll_missing",
        "no_account": "account_missing",
        "no_board": "notice_board_missing",
    }
    seen = set()
    with closing(signed_in(site.url, "inspector")) as client:
        paths = [f"/projects/{quote(project, safe='')}/visit" for project in site.listed]
        pages = [client.get(path).text for path in paths]
    for page in pages:
        offered = re.findall(r'name="finding" value="(\w+)"', page)
        assert len(offered) == len(set(offered))
        assert "no_attendance" in offered
        for general, flag in both.items():
            assert (general in offered) != (flag in offered) or flag == "account_missing"
        seen |= set(offered)
    assert seen & set(both.values())
