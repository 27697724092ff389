"""Model cards as Markdown and as self-contained HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal

from risk.locale import Language, text
from serving.documents.charts import CalibrationPoint, calibration_svg
from serving.models.card.sections import CardInput, Section, card_sections

Format = Literal["md", "html"]

_PLOT = "<!-- calibration -->"


def render_card(material: CardInput, language: Language, form: Format) -> str:
    """Return the card of a model version."""
    title = text("card.title", language, version=material.version.version)
    body = markdown(title, card_sections(material, language))
    if form == "md":
        return body.replace(f"{_PLOT}\n\n", "")
    return html_page(title, body, language, material.evidence.get("calibration"))


def calibration_plot(material: CardInput, language: Language) -> str | None:
    """Return the calibration of a model version as SVG; None where none was measured."""
    found = material.evidence.get("calibration")
    return _plot(found, language) if found else None


def markdown(title: str, parts: Sequence[Section]) -> str:
    """Return the sections below a title as Markdown."""
    blocks = [f"# {title}"]
    for part in parts:
        if part.heading:
            blocks.append(f"## {part.heading}")
        listed = all(line.startswith("- ") for line in part.lines)
        if part.lines:
            blocks.append(("\n" if listed else "\n\n").join(map(_safe, part.lines)))
        if part.has_plot:
            blocks.append(_PLOT)
        if part.rows:
            blocks.append(_table(part.headers, part.rows))
    return "\n\n".join(blocks) + "\n"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: str) -> str:
    return " ".join(_safe(value).replace("|", "\\|").split())


def _safe(value: str) -> str:
    """Escape text typed by people (names, reasons) so that it is not HTML."""
    return value.replace("<", "&lt;")


def html_page(title: str, body: str, language: Language, calibration: Any = None) -> str:
    """Return Markdown as a self-contained HTML page, with a plot of ``calibration`` if given."""
    from jinja2 import Environment
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    plot = _plot(calibration, language) if calibration else ""
    marker = f"<p>{_PLOT.replace('<', '&lt;').replace('>', '&gt;')}</p>"
    template = (
        files("serving.models.card").joinpath("templates/card.html").read_text(encoding="utf-8")
    )
    page = Environment(autoescape=True).from_string(template)
    return page.render(
        title=title, language=language, body=rendered.replace(marker, f"<figure>{plot}</figure>")
    )


def _plot(calibration: Mapping[str, Any], language: Language) -> str:
    """Return the calibration as SVG."""
    points = [
        CalibrationPoint(row["mean_probability"], rate["value"], rate["low"], rate["high"])
        for row in calibration["bins"]
        if (rate := row["observed"])["value"] is not None
    ]
    return calibration_svg(
        points,
        title=text("card.headings.calibration", language),
        description=text("card.calibration.caption", language),
        x_label=text("card.calibration.said", language),
        y_label=text("card.calibration.observed", language),
    )
