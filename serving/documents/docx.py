"""A briefing as a Word file in official form (GB/T 9704-2012).

A4, type area 156 x 225 mm, body in 仿宋 of size 3 (16 pt) at 28 pt a line, headings in 黑体 and
楷体, title in 小标宋 of size 2. Fonts go by name; where one is not there, the table of fonts names
what to take instead.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from risk.locale import Language, text
from serving.documents.cells import shown
from serving.documents.charts import bars_svg
from serving.documents.model import Bars, Block, Grid, Heading, Paper, Paragraph
from serving.documents.numerals import numbered
from serving.documents.sanitize import clean

BODY, TITLE, FIRST, SECOND = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
FALL_BACKS = {
    BODY: "仿宋;FangSong;STFangsong;Noto Serif CJK SC",
    TITLE: "小标宋;宋体;SimSun;Noto Serif CJK SC",
    FIRST: "SimHei;Heiti SC;Noto Sans CJK SC",
    SECOND: "楷体;KaiTi;STKaiti;Noto Serif CJK SC",
}
_BODY_PT, _TITLE_PT, _TABLE_PT, _PAGE_PT, _LINE_PT = 16, 22, 10.5, 14, 28
_CHART_INCHES, _CHART_PPI = 6.1, 300


def word_file(paper: Paper, language: Language) -> bytes:
    """The briefing as DOCX. Texts go in as texts; nothing in them is a field or a formula."""
    import docx

    document = docx.Document()
    writer = _Writer(document, language)
    writer.set_up(paper)
    writer.head(paper)
    for block in paper.blocks:
        writer.put(block)
    writer.close(paper)
    memory = io.BytesIO()
    document.save(memory)
    return _settled(memory)


def _settled(memory: io.BytesIO) -> bytes:
    """The file with no trace of when it was zipped: the same briefing is the same to the byte."""
    settled = io.BytesIO()
    with zipfile.ZipFile(memory) as made, zipfile.ZipFile(settled, "w") as kept:
        for name in made.namelist():
            kept.writestr(zipfile.ZipInfo(name), made.read(name), zipfile.ZIP_DEFLATED)
    return settled.getvalue()


class _Writer:
    def __init__(self, document: Any, language: Language) -> None:
        self._document = document
        self._language = language

    def set_up(self, paper: Paper) -> None:
        """Page, standard style, fonts, page numbers, and what the file says of itself."""
        from docx.shared import Mm, Pt

        self._page(self._document.sections[0])
        style = self._document.styles["Normal"]
        style.font.size = Pt(_BODY_PT)
        _font(style, BODY)
        _speak_chinese(style)
        style.paragraph_format.line_spacing = Pt(_LINE_PT)
        style.paragraph_format.space_after = Mm(0)
        properties = self._document.core_properties
        properties.title, properties.author = paper.title, paper.office
        properties.comments = ""
        moment = dt.datetime.combine(paper.dated, dt.time())
        properties.created = properties.modified = moment
        _name_fall_backs(self._document)

    def head(self, paper: Paper) -> None:
        """Issuing office and issue number over a red line, then the title and the addressee."""
        from docx.shared import RGBColor

        red = RGBColor(0xC0, 0x00, 0x00)
        if paper.office:
            self._line(paper.office, TITLE, 30, centred=True, colour=red, single=True)
        if paper.issue:
            line = self._line(paper.issue, BODY, _BODY_PT, centred=True)
            _red_rule(line)
        self._line("", BODY, _BODY_PT)
        self._line(paper.title, TITLE, _TITLE_PT, centred=True, single=True)
        self._line("", BODY, _BODY_PT)
        if paper.addressee:
            self._line(f"{paper.addressee}：", BODY, _BODY_PT)

    def put(self, block: Block) -> None:
        """One block."""
        if isinstance(block, Heading):
            font = FIRST if block.level == 1 else SECOND
            line = self._line(numbered(block, self._language), font, _BODY_PT, indent=True)
            line.paragraph_format.keep_with_next = True
        elif isinstance(block, Paragraph):
            self._line(block.text, BODY, _BODY_PT, indent=True)
        elif isinstance(block, Grid):
            self._grid(block)
        else:
            self._chart(block)

    def close(self, paper: Paper) -> None:
        """Annex note, office and date, notice, and the annex on pages across."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        if paper.annex_title:
            self._line("", BODY, _BODY_PT)
            self._line(paper.annex_title, BODY, _BODY_PT, indent=True)
        self._line("", BODY, _BODY_PT)
        for words in filter(None, (paper.office, _day(paper, self._language))):
            line = self._line(words, BODY, _BODY_PT)
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            line.paragraph_format.right_indent = Pt(4 * _BODY_PT)
        self._line("", BODY, _BODY_PT)
        self._line(paper.notice, BODY, 12)
        if paper.annex:
            self._across()
            self._line(paper.annex_title, FIRST, _BODY_PT)
            for block in paper.annex:
                self.put(block)

    def _line(
        self,
        words: str,
        font: str,
        points: float,
        *,
        centred: bool = False,
        indent: bool = False,
        single: bool = False,
        colour: Any = None,
    ) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
        from docx.shared import Pt

        line = self._document.add_paragraph()
        if centred:
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if indent:
            line.paragraph_format.first_line_indent = Pt(2 * points)
        if single:
            line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        _run(line, words, font, points, colour)
        return line

    def _grid(self, grid: Grid) -> None:
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.shared import Emu, Pt

        caption = self._line(grid.caption, FIRST, 12, centred=True)
        caption.paragraph_format.keep_with_next = True
        rows = [grid.heads, *grid.rows, *([grid.total] if grid.total else [])]
        table = self._document.add_table(len(rows), len(grid.heads))
        table.style = "Table Grid"
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        section = self._document.sections[-1]
        room = section.page_width - section.left_margin - section.right_margin
        widths = [Emu(int(room * share)) for share in grid.shares()]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        # python-docx looks a cell up anew each time it is named; its rows' cells come at once.
        for number, (cells, row) in enumerate(zip(rows, table.rows, strict=True)):
            bold = number == 0 or (grid.total is not None and number == len(rows) - 1)
            for cell, target, width in zip(cells, row.cells, widths, strict=True):
                target.width = width
                line = target.paragraphs[0]
                line.paragraph_format.line_spacing = Pt(_TABLE_PT * 1.35)
                if grid.short and number < len(rows) - 1:
                    line.paragraph_format.keep_with_next = True
                font = FIRST if bold else BODY
                _run(line, shown(cell, self._language), font, _TABLE_PT)
        _repeat_head(table)
        self._line("", BODY, 8)

    def _chart(self, chart: Bars) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
        from docx.shared import Inches

        from serving.documents.typst_compiler import picture

        caption = self._line(chart.caption, FIRST, 12, centred=True)
        caption.paragraph_format.keep_with_next = True
        line = self._document.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        image = io.BytesIO(picture(bars_svg(chart), _CHART_PPI))
        line.add_run().add_picture(image, width=Inches(_CHART_INCHES))
        _describe(line, chart.caption)

    def _page(self, section: Any) -> None:
        from docx.shared import Mm

        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(25)
        self._document.settings.odd_and_even_pages_header_footer = True
        for footer, right in ((section.footer, True), (section.even_page_footer, False)):
            _page_number(footer.paragraphs[0], right)

    def _across(self) -> None:
        from docx.enum.section import WD_ORIENT, WD_SECTION
        from docx.shared import Mm

        section = self._document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.top_margin = section.bottom_margin = Mm(22)
        section.left_margin = section.right_margin = Mm(20)
        section.footer_distance = Mm(12)


