"""Numbers of people and amounts in sentences, with how many records leave them empty."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from serving.briefings.statistics import Total
from serving.documents.builder import DocumentBuilder


def people(builder: DocumentBuilder, name: str, total: Total) -> dict[str, Any]:
    """Return the number under ``name`` and its text under ``name`` with ``_text``."""
    return _with_text(builder, "people", name, total, total.value)


def owed_people(builder: DocumentBuilder, name: str, total: Total) -> dict[str, Any]:
    """Return the workers of projects under ``name`` and their text under ``name_text``."""
    return _with_text(builder, "owed_people", name, total, total.value)


def amount(builder: DocumentBuilder, name: str, total: Total, compared: str = "") -> dict[str, Any]:
    """Return the amount under ``name`` and its text, with a comparison, under ``name_text``."""
    return _with_text(builder, "amount", name, total, builder.money(total.value), compared)


def covered(builder: DocumentBuilder, name: str, total: Total) -> dict[str, Any]:
    """Return the workers of units visited under ``name`` and their text under ``name_text``."""
    return _with_text(builder, "covered", name, total, total.value)


def contracts(builder: DocumentBuilder, name: str, total: Total) -> dict[str, Any]:
    """Return the number of labour contracts under ``name`` and its text under ``name_text``."""
    return _with_text(builder, "contracts", name, total, total.value)


def _with_text(
    builder: DocumentBuilder,
    kind: str,
    name: str,
    total: Total,
    figure: int | Decimal,
    compared: str = "",
) -> dict[str, Any]:
    if not total.known:
        return {f"{name}_text": builder.text(f"totals.{kind}_unknown")}
    key = f"totals.{kind}" if total.whole else f"totals.{kind}_partly"
    number = builder.format_figure(figure)
    return {
        name: figure,
        f"{name}_text": builder.text(key, n=number, missing=total.missing) + compared,
    }
