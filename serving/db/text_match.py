"""Matching and ordering of text as Python does it, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Engine, func


def holds(engine: Engine, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that ``column`` contains ``text``, letter for letter."""
    place = func.strpos if engine.dialect.name == "postgresql" else func.instr
    return place(column, text) > 0


def by_code_point(engine: Engine, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return ``column`` in the order of code points, whatever the locale of the server."""
    return column.collate("C" if engine.dialect.name == "postgresql" else "BINARY")
