"""The page of a matter: every figure and day on it is another one, worked out on a calendar."""

from __future__ import annotations

import datetime as dt
import re

import httpx
import pytest
from fastapi import Response

from serving.app import create_app
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.matters import matter_page
from serving.matters.rules import matter_rules
from serving.matters.steps import StepInvalid, StepRequest, apply_step
from serving.matters.sync import sync_from_lists
from serving.settings import MatterSettings, Settings

from ..conftest import NO_TLS, served
from ..site import PASSWORD, add_user
from .builders import DUTIES, publish_register
from .builders import matter as listed

SETTINGS = Settings(matters=MatterSettings(alerts=()))
RULES = matter_rules(SETTINGS.matters)
BEGUN = dt.datetime(2025, 6, 2, 9, tzinfo=dt.UTC)


def noon(month, day):
    """Noon at the office."""
    return dt.datetime(2025, month, day, 4, tzinfo=dt.UTC)


def text_of(page):
    """The words of a page, from its heading on, without those of forms."""
    main = page.text.partition("<h1>")[2].partition("<h2>办理<")[0]
    without = re.sub(r"<(form|select|datalist)\b.*?</\1>", " ", main, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", without)).strip()


@pytest.fixture
def shown(database, monkeypatch):
    """The page of ``case:A`` on a day, signed in as an inspector."""
    publish_register(
        database,
        matters=[
            listed("case:A", status="confirmed", due_on="2025-06-20", workers=57,
                   amount=123_456_78, confirmed_on="2025-04-15")
        ],
        duties={"P/100": DUTIES},
    )  # fmt: skip
    sync_from_lists(database, RULES, BEGUN)
    add_user(database, "inspector", Role.INSPECTOR)
    with (
        served(create_app(SETTINGS, database, key="k" * 43)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as client,
    ):
        client.post("/sign-in", data={"name": "inspector", "password": PASSWORD})

        def page(at):
            monkeypatch.setattr(matter_page, "now", lambda: at)
            return text_of(client.get("/matters/case:A"))

        yield page


def take(database, at, **wanted):
    with writing(database.engine).begin() as connection:
        apply_step(connection, OFFICE, "case:A", StepRequest(**wanted), RULES, at)


def test_page_of_an_open_case_with_its_clocks(database, shown):
    """2 June is a holiday, 27 April a working Sunday; 1 to 5 May and 4 April are holidays too.

    Sixty working days from 1 April: 21 in April, 19 in May, the twentieth of June is the 30th. From
    17 June nine are left; with thirty more, it is 11 August.
    """
    before = shown(noon(6, 17))
    assert "案件 50 人以上 2025年6月20日前 · 案件 A" in before
    assert (
        "发生日期 2025年4月1日 案件状态 查实 涉及人数 57 金额 12.3 万元 责任人 未交办 "
        "期限 2025年6月20日 · 记录所载 · 剩 3 个工作日 以上为 2025年6月1日 前已知的记录"
    ) in before
    assert (
        "自 2025年4月1日 立案起 60 个工作日（《劳动保障监察条例》第17条），至 2025年6月30日。 "
        "剩 9 个工作日 移送公安机关 还没有记录。"
    ) in before
    assert "共 2 项，2 项未核查。" in before

    take(database, noon(6, 3), step="given", person="张", unit="大队", due_on=dt.date(2025, 6, 13))
    take(database, noon(6, 4), step="extended", text="局长批准")
    take(database, noon(6, 5), step="transfer", stage="sent", on=dt.date(2025, 6, 4))
    take(database, noon(6, 6), step="listing", stage="notified", on=dt.date(2025, 5, 29))
    take(database, noon(6, 9), step="duty", duty="wages_overdue", found="met", text="已付")
    after = shown(noon(6, 17))
    assert "案件 50 人以上 超期 2 个工作日 2025年6月13日前 · 案件 A" in after
    assert "责任人 张 · 大队 期限 2025年6月13日 · 交办时给定 · 已超 2 个工作日" in after
    assert (
        "立案起 90 个工作日（《劳动保障监察条例》第17条），至 2025年8月11日。 剩 39 个工作日 · "
        "已批准延长 30 个工作日"
    ) in after
    assert "已移送公安机关 2025年6月4日 · 公安机关决定是否立案，至 2025年6月9日" in after
    assert "已送达 2025年5月29日 · 当事人可提出异议，至 2025年6月6日" in after
    assert "共 2 项，1 项未核查。" in after
    assert "交办 张 · 大队 · 2025年6月13日前 office · 2025-06-03 12:00 延长" in after
    # On the Friday itself no day is left, on the Saturday after it is over.
    assert "剩 0 个工作日" in shown(noon(6, 13))
    saturday = shown(noon(6, 14))
    assert "超期 1 个工作日" in saturday
    assert "已超 1 个工作日" in saturday


def test_page_of_a_closed_case_with_its_second_look(database, shown):
    """Twenty working days from 18 June: 8 in June, 12 in July, the last of them the 16th."""
    take(database, noon(6, 18), step="closed", reason="paid_in_full", text="付清", unchecked="拆")
    due, late = shown(noon(7, 16)), shown(noon(7, 17))
    assert "案件 50 人以上 已销号 2025年6月18日 · 案件 A" in due
    assert "责任人 未交办 已销号 2025年6月18日 · 已全额支付 以上为" in due
    assert "立案起" not in due
    assert "应于 2025年7月16日 前回头看 办理过程" in due
    assert "应于 2025年7月16日 前回头看 超期 办理过程" in late
    assert "销号 已全额支付：付清 · 未双查的原因：拆 office · 2025-06-18 12:00" in late


def test_pages_of_matters_are_not_part_of_the_described_api():
    assert not any(route.include_in_schema for route in matter_page.router.routes)


@pytest.mark.parametrize(("status", "reloads"), [(200, True), (422, False)])
def test_a_step_reloads_the_page_unless_it_was_refused(monkeypatch, status, reloads):
    monkeypatch.setattr(matter_page, "step_response", lambda *_: Response(status_code=status))
    answer = matter_page.take_step(None, "case:A", None, {})
    assert ("HX-Refresh" in answer.headers) is reloads


FORM = {"name": "工地", "region_code": "990102", "text": "巡查"}


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, None),
        ({"name": ""}, "name"),
        ({"region_code": ""}, "region_code"),
        ({"text": ""}, "text"),
        ({"region_code": "99010"}, "region_code"),
        ({"region_code": "990102101001"}, None),
        ({"region_code": "9901021010011"}, "region_code"),
        ({"region_code": "99010x"}, "region_code"),
        ({"region_code": "９９０１０２"}, "region_code"),
        ({"workers": "999999"}, None),
        ({"workers": "1000000"}, "workers"),
        ({"workers": "1.5"}, "workers"),
        ({"workers": "７"}, "workers"),
    ],
)
def test_a_form_for_a_new_matter_names_what_is_wrong(changed, refused):
    if refused is None:
        matter_page._new_matter({**FORM, **changed})
        return
    with pytest.raises(StepInvalid) as error:
        matter_page._new_matter({**FORM, **changed})
    assert (error.value.fields["step"], error.value.fields["allowed"]) == ("opened", refused)
    assert error.value.fields["found"] == changed[refused]


def test_a_form_for_a_new_matter_is_stored_up_to_its_lengths():
    made = matter_page._new_matter(FORM)
    assert (made.name, made.region_code, made.text) == ("工地", "990102", "巡查")
    assert (made.project_id, made.org_id, made.workers, made.due_on) == (None,) * 4
    long = "x" * 3000
    fields = {"name": long, "text": long, "project_id": long, "org_id": long}
    made = matter_page._new_matter({**FORM, **fields, "workers": "7", "due_on": "2025-06-13"})
    assert [len(one) for one in (made.name, made.text, made.project_id, made.org_id)] == [
        200, 2000, 200, 200,
    ]  # fmt: skip
    assert (made.workers, made.due_on) == (7, dt.date(2025, 6, 13))
    with pytest.raises(StepInvalid) as error:
        matter_page._new_matter({**FORM, "region_code": "9" * 60})
    assert error.value.fields["found"] == "9" * 50
    with pytest.raises(StepInvalid) as error:
        matter_page._new_matter({**FORM, "workers": "9" * 60})
    assert error.value.fields["found"] == "9" * 50
