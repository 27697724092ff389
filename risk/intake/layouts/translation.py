"""Reading of a sheet through a layout.

Cells of columns that the layout uses are replaced where it says so; columns for the key, the
region and filled fields are added at the right. All other cells stay, headings included, so that
totals, notes and repeated heads are recognised as in any sheet. :func:`layout_matcher` finds the
fields of the headings.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice
from typing import TypeAlias

from risk.calendar.dates import add_months, month_end
from risk.contract import Field, FieldType
from risk.intake.cell_parsers import UNKNOWN, answer_alone
from risk.intake.cells import (
    Cell,
    Row,
    all_struck,
    as_text,
    as_written,
    is_blank,
    is_struck,
    match_key,
    normalise,
)
from risk.intake.headings import Heading, HeadingMatcher, contract_matcher, parse_heading
from risk.intake.identifiers import is_no_number, is_placeholder
from risk.intake.layouts.column_matches import term_of
from risk.intake.layouts.found_arrears import BY_AMOUNTS, arrears_by_amounts
from risk.intake.layouts.heads import SEARCHED_ROWS, join_headings, one_line, single_headings
from risk.intake.layouts.layout import (
    ATTENDANCE,
    READ,
    ColumnRule,
    Layout,
    head_signature,
    table_field,
)
from risk.intake.layouts.names import Namer
from risk.intake.layouts.outcomes import BY_DATES, outcome_by_dates
from risk.intake.layouts.paid_columns import paid_columns
from risk.intake.layouts.regions import (
    county_of_address,
    may_be_below_county,
    place_code,
    section_county,
    short_code,
    stated_city,
    stated_county,
)
from risk.intake.layouts.returned_deposits import BY_RETURN, return_column, status_by_return
from risk.intake.layouts.vocabulary import vocabulary, yes_no_synonyms
from risk.intake.name_ids import made_id, name_id, name_key, team_id
from risk.intake.named_periods import named_period, stated_month
from risk.intake.non_records import non_record
from risk.intake.readers.sheet import CellRange, Sheet, SheetView
from risk.intake.spellings import UNKNOWN_WORDS
from risk.intake.stated_years import block_period

FIRMS = ("owner_id", "contractor_id", "org_id")
"""Fields that hold the code of a firm."""

_NAME = re.compile(r"[\u3400-\u9fff]{2}")
_UNIT = re.compile(r"\((?:千|百万|万|亿)?元\)$")  # as added to a heading
_HEADING_LENGTH = 60
_MAX_PLACES = 1000
DITTOS = frozenset(("同上", "〃", "″", "”", '"', "''", "同前", "与上同"))
"""Cells that say that they are the same as the one above."""

_NO_NAMES = UNKNOWN | UNKNOWN_WORDS | {
    "个人", "自然人", "私人", "包工头", "个体", "个体户", "自建", "村民自建",
}  # fmt: skip
"""Cells of a column of names that name nobody: rows of one such firm would be linked."""
_WAITING = re.compile(r"(?:待|暂|未|正在|尚未|办理|补|无|不详|没有)")

_Translate: TypeAlias = Callable[[Cell], Cell]


@dataclass
class Changes:
    """Cells that reading through a layout added, counted while rows are read.

    ``places`` are names below the county without a code, for which the county's code is read.
    """

    regions_filled: int = 0
    keys_made: int = 0
    places: Counter[str] = dataclasses.field(default_factory=Counter)

    def reset(self) -> None:
        """Count from 0, because the rows are read again."""
        self.regions_filled = self.keys_made = 0
        self.places.clear()


@dataclass(frozen=True)
class TranslatedSheet(SheetView):
    """Sheet as read through a layout; ``file`` is the name of its file, in ``folders``.

    A county that titles, sheet, file or folders name counts before that of the layout: offices of
    several counties send books with the same head. A firm keeps the id it has by the layout, as it
    may work in several counties.
    """

    layout: Layout
    file: str
    namer: Namer
    changes: Changes = dataclasses.field(default_factory=Changes)
    folders: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the sheet."""
        return self.sheet.name

    @property
    def used_otherwise(self) -> Mapping[str, str]:
        """Headings of columns that give a field which has another column or none, with the field.

        They are names used where the column of codes has none, and what a key is made of.
        """
        table, headings = self.layout.table, self.layout.headings
        columns = _columns_by_name(self.layout, _columns_of(self.layout))
        key = (*self.layout.key.made_from, self.layout.key.column)
        of_key = {
            one: table.field(self.layout.made_field).zh for one in key if one and one in headings
        }
        returned = return_column(table, set(_columns_of(self.layout)), headings)
        if returned is not None and BY_RETURN in self.layout.fill.values():
            of_key[headings[returned]] = table.field("status").zh
        return of_key | {
            headings[index]: table_field(table, name).zh for name, index in columns.items()
        }

    @property
    def merges(self) -> Sequence[CellRange]:
        """Merged amounts and counts, which count once, and keys; other merged cells are filled."""
        columns = _added_up(self.layout)
        columns.update(index for name, index in _columns_of(self.layout).items()
                       if (name,) == self.layout.table.key)  # fmt: skip
        return tuple(
            one for one in self.sheet.merges if one.left == one.right and one.left in columns
        )

    @property
    def hidden_rows(self) -> Collection[int]:
        """Numbers of the rows that the sheet hides."""
        return self.sheet.hidden_rows

    def rows(self) -> Iterator[Row]:
        """All rows; those below a head of the layout are translated."""
        self.changes.reset()
        titles: list[str] = []
        title: Sequence[Cell] = ()
        own: _Translation | None = None
        translation: _Translation | None = None
        other_heads = _OtherHeads(self.layout)
        for kind, (number, cells) in _kinds(self.sheet, self.layout):
            if kind == "head":
                own = translation = own or _Translation(self, titles, len(cells))
                own.begin_block(title)
                yield number, translation.headings(cells)
            elif kind == "group":
                yield number, [None] * len(cells)
            elif translation is None:
                titles.extend(text for text in map(one_line, cells) if text)
                yield number, cells
            elif other_heads.is_head(cells):
                block = dataclasses.replace(self, layout=other_heads.layout(cells))
                before, translation = translation, _Translation(block, titles, len(cells))
                translation.follow(before)
                translation.begin_block(title)
                yield number, other_heads.named(translation.headings(cells), block.layout)
            else:
                title = cells if translation.begin_block(cells) else title
                yield number, translation.cells(cells)


