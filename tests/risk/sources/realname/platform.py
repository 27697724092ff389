"""The platform's interface over a county: answers to signed forms, with persons in every answer."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qs

from .county import ROLES, SECTORS, County, Wage, last_day

APPID, SECRET = "county-510822", "Sesame-OPEN/2025=x"
ZONE = dt.timezone(dt.timedelta(hours=8))

Json = dict[str, Any]


def ciphertext(person: str) -> str:
    """What stands in for an encrypted identity number or bank card: 44 characters of Base64."""
    return base64.b64encode(hashlib.sha256(f"{SECRET}{person}".encode()).digest()).decode()


@cache
def personal(person: str) -> Json:
    """Fields of a person, as they come in every answer about workers; copy them."""
    number = int(hashlib.sha256(person.encode()).hexdigest()[:8], 16)
    return {
        "workerName": f"吴某甲{number % 10000:04}",
        "idCardType": "01",
        "idCardNumber": ciphertext(person),
        "cellPhone": f"139{number % 10**8:08}",
        "payRollBankCardNumber": ciphertext(f"card {person}"),
        "headImage": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg",
    }


@dataclass
class Platform:
    """Answers to forms; ``now`` is the platform's clock."""

    county: County
    secret: str = SECRET
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(ZONE)
    requests: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    """Messages of methods that are refused."""

    payrolls_by_firm: bool = False
    from_one: bool = False
    """Pages are counted from 1; page 0 is the first one too."""

    largest_page: int = 50
    """Rows of a page, whatever is asked for."""

    def answer(self, body: str) -> Json:
        """Answer to the body of a form post."""
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.requests.append(form.get("method", ""))
        if refusal := self._refusal(form):
            return {"code": "1", "message": refusal, "data": None}
        asked = json.loads(form["data"])
        rows = list(self._rows(form["method"], asked))
        size = min(asked["pageSize"], self.largest_page)
        start = max(asked["pageIndex"] - self.from_one, 0) * size
        page = rows[start : start + size]
        return {"code": "0", "message": "", "data": {"totalCount": len(rows), "rows": page}}

    def _refusal(self, form: Mapping[str, str]) -> str:
        """Why a form is refused; empty if it is not."""
        names = ("appid", "data", "format", "method", "nonce", "timestamp", "version")
        signed = "&".join(f"{name}={form.get(name, '')}" for name in names)
        signed = f"{signed}&appsecret={self.secret}".lower()
        if form.get("sign") != hashlib.sha256(signed.encode()).hexdigest():
            return f"签名错误：{signed}"
        sent = dt.datetime.strptime(form["timestamp"], "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
        if abs(self.now() - sent) > dt.timedelta(minutes=5):
            return "请求时间戳超出允许范围"
        if form["appid"] != APPID or len(form["nonce"]) != 32:
            return "appid 不存在"
        asked = json.loads(form["data"])
        if not 10 <= asked["pageSize"] <= 50 or asked["pageIndex"] < 0:
            return "pageSize 须为 10 至 50"
        if (
            self.payrolls_by_firm
            and form["method"] == "Payroll.Query"
            and not asked.get("corpCode")
        ):
            return "corpCode 不能为空"
        return self.refuse.get(form["method"], "")

    def _rows(self, method: str, asked: Json) -> Iterator[Json]:
        project = asked.get("projectCode")
        if method == "Project.Query":
            yield from (one for one in self._projects if project in (None, one["projectCode"]))
        elif method == "WorkerAttendance.Query":
            yield from self._passes(project, asked["date"])
        elif method == "Payroll.Query":
            corp = asked.get("corpCode")
            yield from (one for one in self._payrolls[project] if corp in (None, one["corpCode"]))
        else:
            yield from {
                "ProjectSubContractor.Query": self._roles,
                "Team.Query": self._teams,
                "ProjectWorker.Query": self._workers,
                "WorkerEntryExit.Query": self._entries,
                "WorkerContract.Query": self._contracts,
            }[method][project]

    @cached_property
    def _projects(self) -> list[Json]:
        return [
            {
                "projectCode": site.code,
                "name": site.name,
                "category": SECTORS[site.sector],
                "prjStatus": "004" if site.completed else "003",
                "areaCode": int(site.area),
                "invest": 12345.6,
                "startDate": f"{site.start} 00:00:00",
                "completeDate": site.end or None,
                "contractorCorpCode": site.contractor,
                "contractorCorpName": self.county.names.get(site.contractor),
                "buildCorpCode": site.owner,
                "buildCorpName": self.county.names.get(site.owner),
                "lat": Decimal(site.latitude) if site.latitude else None,
                "lng": site.longitude or None,
                "linkMan": "吴某甲0000",
                "linkPhone": "13900000000",
                "builderLicenses": [{"prjName": site.name, "builderLicenseNum": "1"}],
            }
            for site in self.county.sites
        ]

    @cached_property
    def _roles(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for role in self.county.roles:
            found[role.project].append(
                {
                    "projectCode": role.project,
                    "corpCode": role.corp,
                    "corpName": self.county.names[role.corp],
                    "corpType": ROLES[role.kind],
                    "entryTime": f"{role.entered} 08:30:00",
                    "exitTime": role.left or None,
                    "pmName": "吴某甲1111",
                    "pmPhone": "13911111111",
                    "pmIDCardNumber": ciphertext("manager"),
                    "bankInfos": [{"bankNumber": ciphertext("bank")}],
                }
            )
        for site in self.county.sites:
            found[site.code].append(
                {
                    "projectCode": site.code,
                    "corpCode": site.owner,
                    "corpName": self.county.names.get(site.owner),
                    "corpType": "008",
                    "entryTime": site.start,
                    "exitTime": None,
                    "pmName": None,
                }
            )
        return found

    @cached_property
    def _teams(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for project, corp, team in sorted({(w.project, w.corp, w.team) for w in self.county.wages}):
            found[project].append(
                {"projectCode": project, "corpCode": corp, "teamSysNo": team, "teamName": "瓦工班"}
            )
        return found

    @cached_property
    def _workers(self) -> dict[str, list[Json]]:
        """Registered workers: person i of a firm is registered while it has more than i."""
        found: dict[str, list[Json]] = defaultdict(list)
        for (project, corp), months in self.county.months.items():
            counts = {month: one.registered for month, one in months.items()}
            for number, spells in _spells(counts).items():
                first, last = spells[-1]
                found[project].append(
                    {
                        "projectCode": project,
                        "corpCode": corp,
                        "workRole": 20,
                        "hasContract": 0,
                        "entryTime": f"{first}-01",
                        "exitTime": last_day(last).isoformat(),
                        **personal(f"{project}{corp}{number}"),
                    }
                )
        return found

    @cached_property
    def _entries(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for (project, corp), months in self.county.months.items():
            counts = {month: one.registered for month, one in months.items()}
            for number, spells in _spells(counts).items():
                for first, last in spells:
                    for day, kind in ((f"{first}-01", 1), (last_day(last).isoformat(), 0)):
                        found[project].append(
                            {
                                "projectCode": project,
                                "corpCode": corp,
                                "date": day,
                                "type": kind,
                                **personal(f"{project}{corp}{number}"),
                            }
                        )
        return found

    @cached_property
    def _contracts(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for (project, corp), months in self.county.months.items():
            counts = {month: one.signed for month, one in months.items()}
            for number, spells in _spells(counts).items():
                for first, last in spells:
                    found[project].append(
                        {
                            "projectCode": project,
                            "corpCode": corp,
                            "contractPeriodType": 0,
                            "startDate": f"{first}-01",
                            "endDate": last_day(last).isoformat(),
                            **personal(f"{project}{corp}{number}"),
                        }
                    )
        return found

    def _passes(self, project: str, day: str) -> Iterator[Json]:
        """Everybody present comes for the first days of the month, in the morning."""
        for corp, months in self._by_project[project].items():
            month = months.get(day[:7])
            if month is None:
                continue
            for number in range(month.present):
                days = month.days // month.present + (number < month.days % month.present)
                if int(day[8:]) <= days:
                    yield {
                        "projectCode": project,
                        "corpCode": corp,
                        "date": f"{day} 06:55:{number % 60:02}",
                        "direction": "01",
                        **personal(f"{project}{corp}{number}"),
                    }

    @cached_property
    def _by_project(self) -> dict[str, dict[str, dict[str, Any]]]:
        found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for (project, corp), months in self.county.months.items():
            found[project][corp] = months
        return found

    @cached_property
    def _payrolls(self) -> dict[str, list[Json]]:
        """Payrolls; a second payment is a detail without due, a third one is back pay."""
        found: dict[str, list[Json]] = defaultdict(list)
        for wage in self.county.wages:
            details = [_unpaid(wage, number) for number in range(wage.workers)]
            for part, (day, amount, people, bank) in enumerate(wage.paid):
                shares = _shares(amount, people)
                if part == 0:
                    for number, share in enumerate(shares):
                        details[number] |= _paid(share, day, bank)
                elif part == 1:
                    details += [
                        _unpaid(wage, number) | {"totalPayAmount": 0} | _paid(share, day, bank)
                        for number, share in enumerate(shares)
                    ]
                else:
                    late = [
                        _unpaid(wage, number)
                        | _paid(share, day, bank)
                        | {"isBackPay": 1, "backPayMonth": f"{wage.month}-01"}
                        for number, share in enumerate(shares)
                    ]
                    code = f"{wage.code}-late-{part}" if wage.code else None
                    found[wage.project].append(_payroll(wage, code, day[:7], late))
            found[wage.project].append(_payroll(wage, wage.code or None, wage.month, details))
        return found


def _payroll(wage: Wage, code: str | None, month: str, details: list[Json]) -> Json:
    return {
        "projectCode": wage.project,
        "corpCode": wage.corp,
        "corpName": "某某公司",
        "teamSysNo": wage.team,
        "payMonth": month,
        "payRollCode": code,
        "detailList": details,
    }


def _unpaid(wage: Wage, number: int) -> Json:
    return {
        "days": 22,
        "totalPayAmount": _shares(wage.due, wage.workers)[number],
        "actualAmount": None,
        "isBackPay": 0,
        "balanceDate": None,
        "payBankCode": None,
        **personal(f"{wage.project}{wage.corp}{wage.team}-{number}"),
    }


def _paid(share: Decimal, day: str, bank: bool) -> Json:
    return {"actualAmount": share, "balanceDate": day, "payBankCode": "102" if bank else ""}


def _shares(amount: Decimal, people: int) -> list[Decimal]:
    """``amount`` in parts of whole fen, each at least one."""
    each = (amount / people).quantize(Decimal("0.01"), "ROUND_DOWN")
    return [each] * (people - 1) + [amount - each * (people - 1)]


def _spells(counts: Mapping[str, int]) -> dict[int, list[tuple[str, str]]]:
    """First and last months of the spells of each number below the counts."""
    spells: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for month in sorted(counts):
        before = f"{dt.date.fromisoformat(f'{month}-01') - dt.timedelta(days=1):%Y-%m}"
        for number in range(counts[month]):
            own = spells[number]
            if own and own[-1][1] == before:
                own[-1] = (own[-1][0], month)
            else:
                own.append((month, month))
    return spells
