"""The columns of a watchlist as a sheet: one row per entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from risk.locale import Language
from serving.documents.csv import Cell
from serving.watchlists import texts
from serving.watchlists.texts import Document

Kind = Literal["text", "count", "share", "yuan"]


@dataclass(frozen=True)
class Column:
    """One column; ``width`` in characters."""

    name: str
    kind: Kind
    width: int
    cell: Callable[[Document, Language], Cell]


def _field(name: str) -> Callable[[Document, Language], Cell]:
    def cell(entry: Document, _: Language) -> Cell:
        found: Cell = entry[name]
        return found

    return cell


def _coded(kind: str) -> Callable[[Document, Language], Cell]:
    return lambda entry, language: texts.word(kind, entry[kind], language)


COLUMNS: tuple[Column, ...] = (
    Column("rank", "count", 5, _field("rank")),
    Column("project_id", "text", 18, _field("project_id")),
    Column("project_name", "text", 28, _field("project_name")),
    Column("contractor_name", "text", 26, _field("contractor_name")),
    Column("region_code", "text", 9, _field("region_code")),
    Column("tier", "text", 7, _coded("tier")),
    Column("probability", "share", 8, _field("probability")),
    Column("selection", "text", 9, _coded("selection")),
    Column("draw_probability", "share", 8, _field("draw_probability")),
    Column("workers", "count", 7, _field("workers")),
    Column("amount_at_stake", "yuan", 14, _field("amount_at_stake")),
    Column("amount_owed", "yuan", 14, lambda e, _: e.get("amount_owed")),
    Column("reasons", "text", 48, lambda e, la: texts.joined(texts.main_reasons(e, la, 3), la)),
    Column("red_flags", "text", 30, lambda e, la: texts.joined(texts.flag_titles(e, la), la)),
    Column("checks", "text", 40, lambda e, la: texts.joined(texts.checks(e, la), la)),
    Column("unlike_inspected", "text", 8, texts.unlike),
    Column("change", "text", 12, texts.change),
)


def columns_of(document: Document) -> tuple[Column, ...]:
    """The columns of a list; an employer has no contractor above it."""
    if document.get("kind", "project") == "project":
        return COLUMNS
    return tuple(column for column in COLUMNS if column.name != "contractor_name")
