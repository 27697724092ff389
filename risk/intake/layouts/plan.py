"""Decision how the sheets of a file are read: through a layout, by synonyms, or as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from pathlib import Path

from risk.contract import STORED_TABLES, Field, Table
from risk.intake.account_notes import Note
from risk.intake.file_errors import IntakeFailure, OnlyPlanned
from risk.intake.headers import missing_fields
from risk.intake.headings import HeadingMatcher, contract_matcher, parse_heading, planned_instead
from risk.intake.layouts.arbitration import without_arbitration
from risk.intake.layouts.column_matches import Match, Reason
from risk.intake.layouts.heads import SEARCHED_ROWS, one_line
from risk.intake.layouts.layout import (
    ColumnRule,
    KeyRule,
    Layout,
    lacking_measures,
    read_layouts,
    table_field,
)
from risk.intake.layouts.month_columns import MonthSheet, month_sheet, require_years
from risk.intake.layouts.names import Namer
from risk.intake.layouts.paid_columns import PAYMENTS, paid_columns
from risk.intake.layouts.paid_sheet import PaidSheet
from risk.intake.layouts.proposal import SheetProposal, propose_form, propose_sheet
from risk.intake.layouts.regions import folders_of
from risk.intake.layouts.sheet_parts import open_tables
from risk.intake.layouts.summaries import refuse_summaries, summary_head
from risk.intake.layouts.translation import (
    Changes,
    TranslatedSheet,
    has_head,
    is_no_code,
    layout_matcher,
)
from risk.intake.layouts.translation_need import is_plain_export, translates
from risk.intake.layouts.vocabulary import Vocabulary, vocabulary
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.readers.sheet import Sheet, first_rows
from risk.intake.sheet_selection import (
    SheetTable,
    Supply,
    no_supply,
    readable,
    recognise_table,
    select_sheet,
    shown_names,
)
from risk.intake.table_detection import detect_table, tables_in_name
from risk.workspace import Workspace


class LayoutChanged(IntakeFailure):
    """The head is no longer that of the file's layout. Carries ``layout``, ``added``, ``gone``."""

    code = "layout_changed"


class LayoutUnconfirmed(IntakeFailure):
    """The file's layout has not been confirmed since it was changed. Carries ``layout``."""

    code = "layout_unconfirmed"


class LayoutNeeded(IntakeFailure):
    """The file has a table's columns, but not all of the required ones; propose a layout first.

    Carries ``table``, ``understood`` (heading=field) and ``lacking`` fields.
    """

    code = "layout_needed"


class MonthsNeedLayout(LayoutNeeded):
    """A sheet has columns for each month, which only a layout reads. Carries also ``sheet``."""

    code = "months_need_layout"


class LayoutUncertain(LayoutNeeded):
    """The same, and the field of some columns is not certain. Carries also ``asked`` headings."""

    code = "layout_uncertain"


MAX_REGISTER = 200_000
"""Rows of a register that are read for the names of its firms; bounds the memory."""

_COUNTY_DIGITS = 6

_FEW = 3
"""A sheet with fewer certain columns than this is not taken for one of records."""


@dataclass(frozen=True)
class OfficeLayouts:
    """Layouts and synonyms of an office.

    ``county`` is the code of its only county, or empty. ``register`` returns the names of firms by
    code that are not stored yet but will be in the same import.
    """

    layouts: tuple[Layout, ...] = ()
    vocabulary: Vocabulary = field(default_factory=vocabulary)
    county: str = ""
    register: Callable[[], Mapping[str, str]] = dict

    @property
    def places(self) -> Mapping[str, str]:
        """Codes of townships that confirmed layouts state, by name; none that two disagree on."""
        stated = {
            (name, code)
            for layout in self.layouts
            if layout.confirmed
            for name, code in layout.regions.items()
            if _is_township(code)
        }
        names = Counter(name for name, _ in stated)
        return {name: code for name, code in sorted(stated) if names[name] == 1}


@dataclass(frozen=True)
class TableReading:
    """How the sheets of a further table of a file are read; fields as in :class:`ReadingPlan`."""

    table: Table
    match: HeadingMatcher
    layouts: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[Match, ...] = ()
    changes: tuple[Changes, ...] = ()
    known_on: str = ""


