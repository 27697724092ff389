"""Laws of the mapping over small worlds, and answers with nulls anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.sources.meter import Bounds, Meter
from risk.sources.politeness import Pacer
from risk.sources.realname import Settings
from risk.sources.realname.client import Account, Client
from risk.sources.realname.dialect import load_dialect
from risk.sources.realname.source import RealnameSource
from risk.sources.secrets import Secret

from .conftest import section
from .county import County, Month, Role, Site, Wage, written_books
from .platform import APPID, SECRET, Platform
from .server import InProcess

FIRMS = [f"91510822MA0000000{number}" for number in range(3)]
CODES = ("510822202501010101", "510822202502010102")
TODAY, UNTIL = dt.date(2025, 3, 3), dt.date(2025, 3, 2)


def pulled(platform: Platform) -> dict[str, list[dict[str, Any]]]:
    """Rows that the platform gives from February to the second of March 2025, by table."""
    url = "http://platform.example/open.api"
    own = section(url, since=dt.date(2025, 2, 1), until=UNTIL, requests_per_second=1000)
    meter = Meter(Bounds())
    account = Account("platform", url, APPID, Secret(SECRET))
    rows: dict[str, list[dict[str, Any]]] = {}
    with httpx.Client(transport=InProcess(platform)) as http:
        pacer = Pacer("platform", 1e6, meter)
        client = Client(account, load_dialect(), http, pacer, meter)
        source = RealnameSource(client, Settings(name="platform", **own), TODAY)
        for unit in source.units({}):
            for table, cells in unit.fetch():
                rows.setdefault(table, []).append({**cells})
            unit.mark()
    return rows


def comparable(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Values as text, numbers in one form; sorted."""
    return sorted([_plain(value) for _, value in sorted(row.items())] for row in rows)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return ""
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except ArithmeticError:
        return str(value)


amounts = st.integers(100, 10**7).map(lambda fen: Decimal(fen) / 100)
paid_days = st.lists(st.integers(1, 28), min_size=0, max_size=3, unique=True)


@st.composite
def counties(draw: st.DrawFn) -> County:
    """One or two sites with wages and attendance in February and payments up to March."""
    county = County(names={corp: f"某某劳务{corp[-1]}公司" for corp in FIRMS})
    for code in draw(st.sampled_from([CODES[:1], CODES])):
        state = {
            "completed": draw(st.booleans()),
            "sector": draw(st.sampled_from(["water", "other"])),
        }
        site = Site(
            *(code, f"滨河{code[-1]}号", "510822"), state["sector"], FIRMS[0], FIRMS[1],
            *("2025-01-05", "2025-02-20", state["completed"], "31.5", "105.25"),
        )  # fmt: skip
        county.sites.append(site)
        county.roles.append(Role(code, FIRMS[1], "general_contractor", "2025-01-01", ""))
        county.roles.append(
            Role(code, FIRMS[2], "labour_subcontractor", "2025-01-09", "2025-02-25")
        )
        for team, corp in enumerate(FIRMS[1:]):
            county.wages.append(_wage(draw, code, corp, team))
            registered, present = draw(st.integers(1, 4)), draw(st.integers(1, 4))
            county.months[code, corp] = {
                "2025-02": Month(
                    registered,
                    present,
                    draw(st.integers(present, 28 * present)),
                    draw(st.integers(0, registered)),
                )
            }
    return county


def _wage(draw: st.DrawFn, code: str, corp: str, team: int) -> Wage:
    workers = draw(st.integers(1, 4))
    return Wage(
        code=draw(st.sampled_from(["", f"GZ{code[-3:]}{team}"])),
        project=code,
        corp=corp,
        team=team,
        month="2025-02",
        workers=workers,
        due=draw(amounts),
        paid=tuple(
            (f"2025-02-{day:02}", draw(amounts), draw(st.integers(1, workers)), draw(st.booleans()))
            for day in sorted(draw(paid_days))
        ),
    )


@settings(max_examples=12, deadline=None)
@given(counties())
def test_a_pull_gives_the_rows_of_the_books(county):
    rows = pulled(Platform(county))
    books = written_books(county)
    for table in ("projects", "contracts", "payrolls", "payments", "attendance"):
        assert comparable(rows.get(table, [])) == comparable(books[table]), table


CERTAIN = ("backPayMonth", "isBackPay")
"""Without the flag nobody can say that back pay in the month of the payroll is no wage."""


class Nulls(Platform):
    """Platform that gives null in place of some values; ``chosen`` says of which."""

    chosen: Iterator[bool]

    def answer(self, body: str) -> Any:
        answer = super().answer(body)
        answer["data"]["rows"] = self._emptied(answer["data"]["rows"])
        return answer

    def _emptied(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._emptied(one) for one in value]
        if isinstance(value, dict):
            return {
                name: None if next(self.chosen) and name not in CERTAIN else self._emptied(one)
                for name, one in value.items()
            }
        return value


@settings(max_examples=12, deadline=None)
@given(counties(), st.integers(0, 2**32))
def test_nulls_anywhere_make_values_unknown_and_never_another_value(county, seed):
    platform = Nulls(county)
    random = Random(seed)
    platform.chosen = iter(lambda: random.random() < 0.1, None)
    found = pulled(platform)
    whole = pulled(Platform(county))
    for table, key in (("contracts", "contract_id"), ("projects", "project_id")):
        known = {row[key]: row for row in whole.get(table, [])}
        for row in found.get(table, []):
            if row[key] in known:
                expected = known[row[key]]
                assert all(value in (None, expected[name]) for name, value in row.items()) or (
                    table == "projects" and expected["completed_on"]
                )
    total = sum((wage.due for wage in county.wages), Decimal(0))
    due = [row["amount_due"] for row in found.get("payrolls", [])]
    assert sum(filter(None, due), Decimal(0)) <= total
    most = {
        code: sum(m["2025-02"].days for (c, _), m in county.months.items() if c == code)
        for code in CODES
    }
    for row in found.get("attendance", []):
        assert (row["worker_days"] or 0) <= most[row["project_id"]]
