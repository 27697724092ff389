"""Layout: how one kind of sheet of an office maps onto a table of the contract.

A layout is a TOML file in the workspace's ``layouts`` folder, written by ``import --try``, mended
by hand and confirmed by a person. Only a confirmed layout is used, and only as it was confirmed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import fnmatch
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from risk.contract import KNOWN_AT, STORED_TABLES, Field, FieldType, Table
from risk.intake.cells import Cell, match_key, normalise
from risk.intake.layouts.errors import LayoutInvalid, LayoutMissing
from risk.intake.layouts.heads import MAX_HEAD_ROWS
from risk.intake.units import MONEY_UNITS

VERSION = 1

ATTENDANCE = "attendance"
_OF_ATTENDANCE = "workers_present"

KNOWN_ON = ("import", "month_end")
"""Days of knowledge: the day of the import, or the end of the month the file's name states."""

SET_ASIDE, READ = STRUCK_ROWS = ("set_aside", "read")
"""What becomes of rows that are struck out; without a choice they are set aside, and asked."""

_NAME = re.compile(r"[\w.()（）-]{1,80}")
_KEYS = {
    "version", "table", "files", "unit", "region", "known_on",
    "head", "key", "fill", "confirmed", "columns", "regions", "payments", "months", "struck",
}  # fmt: skip


@dataclass(frozen=True)
class ColumnRule:
    """Field of one column; empty if the column is not used.

    ``by_name``: the cells name the project or firm whose code the field holds. ``values`` gives the
    contract's code or term for a cell, or an empty text if it is unknown. ``note`` is a comment,
    written above the column; ``undecided`` are cells that are offered as comments too.
    """

    heading: str
    field: str = ""
    by_name: bool = False
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    note: str = ""
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyRule:
    """Origin of the key where no column has it.

    ``made_from`` are fields, or headings of other columns, of which an id is made; or ``column``
    is the heading of a number to which ``prefix`` is added, with ``{month}`` and ``{sheet}`` filled
    in.
    """

    made_from: tuple[str, ...] = ()
    column: str = ""
    prefix: str = ""


