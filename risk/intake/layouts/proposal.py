"""Proposal of a layout for each sheet of a file; nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from risk.contract import STORED_TABLES, FieldType, Table
from risk.intake.cells import Cell, all_struck, as_text, is_blank, is_struck, match_key
from risk.intake.headings import parse_heading
from risk.intake.identifiers import is_no_number
from risk.intake.layouts.column_matches import (
    Match,
    Reason,
    SampleColumn,
    is_known,
    match_columns,
    term_of,
)
from risk.intake.layouts.found_arrears import ARREARS_FOUND, BY_AMOUNTS, states_what_is_owed
from risk.intake.layouts.heads import SAMPLE_ROWS, Head, one_line, possible_heads
from risk.intake.layouts.layout import (
    ATTENDANCE,
    SET_ASIDE,
    ColumnRule,
    KeyRule,
    Layout,
    lacking_measures,
)
from risk.intake.layouts.month_columns import (
    MonthSheet,
    month_sheet,
    month_table,
    require_years,
)
from risk.intake.layouts.outcomes import BY_DATES, has_dated_outcome
from risk.intake.layouts.paid_columns import PAYMENTS, PAYROLLS, paid_columns
from risk.intake.layouts.regions import (
    common_region,
    county_of_address,
    folders_of,
    may_be_below_county,
    place_code,
    section_county,
    short_code,
    stated_city,
    stated_county,
)
from risk.intake.layouts.returned_deposits import BY_RETURN, return_column
from risk.intake.layouts.vocabulary import Target, Vocabulary, heading_key, is_team, made_from
from risk.intake.named_periods import stated_day
from risk.intake.non_records import is_total, numbers_columns
from risk.intake.personal_numbers import mask_personal_numbers
from risk.intake.readers.sheet import Sheet, first_rows
from risk.intake.table_detection import tables_in_name
from risk.intake.units import money_units

SHOWN = 3
"""Sample values shown per column."""

_PERSONAL = re.compile(
    r"姓名|联系|电话|手机|身份证|证件|卡号|账号|帐号|住址|来电人|投诉人|举报人|信访人(?!数|次)|签名|籍贯"
    r"|(?<!被)(?:诉求|反映|申请|求助)人|法定代表人|法人代表|负责人|责任人|经办人|办理人|处置人"
    r"|班组长|专管员|项目经理|监察员|仲裁员|领导$"
)
_NUMBERS = re.compile(r"\d(?:[ -]?\d){6,}")
_DIGITS = re.compile(r"\d+")
_SERIAL = ("序号", "编号", "no", "no.", "顺序号")
_PARTLY_NUMBERED = ("deposits", "contracts")
_NO_PLACES: Mapping[str, str] = MappingProxyType({})
_CLEAR = 1.0  # lead over the second best table, in columns
_MOST_PER_HEADING = 3
_NAMED = 1.6  # weight of the table that the name of the file or sheet says, in columns


@dataclass(frozen=True)
class SheetProposal:
    """Proposed layout of one sheet, with the matches it is made of.

    ``missing`` are required fields of the table that no column, key rule or filling gives;
    ``unknown_terms`` are, by column heading, cells of an enumeration that are no known term;
    ``unknown_places`` names of places without a code. ``clear`` is false where another table fits
    nearly as well. ``units`` are the units of money that titles and headings name.
    """

    sheet: str
    layout: Layout
    matches: tuple[Match, ...]
    missing: tuple[str, ...]
    unknown_terms: Mapping[str, tuple[str, ...]]
    unknown_places: tuple[str, ...]
    clear: bool = True
    units: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[Match, ...]:
        """Columns about which a person is asked."""
        return tuple(one for one in self.matches if one.reason in (Reason.ASK, Reason.CHOOSE))

    @property
    def certain(self) -> bool:
        """Whether nothing is left to ask before rows can be read."""
        return not self.missing and not self.questions


def propose(
    path: Path,
    sheets: Sequence[Sheet],
    vocabulary: Vocabulary,
    *,
    county: str = "",
    places: Mapping[str, str] = _NO_PLACES,
) -> list[SheetProposal]:
    """Proposals for the sheets of a file that look like a table, in their order.

    ``county`` is the code of the office's only county, where it has one; ``places`` are codes of
    names that no list has. Sheets with the same head and table share one proposal.
    """
    found: dict[tuple[str, tuple[str, ...]], SheetProposal] = {}
    for sheet in sheets:
        if sheet.hidden:
            continue
        if one := propose_form(path, sheet, vocabulary, county=county, places=places):
            head = (one.layout.table.name, one.layout.signature)
            found[head] = shared(found[head], one.layout) if head in found else one
    several = len(found) > 1
    return [_named(one, several) for one in found.values()]


def shared(proposal: SheetProposal, other: Layout) -> SheetProposal:
    """``proposal`` with a layout that is also that of sheets of other counties."""
    region = common_region(proposal.layout.region, other.region)
    return replace(proposal, layout=replace(proposal.layout, region=region))


def propose_form(
    path: Path,
    sheet: Sheet,
    vocabulary: Vocabulary,
    *,
    county: str = "",
    places: Mapping[str, str] = _NO_PLACES,
) -> SheetProposal | None:
    """Proposal for a sheet as it is, or by month if it has columns for each month.

    Raises:
        MonthsWithoutYear: it is read by month, and nothing says the year.
    """
    plain = propose_sheet(path, sheet, vocabulary, county=county, places=places)
    by_month = month_sheet(sheet, path.name)
    if by_month is None:
        return plain
    table = month_table(by_month, path.stem)
    if table is None or (plain is not None and _is_register(plain)):
        return plain
    found = propose_sheet(path, by_month, vocabulary, county=county, places=places, table=table)
    if found is None:
        return plain
    require_years(by_month, path.name)
    return found


def _is_register(proposal: SheetProposal) -> bool:
    """Whether a sheet has all of a table without months, and columns of months besides."""
    fields = proposal.layout.table.fields
    by_month = any(field.type is FieldType.MONTH for field in fields)
    return proposal.clear and not proposal.missing and not by_month


def propose_sheet(
    path: Path,
    sheet: Sheet,
    vocabulary: Vocabulary,
    *,
    county: str = "",
    table: Table | None = None,
    places: Mapping[str, str] = _NO_PLACES,
) -> SheetProposal | None:
    """Proposal for one sheet, read as ``table`` if given; None if it has no head of any table."""
    named = [tables_in_name(name).table for name in (path.stem, sheet.name)]
    tables = (table,) if table else tuple(STORED_TABLES.values())
    readings: list[_Reading] = []
    for head in _promising(possible_heads(sheet), tables, vocabulary):
        columns = _sample(sheet, head)
        for one in tables:
            matches = match_columns(one, columns, vocabulary)
            unpaid = [_not_paid(one, match, vocabulary) for match in matches]
            # A day of payment distinguishes payrolls from other tables, though it is no due day.
            scored = unpaid if isinstance(sheet, MonthSheet) else matches
            score = _score(one, scored) + (_NAMED if one in named else 0)
            readings.append(_Reading(score, head, one, tuple(unpaid)))
    if table is None:
        readings = _without_other_side(readings)
    readings.sort(key=lambda one: -one.score)
    if not readings or sum(one.target is not None for one in readings[0].matches) < 2:
        return None
    best = readings[0]
    rivals = (one.score for one in readings if one.table != best.table)
    clear = table is not None or best.score - max(rivals) >= _CLEAR
    return _proposal(path, sheet, best, _region(path, sheet, best.head, county), places, clear)


@dataclass(frozen=True)
class _Reading:
    """Sheet read with one head as one table."""

    score: float
    head: Head
    table: Table
    matches: tuple[Match, ...]


def _not_paid(table: Table, match: Match, vocabulary: Vocabulary) -> Match:
    """``match`` without a field of payrolls for what was paid, which is only alike."""
    asked = table is PAYROLLS and match.reason is Reason.ASK and not is_known(match)
    if not asked or vocabulary.target(PAYMENTS, match.column.heading) is None:
        return match
    return Match(match.column, None, 0.0, 0.0, Reason.UNKNOWN)


def masked(heading: str, cell: Cell) -> str:
    """Sample value to show: cells of persons are hidden, and long numbers in text."""
    if _PERSONAL.search(heading):
        return "***"
    text = mask_personal_numbers(one_line(as_text(cell)))
    if isinstance(cell, str) and len(text) > 20:
        text = _NUMBERS.sub("***", text)
    return text[:24]


def _promising(
    heads: Iterator[Head], tables: Sequence[Table], vocabulary: Vocabulary
) -> list[Head]:
    """The heads with the most known headings; a head of two rows counts where it knows more."""
    ranked: list[Head] = []
    most = 0
    for head in heads:
        if _MOST_PER_HEADING * sum(map(vocabulary.may_know, head.headings)) < most:
            continue  # a row of records
        known = _known(head, tables, vocabulary)
        if known > most:
            ranked, most = [], known
        if known == most:
            ranked.append(head)
    return sorted(ranked, key=lambda head: head.rows)[:2]


def _known(head: Head, tables: Sequence[Table], vocabulary: Vocabulary) -> int:
    """Largest number of headings that one table knows; then any that are no data."""
    counts = [
        sum(_target(table, heading, vocabulary) for heading in head.headings) for table in tables
    ]
    other = sum(vocabulary.is_never(heading) for heading in head.headings)
    return 2 * max(counts) + other  # at most _MOST_PER_HEADING for each heading


def _target(table: Table, heading: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.target(table, heading) is not None


def _sample(sheet: Sheet, head: Head) -> list[SampleColumn]:
    rows = [
        cells
        for number, cells in first_rows(sheet, head.row + SAMPLE_ROWS)
        if number > head.row and not is_blank(cells) and not _is_apart(cells)
    ]
    return [
        SampleColumn(
            index,
            heading,
            tuple(
                row[index] if index < len(row) and not is_struck(row[index]) else None
                for row in rows
            ),
        )
        for index, heading in enumerate(head.headings)
        if heading
    ]


def _is_apart(cells: Sequence[Cell]) -> bool:
    """Whether a row is a total, or numbers the columns, and says nothing about them."""
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    return is_total(cells) or numbers_columns(filled)


def _has_struck_rows(sheet: Sheet, head: Head, matches: Sequence[Match]) -> bool:
    """Whether all that is used of one of the first rows is struck out."""
    used = [one.column.index for one in matches if _used_target(one)]
    return any(
        number > head.row and all_struck(cells[index] for index in used if index < len(cells))
        for number, cells in first_rows(sheet, head.row + SAMPLE_ROWS)
    )


def _without_other_side(readings: Sequence[_Reading]) -> list[_Reading]:
    """``readings`` without payrolls where amount and day are known as those of payments.

    Without payments instead where the sheet has the payrolls and names none of the payments: a book
    called 工资发放 with what is due and what was paid has both in its rows.
    """
    known = {
        one.table.name: {
            match.target.field.name for match in one.matches if match.target and is_known(match)
        }
        for one in sorted(readings, key=lambda one: one.score)
    }
    due, paid = known.get("payrolls", set()), known.get("payments", set())
    if "amount_due" not in due and {"amount", "paid_on"} <= paid:
        return [one for one in readings if one.table.name != "payrolls"]
    if {"project_id", "amount_due"} <= due and "payroll_id" not in paid:
        return [one for one in readings if one.table.name != "payments"]
    return list(readings)


def _score(table: Table, matches: Sequence[Match]) -> float:
    """Sum of the confidences; missing required fields that nothing can give cost one each."""
    found = {one.target.field.name for one in matches if one.target}
    own = sum(one.confidence for one in matches if one.target)
    made = made_from(table)
    lacking = [
        field
        for field in table.fields
        if field.required
        and field.name not in found
        and not (field.name in table.key and made)
        and field.name != "region_code"
    ]
    return own - len(lacking)


def _proposal(
    path: Path,
    sheet: Sheet,
    reading: _Reading,
    region: str,
    known: Mapping[str, str],
    clear: bool,
) -> SheetProposal:
    head, table, matches = reading.head, reading.table, reading.matches
    found = {target.field.name for one in matches if (target := _used_target(one))}
    fill = _fill(table, found, head.headings)
    key = _key(table, matches, found | set(fill))
    terms = _terms(matches)
    places = _places(matches, region or stated_city((*head.titles, sheet.name, path.stem)))
    layout = Layout(
        name=_layout_name(path),
        table=table,
        headings=head.headings,
        columns=tuple(_rule(table, one, terms) for one in matches),
        files=_file_pattern(path),
        head_rows=head.rows,
        region=region,
        regions={
            place: known.get(place) or county_of_address(place, region) or below
            for place in places
            for below in [region if may_be_below_county(place) else ""]
        },
        known_on="month_end" if stated_day(path.name) else "import",
        key=key,
        fill=fill,
        months=isinstance(sheet, MonthSheet),
    )
    struck = SET_ASIDE if _has_struck_rows(sheet, head, matches) else ""
    layout = replace(layout, payments=bool(paid_columns(layout)), struck=struck)
    unknown = {
        heading: tuple(cell for cell, code in cells.items() if not code)
        for heading, cells in terms.items()
    }
    return SheetProposal(
        sheet.name,
        layout,
        matches,
        tuple(_missing(table, found, layout)),
        {heading: cells for heading, cells in unknown.items() if cells},
        tuple(place for place in places if place not in known),
        clear,
        _units(head, matches),
    )


def _used_target(match: Match) -> Target | None:
    return match.target if match.reason in (Reason.USED, Reason.ASK) else None


def _missing(table: Table, found: set[str], layout: Layout) -> Iterator[str]:
    yield from lacking_measures(layout)
    for field in table.fields:
        if not field.required or field.name in found or field.name in layout.fill:
            continue
        if layout.pays_only and field.name == "amount_due":
            continue
        has_key = layout.key.made_from or layout.key.column
        if has_key and field.name == layout.made_field:
            continue
        if field.name == "region_code" and layout.region:
            continue
        yield field.name


def _rule(table: Table, match: Match, terms: Mapping[str, Mapping[str, str]]) -> ColumnRule:
    target = _used_target(match)
    examples = "；".join(_samples(match.column))
    note = f"{match.confidence:.0%}  {examples}" if match.target else examples
    if match.choices:
        note = f"{' / '.join(match.choices)}  {examples}"
    if target is None:
        return ColumnRule(match.column.heading, note=note)
    codes = terms.get(match.column.heading, {})
    return ColumnRule(
        match.column.heading,
        target.field.name,
        target.by_name,
        {cell: code for cell, code in codes.items() if code},
        note,
        tuple(cell for cell, code in codes.items() if not code),
    )


def _samples(column: SampleColumn) -> list[str]:
    """The first distinct cells to show."""
    shown: dict[str, None] = {}
    for cell in column.cells:
        if len(shown) == SHOWN:
            break
        if cell:
            shown[masked(column.heading, cell)] = None
    return list(shown)


def _terms(matches: Sequence[Match]) -> dict[str, dict[str, str]]:
    """By heading, the cells of an enumeration that are no term of the contract, with their code."""
    found: dict[str, dict[str, str]] = {}
    for one in matches:
        target = _used_target(one)
        if target is None or target.field.type is not FieldType.ENUM:
            continue
        field = target.field
        own = {match_key(term) for pair in field.values.items() for term in pair}
        cells = dict.fromkeys(one_line(as_text(cell)) for cell in one.column.cells if cell)
        known = {cell: term_of(field, cell) or "" for cell in cells if match_key(cell) not in own}
        # Shipped synonyms are understood anyway; the layout shows them so that a person sees them.
        found[one.column.heading] = dict(
            sorted(known.items(), key=lambda pair: (not pair[1], pair[0]))[:40]
        )
    return found


def _places(matches: Sequence[Match], region: str) -> list[str]:
    """Names in the column of places that no list has, such as townships."""
    for one in matches:
        target = _used_target(one)
        if target and target.field.name == "region_code":
            cells = dict.fromkeys(one_line(as_text(cell)) for cell in one.column.cells if cell)
            return [
                cell
                for cell in cells
                if not short_code(cell).isdigit() and not place_code(cell, region)
            ][:100]
    return []


def _region(path: Path, sheet: Sheet, head: Head, county: str) -> str:
    """Code of the county that titles, sheet, file or folder name; else the office's only county."""
    stated = stated_county((*head.titles, sheet.name, path.stem, *folders_of(path)))
    return stated or _city_of_sections(sheet, head) or county