@dataclass(frozen=True)
class ReadingPlan:
    """How a file is read.

    ``table`` is None where neither layout nor headings show it. ``match`` is None where only the
    contract's own headings count. ``layouts`` are the names of the layouts used; ``synonyms`` the
    headings understood without one, with their fields. ``asked`` are columns that are not used
    because their field is not certain enough. ``others`` are, by index, sheets of further tables;
    ``uncertain`` says of sheets what they look like that cannot be read without a layout;
    ``summaries`` are the names of those that hold no records.
    """

    table: Table | None
    sheets: Sequence[Sheet]
    match: HeadingMatcher | None = None
    layouts: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[Match, ...] = ()
    changes: tuple[Changes, ...] = ()
    namer: Namer = field(default_factory=Namer)
    known_on: str = ""
    others: Mapping[int, TableReading] = field(default_factory=dict)
    uncertain: Mapping[int, Note] = field(default_factory=dict)
    summaries: frozenset[str] = frozenset()

    @property
    def sheet_tables(self) -> Mapping[int, SheetTable]:
        """Tables of the sheets in ``others``."""
        return {index: SheetTable(one.table, one.match) for index, one in self.others.items()}

    def reading(self, table: Table) -> ReadingPlan | TableReading | None:
        """How the sheets of ``table`` are read, if a layout or synonyms are used."""
        others = (one for one in self.others.values() if one.table is table)
        return self if self.table is table else next(others, None)

    def used_otherwise(self, table: Table) -> Mapping[str, str]:
        """Headings of the sheets of ``table`` that give another field than a column of their own.

        Names where codes are missing, columns that keys are made of, and payments of payrolls.
        """
        found: dict[str, str] = {}
        for sheet in self.sheets:
            if isinstance(sheet, TranslatedSheet) and sheet.layout.table is table:
                found |= sheet.used_otherwise
            elif isinstance(sheet, PaidSheet) and sheet.payrolls.layout.table is table:
                found |= sheet.columns
        return found


def office_layouts(workspace: Workspace, county: str = "") -> OfficeLayouts:
    """Layouts of ``workspace`` and its own synonyms.

    Raises:
        LayoutInvalid: a layout file is not valid.
    """
    layouts = read_layouts(workspace.layouts)
    return OfficeLayouts(tuple(layouts), vocabulary(workspace.synonyms), county)


def detect_by_content(path: Path, *, office: OfficeLayouts) -> Table:
    """Table of a file by its name, or where that is not certain by its layout or its headings.

    Raises:
        IntakeFailure: the file cannot be read, or nothing shows its table.
    """
    named = tables_in_name(path.stem)
    if named.certain:
        return detect_table(path)
    with open_tables(path) as opened:
        sheets, _ = without_arbitration(opened, file=path.name)
        if named.table is not None and _fits(path, sheets, office, named.table):
            return named.table
        try:
            plan = plan_reading(path, sheets, office, namer=Namer)
            return plan.table or recognise_table(sheets, file=path.name)
        except IntakeFailure as failure:
            looks_like = failure.fields.get("table") if isinstance(failure, LayoutNeeded) else None
            named_otherwise = named.table is None or looks_like != named.table.zh
            if not named.tables or (looks_like and named_otherwise):
                raise
            return detect_table(path)


def _fits(path: Path, sheets: Sequence[Sheet], office: OfficeLayouts, table: Table) -> bool:
    """Whether the sheets can be read as ``table`` without asking."""
    try:
        plan = plan_reading(path, sheets, office, table=table, namer=Namer)
    except IntakeFailure:
        return False
    if plan.match is None:
        return _plain(sheets, table)
    return plan.table == table


def register_names(paths: Sequence[Path], office: OfficeLayouts) -> Mapping[str, str]:
    """Names of firms by code in registers that are still to be imported.

    A register that cannot be read gives none; its import says why.
    """
    found: dict[str, str] = {}
    for path in paths:
        with suppress(IntakeFailure), open_tables(path) as sheets:
            found |= _register(path, sheets, office)
    return found