def _font(target: Any, font: str) -> None:
    """Name the font for Chinese as well as for Latin letters."""
    from docx.oxml.ns import qn

    target.font.name = font
    fonts = target.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:eastAsia", "w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(kind), font)


def _speak_chinese(style: Any) -> None:
    """Chinese as written on the mainland, or a fall-back may take Japanese shapes."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    tongue = OxmlElement("w:lang")
    for kind in ("w:val", "w:eastAsia"):
        tongue.set(qn(kind), "zh-CN")
    style.element.get_or_add_rPr().append(tongue)


def _run(line: Any, words: str, font: str, points: float, colour: Any = None) -> None:
    from docx.shared import Pt

    run = line.add_run(clean(words))
    run.font.size = Pt(points)
    _font(run, font)
    if colour is not None:
        run.font.color.rgb = colour


def _page_number(line: Any, right: bool) -> None:
    """— 1 —, on the outer side of the page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    _run(line, "— ", "宋体", _PAGE_PT)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    line._p.append(field)
    _run(line, " —", "宋体", _PAGE_PT)


def _red_rule(line: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders, rule = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "4"), ("color", "C00000")):
        rule.set(qn(f"w:{name}"), value)
    borders.append(rule)
    line._p.get_or_add_pPr().append(borders)


def _repeat_head(table: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        whole = OxmlElement("w:cantSplit")
        properties.append(whole)
        if number == 0:
            head = OxmlElement("w:tblHeader")
            head.set(qn("w:val"), "true")
            properties.append(head)


def _describe(line: Any, words: str) -> None:
    """What a picture shows, for those who cannot see it."""
    for described in line._p.iter():
        if described.tag.endswith("}docPr"):
            described.set("descr", words)


def _name_fall_backs(document: Any) -> None:
    """Which fonts to take where one is missing, in the file's table of fonts."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    part = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/></w:font>'
        for name, others in FALL_BACKS.items()
    )
    parse_xml(f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>")  # well formed, or it fails here
    opening = part.blob.decode("utf-8").rsplit("</w:fonts>", 1)[0]
    part._blob = f"{opening}{fonts}</w:fonts>".encode()


def _day(paper: Paper, language: Language) -> str:
    day = paper.dated
    if language == "zh":
        return text("briefing.day", "zh", year=day.year, month=day.month, day=day.day)
    return f"{day.day} {day:%B %Y}"