@dataclass(frozen=True)
class Layout:
    """Layout of one kind of sheet; see ``docs/howto/layouts.md`` for the file format.

    ``headings`` are those of the head, empty ones included, a group heading in front (存放/金额).
    ``regions`` gives codes for names of places no list has; ``region`` is the code where a row has
    none. ``fill`` gives values of fields without a column. ``payments``: what was paid is read too,
    from the same rows of payrolls. ``months``: the sheet has columns for each month, and the
    headings are those of :class:`risk.intake.layouts.month_columns.MonthSheet`. ``struck`` says
    what becomes of rows that are struck out.
    """

    name: str
    table: Table
    headings: tuple[str, ...]
    columns: tuple[ColumnRule, ...]
    files: str = "*"
    head_rows: int = 1
    unit: str = ""
    region: str = ""
    regions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    known_on: str = "import"
    key: KeyRule = KeyRule()
    fill: Mapping[str, str] = dataclasses.field(default_factory=dict)
    payments: bool = False
    struck: str = ""
    months: bool = False
    confirmed_by: str = ""
    confirmed_at: str = ""
    confirmed_digest: str = ""

    @property
    def digest(self) -> str:
        """Digest of everything a person confirms."""
        plain = [
            self.table.name, self.headings, self.files, self.head_rows, self.unit, self.region,
            sorted(self.regions.items()), self.known_on, sorted(self.fill.items()),
            [list(self.key.made_from), self.key.column, self.key.prefix],
            [
                [rule.heading, rule.field, rule.by_name, sorted(rule.values.items())]
                for rule in self.columns
            ],
            *([["payments"]] if self.payments else []),
            *([["struck", self.struck]] if self.struck else []),
            *([["months"]] if self.months else []),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()[:16]

    @property
    def confirmed(self) -> bool:
        """Whether a person confirmed the layout as it is."""
        return bool(self.confirmed_by) and self.confirmed_digest == self.digest

    @property
    def made_field(self) -> str:
        """Field that ``key`` gives; attendance has no number, but a contract of the team."""
        return "contract_id" if self.table.name == ATTENDANCE else self.table.key[0]

    @property
    def pays_only(self) -> bool:
        """Whether a sheet of payrolls says only what was paid, and gives payments alone."""
        return self.payments and not {"amount_due"} & {
            *self.fill,
            *(rule.field for rule in self.columns),
        }

    @property
    def signature(self) -> tuple[str, ...]:
        """Normalised headings; a head matches if its own are equal."""
        return head_signature(self.headings)

    def fits_file(self, name: str) -> bool:
        """Whether a file's name matches the pattern."""
        return fnmatch.fnmatch(normalise(name), normalise(self.files))

    def confirm(self, by: str, at: dt.datetime) -> Layout:
        """The same layout, confirmed by a person."""
        stamp = at.isoformat(timespec="seconds")
        return replace(self, confirmed_by=by, confirmed_at=stamp, confirmed_digest=self.digest)


def head_signature(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Normalised headings without empty ones at the end."""
    keys = [match_key(str(cell or "")) for cell in cells]
    while keys and not keys[-1]:
        keys.pop()
    return tuple(keys)


def read_layouts(folder: Path) -> list[Layout]:
    """All layouts of a folder, by name; none if there is no folder.

    Raises:
        LayoutInvalid: a file is not a valid layout.
    """
    return [read_layout(path) for path in sorted(folder.glob("*.toml"))]


def read_layout(path: Path) -> Layout:
    """Layout of one file.

    Raises:
        LayoutInvalid: the file cannot be read, or is not a valid layout.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise LayoutInvalid(file=path.name, at="-", found=found, allowed="TOML") from error
    return _Reader(path, data).layout()


def find_layout(folder: Path, name: str) -> Path:
    """Path of the layout called ``name``.

    Raises:
        LayoutMissing: there is none.
    """
    path = folder / f"{name.removesuffix('.toml')}.toml"
    if not _NAME.fullmatch(path.stem) or not path.is_file():
        allowed = ", ".join(sorted(one.stem for one in folder.glob("*.toml"))) or "-"
        raise LayoutMissing(name=name, allowed=allowed)
    return path


def source_layouts(folder: Path, name: str) -> list[Layout]:
    """The layout called ``name``, or all layouts of a folder without a name.

    Raises:
        LayoutMissing: there is no such layout.
        LayoutInvalid: a file is not a valid layout.
    """
    return [read_layout(find_layout(folder, name))] if name else read_layouts(folder)


class _Reader:
    """Validated reading of the data of one layout file."""

    def __init__(self, path: Path, data: Mapping[str, Any]) -> None:
        self._path = path
        self._data = data

    def layout(self) -> Layout:
        self._only(self._data, _KEYS, "")
        if self._data.get("version") != VERSION:
            self._refuse("version", self._data.get("version"), str(VERSION))
        table = STORED_TABLES[self._one_of("table", self._text("table"), tuple(STORED_TABLES))]
        head = self._section("head", {"rows", "headings"})
        key = self._section("key", {"from", "column", "prefix"})
        confirmed = self._section("confirmed", {"by", "at", "digest"})
        headings = self._texts("head.headings", head.get("headings", []))
        if not any(headings):
            self._refuse("head.headings", headings, '["项目名称", "开工日期"]')
        number = self._as_text("key.column", key.get("column", ""))
        if number:
            self._one_of("key.column", number, headings)
        return Layout(
            name=self._path.stem,
            table=table,
            headings=headings,
            columns=tuple(self._columns(table, headings)),
            files=self._text("files") or "*",
            head_rows=self._rows(head.get("rows", 1)),
            unit=self._one_of("unit", self._text("unit"), ("", *MONEY_UNITS)),
            region=self._code("region", self._text("region")),
            regions={
                name: self._code(f"regions.{name}", code)
                for name, code in self._section("regions", None).items()
            },
            known_on=self._one_of("known_on", self._text("known_on") or "import", KNOWN_ON),
            key=KeyRule(
                tuple(
                    name if name in headings else self._field(table, f"key.from {name}", name).name
                    for name in self._texts("key.from", key.get("from", []))
                ),
                number,
                self._as_text("key.prefix", key.get("prefix", "")),
            ),
            fill={
                self._field(table, f"fill.{name}", name).name: self._as_text(f"fill.{name}", value)
                for name, value in self._section("fill", None).items()
            },
            payments=self._flag("payments"),
            struck=self._one_of("struck", self._text("struck"), ("", *STRUCK_ROWS)),
            months=self._flag("months"),
            confirmed_by=self._as_text("confirmed.by", confirmed.get("by", "")),
            confirmed_at=self._as_text("confirmed.at", confirmed.get("at", "")),
            confirmed_digest=self._as_text("confirmed.digest", confirmed.get("digest", "")),
        )

    def _flag(self, name: str) -> bool:
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            self._refuse(name, value, "true, false")
        return bool(value)

    def _columns(self, table: Table, headings: tuple[str, ...]) -> Iterator[ColumnRule]:
        used: set[tuple[str, bool]] = set()
        columns = self._data.get("columns", [])
        if not isinstance(columns, list):
            self._refuse("columns", columns, "[[columns]]")
        for number, column in enumerate(columns, start=1):
            at = f"columns {number}"
            if not isinstance(column, dict):
                self._refuse(at, column, "[[columns]]")
            heading = self._as_text(f"{at} heading", column.get("heading", ""))
            at = f"columns {number}（{heading}）"
            self._only(column, {"heading", "field", "by_name", "values"}, at)
            if heading not in headings:
                self._refuse(f"{at} heading", heading, ", ".join(filter(None, headings)))
            name = self._as_text(f"{at} field", column.get("field", ""))
            by_name = column.get("by_name", False)
            if not isinstance(by_name, bool):
                self._refuse(f"{at} by_name", by_name, "true, false")
            if name:
                self._field(table, f"{at} field", name)
                if (name, by_name) in used:
                    self._refuse(f"{at} field", name, "each field once")
                used.add((name, by_name))
            given = column.get("values", {})
            if not isinstance(given, dict):
                self._refuse(f"{at} values", given, "[columns.values]")
            values = {
                str(cell): self._as_text(f"{at} values.{cell}", value)
                for cell, value in given.items()
            }
            if name and (allowed := table_field(table, name).values):
                for cell, value in values.items():
                    self._one_of(f"{at} values.{cell}", value, ("", *allowed, *allowed.values()))
            yield ColumnRule(heading, name, by_name, values)

    def _section(self, name: str, keys: set[str] | None) -> Mapping[str, Any]:
        section = self._data.get(name, {})
        if not isinstance(section, dict):
            self._refuse(name, section, f"[{name}]")
        if keys is not None:
            self._only(section, keys, name)
        return dict(section)

    def _only(self, data: Mapping[str, Any], keys: set[str], at: str) -> None:
        for key in data:
            if key not in keys:
                self._refuse(f"{at} {key}".strip(), key, ", ".join(sorted(keys)))

    def _text(self, name: str) -> str:
        return self._as_text(name, self._data.get(name, ""))

    def _as_text(self, at: str, value: Any) -> str:
        if not isinstance(value, str):
            self._refuse(at, value, '"..."')
        return str(value)

    def _texts(self, at: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._refuse(at, value, '["...", "..."]')
        return tuple(value)

    def _rows(self, value: Any) -> int:
        allowed = range(1, MAX_HEAD_ROWS + 1)
        if type(value) is not int or value not in allowed:
            self._refuse("head.rows", value, ", ".join(map(str, allowed)))
        return int(value)

    def _one_of(self, at: str, value: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            self._refuse(at, value, ", ".join(filter(None, allowed)))
        return value

    def _field(self, table: Table, at: str, name: str) -> Field:
        self._one_of(at, name, tuple(one.name for one in (*table.fields, KNOWN_AT)))
        return table_field(table, name)

    def _code(self, at: str, code: Any) -> str:
        text = self._as_text(at, code)
        if text and not re.fullmatch(r"\d{2}(\d{2}|\d{4}|\d{7})?", text):
            self._refuse(at, text, "510822")
        return text

    def _refuse(self, at: str, found: Any, allowed: str) -> None:
        raise LayoutInvalid(file=self._path.name, at=at, found=str(found)[:200], allowed=allowed)


def lacking_measures(layout: Layout) -> list[str]:
    """Field that the values of the months may be, where a layout by month uses none of them.

    That of a required field is lacking anyway.
    """
    kinds = (FieldType.MONEY, FieldType.COUNT)
    measures = [field for field in layout.table.fields if field.type in kinds]
    used = {rule.field for rule in layout.columns}
    if not layout.months or any(one.required or one.name in used for one in measures):
        return []
    return [_OF_ATTENDANCE]


def table_field(table: Table, name: str) -> Field:
    """Field called ``name`` of a table, ``known_at`` included."""
    return KNOWN_AT if name == KNOWN_AT.name else table.field(name)