def _register(path: Path, sheets: Sequence[Sheet], office: OfficeLayouts) -> Mapping[str, str]:
    organizations = STORED_TABLES["organizations"]
    plan = plan_reading(path, sheets, office, table=organizations, namer=Namer)
    selected = select_sheet(organizations, plan.sheets, file=path.name, match=plan.match)
    index = {column.field.name: column.index for column in selected.header.columns}
    found: dict[str, str] = {}
    for _, cells in islice(selected.rows(), MAX_REGISTER):
        code, name = (
            one_line(cells[index[field]]) if index[field] < len(cells) else ""
            for field in ("org_id", "org_name")
        )
        if name and not is_no_code(code):
            found[code] = name
    return found


def lacking_fields(layout: Layout) -> list[Field]:
    """Required fields that no column, key rule, region or filling of ``layout`` gives."""
    has_key = bool(layout.key.made_from or layout.key.column)
    return [
        *(layout.table.field(name) for name in lacking_measures(layout)),
        *(
            field
            for field in _lacking(layout)
            if field.name not in layout.fill
            and not (has_key and field.name == layout.made_field)
            and not (layout.pays_only and field.name == "amount_due")
        ),
    ]


def plan_reading(
    path: Path,
    sheets: Sequence[Sheet],
    office: OfficeLayouts,
    *,
    namer: Callable[[], Namer],
    table: Table | None = None,
    file: str = "",
    supply: Supply = no_supply,
) -> ReadingPlan:
    """Plan for a file; ``table`` is the one its name says, ``namer`` knows the stored names.

    ``supply`` gives cells for fields without a column, from the names of sheets and titles.

    A confirmed layout is used for every sheet that has its head. Without one, headings that are
    known synonyms are used, and nothing that is less certain.

    Raises:
        LayoutChanged: the file's name fits a confirmed layout, but no sheet has its head.
        LayoutUnconfirmed: only a layout that nobody confirmed fits, and the contract's headings
            do not suffice.
    """
    label = file or path.name
    namer = cache(namer)
    sheets = [_by_month(sheet, path, office) for sheet in sheets]
    for sheet in sheets:
        if isinstance(sheet, MonthSheet):
            require_years(sheet, label)
    fitting = {
        index: one for index, sheet in enumerate(sheets) if (one := _pick(sheet, path, office))
    }
    if fitting:
        by_layout = _by_layout(path, sheets, fitting, namer)
        return _with_further_tables(by_layout, {*fitting, *by_layout.others}, path, office, namer)
    if table is not None and any(is_plain_export(one, table, office.vocabulary) for one in sheets):
        return ReadingPlan(table, sheets)
    automatic, usable = _automatic(path, sheets, office, table, namer)
    own = automatic.table
    months = {index: found for index, sheet in enumerate(sheets)
              if index not in usable and (found := _months(sheet, path, office))}  # fmt: skip
    rest = [sheet for index, sheet in enumerate(sheets) if index not in months]
    if automatic.match is None and not (
        own and (_plain(rest, own) or readable(own, rest, supply=supply))
    ):
        _refuse_unconfirmed(path, sheets, office, label)
        refuse_summaries(sheets, label)
        _refuse_changed(path, sheets, office, label)
        _refuse_months(months.values(), label)
        _refuse_uncertain(path, sheets, office, table, label)
    planned = {*usable, *months}
    notes = {index: _note_by_month(one) for index, one in months.items()}
    plan = _with_further_tables(automatic, planned, path, office, namer)
    return replace(plan, uncertain={**plan.uncertain, **notes})


def _note_by_month(found: SheetProposal) -> Note:
    fields = {"sheet": found.sheet, "table": found.layout.table.zh}
    return Note("sheet_by_month", fields, needs_answer=True)


def _pick(sheet: Sheet, path: Path, office: OfficeLayouts) -> Layout | None:
    """Confirmed layout whose head the sheet has; one whose file pattern fits comes first."""
    if sheet.hidden:
        return None
    by_month = isinstance(sheet, MonthSheet)
    fitting = (one for one in office.layouts if one.confirmed and one.months == by_month)
    found = [one for one in fitting if has_head(sheet, one)]
    return min(found, key=lambda one: not one.fits_file(path.name), default=None)


