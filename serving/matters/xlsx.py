"""Matters as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import IO

from risk.locale import Language, text
from serving.documents.xlsx import Cell, Sheet, to_xlsx
from serving.matters.state import MatterState

_HEADS = (
    *("key", "kind", "name", "place", "record", "opened_on", "workers", "amount", "person", "unit"),
    *("due", "due_note", "overdue", "level", "closed_on", "reason", "second_look", "outcome"),
)


def matters_xlsx(found: Sequence[MatterState], language: Language, day: dt.date) -> IO[bytes]:
    """Return the workbook; amounts in yuan, empty if unknown."""
    heads = [text(f"matters.columns.{name}", language) for name in _HEADS]
    rows = (_row(state, language) for state in found)
    return to_xlsx([Sheet(text("matters.sheet", language), heads, rows)], day)


def deadline_note(state: MatterState, language: Language) -> str:
    """Return that the deadline is provisional, if a holiday plan was unknown; else ``""``."""
    provisional = state.due is not None and not state.due.planned
    return text("pages.matter.unplanned", language) if provisional else ""


def _row(state: MatterState, language: Language) -> list[Cell]:
    matter, facts, look = state.matter, state.matter.facts, state.second_look
    return [
        matter.key,
        text(f"pages.ledger.kinds.{matter.kind}", language),
        facts.name or facts.project_id or facts.org_id,
        matter.region_code,
        facts.record,
        facts.opened_on,
        facts.workers,
        None if facts.amount is None else facts.amount / 100,
        state.person,
        state.unit,
        state.due.day if state.due else None,
        deadline_note(state, language) or None,
        text("pages.yes", language) if state.overdue else None,
        state.level or None,
        state.closed_on,
        text(f"pages.matter.reasons.{state.reason}", language) if state.reason else None,
        look.day if look else None,
        text(f"pages.matter.outcomes.{look.outcome}", language) if look and look.outcome else None,
    ]
