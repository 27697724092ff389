"""From a hotline complaint that names nobody properly to the sentence in the yearly summary.

A small county's own records, the real commands, the real service: the complaint is linked, the
site visited, the case confirmed, the housing department told, the wages recovered, and looked at
again. What every step says of people and money is the same.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid
from pathlib import Path

import docx
import httpx
import pytest

from risk.workspace import Workspace
from serving.app import create_app
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.cli.main import main
from serving.db.database import Database
from serving.settings import load_settings

from ..conftest import thorough
from ..serving.conftest import served
from ..serving.people import add_token

TODAY = dt.datetime.now(dt.UTC).astimezone().date()
REGION = "990101"
SITE = "990101202501010199"
WORKERS, OWED = 12, 186_000


def day(offset: int) -> str:
    return (TODAY + dt.timedelta(days=offset)).isoformat()


def write(folder: Path, table: str, rows: list[dict[str, object]]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


NAMES = (
    *("云渡镇安置房一期工程", "石桥湾污水管网工程", "柳营中心小学教学楼"),
    *("东塬河堤整治工程", "北汀客运站工程"),
)
FIRMS = (
    *("恒澄建设有限公司", "朗桥市政工程有限公司", "溪舟建筑工程有限公司"),
    *("禾渡水利工程有限公司", "岚坪路桥有限公司"),
)


def county(folder: Path) -> None:
    """Five sites that pay and report; the last labour cost of the first never came."""
    ids = [f"9901012025010101{n:02d}" for n in (99, 2, 3, 4, 5)]
    write(
        folder,
        "organizations",
        [
            {"org_id": f"F{n}", "org_name": name, "org_kind": "general_contractor",
             "region_code": REGION, "known_at": day(-600)}
            for n, name in enumerate(FIRMS)
        ],
    )  # fmt: skip
    write(
        folder,
        "projects",
        [
            {"project_id": ids[n], "project_name": name, "region_code": REGION,
             "sector": "building", "funding": "government", "contractor_id": f"F{n}",
             "contract_amount": 20_000_000, "started_on": day(-400), "planned_end_on": day(300),
             "known_at": day(-390)}
            for n, name in enumerate(NAMES)
        ],
    )  # fmt: skip
    write(
        folder,
        "transfers",
        [
            {"transfer_id": f"B{n}{back}", "project_id": number,
             "period": day(-back - 30)[:7], "amount_due": 300_000, "due_on": day(-back),
             "amount_paid": "" if n == 0 and back < 60 else 300_000,
             "paid_on": "" if n == 0 and back < 60 else day(-back), "known_at": day(-back)}
            for n, number in enumerate(ids)
            for back in (5, 45, 75, 105)
        ],
    )  # fmt: skip
    write(
        folder,
        "complaints",
        [
            {"complaint_id": "T1", "received_on": day(-9), "channel": "hotline_12345",
             "project_id": ids[1], "project_text": "石桥湾污水管网", "employer_text": "朗桥市政",
             "workers": 2, "amount_claimed": 20_000, "known_at": day(-9)},
            {"complaint_id": "T2", "received_on": day(0), "channel": "hotline_12345",
             "project_id": "", "project_text": "云渡安置房工地", "employer_text": "恒澄建设",
             "workers": WORKERS, "amount_claimed": OWED, "known_at": day(0)},
        ],
    )  # fmt: skip


class Office:
    """The county's office: its commands, and its case system at the running service."""

    def __init__(self, workspace: Workspace, client: httpx.Client) -> None:
        self.workspace, self.client = workspace, client
        self.lists = 0

    def run(self, *arguments: str) -> None:
        assert main(["-w", str(self.workspace.root), *arguments]) == 0, arguments

    def publish(self) -> str:
        """A list of the next day, from all that was known until then."""
        self.lists += 1
        as_of = day(self.lists)
        self.run("publish", "--as-of", as_of, "--capacity", "3")
        return as_of

    def get(self, path: str, **asked: object) -> dict:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, **body: object) -> dict:
        answer = self.client.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()

    def case(self, status: str, **fields: object) -> None:
        row = {"case_id": "AJ1", "project_id": SITE, "org_id": "F0", "complaint_id": "T2"}
        row |= {"opened_on": day(0), "status": status, "workers": WORKERS, "known_at": day(0)}
        sent = self.send("/v1/records/cases", rows=[{**row, **fields}])
        assert (sent["good"], sent["problems"]) == (1, [])


@pytest.fixture
def office(tmp_path):
    workspace = Workspace(tmp_path / "office")
    assert main(["-w", str(workspace.root), "init"]) == 0
    county(tmp_path / "records")
    assert main(["-w", str(workspace.root), "import", str(tmp_path / "records")]) == 0
    assert main(["-w", str(workspace.root), "train", "--as-of", day(0)]) == 0
    with Database(f"sqlite:///{workspace.service_database}") as database:
        grant = NewAccount("case system", Role.ADMIN, "", "test", dt.datetime.now(dt.UTC))
        token = add_token(database.engine, grant)
        app = create_app(load_settings(workspace), database, key="k" * 43)
        headers = {"Authorization": f"Bearer {token}"}
        with served(app) as url, httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield Office(workspace, client)