def is_name(text: str) -> bool:
    """Whether a cell of a column of codes holds a name: mostly Chinese, and no word such as 待办理.

    >>> is_name("川北某某建筑公司"), is_name("川建2025-003号"), is_name("待办理")
    (True, False, False)
    """
    plain = normalise(text)
    if not _NAME.search(plain) or _WAITING.match(plain):
        return False
    return sum(character.isdigit() for character in plain) * 4 < len(plain)


def is_no_code(text: str) -> bool:
    """Whether a cell where a code belongs has none: it is empty, a name, or a word.

    >>> is_no_code("-"), is_no_code("待办理"), is_no_code("91110000101623741K")
    (True, True, False)
    """
    plain = normalise(text)
    return plain.casefold() in UNKNOWN or not any(map(str.isdigit, plain)) or is_name(plain)


def is_unknown_name(text: str) -> bool:
    """Whether a cell for a name or a code has none: it is empty, or says so.

    >>> [is_unknown_name(text) for text in ("", "不详", "待办理", "个人", "无锡建工")]
    [True, True, True, True, False]
    """
    plain = normalise(text).casefold()
    return plain in _NO_NAMES or is_placeholder(plain)


def layout_matcher(layouts: Sequence[Layout]) -> HeadingMatcher:
    """Matcher of the headings of sheets read through ``layouts``, which have one table."""
    table = layouts[0].table
    fields: dict[str, Field | None] = {}
    for layout in layouts:
        columns, distinct = _columns_of(layout), _distinct_headings(layout, _rules_of(layout))
        shared = {layout.headings[index] for index in distinct}
        for rule in layout.columns:
            if rule.heading in shared:
                continue
            used = rule.field and layout.headings[columns[rule.field]] == rule.heading
            key = match_key(rule.heading)
            fields[key] = table_field(table, rule.field) if used else fields.get(key)
    own = contract_matcher(table)

    def match(heading: Heading) -> Field | None:
        for text in (heading.text, heading.text.rpartition("/")[2]):
            for key in (match_key(text), _UNIT.sub("", match_key(text))):
                if key in fields:
                    return fields[key]
        return own(heading)

    return match


