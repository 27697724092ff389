"""The section on rates of two months and two counties, worked out on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from risk.indicators import Rate, add_up
from serving.briefings.facts import Rates
from serving.briefings.period import month_of
from serving.briefings.sections.advice import _about_rates
from serving.briefings.sections.rates import add_rates, current_rates, short_rates
from serving.documents.builder import DocumentBuilder
from serving.documents.model import BarChart, Paragraph, Table
from serving.settings import IndicatorSettings, Settings

from .test_many_worlds import make_facts

FEBRUARY, MARCH = dt.date(2025, 2, 1), dt.date(2025, 3, 1)
SHOWN = (
    *("special_account", "labour_cost_passed_on", "paid_by_bank", "deposit", "notice_board"),
    *("real_name", "labour_contract", "paid_in_full"),
)
PLACES = {
    # By county and month; 10 to 20 projects, people or payments, and fen.
    ("990121", FEBRUARY): {
        "special_account": Rate(8, 10),
        "labour_cost_passed_on": Rate(5, 20),
        "deposit": Rate(18, 20),
        "notice_board": Rate(9, 10),
        "real_name": Rate(90, 100),
    },
    ("990121", MARCH): {
        "special_account": Rate(9, 9),
        "labour_cost_passed_on": Rate(5, 20),
        "labour_cost_amount": Rate(85, 100),
        "paid_by_bank": Rate(60, 100),
        "paid_by_bank_projects": Rate(4, 10),
        "deposit": Rate(17, 20),
        "notice_board": Rate(8, 10),
        # Fewer than half as many people as in February: that month is the newest.
        "real_name": Rate(49, 49),
    },
    ("990122", MARCH): {"notice_board": Rate(0, 2)},
}


def rates_of(places, compared_months=1):
    months = sorted({month for _, month in places})
    by_month = {
        month: add_up(rates for (_, of), rates in places.items() if of == month) for month in months
    }
    return Rates(by_month, places, compared_months)


def facts_of(places, grace=0, **options):
    settings = Settings(indicators=IndicatorSettings(rates=SHOWN, transfer_days=grace))
    made = make_facts(1, month_of(MARCH), 2)
    return replace(made, rates=rates_of(places, **options), settings=settings)


def section(facts):
    builder = DocumentBuilder("zh", {"990121": "甲县", "990122": "乙县"})
    add_rates(builder, facts)
    texts = [block.text for block in builder.blocks if isinstance(block, Paragraph)]
    tables = [block for block in builder.blocks if isinstance(block, Table)]
    return texts, tables, [block for block in builder.blocks if isinstance(block, BarChart)]


def test_sentences_about_rates():
    """Short: 8 of 12 notice boards; 60 of 100 fen and 4 of 10 projects paid by bank.

    17 of 20 deposits are 85 %, which is not below it; labour cost is late, but 85 of 100 fen came.
    From February deposits fell from 90 to 85 %, accounts rose from 80 to 100 % of nine, fewer than
    ten; notice boards fell from 90 to 66.7 %.
    """
    texts, _, _ = section(facts_of(PLACES, grace=15))
    assert texts == [
        "八项落实率均取数据齐全的最近月份测算：2025年3月可测算5项；实名制管理率取2025年2月数据。",
        "人工费按时足额拨付率按到期后15日内到账统计；按月足额支付率按约定支付日统计，不设宽限期。",
        "劳动合同签订率、按月足额支付率暂无数据。",
        "低于85%且确有短缺的指标：银行代发率60.0%（按项目或笔数40.0%）、维权信息公示率66.7%，"
        "应重点督办。",
        "人工费按时足额拨付率25.0%（按金额85.0%）虽低于85%，但另一口径不低于85%，"
        "主要是支付迟延或分布不均，不作短缺预警。",
        "与上月相比，专用账户开设率由80.0%升至100.0%，提高20.0个百分点（基数较小，仅供参考）；"
        "工资保证金存储率由90.0%降至85.0%，下降5.0个百分点；"
        "维权信息公示率由90.0%降至66.7%，下降23.3个百分点。",
    ]


def test_labour_cost_without_days_of_grace():
    texts, _, _ = section(facts_of(PLACES))
    assert texts[1] == "人工费、工资是否按时，均按到期当日到账统计，不设宽限期。"


def test_tables_and_chart_of_rates():
    _, (rates, places), (chart,) = section(facts_of(PLACES))
    assert rates.rows == (
        ("专用账户开设率", "2025-03", 9, "100.0%", None, "80.0%", "+20.0"),
        ("人工费按时足额拨付率", "2025-03", 20, "25.0%", "85.0%", "25.0%", "+0.0"),
        ("银行代发率", "2025-03", 10, "40.0%", "60.0%", None, None),
        ("工资保证金存储率", "2025-03", 20, "85.0%", None, "90.0%", "-5.0"),
        ("维权信息公示率", "2025-03", 12, "66.7%", None, "90.0%", "-23.3"),
        ("实名制管理率", "2025-02", 100, "90.0%", None, None, None),
    )
    assert rates.headers[5] == "上月"
    assert [row[0] for row in places.rows] == ["甲县", "乙县"]
    assert [row[5] for row in places.rows] == ["80.0%", "0.0%"]
    assert [row[6] for row in places.rows] == ["90.0%", None]
    assert places.total[1:] == ("100.0%", "25.0%", "60.0%", "85.0%", "66.7%", "90.0%")
    assert chart.amounts == ((100.0,), (25.0,), (60.0,), (85.0,), (66.7,), (90.0,))
    assert (chart.neutral, chart.maximum, chart.unit) == (True, 100.0, "%")


def test_one_county_has_no_table_by_place():
    here = {key: rates for key, rates in PLACES.items() if key[0] == "990121"}
    _, tables, _ = section(facts_of(here))
    assert len(tables) == 1


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Rate(920, 1000), "由90.0%升至92.0%，提高2.0个百分点。"),
        (Rate(919, 1000), None),
        (Rate(881, 1000), None),
        (Rate(880, 1000), "由90.0%降至88.0%，下降2.0个百分点。"),
        (Rate(10, 10), "由90.0%升至100.0%，提高10.0个百分点。"),
        (Rate(9, 9), "由90.0%升至100.0%，提高10.0个百分点（基数较小，仅供参考）。"),
    ],
)
def test_changes_of_two_points_are_told(now, said):
    places = {
        ("990121", FEBRUARY): {"deposit": Rate(900, 1000)},
        ("990121", MARCH): {"deposit": now},
    }
    texts, _, _ = section(facts_of(places))
    assert texts[3:] == ([] if said is None else [f"与上月相比，工资保证金存储率{said}"])


def test_two_points_are_two_points_wherever_they_are():
    """0.82 - 0.8 is a little less than 0.02 in binary, 0.92 - 0.9 a little more."""
    for before, now in ((80, 82), (82, 80), (90, 92), (1, 3), (50, 52)):
        places = {
            ("990121", FEBRUARY): {"deposit": Rate(before, 100)},
            ("990121", MARCH): {"deposit": Rate(now, 100)},
        }
        assert "2.0个百分点" in section(facts_of(places))[0][-1]
    nothing = {**places, ("990121", FEBRUARY): {"deposit": Rate(0, 0)}}
    assert "百分点" not in section(facts_of(nothing))[0][-1]


def test_a_rate_of_just_85_percent_is_neither_short_nor_late():
    late = {"labour_cost_passed_on": Rate(17, 20), "labour_cost_amount": Rate(85, 100)}
    texts, _, _ = section(facts_of({("990121", MARCH): late}))
    assert texts[3:] == ["没有按数量、按金额均低于85%的指标。"]


def test_the_section_is_one_of_the_first_level():
    builder = DocumentBuilder("zh", {})
    add_rates(builder, facts_of(PLACES))
    assert (builder.blocks[0].level, builder.blocks[0].number) == (1, 1)


def test_a_year_is_compared_with_the_same_month_of_the_year_before():
    places = {
        ("990121", dt.date(2024, 3, 1)): {"deposit": Rate(50, 100)},
        ("990121", FEBRUARY): {"deposit": Rate(70, 100)},
        ("990121", MARCH): {"deposit": Rate(90, 100)},
    }
    texts, (table,), _ = section(facts_of(places, compared_months=12))
    assert texts[-1] == ("与上年同月相比，工资保证金存储率由50.0%升至90.0%，提高40.0个百分点。")
    assert table.rows[0][-2:] == ("50.0%", "+40.0")
    assert table.headers[-2] == "上年同月"


def test_advice_is_about_the_two_lowest_rates():
    """The share paid by bank 60 %, notice boards 66.7 %, deposits 70 %, which is left out."""
    places = {**PLACES, ("990122", MARCH): {"notice_board": Rate(0, 2), "deposit": Rate(4, 10)}}
    facts = facts_of(places)
    assert short_rates(facts.rates, SHOWN) == [
        ("paid_by_bank", 0.6),
        ("notice_board", pytest.approx(8 / 12)),
        ("deposit", 0.7),
    ]
    advice = list(_about_rates(DocumentBuilder("zh", {}), facts))
    assert [(unit, days.days, figures["share"]) for _, unit, days, figures in advice] == [
        ("labour", 30, "60.0%"),
        ("labour", 30, "66.7%"),
    ]


def test_rates_without_data_of_three_months_are_neither_short_nor_compared():
    """Of January the deposits are current at the end of March; of December they are not."""
    for month, stale in ((dt.date(2025, 1, 1), False), (dt.date(2024, 12, 1), True)):
        before = (month - dt.timedelta(days=1)).replace(day=1)
        places = {
            ("990121", before): {"deposit": Rate(90, 100)},
            ("990121", month): {"deposit": Rate(50, 100)},
            ("990121", MARCH): {"notice_board": Rate(95, 100)},
        }
        facts = facts_of(places)
        texts, (table,), _ = section(facts)
        text = "".join(texts)
        assert ("上月" in table.headers) is not stale
        assert ("工资保证金存储率近3个月没有新数据，只列最近一次测算结果" in text) is stale
        assert ("工资保证金存储率50.0%" in text) is ("降至50.0%" in text) is not stale
        assert bool(short_rates(facts.rates, current_rates(facts))) is not stale


def test_low_rates_of_fewer_than_ten_are_named_as_such():
    """Of 9 deposits 4 are stored; of 9 projects' labour cost 4 came in time, and 90 of 100 fen."""
    late = {"labour_cost_passed_on": Rate(4, 9), "labour_cost_amount": Rate(90, 100)}
    texts, _, _ = section(facts_of({("990121", MARCH): {"deposit": Rate(4, 9), **late}}))
    assert texts[3:] == [
        "人工费按时足额拨付率44.4%（按金额90.0%）、工资保证金存储率44.4%虽低于85%，"
        "但基数不足10，不作短缺预警。"
    ]