def text_of(letter) -> str:
    """The words of a Word file."""
    return "\n".join(paragraph.text for paragraph in docx.Document(letter).paragraphs)


def numbers(words: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", words))


@thorough
def test_a_nameless_complaint_is_carried_to_its_end(office, tmp_path):
    # The hotline's complaint names no project; the right one is the first candidate.
    first = office.publish()
    assert office.get(f"/v1/projects/{SITE}/risk")["as_of"] == first
    [waiting] = office.get("/v1/links")["items"]
    assert waiting["complaint_id"] == "T2"
    assert waiting["candidates"][0]["id"] == SITE
    # A person confirms; from then on it is the project's.
    office.send("/v1/links", complaint_id="T2", decision="linked", project_id=SITE)
    office.publish()
    assert office.get("/v1/links")["items"] == []
    risk = office.get(f"/v1/projects/{SITE}/risk")
    assert "complaint" in {item["kind"] for item in risk["timeline"]}
    # The visit finds what the caller said, and a case is opened and confirmed.
    found = {"workers_owed": WORKERS, "amount_owed": OWED, "rectify_by": day(15)}
    office.send("/v1/outcomes", project_id=SITE, inspected_on=day(0), kind="complaint",
                arrears_found=True, **found)  # fmt: skip
    office.case("confirmed", amount_owed=OWED, confirmed_on=day(0))
    office.publish()
    matter = office.get("/v1/matters/case:AJ1")
    assert (matter["workers"], matter["amount"]) == (WORKERS, OWED)
    assert matter["clock"]["working_days"] == 60
    assert matter["duties"]
    # Somebody is responsible; every duty is looked at beside the arrears.
    steps = "/v1/matters/case:AJ1/steps"
    office.send(steps, step="given", person="张三", unit="劳动保障监察大队")
    for duty in matter["duties"]:
        office.send(steps, step="duty", duty=duty["code"], found="met")
    # The housing department is told what concerns it, and answers.
    notice = office.send("/v1/notices", project_id=SITE, department="housing", as_of=first)
    codes = {one["code"] for one in notice["package"]["findings"]}
    assert codes == {"labour_cost_overdue"}
    letter = office.client.get(f"/v1/notices/{notice['id']}/file", params={"format": "docx"})
    assert NAMES[0] in "\n".join(
        p.text for p in docx.Document(io.BytesIO(letter.content)).paragraphs
    )
    office.send(f"/v1/notices/{notice['id']}/steps", step="answered", text="已责令建设单位拨付")
    assert office.get(f"/v1/notices/{notice['id']}")["state"] == "answered"
    # The wages are recovered, the matter is struck off, and looked at again.
    office.case("closed", amount_owed=OWED, amount_recovered=OWED, confirmed_on=day(0),
                closed_on=day(0))  # fmt: skip
    office.publish()
    assert office.get("/v1/matters/case:AJ1")["closed"]
    office.send(steps, step="rechecked", outcome="paid", text="逐人核对到账")
    assert office.get("/v1/matters/case:AJ1")["second_look"]["outcome"] == "paid"
    # The year's summary says it, with the same people and money.
    out = tmp_path / "summary.docx"
    office.run("briefing", "--year", str(TODAY.year), "--out", str(out))
    said = text_of(io.BytesIO(out.read_bytes())).split("\n")
    [opened] = [one for one in said if one.startswith("立案1件")]
    [closed] = [one for one in said if one.startswith("办结")]
    [looked] = [one for one in said if "回头看" in one and "每名工人" in one]
    assert {"1", str(WORKERS), "18.60"} <= numbers(opened)
    assert {"1", str(WORKERS), "18.60", "0"} <= numbers(closed)
    assert "回头看1件" in looked
    # Everything that was done stands in the audit log.
    done = {entry["action"] for entry in office.get("/v1/audit", limit=500)["items"]}
    assert {"write_links", "write_outcomes", "send_notices"} <= done


@thorough
def test_the_campaign_counts_the_same_visit(office):
    office.publish()
    office.send("/v1/outcomes", project_id=SITE, inspected_on=day(0), kind="campaign",
                arrears_found=True, workers_owed=WORKERS, amount_owed=OWED)  # fmt: skip
    office.publish()
    report = office.workspace.root / "campaign.html"
    settings = office.workspace.settings_file
    scope = f'[[campaigns]]\nname = "winter"\nstart = {day(-30)}\nstop = {day(60)}\n'
    settings.write_text(settings.read_text(encoding="utf-8") + scope, encoding="utf-8")
    office.run("campaign", "winter", "--on", day(2), "--out", str(report))
    words = re.sub(r"<[^>]+>", " ", report.read_text(encoding="utf-8"))
    assert "范围内项目5个，行动以来已排查1个" in words
    assert "行动以来检查发现欠薪项目1个" in words
