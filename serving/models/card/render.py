"""A model card as Markdown, and as one HTML page that needs nothing outside itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Literal

from risk.locale import Language, text
from serving.models.card.calibration_plot import calibration_svg
from serving.models.card.sections import Material, Section, sections

Format = Literal["md", "html"]

_PLOT = "<!-- calibration -->"


def card(material: Material, language: Language, form: Format) -> str:
    """The card of a version."""
    title = text("card.title", language, version=material.version.version)
    body = markdown(title, sections(material, language))
    if form == "md":
        return body.replace(f"{_PLOT}\n\n", "")
    return _page(title, body, language, material.evidence.get("calibration"))


def markdown(title: str, parts: Sequence[Section]) -> str:
    """The sections below a title."""
    blocks = [f"# {title}"]
    for part in parts:
        if part.heading:
            blocks.append(f"## {part.heading}")
        listed = all(line.startswith("- ") for line in part.lines)
        if part.lines:
            blocks.append(("\n" if listed else "\n\n").join(map(_safe, part.lines)))
        if part.plot:
            blocks.append(_PLOT)
        if part.rows:
            blocks.append(_table(part.heads, part.rows))
    return "\n\n".join(blocks) + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: str) -> str:
    return " ".join(_safe(value).replace("|", "\\|").split())


def _safe(value: str) -> str:
    """Nothing people typed (names, reasons) becomes markup."""
    return value.replace("<", "&lt;")


def _page(title: str, body: str, language: Language, calibration: Any) -> str:
    from jinja2 import Environment
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    plot = calibration_svg(calibration, language) if calibration else ""
    marker = f"<p>{_PLOT.replace('<', '&lt;').replace('>', '&gt;')}</p>"
    template = (
        files("serving.models.card").joinpath("templates/card.html").read_text(encoding="utf-8")
    )
    page = Environment(autoescape=True).from_string(template)
    return page.render(
        title=title, language=language, body=rendered.replace(marker, f"<figure>{plot}</figure>")
    )
