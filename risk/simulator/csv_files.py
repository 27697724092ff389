"""Writing of frames to CSV: one file per table of the contract (UTF-8 with BOM, field names).

Columns hold day numbers, months since 1970-01, fen and counts (-1 if unknown), shares and numbers
(NaN if unknown), or text (empty if unknown). Rows are ordered by ``known_at``; rows known after the
last simulated day are left out.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.simulator.world import EMPTY

Column = npt.NDArray[Any]
Frame = dict[str, Column]


def concat(*frames: Frame) -> Frame:
    """Concatenate frames of one table; later frames hold later versions."""
    return {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}


def select_rows(frame: Frame, rows: Column) -> Frame:
    """Rows of a frame, selected by positions or mask."""
    return {name: column[rows] for name, column in frame.items()}


def write_table(out: Path, table: Table, frame: Frame, last_day: int) -> int:
    """Write one table to ``out`` and return its number of rows (versions)."""
    settled = _known_in_time(table, frame, last_day)
    # Optional columns that the simulated authority does not keep are absent.
    known = [field for field in table.fields if not field.added or field.name in settled]
    fields = [*known, KNOWN_AT]
    columns = [_rendered(field, settled[field.name]) for field in fields]
    write_csv(out / f"{table.name}.csv", [field.name for field in fields], columns)
    return len(settled["known_at"])


def write_csv(path: Path, header: list[str], columns: list[list[str]]) -> None:
    """Write columns of text; the file is replaced atomically."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*columns, strict=True))
    os.replace(part, path)


def _known_in_time(table: Table, frame: Frame, last_day: int) -> Frame:
    """Rows ordered by ``known_at``, which is at least the event date; later rows are left out."""
    known = frame["known_at"]
    if table.event_date is not None:
        known = np.maximum(known, frame[table.event_date])
    settled = {**frame, "known_at": known}
    order = np.argsort(known, kind="stable")
    return select_rows(settled, order[known[order] <= last_day])


def _rendered(field: Field, column: Column) -> list[str]:
    return _RENDER.get(field.type, _plain)(column)


def _plain(column: Column) -> list[str]:
    return [str(value) for value in column.tolist()]


def _days(column: Column) -> list[str]:
    return _stamps(column, "datetime64[D]")


def _months(column: Column) -> list[str]:
    return _stamps(column, "datetime64[M]")


def _stamps(column: Column, unit: str) -> list[str]:
    texts = np.datetime_as_string(np.maximum(column, 0).astype(unit))
    return [str(text) for text in np.where(column == EMPTY, "", texts).tolist()]


def _money(column: Column) -> list[str]:
    return ["" if v == EMPTY else f"{v // 100}.{v % 100:02d}" for v in column.tolist()]


def _counts(column: Column) -> list[str]:
    return ["" if v == EMPTY else str(v) for v in column.tolist()]


def _numbers(column: Column) -> list[str]:
    return ["" if v != v else repr(v) for v in column.tolist()]  # noqa: PLR0124 - NaN


def _bools(column: Column) -> list[str]:
    return ["" if v == EMPTY else ("true" if v else "false") for v in column.tolist()]


_RENDER: Mapping[FieldType, Callable[[Column], list[str]]] = {
    FieldType.DATE: _days,
    FieldType.MONTH: _months,
    FieldType.MONEY: _money,
    FieldType.COUNT: _counts,
    FieldType.SHARE: _numbers,
    FieldType.NUMBER: _numbers,
    FieldType.BOOL: _bools,
}