def _by_month(sheet: Sheet, path: Path, office: OfficeLayouts) -> Sheet:
    """``sheet`` by month if a confirmed layout reads it so."""
    layouts = [one for one in office.layouts if one.confirmed and one.months]
    found = month_sheet(sheet, path.name) if layouts else None
    return found if found and any(has_head(found, one) for one in layouts) else sheet


def _months(sheet: Sheet, path: Path, office: OfficeLayouts) -> SheetProposal | None:
    """Proposal for a sheet that is read by month only; None for any other sheet."""
    if sheet.hidden or month_sheet(sheet, path.name) is None:
        return None
    found = propose_form(path, sheet, office.vocabulary, county=office.county, places=office.places)
    return found if found and found.layout.months else None


def _refuse_months(found: Iterable[SheetProposal], file: str) -> None:
    for one in found:
        certain = _certain_only(one)
        understood = [_understood(rule, certain.table) for rule in certain.columns if rule.field]
        raise MonthsNeedLayout(
            file=file,
            sheet=one.sheet,
            table=certain.table.zh,
            understood=shown_names(understood),
            lacking="、".join(field.zh for field in _lacking(certain)),
        )


def _by_layout(
    path: Path, sheets: Sequence[Sheet], fitting: Mapping[int, Layout], namer: Callable[[], Namer]
) -> ReadingPlan:
    table = _table_read(next(iter(fitting.values())))
    names = namer()
    translated = {
        index: TranslatedSheet(sheets[index], one, path.name, names, folders=folders_of(path))
        for index, one in fitting.items()
    }
    tables = {one.name: one for one in map(_table_read, fitting.values())}
    readings = {name: _layout_reading([*translated.values()], one) for name, one in tables.items()}
    own = readings[table.name]
    read = [_as_read(translated[i]) if i in translated else one for i, one in enumerate(sheets)]
    others = {i: readings[found.name] for i, one in fitting.items()
              if (found := _table_read(one)) is not table}  # fmt: skip
    paid = [PaidSheet(one) for one in read if isinstance(one, TranslatedSheet)
            and one.layout.payments and paid_columns(one.layout)]  # fmt: skip
    payments = TableReading(PAYMENTS, contract_matcher(PAYMENTS), known_on=own.known_on)
    others |= dict.fromkeys(range(len(read), len(read) + len(paid)), payments)
    return ReadingPlan(
        table=table,
        sheets=[*read, *paid],
        match=own.match,
        layouts=own.layouts,
        changes=own.changes,
        namer=names,
        known_on=own.known_on,
        others=others,
    )


def _table_read(layout: Layout) -> Table:
    """Table of the records that a sheet read through ``layout`` gives first."""
    return PAYMENTS if layout.pays_only else layout.table


def _as_read(sheet: TranslatedSheet) -> Sheet:
    return PaidSheet(sheet) if sheet.layout.pays_only else sheet


def _layout_reading(sheets: Sequence[TranslatedSheet], table: Table) -> TableReading:
    """How the sheets of ``table`` are read that are read through a layout."""
    read = [one for one in sheets if _table_read(one.layout) is table]
    layouts = list({one.layout.name: one.layout for one in read}.values())
    own = [one for one in layouts if one.table is table]
    return TableReading(
        table,
        layout_matcher(own) if own else contract_matcher(table),
        layouts=tuple(one.name for one in layouts),
        changes=tuple(one.changes for one in read),
        known_on=layouts[0].known_on,
    )


