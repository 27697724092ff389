"""A briefing as one HTML file with nothing outside it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from risk.locale import Language
from serving.briefing.charts import bars_svg
from serving.briefing.numerals import numbered
from serving.briefing.paper import Paper
from serving.briefing.showing import shown
from serving.exports.cleaning import clean


def html_file(paper: Paper, language: Language) -> bytes:
    """The briefing as HTML."""
    page = (
        _environment()
        .get_template("briefing.html")
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
        loader=FileSystemLoader(Path(str(files("serving"))) / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
