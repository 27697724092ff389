from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest

from risk.locale import LANGUAGES
from serving.documents.csv import to_csv
from serving.documents.text_table import format_table, strip_control_characters
from serving.watchlists import texts
from serving.watchlists.columns import COLUMNS
from serving.watchlists.csv import watchlist_csv
from serving.watchlists.terminal import risk_text, watchlist_table
from serving.watchlists.texts import word
from serving.watchlists.xlsx import watchlist_xlsx


@pytest.fixture
def document(publication):
    return json.loads(publication().seal().watchlist.body)


@pytest.fixture
def risk(publication):
    return json.loads(publication().seal().risks["P/000"].body)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_watchlist_csv_has_a_row_per_entry_and_a_bom(document):
    content = watchlist_csv(document, "zh")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = _rows(content)
    assert [row["序号"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["项目名称"] == "模拟花园一期"
    assert rows[0]["等级"] == "红色"
    assert rows[0]["现场核查"] == "查开户协议"
    assert rows[0]["涉及金额（元）"] == "123456.78"
    assert rows[2]["人数"] == ""
    assert rows[3]["列入原因"] == "随机抽查"
    assert rows[3]["项目名称"] == "模拟,“学校”\n扩建"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_csv_escapes_formulas(start):
    [row] = list(csv.reader(io.StringIO(to_csv(["a"], [[f"{start}1+1"]]).decode())))[1:]
    assert row[0].startswith("'")


def test_csv_leaves_numbers_unescaped():
    assert to_csv(["a", "b"], [[-1.5, None]]).decode().splitlines()[1] == "-1.5,"


def test_watchlist_xlsx_writes_hostile_names_as_text(document):
    assert _rows(watchlist_csv(document, "zh"))[1]["项目名称"].startswith("'=")
    book = openpyxl.load_workbook(io.BytesIO(watchlist_xlsx(document, "zh")))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    assert any(cell.value == '=HYPERLINK("http://x")' for cell in cells)


@pytest.mark.parametrize("language", LANGUAGES)
def test_watchlist_xlsx_is_laid_out_for_printing(document, language):
    sheet = openpyxl.load_workbook(io.BytesIO(watchlist_xlsx(document, language))).active
    top = 5  # title, heading, scorecard note, missing feeds, then the columns
    headings = [cell.value for cell in sheet[top]]
    assert headings == [texts.column(column.name, document, language) for column in COLUMNS]
    assert sheet.freeze_panes == "D6"
    assert sheet.page_setup.orientation == "landscape"
    assert int(sheet.page_setup.paperSize) == 9
    assert sheet.print_title_rows == "$5:$5"
    ranks = [sheet.cell(row, 1).value for row in range(top + 1, top + 5)]
    assert ranks == [1, 2, 3, 4]
    assert sheet.cell(top + 1, 7).value == pytest.approx(0.6)
    assert sheet.cell(top + 1, 7).number_format == "0.0%"


def test_watchlist_xlsx_is_reproducible(document):
    assert watchlist_xlsx(document, "zh") == watchlist_xlsx(document, "zh")


def test_watchlist_table_shows_reasons_and_checks(document):
    text = watchlist_table(document, "zh")
    for wanted in (
        "2025-06-01",
        "专家评分卡",
        "未报送经营指标",
        "模拟花园一期",
        "P/000",
        "模拟建设0公司",
        "红色",
        "60.0%",
        "随机抽查",
        "未发份额 40%",
        "未开立工资专用账户",
        "新列入",
        "上升（上期第 5）",
    ):
        assert wanted in text
    assert "新开工" not in text  # it lowers the risk


def test_terminal_output_strips_control_characters(document, risk):
    for text in (
        watchlist_table(document, "zh"),
        risk_text(risk, "zh"),
        strip_control_characters("a\x1b[0m\tb"),
    ):
        assert "\x1b" not in text


def test_watchlist_table_wraps_long_texts(document):
    document["entries"][0]["reasons"][0]["text"]["zh"] = "长" * 400
    assert watchlist_table(document, "zh").count("长") == 400


def test_text_table_aligns_wide_characters():
    lines = format_table(["名", "n"], [["模拟", "1"], ["ab", "10"]], right=(1,)).splitlines()
    widths = {sum(2 if ord(c) > 0x2E80 else 1 for c in line.rstrip()) for line in lines}
    assert len(widths) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_risk_text_is_complete(risk, language):
    text = risk_text(risk, language)
    for wanted in ("P/000", "60.0%", "40", "PR-0", "2025-05-01", "123,456.78"):
        assert wanted in text


def test_risk_text_of_an_empty_project(risk):
    bare = {**risk, "reasons": [], "red_flags": [], "timeline": [], "listing": None}
    bare |= {"workers": None, "amount_at_stake": None, "contractor_name": None}
    text = risk_text(bare, "zh")
    assert text.count("  无") == 3
    assert "未列入名单" in text
    assert "未知" in text


def test_unknown_codes_are_shown_unchanged():
    assert word("tier", "purple", "zh") == "purple"
