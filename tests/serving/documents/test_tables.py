"""How tables of documents are set: which stay on one page, which columns are of numbers."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH

from serving.documents.docx import to_docx
from serving.documents.html import to_html
from serving.documents.model import Document, Table

TABLE = Table(
    "各地",
    ("区划", "项目", "欠付", "比例", "月份", "无", "增减"),
    (
        ("甲县", 12, Decimal("3.40"), "8.5%", "2025-03", None, "+0.8"),
        ("乙县", 3, None, "100.0%", "2025-02", None, None),
    ),
    total=("合计", 15, Decimal("3.40"), None, None, None, None),
)
PAPER = Document("通报", "", "", "", dt.date(2025, 4, 1), [TABLE], "附件：名单", [TABLE], "")


def test_columns_of_numbers_are_those_with_nothing_else():
    assert TABLE.numeric_columns == {1, 2, 3, 6}
    ranks = Table("", ("序号", "名称"), ((1, "A"), (2, "B")))
    assert ranks.numeric_columns == frozenset()


def test_columns_of_numbers_are_aligned_on_the_right():
    page = to_html(PAPER, "zh").decode()
    assert '<th scope="col">区划</th><th scope="col" class="n">项目</th>' in page
    assert '<td>甲县</td><td class="n">12</td><td class="n">3.40</td>' in page
    file = docx.Document(io.BytesIO(to_docx(PAPER, "zh")))
    for row in file.tables[0].rows:
        found = [cell.paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT for cell in row.cells]
        assert found == [False, True, True, True, False, False, True]


@pytest.mark.parametrize(
    ("rows", "letters", "together"),
    [(14, 40, True), (15, 40, False), (14, 41, False)],
)
def test_few_rows_of_few_lines_stay_on_one_page(rows, letters, together):
    table = Table("", ("项目", "事实"), (("甲", "实" * letters),) * rows, widths=(1.0, 5.0))
    assert table.keep_together is together


def test_the_page_of_the_annex_begins_with_the_word_alone():
    """Its title is that of the table; the text names both."""
    file = docx.Document(io.BytesIO(to_docx(PAPER, "zh")))
    texts = [line.text for line in file.paragraphs if line.text]
    assert texts.index("附件：名单") < texts.index("附件")
    assert texts[-2:] == ["附件", "各地"]
    assert '<div class="annex"><h2>附件</h2>' in to_html(PAPER, "zh").decode()