def has_head(sheet: Sheet, layout: Layout) -> bool:
    """Whether the head of ``layout`` is among the first rows of ``sheet``."""
    return any(kind == "head" for kind, _ in islice(_kinds(sheet, layout), SEARCHED_ROWS))


def _kinds(sheet: Sheet, layout: Layout) -> Iterator[tuple[str, Row]]:
    """Rows with their kind: ``head``, ``group`` (rows of a head above its last) or ``other``."""
    merges = list(sheet.merges)
    signature, head_rows = layout.signature, layout.head_rows
    near: deque[Row] = deque()
    for row in _without_merges(sheet, merges, layout):
        near.append(row)
        if len(near) < head_rows:
            continue
        joined = single_headings(row[1]) if head_rows == 1 else join_headings([*near], merges)
        if head_signature(joined) == signature:
            yield from (("group", one) for one in list(near)[:-1])
            yield "head", row
            near.clear()
        else:
            yield "other", near.popleft()
    yield from (("other", one) for one in near)


def _added_up(layout: Layout) -> set[int]:
    """Indices of the columns with amounts and counts."""
    return {
        index
        for index, rule in enumerate(_rules_of(layout))
        if rule
        and rule.field
        and table_field(layout.table, rule.field).type in (FieldType.MONEY, FieldType.COUNT)
    }


def _without_merges(sheet: Sheet, merges: list[CellRange], layout: Layout) -> Iterator[Row]:
    """Rows in which merged cells below the first possible head have the value of their range.

    A range over several columns is left alone: it is a title or a note. So is a heading, and an
    amount or a count, which would be counted several times.
    """
    single = {*_added_up(layout), paid_columns(layout).get("amount")}
    ranges = [one for one in merges if one.left == one.right and one.left not in single]
    ranges.sort(key=lambda one: one.top)
    values: dict[CellRange, Cell] = {}
    position = 0
    for number, cells in _rows(sheet, layout):
        while position < len(ranges) and ranges[position].top <= number:
            one = ranges[position]
            begins = one.top == number and one.left < len(cells)
            if begins and match_key(one_line(cells[one.left])) not in layout.signature:
                values[one] = cells[one.left]
            position += 1
        filled = list(cells) if values else cells
        if isinstance(filled, list) and not all_struck(cells):
            for one in list(values):
                if number > one.bottom:
                    del values[one]
                elif filled[one.left : one.left + 1] in ([None], [""]):
                    filled[one.left] = values[one]
        yield number, filled


def _rows(sheet: Sheet, layout: Layout) -> Iterator[Row]:
    """Rows of a sheet; where the layout says so, struck cells are read like the others."""
    if layout.struck != READ:
        return sheet.rows()
    return ((number, list(map(as_written, cells))) for number, cells in sheet.rows())


