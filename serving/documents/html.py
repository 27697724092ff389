"""A briefing as one HTML file with nothing outside it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from risk.locale import Language
from serving.documents.cells import shown
from serving.documents.charts import bars_svg
from serving.documents.model import Paper
from serving.documents.numerals import numbered
from serving.documents.sanitize import clean


def html_file(paper: Paper, language: Language) -> bytes:
    """The briefing as HTML."""
    page = (
        _environment()
        .get_template("document.html")
        .render(
            paper=paper,
            lang="zh-CN" if language == "zh" else "en",
            kind=lambda block: type(block).__name__.lower(),
            numbered=lambda heading: numbered(heading, language),
            shown=lambda cell: shown(cell, language),
            chart=lambda bars: Markup(bars_svg(bars)),  # noqa: S704 - its words are escaped
        )
    )
    return clean(page).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(str(files("serving.documents"))) / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
