"""The briefing: what it counts, that its figures agree, and that the files are what they should."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import docx
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.locale import LANGUAGES, catalogue
from risk.store.store import RecordStore
from serving.auth.principal import OFFICE
from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import collect_facts
from serving.briefings.period import Period, lists_for, month_of, year_of
from serving.briefings.repository import list_briefings
from serving.briefings.statistics import (
    Total,
    case_statistics,
    complaint_statistics,
    visit_results,
    visit_statistics,
)
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.documents.builder import wilson_interval
from serving.documents.charts import bar_chart_svg
from serving.documents.consistency import InconsistentDocument, contradictions, require_consistent
from serving.documents.docx import BODY, to_docx
from serving.documents.html import to_html
from serving.documents.model import BarChart, Heading, Paragraph, Table
from serving.documents.numerals import chinese_numeral
from serving.documents.pdf import to_pdf
from serving.documents.rounding import fen_to_wan, round_parts_to_wan
from serving.settings import BriefingSettings, Settings, load_settings
from serving.watchlists.repository import WatchlistRepository

from ...conftest import MUST_RUN_ALL, require_program, thorough
from ..conftest import LISTS

MARCH = month_of(dt.date(2025, 3, 1))
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def opened(office):
    with (
        Database(f"sqlite:///{office.service_database}") as database,
        RecordStore(office.records, read_only=True) as store,
    ):
        yield store, database, load_settings(office)


@pytest.fixture(scope="module")
def facts(opened):
    store, database, settings = opened
    named = settings.model_copy(update={"briefing": BriefingSettings(office="模拟县人社局")})
    return collect_facts(store, database, named, MARCH, "")


@pytest.fixture(scope="module")
def paper(facts):
    return compose_monthly(facts, "zh")


def _texts(paper):
    return [block.text for block in paper.blocks if isinstance(block, Paragraph)]


def _grids(paper):
    return {block.caption: block for block in paper.blocks if isinstance(block, Table)}


def test_collect_facts_selects_the_list_as_of_the_end_of_the_period(facts):
    assert facts.current.as_of == LISTS[1] == MARCH.stop
    assert facts.previous.as_of == LISTS[0]
    assert facts.year_ago is None


def test_lists_for_selects_lists_of_the_region_near_the_period(opened):
    _, database, _ = opened
    lists = WatchlistRepository(database).summaries(OFFICE)
    assert lists_for(lists, MARCH, "9901").now is None
    later = lists_for(lists, month_of(dt.date(2025, 4, 1)), "")
    assert later.now.as_of == LISTS[1]
    assert lists_for(lists, month_of(dt.date(2024, 4, 1)), "").now is None


def test_compose_monthly_counts_matters_by_unit(facts):
    made = compose_monthly(facts, "zh")
    assert made.figures["followed_open"] == sum(one.open for one in facts.matters_by_unit) > 0
    assert any("清单管理" in getattr(block, "text", "") for block in made.blocks)
    without = compose_monthly(replace(facts, matters_by_unit=()), "zh")
    assert "followed_open" not in without.figures


@pytest.mark.parametrize("language", LANGUAGES)
def test_compose_monthly_has_seven_sections(facts, language):
    made = compose_monthly(facts, language)
    firsts = [block for block in made.blocks if isinstance(block, Heading) and block.level == 1]
    assert [one.number for one in firsts] == list(range(1, 8))
    names = ("overall", "alerts", "rates", "key", "last_list", "cases", "advice")
    assert [one.text for one in firsts] == [
        catalogue(language)[f"briefing.headings.{name}"] for name in names
    ]


def test_compose_monthly_totals_equal_the_list_and_its_register(facts, paper):
    rows = facts.current.projects
    grids = _grids(paper)
    for caption in ("各等级项目数", "各行业项目数", "各地项目数"):
        grid = grids[caption]
        place = 1 if caption == "各等级项目数" else 5
        assert grid.total[place] == len(rows)
    assert f"在建项目{len(rows)}个" in "".join(_texts(paper))
    assert len(paper.annex[0].rows) == len(facts.current.document["entries"])


def test_compose_monthly_compares_sectors_and_places_with_earlier_lists(facts):
    grids = _grids(compose_monthly(replace(facts, year_ago=facts.previous), "zh"))
    alerted = [
        sum(row["tier"] in ("red", "orange") for row in one.projects)
        for one in (facts.current, facts.previous, facts.previous)
    ]
    for caption in ("各行业项目数", "各地项目数"):
        assert list(grids[caption].total[6:]) == alerted
    partly = replace(facts.previous, complete=False, projects=facts.previous.projects[:2])
    grids = _grids(compose_monthly(replace(facts, previous=partly), "zh"))
    assert grids["各行业项目数"].headers[5:] == ("合计", "红、橙色合计")
    assert grids["各等级项目数"].headers == ("等级", "本期")


def test_compose_yearly_has_the_sections_of_a_work_summary(opened):
    store, database, settings = opened
    made = compose_yearly(collect_facts(store, database, settings, year_of(2025), ""), "zh")
    firsts = [b.text for b in made.blocks if isinstance(b, Heading) and b.level == 1]
    assert firsts == ["主要做法及成效", "存在的问题", "下一步工作打算"]
    assert f"全年发布预警名单{len(LISTS)}期" in "".join(_texts(made))


def test_statistics_equal_counts_of_the_records(world):
    world.project()
    world.add(
        "cases",
        case_id="A",
        project_id="P1",
        opened_on="2025-03-05",
        status="closed",
        workers=7,
        amount_owed=100_00,
        amount_recovered=60_00,
        closed_on="2025-03-20",
        known_at="2025-03-21",
    )
    world.add(
        "cases",
        case_id="B",
        project_id="P1",
        opened_on="2025-03-09",
        status="filed",
        known_at="2025-03-10",
    )
    world.add(  # known only after the month: it does not count yet
        "cases",
        case_id="C",
        project_id="P1",
        opened_on="2025-03-09",
        status="filed",
        known_at="2025-04-01",
    )
    world.add(
        "complaints",
        complaint_id="T1",
        received_on="2025-03-02",
        workers=3,
        amount_claimed=9_00,
        known_at="2025-03-02",
    )
    world.add(
        "inspections",
        inspection_id="I1",
        project_id="P1",
        inspected_on="2025-03-30",
        arrears_found=True,
        workers_owed=4,
        amount_owed=50_00,
        known_at="2025-03-31",
    )
    world.add(
        "inspections",
        inspection_id="I2",
        project_id="P1",
        inspected_on="2025-03-31",
        arrears_found=True,
        workers_owed=4,
        amount_owed=50_00,
        known_at="2025-03-31",
    )
    cases = case_statistics(world.store, MARCH, "")
    assert (cases.opened, cases.workers, cases.owed) == (2, Total(7, 2, 1), Total(100_00, 2, 1))
    assert (cases.closed, cases.recovered, cases.open_at_end) == (1, Total(60_00, 1), 1)
    complaints = complaint_statistics(world.store, MARCH, "")
    assert (complaints.received, complaints.unnamed, complaints.workers) == (1, 1, Total(3, 1))
    assert complaint_statistics(world.store, MARCH, "42").received == 0
    visits = visit_statistics(world.store, MARCH, "4203")
    found = Total(50_00, 1)  # two visits to a project find the same wages
    assert (visits.made, visits.projects, visits.found, visits.owed) == (2, 1, 1, found)
    assert visit_statistics(world.store, MARCH, "11").made == 0


def test_visit_results_count_projects_of_the_list_once(world):
    """Two visits to P1 are one project, with the larger of what they found; P3 is not listed."""
    for number, name, day, found, workers, owed in (
        (1, "P1", "2025-03-01", True, 4, 50_00),
        (2, "P1", "2025-03-31", True, 6, 30_00),
        (3, "P2", "2025-03-10", False, None, None),
        (4, "P2", "2025-02-28", True, 9, 900_00),
        (5, "P2", "2025-04-01", True, 9, 900_00),
        (6, "P3", "2025-03-10", True, 8, 80_00),
    ):
        world.project(name)
        row = {"inspection_id": f"I{number}", "project_id": name, "inspected_on": day}
        figures = {"arrears_found": found, "workers_owed": workers, "amount_owed": owed}
        world.add("inspections", **row, **figures, known_at=day)
    found = visit_results(world.store, ["P1", "P2"], MARCH)
    assert (found.visited, found.found) == (2, 1)
    assert (found.workers, found.owed) == (Total(6, 1), Total(50_00, 1))


def test_compose_monthly_shows_missing_feeds_as_unknown(opened, facts):
    paper = compose_monthly(replace(facts, silent_tables=("cases",)), "zh")
    said = "".join(_texts(paper))
    assert "没有案件数据入库，相关数量不明，不按零计算" in said
    assert re.search(r"立案\d", said) is None
    rows = {row[0]: row for row in _grids(paper)["主要数量对比"].rows}
    assert rows["立案（件）"][1] is None


def test_compose_monthly_omits_intervals_of_small_rates(facts):
    done = replace(facts.visit_results, visited=4, found=1, workers=Total(3, 1), owed=Total(1, 1))
    said = "".join(_texts(compose_monthly(replace(facts, visit_results=done), "zh")))
    assert "4个中1个" in said
    assert "暂不对名单准确率作评价" in said
    assert "25.0%" not in said
    many = replace(facts.visit_results, visited=8, found=2, workers=Total(3, 2), owed=Total(1, 2))
    listed = dict(facts.previous.document, entries=facts.previous.document["entries"] * 3)
    last = replace(facts.previous, document=listed)
    twenty = replace(many, visited=20, found=5)
    changed = replace(facts, visit_results=twenty, previous=last)
    said = "".join(_texts(compose_monthly(changed, "zh")))
    assert "25.0%（95%区间11.2%至46.9%）" in said


@thorough
def test_briefings_of_all_periods_are_consistent(opened):
    store, database, settings = opened
    # Without a list, with the first one, with both; within the records, and after them.
    months = [(compose_monthly, month_of(dt.date(2025, month, 1))) for month in (1, 2, 3, 6)]
    for compose, period in (
        *months,
        *((compose_yearly, year_of(year)) for year in (2025, 2030)),
    ):
        facts = collect_facts(store, database, settings, period, "")
        for language in LANGUAGES:
            require_consistent(compose(facts, language))


def test_require_consistent_finds_planted_contradictions(facts, paper):
    grid = _grids(paper)["各行业项目数"]
    wrong = replace(grid, total=(grid.total[0], grid.total[1] + 1, *grid.total[2:]))
    blocks = [wrong if block is grid else block for block in paper.blocks]
    with pytest.raises(InconsistentDocument):
        require_consistent(replace(paper, blocks=blocks))
    first = next(block for block in paper.blocks if isinstance(block, Paragraph))
    other = replace(first, text=first.text.replace("个", "7个", 1))
    blocks = [other if block is first else block for block in paper.blocks]
    assert any("is no figure" in one for one in contradictions(replace(paper, blocks=blocks)))
    twice = [block for block in paper.blocks for _ in range(2 if isinstance(block, Heading) else 1)]
    assert any("heading" in one for one in contradictions(replace(paper, blocks=twice)))
    figures = {**paper.figures, "red": paper.figures["red"] + 1}
    assert any("parts add up" in one for one in contradictions(replace(paper, figures=figures)))


def test_contradictions_include_conflicting_figures(facts):
    odd = replace(facts, closed=[*facts.closed, *facts.closed])
    require_consistent(compose_monthly(odd, "zh"))
    paper = compose_monthly(facts, "zh")
    assert [*contradictions(replace(paper, conflicts=("x is told as 1 and as 2",)))]


@given(st.lists(st.integers(0, 10**13), max_size=30))
def test_round_parts_to_wan_adds_up_to_the_rounded_total(parts):
    rounded = round_parts_to_wan(parts)
    assert sum(rounded) == fen_to_wan(sum(parts))
    assert all(
        abs(one - Decimal(part) / 1_000_000) < Decimal("0.011")
        for one, part in zip(rounded, parts, strict=True)
    )


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_interval_contains_the_share(kept, due):
    kept = min(kept, due)
    low, high = wilson_interval(kept, due)
    assert 0 <= low <= kept / due + 1e-9
    assert kept / due - 1e-9 <= high <= 1


def test_chinese_numeral_up_to_99():
    assert [chinese_numeral(n) for n in (1, 9, 10, 11, 20, 99)] == [
        *("一", "九", "十", "十一", "二十", "九十九")
    ]


def test_to_docx_follows_the_official_layout(paper):
    document = docx.Document(io.BytesIO(to_docx(paper, "zh")))
    section = document.sections[0]
    assert [round(one.mm) for one in (section.page_width, section.page_height)] == [210, 297]
    assert [round(one.mm) for one in (section.top_margin, section.left_margin)] == [37, 28]
    lines = [line.text for line in document.paragraphs]
    assert "模拟县人社局" in lines
    assert "关于2025年3月农民工工资支付风险研判情况的通报" in lines
    assert "一、总体态势" in lines
    assert "（一）重点项目" in lines
    assert "附件：预警项目名单" in lines
    assert document.styles["Normal"].font.size.pt == 16
    assert (
        document.styles["Normal"].element.rPr.rFonts.attrib[
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia"
        ]
        == BODY
    )
    assert document.sections[-1].page_width > document.sections[-1].page_height
    assert all(t.rows[0]._tr.trPr is not None for t in document.tables)


def test_renderers_are_reproducible(paper):
    for make in (to_docx, to_html, to_pdf):
        assert make(paper, "zh") == make(paper, "zh")


def test_renderers_contain_the_same_text(paper):
    word = docx.Document(io.BytesIO(to_docx(paper, "zh")))
    html = to_html(paper, "zh").decode()
    pages = [_squeezed(page.extract_text()) for page in _pdf(to_pdf(paper, "zh")).pages]
    # A paragraph may go on after the number of the page.
    pdf = "".join(re.sub(r"—\d+—$", "", page) for page in pages)
    word_said = _squeezed("".join(line.text for line in word.paragraphs))
    assert _texts(paper)
    assert _grids(paper)
    for said in _texts(paper):
        assert said in html
        assert _squeezed(said) in word_said
        assert _squeezed(said) in pdf
    for grid in _grids(paper).values():
        cells = [str(cell) for row in grid.rows for cell in row if cell is not None]
        assert all(_squeezed(cell) in _squeezed(html) for cell in cells)


def test_to_pdf_embeds_all_glyphs_and_fonts(paper):
    require_cjk()
    found = _pdf(to_pdf(paper, "zh"))
    _require_whole(found)


@thorough
def test_to_docx_opens_in_libreoffice(paper, tmp_path):
    office = require_program("soffice")
    require_cjk()
    path = tmp_path / "briefing.docx"
    path.write_bytes(to_docx(paper, "zh"))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, path]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = _pdf((tmp_path / "briefing.pdf").read_bytes())
    _require_whole(found)
    # A paragraph may go on after the page's number.
    pages = (_squeezed(page.extract_text()) for page in found.pages)
    text = "".join(re.sub(r"—\d+—$", "", page) for page in pages)
    for said in _texts(paper):
        assert _squeezed(said) in text
    width, height = (float(one) for one in found.pages[0].mediabox[2:])
    assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (210, 297)


HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\u202eabc\u202c 模拟",
    "工地🏗️👷",
    "#set page(width: 1cm) $x$ *b*",
    "a\x00\x08\x0bb",
    "{{ 7*7 }} {% raw %} {place}",
    "&lt;b&gt; ]]> \\u0000",
    "很长" * 200,
)


@pytest.mark.parametrize("words", HOSTILE if MUST_RUN_ALL else HOSTILE[::3])
def test_renderers_escape_hostile_text(facts, words):
    entries = [
        {**entry, "project_name": words, "contractor_name": words}
        for entry in facts.current.document["entries"]
    ]
    rows = [
        {
            **row,
            "contractor_name": words,
            "owner_name": words,
            "tier": "red",
            "contractor_id": "1",
            "owner_id": "2",
        }
        for row in facts.current.projects
    ]
    document = {**facts.current.document, "entries": entries}
    now = replace(facts.current, document=document, projects=rows)
    settings = facts.settings.model_copy(update={"places": {"990121": words[:50] or "x"}})
    made = compose_monthly(replace(facts, current=now, settings=settings), "zh")
    plain = re.sub(r"[\x00-\x1f]", "", words)
    written = to_docx(made, "zh")
    tables = docx.Document(io.BytesIO(written)).tables
    cells = "".join(part.text or "" for table in tables for part in table._tbl.iter(f"{_W}t"))
    assert plain in cells
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        body = parts.read("word/document.xml").decode()
    assert set(re.findall(r'w:instr="([^"]*)"', body)) <= {"PAGE"}
    html = to_html(made, "zh").decode()
    assert "<script" not in html
    assert _pdf(to_pdf(made, "zh")).pages
    for block in made.blocks:
        if isinstance(block, BarChart):
            ElementTree.fromstring(bar_chart_svg(block))


def test_compose_monthly_without_list_records_and_rates(store, opened):
    _, database, settings = opened
    facts = collect_facts(store, database, settings, month_of(dt.date(2031, 1, 1)), "")
    made = compose_monthly(facts, "zh")
    said = "".join(_texts(made))
    assert "未发布预警名单" in said
    assert "数量不明，不按零计算" in said
    assert "现有数据不足以测算八项落实率" in said
    assert not made.annex
    for make in (to_docx, to_html, to_pdf):
        assert make(made, "zh")


def test_compose_monthly_for_a_region_without_projects(opened):
    store, database, settings = opened
    facts = collect_facts(store, database, settings, MARCH, "110000")
    assert facts.current is None
    assert "未发布预警名单" in "".join(_texts(compose_monthly(facts, "zh")))


@pytest.mark.parametrize(("projects", "entries"), [(1, 1), pytest.param(5000, 400, marks=thorough)])
def test_compose_monthly_with_one_or_many_projects(facts, projects, entries):
    one, entry = facts.current.projects[0], facts.current.document["entries"][0]
    rows = [{**one, "project_id": f"P{n}", "contractor_id": f"C{n}"} for n in range(projects)]
    listed = [{**entry, "project_id": f"P{n}", "rank": n + 1} for n in range(entries)]
    document = {**facts.current.document, "entries": listed, "gone": [], "previous": None}
    now = replace(facts.current, document=document, projects=rows)
    made = compose_monthly(replace(facts, current=now, previous=None, visit_results=None), "zh")
    assert f"在建项目{projects}个" in "".join(_texts(made))
    assert _grids(made)["各行业项目数"].rows[0][5] == projects
    assert len(made.annex[0].rows) == entries
    assert to_html(made, "zh").count(b"<tr>") > entries
    assert _pdf(to_pdf(made, "zh")).pages


def _written(run, workspace, out, *period):
    return run("-w", str(workspace.root), "briefing", *period, "--out", str(out)).returncode == 0


def _formats(workspace):
    with Database(f"sqlite:///{workspace.service_database}") as database:
        stored = list_briefings(database.engine, OFFICE, PageRequest(10)).items
    return sorted(one.format for one in stored)


def test_briefing_command_writes_and_stores(copy, wagewatch, tmp_path):
    for name in ("b.docx", "b.html"):
        assert _written(wagewatch, copy, tmp_path / name, "--month", "2025-03")
    assert _formats(copy) == ["docx", "html"]


@thorough  # the renderings alone: test_renderers_are_reproducible
def test_briefing_command_writes_the_same_bytes_again(copy, wagewatch, tmp_path):
    for name in ("b.docx", "again.docx"):
        assert _written(wagewatch, copy, tmp_path / name, "--month", "2025-03")
    assert _formats(copy) == ["docx"]
    assert (tmp_path / "b.docx").read_bytes() == (tmp_path / "again.docx").read_bytes()


@thorough
def test_briefing_command_writes_pdf_and_the_summary_of_a_year(copy, wagewatch, tmp_path):
    assert _written(wagewatch, copy, tmp_path / "b.pdf", "--month", "2025-03")
    assert _formats(copy) == ["pdf"]
    assert _pdf((tmp_path / "b.pdf").read_bytes()).pages
    year = tmp_path / "y.docx"
    assert _written(wagewatch, copy, year, "--year", "2025")
    assert "根治欠薪工作总结" in "".join(p.text for p in docx.Document(str(year)).paragraphs)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--month", "2025-13", "--out", "x.docx"),
        ("--month", "2025-03", "--out", "x.doc"),
        ("--out", "x.docx"),
        ("--month", "2025-03", "--year", "2025", "--out", "x.docx"),
    ],
)
def test_briefing_command_rejects_wrong_arguments(copy, wagewatch, arguments):
    done = wagewatch("-w", str(copy.root), "briefing", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@thorough
def test_monthly_command_resumes(copy, wagewatch):
    command = ("-w", str(copy.root), "monthly", "--as-of", "2025-05-01", "--capacity", "5")
    assert wagewatch(*command).returncode == 0
    folder = copy.root / "monthly" / "2025-05-01"
    names = {
        *("scores.csv", "inspections.xlsx", "watchlist.pdf", "briefing-2025-04.docx"),
        *("briefing-2025-04.html", "briefing-2025-04.pdf"),
        *("employers-inspections.xlsx", "employers-watchlist.pdf"),
    }
    assert {path.name for path in folder.iterdir()} == names
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    again = wagewatch(*command)
    assert again.returncode == 0
    assert "已经发布" in again.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def require_cjk() -> None:
    """Skip where there is no Chinese font to be seen."""
    require_program("NotoSansCJK-Regular.ttc", Path("/usr/share/fonts/opentype/noto"))


def _pdf(body: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(body))


def _require_whole(found: pypdf.PdfReader) -> None:
    """Fonts are those of the house and in the file; no sign for a glyph that is missing."""
    fonts = set()
    for page in found.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            fonts.add(str(font.get_object()["/BaseFont"]))
        text = page.extract_text()
        assert "\ufffd" not in text
        assert "\u0000" not in text
    assert fonts
    assert all("CJK" in name or "DejaVu" in name for name in fonts), fonts


def _squeezed(words: str) -> str:
    return re.sub(r"\s", "", words)


def test_compose_monthly_shows_the_office_of_the_settings(facts):
    assert compose_monthly(facts, "zh").office == "模拟县人社局"
    assert Settings().briefing.office == ""
    assert Period(dt.date(2025, 1, 1), dt.date(2025, 2, 1)).last == dt.date(2025, 1, 31)