class _OtherHeads:
    """Heads of later blocks with the columns of a layout in another order, or with fewer."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._match = layout_matcher([layout])
        names = {*layout.headings, *(field.zh for field in layout.table.fields)}
        self._names = names - {""}

    def is_head(self, cells: Sequence[Cell]) -> bool:
        """Whether at least two cells of a row, and half of the filled ones, are headings."""
        known = sum(type(cell) is str and cell in self._names for cell in cells)
        if known < 2:  # fast: true for nearly all rows
            return False
        filled = [cell for cell in cells if cell not in (None, "")]
        found = sum(type(cell) is str and self._field(cell) is not None for cell in filled)
        return found >= 2 and found * 2 >= len(filled)

    def layout(self, cells: Sequence[Cell]) -> Layout:
        """The layout with the headings ``cells`` in their order, in one row."""
        headings = single_headings(cells)
        rules = {rule.heading: rule for rule in self._layout.columns}
        columns = [rules.get(one) or self._rule(one) for one in headings]
        slots = [(rule.field, rule.by_name) for rule in columns]
        columns = [
            rule
            for rule in columns
            if slots.count((rule.field, rule.by_name)) == 1 or not rule.field
        ]
        return dataclasses.replace(
            self._layout, headings=headings, columns=tuple(columns), head_rows=1
        )

    def named(self, cells: Sequence[Cell], layout: Layout) -> list[Cell]:
        """``cells`` of a head with the contract's heading for those known only as synonyms."""
        headings = list(cells)
        for field, index in _columns_of(layout).items():
            if self._field(layout.headings[index]) is None:
                headings[index] = table_field(layout.table, field).zh
        return headings

    def _rule(self, heading: str) -> ColumnRule:
        field = self._field(heading)
        if field is not None:
            return ColumnRule(heading, field.name)
        known = vocabulary().target(self._layout.table, heading)
        if known is None:
            return ColumnRule(heading, "")
        return ColumnRule(heading, known[0].field.name, by_name=known[0].by_name)

    def _field(self, heading: str) -> Field | None:
        return self._match(parse_heading(heading)) if len(heading) <= _HEADING_LENGTH else None


