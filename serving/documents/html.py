"""Documents as self-contained HTML."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from risk.locale import Language, text
from serving.documents.cells import format_cell
from serving.documents.charts import bar_chart_svg
from serving.documents.model import Document
from serving.documents.numerals import numbered_heading
from serving.documents.sanitize import xml_safe
from serving.formatting import format_date


def to_html(document: Document, language: Language) -> bytes:
    """Return the document as HTML, encoded as UTF-8."""
    page = (
        _environment()
        .get_template("document.html")
        .render(
            document=document,
            annex_mark=text("briefing.annex_mark", language),
            lang="zh-CN" if language == "zh" else "en",
            kind=lambda block: type(block).__name__.lower(),
            numbered_heading=lambda heading: numbered_heading(heading, language),
            format_day=lambda day: format_date(day, language, month="long"),
            format_cell=lambda cell: format_cell(cell, language),
            chart=lambda bars: Markup(bar_chart_svg(bars)),  # noqa: S704 - texts are escaped
        )
    )
    return xml_safe(page).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(str(files("serving.documents"))) / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
