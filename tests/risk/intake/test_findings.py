"""Findings of inspections as offices write them, counted by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from risk.contract import TABLES
from risk.intake.cell_parsers import MASKED, Noted, parse, parser_of
from risk.intake.column_parsers import ColumnParser
from risk.intake.findings import parted_findings

FINDINGS = TABLES["inspections"].field("findings")


@pytest.mark.parametrize(
    ("written", "findings"),
    [
        ("no_account;cash_pay", "no_account;cash_pay"),
        ("未设维权牌；未开设专户", "未设维权牌;未开设专户"),
        ("1.未设维权牌；2.未按月考核工程量。", "1.未设维权牌;2.未按月考核工程量"),
        ("1、未设维权牌2、未按月考核", "1、未设维权牌;2、未按月考核"),
        ("（1）未设牌（2）未考核（3）现金发放", "(1)未设牌;(2)未考核;(3)现金发放"),
        ("存在问题：1.未设牌。2.未考核", "1.未设牌;2.未考核"),
        ("未设牌\n未考核\n", "未设牌;未考核"),
        ("①未开专户②未公示", "1.未开专户;2.未公示"),
        ("未设牌；其他正常；", "未设牌;其他正常"),
        ("未设牌；无", "未设牌"),
        ("拖欠8、9月工资3.5万元，涉及12人", "拖欠8、9月工资3.5万元，涉及12人"),
        ("拖欠工人（12）人工资", "拖欠工人（12）人工资"),
        ("1.5个月工资未付", "1.5个月工资未付"),
        *((none, None) for none in ("无", "未发现问题", "暂无问题", "未发现违法违规行为", "正常")),
        *(
            (none, None)
            for none in ("未见异常", "无欠薪情况", "未发现拖欠农民工工资", "；", "合格")
        ),
        ("无劳动合同", "无劳动合同"),
        ("未发现专户", "未发现专户"),
    ],
)
def test_findings_are_parted_and_none_is_none(written, findings):
    assert parted_findings(written) == findings
    assert parse(written, FINDINGS) == findings
    [column] = ColumnParser(FINDINGS).read(pa.array([written])).values.to_pylist()
    assert column == findings


def test_numbers_of_persons_in_findings_are_masked():
    found = parser_of(FINDINGS)("未设牌；联系13800001234")
    assert isinstance(found, Noted)
    assert found.note == MASKED
    assert found.value.startswith("未设牌;联系")
    assert "13800001234" not in found.value
    assert parse("；", FINDINGS) is None
    assert parse("-", FINDINGS) is None