class _Translation:
    """Translation of the rows below a head."""

    def __init__(self, sheet: TranslatedSheet, titles: Sequence[str], head_width: int) -> None:
        layout = sheet.layout
        self._strict_width = head_width if sheet.strict_width else None
        self._layout = layout
        self._changes = sheet.changes
        self._namer = sheet.namer
        self._width = len(layout.headings)
        self._texts = (sheet.name, *titles, sheet.file)
        stated = stated_county((*titles, sheet.name, sheet.file, *sheet.folders))
        own = layout.region.startswith(stated)  # also that of a township in it
        self._county = layout.region if own else stated
        if not stated and section_county(sheet.name, layout.region) == "":
            self._county = layout.region[:4]  # what the city itself is in charge of
        self._city = (self._county or stated_city((*titles, sheet.name, sheet.file)))[:4]
        self._context = _context(layout, sheet.name, stated_month(self._texts))
        self._has_month = any("{month" in one for one in (*layout.fill.values(), layout.key.prefix))
        self._sheet_name = sheet.name
        self._rules = _rules_of(layout)
        self._distinct = _distinct_headings(layout, self._rules)
        self._cells = [self._cell_translation(rule) for rule in self._rules]
        self._column_of = _columns_of(layout)
        self._names_of = _columns_by_name(layout, self._column_of)
        number = layout.key.column
        has_number = number and number in layout.headings
        self._number = layout.headings.index(number) if has_number else None
        self._added = self._added_fields()
        self._above: list[Cell] = []
        self._has_sections = False
        self._returned = return_column(layout.table, set(self._column_of), layout.headings)

    def begin_block(self, cells: Sequence[Cell]) -> bool:
        """Take the month of the rows below from ``cells``, if they are a title that states one.

        The county of the rows below is taken likewise.
        """
        self._begin_section(cells)
        period = block_period(cells) if self._has_month else None
        if period is None:
            return False
        year = next((one.year for one in map(named_period, self._texts) if one.year), 0)
        month = period.one_month(year=year)
        self._context = _context(self._layout, self._sheet_name, month)
        return True

    def _begin_section(self, cells: Sequence[Cell]) -> None:
        text = _only_text(cells)
        county = section_county(text, self._layout.region) if text else None
        # What a city is in charge of is in no county, if the others are named.
        if county or (county == "" and self._has_sections):
            self._county, self._has_sections = county or self._county[:4], True

    def follow(self, other: _Translation) -> None:
        """Go on in the section of ``other``, whose block has another head."""
        self._county, self._has_sections = other._county, other._has_sections

    def cells(self, cells: Sequence[Cell]) -> list[Cell]:
        """Translated cells of a record, with the added ones at the right; other rows stay."""
        if self._strict_width is not None:
            if len(cells) <= max(self._column_of.values(), default=0):
                return list(cells)  # stays too narrow, and is rejected
            surplus = cells[self._strict_width :]
            if not is_blank(surplus):  # stays too wide, and is rejected
                return [*cells[: self._strict_width], *[None] * len(self._added), *surplus]
        wide = [*cells[: self._width], *[None] * (self._width - len(cells))]
        if self._is_struck(wide):
            return wide
        wide = self._without_dittos(wide)
        if not self._is_record(wide):
            return wide
        self._above = wide
        in_reserve = self._names_of.values()
        read = [
            cell if translate is None or index in in_reserve else translate(cell)
            for index, (translate, cell) in enumerate(zip(self._cells, wide, strict=True))
        ]
        for field, index in self._names_of.items():
            translate = self._cells[index]
            code = read[self._column_of[field]]
            if translate is not None and (code is None or is_unknown_name(as_text(code))):
                read[self._column_of[field]] = translate(wide[index])
        self._name_key(read)
        self._fill_key(read, wide)
        self._add_missing(read, wide)
        return read

    def _without_dittos(self, cells: list[Cell]) -> list[Cell]:
        """``cells`` with those of the record above where they say that they are the same."""
        if DITTOS.isdisjoint(cells) or not self._above:  # nearly all rows
            return cells
        pairs = zip(cells, self._above, strict=True)
        return [above if cell in DITTOS else cell for cell, above in pairs]

    def _is_struck(self, cells: Sequence[Cell]) -> bool:
        """Whether all that is read of a row is struck out; it is given neither id nor region."""
        return all_struck(cells[index] for index in self._column_of.values())

    def _name_key(self, read: list[Cell]) -> None:
        """Give a firm or project whose code is missing, or is a name, an id made from its name."""
        table = self._layout.table
        name = {"organizations": "org_name", "projects": "project_name"}.get(table.name, "")
        if name not in self._column_of or table.key[0] not in self._column_of:
            return
        index = self._column_of[table.key[0]]
        text = one_line(as_text(read[index]))
        called = one_line(as_text(read[self._column_of[name]]))
        # A formula without a result, or struck out: the code or the name exists and is not read.
        if text.startswith("#") or is_struck(called):
            return
        if called and is_no_code(text):
            self._changes.keys_made += 1
            read[index] = self._firm(called) if name == "org_name" else self._project(called)

    def _fill_key(self, read: list[Cell], raw: Sequence[Cell]) -> None:
        """Give a record without a number an id made of its fields, where the layout says how."""
        made, index = self._layout.key.made_from, self._column_of.get(self._layout.made_field)
        if made and index is not None and is_no_number(read[index]):
            read[index] = self._key(read, raw)

    def _project(self, name: str) -> str:
        return self._namer.project(name, self._county)

    def _firm(self, name: str) -> str:
        return self._namer.firm(name, self._layout.region)

    def _added_fields(self) -> list[str]:
        layout, table = self._layout, self._layout.table
        names = [name for name in layout.fill if name not in self._column_of]
        has_key = layout.key.made_from or layout.key.column
        if has_key and layout.made_field not in self._column_of:
            names.append(layout.made_field)
        has_region = any(field.name == "region_code" for field in table.fields)
        if has_region and (layout.region or self._county) and "region_code" not in self._column_of:
            names.append("region_code")
        return names

    def _is_record(self, cells: Sequence[Cell]) -> bool:
        """Whether a row has the fields its key is made of; a total or a note has not."""
        layout = self._layout
        if self._is_set_aside(cells):
            return False
        if self._number is not None:
            return any(map(str.isdigit, as_text(cells[self._number])))
        made = layout.key.made_from
        names = made or [field.name for field in layout.table.fields]
        here = [layout.table.field(name) for name in names if name in self._column_of]
        # The name rather than the code, which may be missing; a case need not have a project.
        required = [field for field in here if field.required]
        required.sort(key=lambda field: not made and field.name in layout.table.key)
        needed = required or (here if made else [])
        return all(self._has(cells, field.name) for field in needed[:1])

    def _has(self, cells: Sequence[Cell], field: str) -> bool:
        """Whether the column of a field, or that of its names, is filled."""
        columns = (one[field] for one in (self._column_of, self._names_of) if field in one)
        return any(cells[index] not in (None, "") for index in columns)

    def _is_set_aside(self, cells: Sequence[Cell]) -> bool:
        """Whether a row is a total, a signature or a note, which must not be given an id."""
        column_of, table = self._column_of, self._layout.table
        names = [name for name in table.key if name in column_of]
        key = [cells[column_of[name]] for name in names or self._layout.key.made_from
               if name in column_of]  # fmt: skip
        required = [field.name for field in table.fields if field.required]
        filled = [self._has(cells, name) for name in required if name in column_of]
        return non_record(cells, key, complete=all(filled), titles=()) is not None

    def _add_missing(self, read: list[Cell], raw: Sequence[Cell]) -> None:
        layout = self._layout
        for name in self._added:
            if name in layout.fill:
                read.append(self._filled(name, read))
            elif name == "region_code":
                self._changes.regions_filled += bool(self._county)
                read.append(self._county or None)
            else:
                read.append(self._key(read, raw))

    def _filled(self, name: str, read: Sequence[Cell]) -> str | None:
        """Value of ``fill`` for a row; its months are that of the row where a column has it."""
        pattern, column = self._layout.fill[name], self._column_of.get("period")
        if pattern == BY_DATES:
            return outcome_by_dates(self._layout.table, partial(self._cell_of, read))
        if pattern == BY_RETURN and self._returned is not None:
            return status_by_return(read[self._returned])
        if pattern == BY_AMOUNTS:
            return arrears_by_amounts(self._layout.table, partial(self._cell_of, read))
        cell = read[column] if column is not None and "{" in pattern else None
        month = stated_month([as_text(cell)]) if cell is not None else None
        if month is None:
            return self._context.get(name)
        return _with_words(pattern, _words(month, self._sheet_name)) or None

    def _cell_of(self, read: Sequence[Cell], field: str) -> Cell:
        return read[self._column_of[field]] if field in self._column_of else None

    def _key(self, read: Sequence[Cell], raw: Sequence[Cell]) -> str | None:
        key = self._made_key(read, raw)
        self._changes.keys_made += key is not None
        return key

    def _made_key(self, read: Sequence[Cell], raw: Sequence[Cell]) -> str | None:
        """Key of a record; None below a later head without the columns it is made of."""
        layout = self._layout
        if self._number is not None:
            number = as_text(raw[self._number])
            return number if is_struck(number) else f"{self._context['prefix']}{number}"
        fields = [name for name in layout.key.made_from if name in self._column_of]
        texts = [as_text(read[self._column_of[name]]) for name in fields]
        by_name = self._ids_by_name(fields, raw)
        texts += [self._context[name] or "" for name in layout.key.made_from if name in layout.fill]
        texts += [one_line(as_text(raw[layout.headings.index(name)]))
                  for name in layout.key.made_from if name in layout.headings]  # fmt: skip
        if struck := next(filter(is_struck, texts), None):
            return struck  # is refused
        if not any(texts) or (layout.table.name == ATTENDANCE and not any(texts[1:])):
            return None  # attendance without a team is that of the project
        if layout.table.name == "projects":
            return self._project(texts[0])
        if layout.table.name == "organizations":
            return self._firm(texts[0])
        return self._stored_key(texts, by_name)

    def _ids_by_name(self, fields: Sequence[str], raw: Sequence[Cell]) -> Mapping[int, str]:
        """Ids made from names, by place in ``fields``; a row before the code came had these."""
        found: dict[int, str] = {}
        for place, field in enumerate(fields):
            if field not in (*FIRMS, "project_id"):
                continue
            name = one_line(as_text(raw[self._names_of.get(field, self._column_of[field])]))
            if is_name(name) and not (is_unknown_name(name) or is_struck(name)):
                county = self._county if field == "project_id" else self._layout.region
                found[place] = name_id(name, county)
        return found

    def _stored_key(self, texts: Sequence[str], by_name: Mapping[int, str]) -> str:
        """Key of the texts; the one that a stored row has from before a code was known."""
        table = self._layout.table
        keys = []
        for count in range(len(by_name) + 1):
            for places in combinations(by_name, count):
                named = {place: by_name[place] for place in places}
                parts = [named.get(place, text) for place, text in enumerate(texts)]
                keys.append(self._key_of(parts))
        return next((key for key in keys if key in self._namer.keys(table.name)), keys[0])

    def _key_of(self, parts: Sequence[str]) -> str:
        table = self._layout.table
        if table.name != ATTENDANCE:
            return made_id(table.name, self._layout.region, *parts)
        project, *teams = parts
        return team_id(project, name_key("".join(teams)))

    def headings(self, cells: Sequence[Cell]) -> list[Cell]:
        """One row of headings, with the layout's unit and the added headings.

        A head of several rows is joined, so that it is read like one of a single row.
        """
        if self._layout.head_rows > 1:
            cells = self._layout.headings
        wide: list[Cell] = [*cells[: self._width], *[None] * (self._width - len(cells))]
        for index, name in self._distinct.items():
            wide[index] = name
        unit = self._layout.unit
        for index, rule in enumerate(self._rules):
            if unit and rule and rule.field and wide[index]:
                field = table_field(self._layout.table, rule.field)
                if field.type is FieldType.MONEY and not _has_unit(str(wide[index])):
                    wide[index] = f"{wide[index]}({unit})"
        return [*wide, *(table_field(self._layout.table, name).zh for name in self._added)]

    def _cell_translation(self, rule: ColumnRule | None) -> _Translate | None:
        if rule is None or not rule.field:
            return None
        field = table_field(self._layout.table, rule.field)
        steps: list[_Translate] = []
        if rule.values:
            values = {match_key(cell): value or None for cell, value in rule.values.items()}
            steps.append(partial(_by_value, values=values))
        if field.type is FieldType.ENUM:
            steps.append(partial(_term, field=field))
        elif field.type is FieldType.BOOL:
            steps.append(partial(_yes_no, field=field.name))
        elif field.name == "region_code":
            steps.append(self._region)
        elif self._names_another(field, rule):
            steps.append(partial(self._by_name, field=field, by_name=rule.by_name))
        return partial(_in_turn, steps=steps) if steps else None

    def _names_another(self, field: Field, rule: ColumnRule) -> bool:
        """Whether a column refers to a project or firm of another table, where names may stand."""
        refers = field.name in FIRMS or field.name == "project_id"
        return refers and (rule.by_name or field.name != self._layout.table.key[0])

    def _by_name(self, cell: Cell, field: Field, by_name: bool) -> Cell:
        """Id of a name; a cell of a column of codes that is no name stays.

        So do several firms, and of several projects the ids are given: these cells are refused.
        """
        if field.name != "project_id" and self._namer.are_several_firms(as_text(cell)):
            return cell
        name = one_line(as_text(cell))
        if is_unknown_name(name) and (by_name or normalise(name).casefold() in UNKNOWN):
            return None
        if not by_name and not is_name(name):
            return cell
        if field.name == "project_id":
            several = self._namer.several_projects(as_text(cell))
            return "、".join(several) or self._project(name)
        return self._firm(name)

    def _region(self, cell: Cell) -> Cell:
        text, region = one_line(as_text(cell)), self._county
        if not text and region:
            self._changes.regions_filled += 1
        if not text:
            return region or None
        if found := self._layout.regions.get(text) or place_code(text, region or self._city):
            return found
        county = county_of_address(text, region or self._city)
        if county is None and (not region or not may_be_below_county(text)):
            return short_code(text)
        if text in self._changes.places or len(self._changes.places) < _MAX_PLACES:
            self._changes.places[text] += 1
        return county or region