def _city_of_sections(sheet: Sheet, head: Head) -> str:
    """Code of the city of the first county that a line between the rows of a sheet names."""
    for number, cells in first_rows(sheet, head.row + SAMPLE_ROWS):
        filled = [cell for cell in cells if cell not in (None, "")]
        alone = number > head.row and len(filled) == 1 and isinstance(filled[0], str)
        if alone and (county := section_county(filled[0])):
            return county[:4]
    return ""


def _key(table: Table, matches: Sequence[Match], found: set[str]) -> KeyRule:
    lacking = [name for name in table.key if name not in found]
    unused = (one.column.heading for one in matches if one.target is None)
    teams = [heading for heading in unused if is_team(table, heading)]
    if table.name == ATTENDANCE and teams and lacking == ["contract_id"]:
        return KeyRule(made_from=("project_id", *teams))
    made = made_from(table)
    if not lacking and _has_rows_without_number(table, matches) and _tell_apart(table, made, found):
        return KeyRule(made_from=tuple(name for name in made if name in found))
    if len(table.key) != 1 or not lacking:
        return KeyRule()
    if _tell_apart(table, made, found):
        return KeyRule(made_from=(*(name for name in made if name in found), *teams))
    for one in matches:
        if heading_key(one.column.heading) in _SERIAL:
            return KeyRule(column=one.column.heading, prefix="{month}-{sheet}-")
    return KeyRule()