def _with_further_tables(
    plan: ReadingPlan,
    planned: Collection[int],
    path: Path,
    office: OfficeLayouts,
    namer: Callable[[], Namer],
) -> ReadingPlan:
    """``plan`` with the sheets of further tables that usual headings are enough for."""
    others, uncertain, read = dict(plan.others), {}, list(plan.sheets)
    summaries: set[str] = set()
    for index, sheet in enumerate(plan.sheets):
        if index in planned or sheet.hidden or isinstance(sheet, CsvSheet):
            continue
        proposal = propose_sheet(
            path, sheet, office.vocabulary, county=office.county, places=office.places
        )
        certain = proposal is not None and proposal.clear and not _lacking(_certain_only(proposal))
        if not certain and summary_head(sheet):
            summaries.add(sheet.name)
            continue
        if proposal is None or not proposal.clear:
            continue
        layout = _certain_only(proposal)
        if _lacking(layout):
            if note := _looks_like(proposal, layout):
                uncertain[index] = note
        elif layout.table is not plan.table and (
            (needed := translates(proposal, layout, sheet)) or _knows(proposal)
        ):
            changes: tuple[Changes, ...] = ()
            if needed:
                translated = TranslatedSheet(
                    sheet, layout, path.name, namer(), folders=folders_of(path)
                )
                read[index], changes = translated, (translated.changes,)
            synonyms = _synonyms([proposal])
            reading = TableReading(layout.table, layout_matcher([layout]), (), synonyms)
            others[index] = replace(reading, asked=proposal.questions, changes=changes)
    names = namer() if read != list(plan.sheets) else plan.namer
    return replace(
        plan,
        sheets=read,
        others=others,
        uncertain=uncertain,
        summaries=frozenset(summaries),
        namer=names,
    )


def _looks_like(proposal: SheetProposal, certain: Layout) -> Note | None:
    """Note about a sheet that seems to hold records and lacks required columns."""
    found = [_understood(rule, certain.table) for rule in certain.columns if rule.field]
    if len(found) < _FEW:
        return None
    lacking = "、".join(one.zh for one in _lacking(certain))
    fields = {"sheet": proposal.sheet, "table": certain.table.zh, "lacking": lacking}
    return Note("sheet_needs_layout", {**fields, "found": shown_names(found)}, needs_answer=True)


def _automatic(
    path: Path,
    sheets: Sequence[Sheet],
    office: OfficeLayouts,
    table: Table | None,
    namer: Callable[[], Namer],
) -> tuple[ReadingPlan, Collection[int]]:
    """Plan by certain headings only, and the sheets of its table that these are enough for.

    It has no match where the contract's headings suffice.
    """
    found: dict[int, SheetProposal] = {}
    for index, sheet in enumerate(sheets):
        proposal = (
            None
            if sheet.hidden
            else propose_sheet(
                path,
                sheet,
                office.vocabulary,
                county=office.county,
                places=office.places,
                table=table,
            )
        )
        if proposal is not None and proposal.clear:
            found[index] = proposal
    named = table
    if not found:
        return ReadingPlan(table, sheets), ()
    certain = {index: _certain_only(proposal) for index, proposal in found.items()}
    usable = {index: layout for index, layout in certain.items() if not _lacking(layout)}
    table = table or next(iter((usable or certain).values())).table
    usable = {index: layout for index, layout in usable.items() if layout.table == table}
    asked = tuple(one for index in usable or found for one in found[index].questions)
    if not usable:
        return ReadingPlan(named, sheets, asked=asked), ()
    translated = {i for i, one in usable.items() if translates(found[i], one, sheets[i])}
    if not translated and not any(_knows(found[index]) for index in usable):
        return ReadingPlan(table, sheets, asked=asked), usable
    names = namer() if translated else Namer()
    read = [
        TranslatedSheet(sheet, usable[index], path.name, names, folders=folders_of(path))
        if index in translated
        else sheet
        for index, sheet in enumerate(sheets)
    ]
    plan = ReadingPlan(
        table=table,
        sheets=read,
        match=layout_matcher(list(usable.values())),
        synonyms=_synonyms([found[index] for index in usable]),
        asked=asked,
        changes=tuple(one.changes for one in read if isinstance(one, TranslatedSheet)),
        namer=names,
    )
    return plan, usable


def _certain_only(proposal: SheetProposal) -> Layout:
    """Layout with the certain columns only, without made keys and fillings."""
    certain = {one.column.heading for one in proposal.matches if one.reason is Reason.USED}
    columns = tuple(
        rule if rule.heading in certain else replace(rule, field="", values={})
        for rule in proposal.layout.columns
    )
    values = tuple(replace(rule, values={}) for rule in columns)
    # Places that the county's code would stand for are left to the reading, which reports them.
    stated = {name: code for name, code in proposal.layout.regions.items() if _is_township(code)}
    return replace(proposal.layout, columns=values, key=KeyRule(), fill={}, regions=stated)