def _rules_of(layout: Layout) -> list[ColumnRule | None]:
    """Rule of each column: of columns with the same heading, each has the next rule for it."""
    return [None if place is None else layout.columns[place] for place in _places_of_rules(layout)]


def _places_of_rules(layout: Layout) -> Iterator[int | None]:
    waiting: dict[str, list[int]] = {}
    for place, rule in enumerate(layout.columns):
        waiting.setdefault(rule.heading, []).append(place)
    for heading in layout.headings:
        places = waiting.get(heading, [])
        yield places.pop(0) if places else None


def _distinct_headings(layout: Layout, rules: Sequence[ColumnRule | None]) -> dict[int, str]:
    """Headings that distinguish columns with the same one, where one of them is used.

    Which is meant only a person can say: where nobody confirmed the layout they stay as they are,
    and such a sheet is refused.
    """
    if not layout.confirmed:
        return {}
    shared = {rule.heading for rule in rules if rule and rule.field}
    found: dict[int, str] = {}
    for index, heading in enumerate(layout.headings):
        if heading in shared and layout.headings.count(heading) > 1:
            rule = rules[index]
            used = table_field(layout.table, rule.field).zh if rule and rule.field else ""
            found[index] = used or f"{heading} {index + 1}"
    return found


def _columns_of(layout: Layout) -> dict[str, int]:
    """Column of each field; that of its codes if another one has its names."""
    found: dict[str, int] = {}
    pairs = [(rule, index) for index, rule in enumerate(_rules_of(layout)) if rule]
    for rule, index in sorted(pairs, key=lambda pair: pair[0].by_name):
        if rule.field:
            found.setdefault(rule.field, index)
    return found


