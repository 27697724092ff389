"""Facts about a whole sheet in the cells around its head: project, team, month, days of payment."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from risk.intake.cells import Cell, normalise
from risk.intake.units import plain_brackets
from risk.intake.worker_sheets.words import words


class Label(StrEnum):
    """What a labelled text is about."""

    PROJECT = "project"
    CODE = "code"
    TEAM = "team"
    COMPANY = "company"
    MONTH = "month"
    PAID_ON = "paid_on"
    DUE_ON = "due_on"
    CHANNEL = "channel"
    ACCOUNT = "account"
    MADE_ON = "made_on"
    OTHER = "other"


_NAMED = "|".join(f"(?P<{label}>{'|'.join(parts)})" for label, parts in words("labels").items())
_LABEL = re.compile(rf"(?:^|(?<=[\s,;。|(]))(?:{_NAMED})\s*:\s*")
_ONLY_LABEL = re.compile(rf"(?:{_NAMED})\s*:?")
_VALUE_END = re.compile(r"\s{2,}|[;；|\n\t]|[(]?盖章[)]?")


@dataclass(frozen=True)
class Labels:
    """First value of each label, and the unlabelled texts in order."""

    values: Mapping[Label, Cell] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    def text(self, label: Label) -> str:
        """Value as text; empty without one."""
        value = self.values.get(label)
        return "" if value is None else str(value).strip()

    def over(self, other: Labels) -> Labels:
        """These labels, and where one is missing that of ``other``."""
        return Labels({**other.values, **self.values}, (*self.texts, *other.texts))


def read_labels(rows: Sequence[Sequence[Cell]]) -> Labels:
    """Labels in rows above, between or below the rows of workers.

    >>> labels = read_labels([["木工班工资表"], ["项目名称：云渡小区", None, "班组：", "木工班"]])
    >>> labels.text(Label.PROJECT), labels.text(Label.TEAM), labels.texts
    ('云渡小区', '木工班', ('木工班工资表',))
    """
    values: dict[Label, Cell] = {}
    texts: list[str] = []
    for cells in rows:
        for label, value in _row_parts(cells):
            if label is None:
                texts.append(str(value))
            elif value is not None and str(value).strip():
                values.setdefault(label, value)
    return Labels(values, tuple(texts))


def _row_parts(cells: Sequence[Cell]) -> Iterator[tuple[Label | None, Cell]]:
    """Labelled and unlabelled parts of one row; a label alone has its value in the next cell."""
    waiting: Label | None = None
    for cell in cells:
        if cell is None or not str(cell).strip():
            continue
        if not isinstance(cell, str):
            if waiting or isinstance(cell, dt.date):
                yield waiting, cell
            waiting = None
            continue
        text = plain_brackets(cell)
        if alone := _ONLY_LABEL.fullmatch(normalise(text)):
            waiting = _label(alone)
            continue
        for label, value in _cell_parts(text):
            yield label or waiting, value
            waiting = label if label and not value else None


def _cell_parts(text: str) -> Iterator[tuple[Label | None, str]]:
    found = list(_LABEL.finditer(text))
    start = found[0].start() if found else len(text)
    if text[:start].strip(" (,;"):
        yield None, text[:start].strip()
    for index, one in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        raw = text[one.end() : end]
        parts = [part.strip(" ,;()") for part in _VALUE_END.split(raw, maxsplit=1)]
        yield _label(one), parts[0]
        if len(parts) > 1 and parts[1]:
            yield None, parts[1]


def _label(found: re.Match[str]) -> Label:
    return next(label for label in Label if found[str(label)])