def _is_township(code: str) -> bool:
    return len(code) > _COUNTY_DIGITS


def _lacking(layout: Layout) -> list[Field]:
    """Required fields for which the layout has no column."""
    fields = {rule.field for rule in layout.columns}
    return [
        field
        for field in layout.table.fields
        if field.required
        and field.name not in fields
        and not (field.name == "region_code" and layout.region)
    ]


def _knows(proposal: SheetProposal) -> bool:
    """Whether a heading is a synonym, which the contract's own headings are not enough for."""
    return any(one.reason is Reason.USED and one.similarity < 1 for one in proposal.matches)


def _synonyms(found: Iterable[SheetProposal]) -> Mapping[str, str]:
    return {
        one.column.heading: one.target.field.zh
        for proposal in found
        for one in proposal.matches
        if one.target and one.reason is Reason.USED and one.similarity < 1
    }


def _plain(sheets: Sequence[Sheet], table: Table) -> bool:
    """Whether a sheet has all required columns under the contract's own headings."""
    match = contract_matcher(table)
    for sheet in sheets:
        for _, cells in first_rows(sheet, SEARCHED_ROWS):
            found = [match(parse_heading(cell)) for cell in cells if isinstance(cell, str)]
            names = {one.name for one in found if one is not None}
            if not missing_fields(table, names):
                return True
    return False


def _refuse_unconfirmed(
    path: Path, sheets: Sequence[Sheet], office: OfficeLayouts, file: str
) -> None:
    for layout in office.layouts:
        forms = _forms(sheets, path, layout)
        if not layout.confirmed and any(has_head(sheet, layout) for sheet in forms):
            raise LayoutUnconfirmed(file=file, layout=layout.name)


def _forms(sheets: Sequence[Sheet], path: Path, layout: Layout) -> list[Sheet]:
    """``sheets`` as ``layout`` reads them."""
    if not layout.months:
        return list(sheets)
    return [month_sheet(sheet, path.name) or sheet for sheet in sheets]


def _refuse_uncertain(
    path: Path, sheets: Sequence[Sheet], office: OfficeLayouts, table: Table | None, file: str
) -> None:
    """Say what a sheet that cannot be read unattended looks like."""
    for sheet in sheets:
        proposal = propose_sheet(
            path, sheet, office.vocabulary, county=office.county, places=office.places, table=table
        )
        if proposal is None or sheet.hidden:
            continue
        layout = proposal.layout
        certain = _certain_only(proposal)
        understood = [_understood(rule, layout.table) for rule in certain.columns if rule.field]
        lacking = [one.zh for one in _lacking(certain)]
        asked = [one.column.heading for one in proposal.questions]
        headings = (parse_heading(heading) for heading in layout.headings)
        if planned := planned_instead(layout.table, headings, _lacking(certain)):
            raise OnlyPlanned(file=file, column=planned[0].text, columns=planned[1].zh)
        if lacking and understood:
            refused = LayoutUncertain if asked else LayoutNeeded
            raise refused(
                file=file,
                table=layout.table.zh,
                understood=shown_names(understood),
                lacking="、".join(lacking),
                asked=shown_names(asked),
            )


def _understood(rule: ColumnRule, table: Table) -> str:
    field = table_field(table, rule.field).zh
    return field if rule.heading == field else f"{rule.heading}={field}"


def _refuse_changed(path: Path, sheets: Sequence[Sheet], office: OfficeLayouts, file: str) -> None:
    for layout in office.layouts:
        if not (layout.confirmed and layout.files.strip("*.") and layout.fits_file(path.name)):
            continue
        own = {one for one in layout.headings if one}
        heads = [
            {text for cell in cells if (text := one_line(cell))}
            for sheet in _forms(sheets, path, layout)
            for _, cells in first_rows(sheet, SEARCHED_ROWS)
        ]
        nearest = max(heads, key=lambda head: len(head & own), default=set())
        if nearest & own:
            raise LayoutChanged(
                file=file,
                layout=layout.name,
                added=", ".join(sorted(nearest - own)) or "-",
                gone=", ".join(sorted(own - nearest)) or "-",
            )