def _columns_by_name(layout: Layout, columns: Mapping[str, int]) -> dict[str, int]:
    """Column of the names of each field that has a column of codes too."""
    by_name = {
        rule.field: index
        for index, rule in enumerate(_rules_of(layout))
        if rule and rule.by_name and rule.field
    }
    return {field: index for field, index in by_name.items() if columns[field] != index}


def _context(layout: Layout, sheet: str, month: dt.date | None) -> dict[str, str | None]:
    """Values of ``fill`` by field, and the prefix of keys."""
    words = _words(month, sheet)
    context: dict[str, str | None] = {
        name: _with_words(pattern, words) or None for name, pattern in layout.fill.items()
    }
    context["prefix"] = _with_words(layout.key.prefix, words).lstrip("-")
    return context


def _words(month: dt.date | None, sheet: str) -> Mapping[str, str]:
    """Words of patterns with what they mean for a month and a sheet."""
    return {
        "month": f"{month:%Y-%m}" if month else "",
        "month_end": f"{month_end(month):%Y-%m-%d}" if month else "",
        "next_month_end": f"{month_end(add_months(month, 1)):%Y-%m-%d}" if month else "",
        "sheet": one_line(sheet),
    }


def _with_words(pattern: str, words: Mapping[str, str]) -> str:
    for word, text in words.items():
        pattern = pattern.replace(f"{{{word}}}", text)
    return pattern


def _in_turn(cell: Cell, steps: Sequence[_Translate]) -> Cell:
    if is_struck(cell):
        return cell
    for step in steps:
        cell = step(cell)
    return cell


def _by_value(cell: Cell, values: dict[str, str | None]) -> Cell:
    return values.get(match_key(as_text(cell)), cell)


def _only_text(cells: Sequence[Cell]) -> str:
    """Text of the only filled cell of a row; empty for any other row."""
    text = ""
    for cell in cells:
        if cell is None or cell == "":
            continue
        if text or not isinstance(cell, str):
            return ""
        text = cell
    return text


def _term(cell: Cell, field: Field) -> Cell:
    return term_of(field, as_text(cell)) or cell if cell is not None else None


def _yes_no(cell: Cell, field: str) -> Cell:
    answer = yes_no_synonyms(field).get(match_key(answer_alone(as_text(cell))))
    return cell if answer is None else answer


def _has_unit(heading: str) -> bool:
    return re.search(r"元|%", heading) is not None
