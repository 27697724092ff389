"""Documents as DOCX in the official layout of GB/T 9704-2012.

A4, type area 156 x 225 mm, body in 仿宋 of size 3 (16 pt) with 28 pt line spacing, headings in 黑体
and 楷体, title in 小标宋 of size 2. Fonts are referenced by name; the font table of the file lists
substitutes for missing ones.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from risk.locale import Language, text
from serving.documents.cells import format_cell
from serving.documents.charts import bar_chart_svg
from serving.documents.model import BarChart, Block, Document, Heading, Paragraph, Table
from serving.documents.numerals import numbered_heading
from serving.documents.sanitize import xml_safe
from serving.formatting import format_date

BODY, TITLE, FIRST, SECOND = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
SUBSTITUTES = {
    BODY: "仿宋;FangSong;STFangsong;Noto Serif CJK SC",
    TITLE: "小标宋;宋体;SimSun;Noto Serif CJK SC",
    FIRST: "SimHei;Heiti SC;Noto Sans CJK SC",
    SECOND: "楷体;KaiTi;STKaiti;Noto Serif CJK SC",
}
_BODY_PT, _TITLE_PT, _TABLE_PT, _PAGE_PT, _LINE_PT = 16, 22, 10.5, 14, 28
_CHART_INCHES, _CHART_PPI = 6.1, 300


def to_docx(document: Document, language: Language) -> bytes:
    """Return the document as DOCX. Text is never interpreted as a field or formula."""
    import docx

    output = docx.Document()
    writer = _Writer(output, language)
    writer.set_up(document)
    writer.write_head(document)
    for block in document.blocks:
        writer.write(block)
    writer.write_end(document)
    memory = io.BytesIO()
    output.save(memory)
    return _without_timestamps(memory)


def _without_timestamps(memory: io.BytesIO) -> bytes:
    """Repack the ZIP without timestamps, so that the same document gives the same bytes."""
    repacked = io.BytesIO()
    with zipfile.ZipFile(memory) as original, zipfile.ZipFile(repacked, "w") as target:
        for name in original.namelist():
            target.writestr(zipfile.ZipInfo(name), original.read(name), zipfile.ZIP_DEFLATED)
    return repacked.getvalue()


class _Writer:
    def __init__(self, output: Any, language: Language) -> None:
        self._output = output
        self._language = language

    def set_up(self, document: Document) -> None:
        """Set page size, default style, fonts, page numbers and file properties."""
        from docx.shared import Mm, Pt

        self._page(self._output.sections[0])
        style = self._output.styles["Normal"]
        style.font.size = Pt(_BODY_PT)
        _font(style, BODY)
        _set_language(style)
        style.paragraph_format.line_spacing = Pt(_LINE_PT)
        style.paragraph_format.space_after = Mm(0)
        properties = self._output.core_properties
        properties.title, properties.author = document.title, document.office
        properties.comments = ""
        moment = dt.datetime.combine(document.date, dt.time())
        properties.created = properties.modified = moment
        _add_substitute_fonts(self._output)

    def write_head(self, document: Document) -> None:
        """Write issuing office and issue number above a red line, then title and addressee."""
        from docx.shared import RGBColor

        red = RGBColor(0xC0, 0x00, 0x00)
        if document.office:
            self._line(document.office, TITLE, 30, centred=True, colour=red, single=True)
        if document.issue:
            line = self._line(document.issue, BODY, _BODY_PT, centred=True)
            _red_rule(line)
        self._line("", BODY, _BODY_PT)
        self._line(document.title, TITLE, _TITLE_PT, centred=True, single=True)
        self._line("", BODY, _BODY_PT)
        if document.addressee:
            self._line(f"{document.addressee}：", BODY, _BODY_PT)

    def write(self, block: Block) -> None:
        """Write one block."""
        if isinstance(block, Heading):
            font = FIRST if block.level == 1 else SECOND
            line = self._line(numbered_heading(block, self._language), font, _BODY_PT, indent=True)
            line.paragraph_format.keep_with_next = True
        elif isinstance(block, Paragraph):
            self._line(block.text, BODY, _BODY_PT, indent=True)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._chart(block)

    def write_end(self, document: Document) -> None:
        """Write annex note, office and date, notice, and the annex on landscape pages."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        # The signature is never alone on a page: it stays with the two paragraphs before it.
        together = self._output.paragraphs[-2:]
        if document.annex_title:
            together.append(self._line("", BODY, _BODY_PT))
            together.append(self._line(document.annex_title, BODY, _BODY_PT, indent=True))
        together.append(self._line("", BODY, _BODY_PT))
        date = format_date(document.date, self._language, month="long")
        for line in together:
            line.paragraph_format.keep_with_next = True
        for value in filter(None, (document.office, date)):
            line = self._line(value, BODY, _BODY_PT)
            line.paragraph_format.keep_with_next = value != date
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            line.paragraph_format.right_indent = Pt(4 * _BODY_PT)
        self._line("", BODY, _BODY_PT)
        self._line(document.notice, BODY, 12)
        if document.annex:
            self._start_landscape()
            self._line(text("briefing.annex_mark", self._language), FIRST, _BODY_PT)
            for block in document.annex:
                self.write(block)

    def _line(
        self,
        value: str,
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

        line = self._output.add_paragraph()
        if centred:
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if indent:
            line.paragraph_format.first_line_indent = Pt(2 * points)
        if single:
            line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        _run(line, value, font, points, colour)
        return line

    def _table(self, table: Table) -> None:
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Emu, Pt

        caption = self._line(table.caption, FIRST, 12, centred=True)
        caption.paragraph_format.keep_with_next = True
        numeric = table.numeric_columns
        rows = [table.headers, *table.rows, *([table.total] if table.total else [])]
        target = self._output.add_table(len(rows), len(table.headers))
        target.style = "Table Grid"
        target.alignment = WD_TABLE_ALIGNMENT.CENTER
        target.autofit = False
        section = self._output.sections[-1]
        room = section.page_width - section.left_margin - section.right_margin
        widths = [Emu(int(room * share)) for share in table.column_shares()]
        for column, width in zip(target.columns, widths, strict=True):
            column.width = width
        # Iterating over row.cells is fast; table.cell() searches the whole table each time.
        for number, (cells, row) in enumerate(zip(rows, target.rows, strict=True)):
            bold = number == 0 or (table.total is not None and number == len(rows) - 1)
            for place, (cell, slot, width) in enumerate(zip(cells, row.cells, widths, strict=True)):
                slot.width = width
                line = slot.paragraphs[0]
                if place in numeric:
                    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                line.paragraph_format.line_spacing = Pt(_TABLE_PT * 1.35)
                if table.keep_together and number < len(rows) - 1:
                    line.paragraph_format.keep_with_next = True
                font = FIRST if bold else BODY
                _run(line, format_cell(cell, self._language), font, _TABLE_PT)
        _repeat_header(target)
        _set_cell_margins(target)
        self._line("", BODY, 8)

    def _chart(self, chart: BarChart) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
        from docx.shared import Inches

        from serving.documents.typst_compiler import svg_to_png

        caption = self._line(chart.caption, FIRST, 12, centred=True)
        caption.paragraph_format.keep_with_next = True
        line = self._output.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        image = io.BytesIO(svg_to_png(bar_chart_svg(chart), _CHART_PPI))
        line.add_run().add_picture(image, width=Inches(_CHART_INCHES))
        _set_alternative_text(line, chart.caption)

    def _page(self, section: Any) -> None:
        from docx.shared import Mm

        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(25)
        self._output.settings.odd_and_even_pages_header_footer = True
        for footer, right in ((section.footer, True), (section.even_page_footer, False)):
            _page_number(footer.paragraphs[0], right)

    def _start_landscape(self) -> None:
        from docx.enum.section import WD_ORIENT, WD_SECTION
        from docx.shared import Mm

        section = self._output.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.top_margin = section.bottom_margin = Mm(22)
        section.left_margin = section.right_margin = Mm(20)
        section.footer_distance = Mm(12)


def _font(target: Any, font: str) -> None:
    """Set the font for both Chinese and Latin characters."""
    from docx.oxml.ns import qn

    target.font.name = font
    fonts = target.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:eastAsia", "w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(kind), font)