def _has_rows_without_number(table: Table, matches: Sequence[Match]) -> bool:
    """Whether some records have no number by their kind: cash has none of a guarantee."""
    if table.name not in _PARTLY_NUMBERED:
        return False
    columns = {target.field.name: one.column for one in matches if (target := _used_target(one))}
    numbers = columns.pop(table.key[0], None)
    others = [columns[field.name] for field in table.fields if field.required
              and field.name in columns and field.name != "status"]  # fmt: skip
    if numbers is None or not others:
        return False
    rows = zip(numbers.cells, *(one.cells for one in others), strict=True)
    return any(
        is_no_number(number) and all(as_text(cell).strip() for cell in rest)
        for number, *rest in rows
    )


def _tell_apart(table: Table, made: Sequence[str], found: set[str]) -> bool:
    """Whether enough of the fields a key is made of are there to tell records apart.

    A case may have a firm and no project. A number that restarts would make another record of a
    row that a later book repeats.
    """
    if not made or made[0] in found or table.field(made[0]).required:
        return any(name in found for name in made[:1])
    there = [name for name in made if name in found]
    return len(there) > 1 and all(name in found for name in made if table.field(name).required)


def _fill(table: Table, found: set[str], headings: Sequence[str]) -> dict[str, str]:
    """Fields without a column that names of file or sheet may give, or the row's month or days."""
    filled = {
        field.name: "{month}"
        for field in table.fields
        if field.type is FieldType.MONTH and field.required and field.name not in found
    }
    if table is PAYROLLS and "due_on" not in found:
        filled["due_on"] = "{next_month_end}"
    if table.outcome and has_dated_outcome(table, found):
        filled[table.outcome.field] = BY_DATES
    if states_what_is_owed(table, found):
        filled[ARREARS_FOUND] = BY_AMOUNTS
    if return_column(table, found, headings) is not None:
        filled["status"] = BY_RETURN
    return filled


