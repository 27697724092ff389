"""Model cards as Markdown and as self-contained HTML."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from types import MappingProxyType
from typing import Any, Literal
from xml.sax.saxutils import escape

from risk.locale import Language, text
from serving.documents.charts import CalibrationPoint, calibration_svg
from serving.models.card.sections import CALIBRATION, CardInput, Section, card_sections
from training.effect_pictures import BEESWARM, DEPENDENCE, artifact_name

Format = Literal["md", "html"]

_PICTURES = (CALIBRATION, BEESWARM, DEPENDENCE)


def render_card(material: CardInput, language: Language, form: Format) -> str:
    """Return the card of a model version."""
    title = text("card.title", language, version=material.version.version)
    body = markdown(title, card_sections(material, language))
    if form == "md":
        for name in _PICTURES:
            body = body.replace(f"{_marker(name)}\n\n", "")
        return body
    return html_page(title, body, language, _figures(material, language))


def _marker(picture: str) -> str:
    return f"<!-- {picture} -->"


def _figures(material: CardInput, language: Language) -> Mapping[str, str]:
    """The pictures of a card as HTML; those of features as images with a text of their own."""
    found = {CALIBRATION: calibration_plot(material, language) or ""}
    for name in (BEESWARM, DEPENDENCE):
        if svg := material.pictures.get(artifact_name(name, language)):
            data = b64encode(svg.encode()).decode("ascii")
            described = escape(text(f"card.effects.{name}", language), {'"': "&quot;"})
            source = f"data:image/svg+xml;base64,{data}"
            found[name] = f'<img class="wide" src="{source}" alt="{described}">'
    return found


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
        if part.picture:
            blocks.append(_marker(part.picture))
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


def html_page(
    title: str,
    body: str,
    language: Language,
    figures: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return Markdown as a self-contained HTML page with ``figures``, HTML by name of a picture."""
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    for name in _PICTURES:
        marker = f"<p>{escape(_marker(name))}</p>"
        figure = figures.get(name)
        rendered = rendered.replace(marker, f"<figure>{figure}</figure>" if figure else "")
    shown = rendered.replace("<table>", '<table tabindex="0">')
    file = files("serving.models.card").joinpath("templates/card.html")
    # Not Jinja: to import it takes longer than to make a card, and a list is published with two.
    template = Template(file.read_text(encoding="utf-8").removesuffix("\n"))
    return template.substitute(title=escape(title), language=language, body=shown)


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
