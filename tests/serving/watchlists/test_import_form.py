"""A list in the import form of another platform."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest

from serving.auth.roles import Role
from serving.cli.main import main
from serving.watchlists.import_form import (
    FormCodeMissing,
    FormInvalid,
    form_csv,
    form_xlsx,
    read_form,
)

from ..site import signed_in, site_of

FORM = """
sheet = "预警导入"
date_format = "%Y/%m/%d"

[[columns]]
heading = "项目编码"
field = "project_id"
[[columns]]
heading = "项目名称"
field = "project_name"
[[columns]]
heading = "预警级别"
field = "tier"
codes = { red = "1", orange = "2", yellow = "3", blue = "4" }
[[columns]]
heading = "预警日期"
field = "as_of"
[[columns]]
heading = "涉及金额（万元）"
field = "amount_at_stake"
unit = 10000
decimals = 2
[[columns]]
heading = "涉及人数"
field = "workers"
empty = "不详"
[[columns]]
heading = "来源"
value = "县级研判"
"""


@pytest.fixture
def document(publication):
    return json.loads(publication().seal().watchlist.body)


@pytest.fixture
def form(tmp_path):
    def write(content: str = FORM) -> Path:
        path = tmp_path / "province.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_a_list_is_written_with_the_platforms_headings_codes_and_units(document, form):
    content = form_csv(read_form(form()), document, "zh")
    headings, first, second, third, _ = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert headings == [
        *("项目编码", "项目名称", "预警级别", "预警日期", "涉及金额（万元）", "涉及人数", "来源")
    ]
    day = document["as_of"].replace("-", "/")
    assert first[1:5] == ["模拟花园一期", "1", day, "12.35"]  # 123456.78 yuan
    assert first[6] == "县级研判"
    assert third[5] == "不详"
    # A name that begins like a formula is escaped.
    assert second[1].startswith("'=")


def test_the_workbook_has_texts_and_numbers_and_no_formula(document, form):
    book = openpyxl.load_workbook(io.BytesIO(form_xlsx(read_form(form()), document, "zh")))
    assert book.sheetnames == ["预警导入"]
    assert book.active["E2"].value == 12.35
    assert book.active["C2"].value == "1"
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)


def test_a_csv_file_may_have_the_encoding_of_the_platform(document, form):
    content = form_csv(read_form(form(f'encoding = "gb18030"\n{FORM}')), document, "zh")
    assert content.decode("gb18030").startswith("项目编码,")


def test_a_value_without_a_code_is_an_error(document, form):
    cut = form(FORM.replace('red = "1", ', ""))
    with pytest.raises(FormCodeMissing) as raised:
        form_csv(read_form(cut), document, "zh")
    assert raised.value.fields == {
        "heading": "预警级别",
        "found": "red",
        "allowed": "orange, yellow, blue",
    }


def test_all_problems_of_a_form_come_at_once(document, form):
    wrong = (
        FORM + '[[columns]]\nheading = ""\n[[columns]]\nheading = "a"\nfield = "b"\nvalue = "c"\n'
    )
    wrong = wrong.replace("unit = 10000", "unit = 0\nunits = 3").replace('"预警导入"', '"a/b"')
    with pytest.raises(FormInvalid) as raised:
        read_form(form(wrong))
    found = {one.setting: one.allowed for one in raised.value.fields["problems"]}
    assert found == {
        "sheet": "sheet",
        "columns.4.unit": "unit",
        "columns.4.units": "unknown_setting",
        "columns.7.heading": "heading",
        "columns.8": "field_or_value",
    }
    assert "columns.8" in raised.value.message("zh")
    unknown = form(FORM.replace('"workers"', '"phone"'))
    with pytest.raises(FormInvalid, match="allowed: one of: as_of, region, rank, project_id"):
        form_csv(read_form(unknown), document, "en")


def test_the_command_writes_the_form(office, form, tmp_path, capsys):
    def run(*arguments: str) -> int:
        return main(["-w", str(office.root), "--lang", "en", "watchlist", *arguments])

    out = tmp_path / "list.csv"
    assert run("--form", str(form()), "--out", str(out)) == 0
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 9
    assert run("--form", str(form()), "--out", str(tmp_path / "list.pdf")) == 2
    assert run("--form", str(tmp_path / "none.toml"), "--out", str(out)) == 1
    assert "a readable TOML file" in capsys.readouterr().err


def test_the_page_offers_the_forms_of_the_office(copy):
    forms = copy.root / "import_forms"
    forms.mkdir()
    (forms / "省平台.toml").write_text(FORM, encoding="utf-8")
    (forms / "broken.toml").write_text("sheet = 3", encoding="utf-8")
    with site_of(copy) as site:
        client = signed_in(site.url, Role.INSPECTOR.value)
        page = client.get("/watchlist").text
        link = re.search(r'href="(/watchlist/forms/%E7[^"]+)"', page)
        assert link
        red = client.get(html.unescape(link[1]), params={"tier": "red"})
        book = openpyxl.load_workbook(io.BytesIO(red.content))
        assert {row[2] for row in book.active.iter_rows(min_row=2, values_only=True)} <= {"1"}
        everything = client.get(html.unescape(link[1]).replace(".xlsx", ".csv"))
        assert everything.content.decode("utf-8-sig").startswith("项目编码,项目名称")
        assert client.get("/watchlist/forms/none.xlsx").status_code == 404
        assert client.get("/watchlist/forms/..%2Fwagewatch.xlsx").status_code == 404
        broken = client.get("/watchlist/forms/broken.csv")
        assert broken.status_code < 500
        assert "sheet" in broken.text
        client.close()