def _units(head: Head, matches: Sequence[Match]) -> tuple[str, ...]:
    named = [unit.label for unit in money_units(head.titles)]
    headings = (parse_heading(one.column.heading).unit for one in matches if _used_target(one))
    return tuple(dict.fromkeys([*named, *(unit for unit in headings if "元" in unit)]))


def _layout_name(path: Path) -> str:
    plain = re.sub(r"\d+[年月日]?|[._\-—()（）]+", "", path.stem)
    return re.sub(r"[^\w]", "", plain)[:40] or "layout"


def _file_pattern(path: Path) -> str:
    """Pattern of file names that differ in digits, or in what a bracket holds."""
    stem = re.sub(r"[（(][^（）()]*[)）]", "*", path.stem)
    pattern = re.sub(r"[\[\]]", "?", _DIGITS.sub("*", stem))
    return re.sub(r"\*+", "*", f"{pattern}.*")


def _named(proposal: SheetProposal, several: bool) -> SheetProposal:
    """The proposal, with the sheet's name in the layout's where a file gives several."""
    if not several:
        return proposal
    sheet = re.sub(r"[^\w]", "", proposal.sheet) or "sheet"
    layout = replace(proposal.layout, name=f"{proposal.layout.name}-{sheet}"[:60])
    return replace(proposal, layout=layout)