def _set_language(style: Any) -> None:
    """Mark Chinese text as zh-CN and numbers as Latin text.

    Substitute fonts then do not use Japanese glyphs, and no line ends within a number.
    """
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    style.element.get_or_add_rPr().append(language)


def _run(line: Any, value: str, font: str, points: float, colour: Any = None) -> None:
    from docx.shared import Pt

    run = line.add_run(xml_safe(value))
    run.font.size = Pt(points)
    _font(run, font)
    if colour is not None:
        run.font.color.rgb = colour


def _page_number(line: Any, right: bool) -> None:
    """Write the page number as — 1 — on the outer side of the page."""
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


def _repeat_header(table: Any) -> None:
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


def _set_cell_margins(table: Any) -> None:
    """Set the margins left and right of cells to 1 mm, so that short numbers fit on one line."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "57")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _set_alternative_text(line: Any, value: str) -> None:
    """Set the alternative text of the picture in ``line``."""
    for described in line._p.iter():
        if described.tag.endswith("}docPr"):
            described.set("descr", value)


def _add_substitute_fonts(output: Any) -> None:
    """List substitutes for missing fonts in the font table of the file."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    part = output.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/></w:font>'
        for name, others in SUBSTITUTES.items()
    )
    parse_xml(f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>")  # raises if malformed
    opening = part.blob.decode("utf-8").rsplit("</w:fonts>", 1)[0]
    part._blob = f"{opening}{fonts}</w:fonts>".encode()
