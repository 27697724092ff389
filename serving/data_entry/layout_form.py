"""Layouts as a form of the data page: what can be chosen, and the layout that was chosen.

Fields of the form are ``l0.name``, ``l0.unit``, ``l0.region``, ``l0.known_on``, ``l0.payments``,
``l0.struck``, ``l0.c3`` (what the column numbered 3 holds), ``l0.c3.v:CELL`` (the term of the cells
CELL of that column) and ``l0.fill.status`` (what all rows get in a field without a column).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.layouts.errors import LayoutInvalid
from risk.intake.layouts.found_arrears import ARREARS_FOUND, BY_AMOUNTS, states_what_is_owed
from risk.intake.layouts.layout import KNOWN_ON, STRUCK_ROWS, ColumnRule, Layout, table_field
from risk.intake.layouts.outcomes import BY_DATES, has_dated_outcome
from risk.intake.layouts.regions import code_of, name_of
from risk.intake.layouts.returned_deposits import BY_RETURN, return_column
from risk.intake.units import MONEY_UNITS
from risk.locale import Language, text
from serving.formatting import capitalized

BY_NAME = " by name"
NOT_USED = ""
LEFT = ""
"""Cells without a term are left as they are: they will be listed as unreadable."""
RULES = (BY_DATES, BY_AMOUNTS, BY_RETURN)
"""Fillings by what other columns of a row say."""
UNKNOWN = "-"
"""A person says that cells written like this are unknown."""


@dataclass(frozen=True)
class Choice:
    """An option of a list: the value that is sent and its text."""

    value: str
    label: str


@dataclass(frozen=True)
class ValueForm:
    """A cell that is no term of the contract, and the code chosen for it."""

    name: str
    cell: str
    code: str
    codes: tuple[Choice, ...]

    @property
    def open(self) -> bool:
        """Whether nobody has said what the cell means."""
        return self.code == LEFT


@dataclass(frozen=True)
class ColumnForm:
    """A column: its heading, some cells, and what it holds."""

    name: str
    heading: str
    samples: tuple[str, ...]
    slot: str
    confidence: float | None
    asked: bool
    values: tuple[ValueForm, ...]


@dataclass(frozen=True)
class FillForm:
    """A required field without a column, and the value that all rows get."""

    name: str
    label: str
    value: str
    codes: tuple[Choice, ...]


@dataclass(frozen=True)
class LayoutForm:
    """A layout to look at, edit and confirm. ``files`` are the files it would be used for.

    ``pays``: its rows of payrolls say what was paid too. ``asks_struck``: some rows are struck out.
    """

    name: str
    prefix: str
    layout: Layout
    files: tuple[str, ...]
    slots: tuple[Choice, ...]
    columns: tuple[ColumnForm, ...]
    fills: tuple[FillForm, ...]
    units: tuple[str, ...]
    region_name: str
    pays: bool
    lacking: tuple[str, ...]
    asks_struck: bool


def layout_form(
    number: int,
    layout: Layout,
    samples: Mapping[str, Mapping[str, object]],
    files: Sequence[str],
    lacking: Sequence[Field],
    language: Language,
) -> LayoutForm:
    """Return the form of ``layout``; ``samples`` are the proposal's columns by heading."""
    from risk.intake.layouts.paid_columns import paid_columns

    prefix = f"l{number}"
    return LayoutForm(
        name=layout.name,
        prefix=prefix,
        layout=layout,
        files=tuple(files),
        slots=tuple(_slots(layout.table, language)),
        columns=tuple(
            _column(f"{prefix}.c{index}", rule, layout, samples.get(rule.heading, {}), language)
            for index, rule in enumerate(layout.columns)
        ),
        fills=tuple(_fills(prefix, layout, language)),
        units=tuple(dict.fromkeys(unit.label for unit in MONEY_UNITS.values())),
        region_name=(name_of(layout.region) or "") if layout.region else "",
        pays=bool(paid_columns(layout)),
        lacking=tuple(_label(field, language) for field in lacking),
        asks_struck=bool(layout.struck),
    )


def chosen_layout(layout: Layout, prefix: str, form: Mapping[str, str]) -> Layout:
    """Return ``layout`` as edited in a form.

    Raises:
        LayoutInvalid: a choice is not allowed, or two columns hold the same field.
    """
    columns = []
    used: dict[str, str] = {}
    allowed = {choice.value for choice in _slots(layout.table, "zh")}
    for index, rule in enumerate(layout.columns):
        name = f"{prefix}.c{index}"
        slot = form.get(name, NOT_USED)
        if slot and slot not in allowed:
            _refuse(layout, rule.heading, slot, ", ".join(sorted(allowed)))
        if slot and slot in used:
            _refuse(layout, f"{used[slot]}、{rule.heading}", slot, "1")
        if slot:
            used[slot] = rule.heading
        columns.append(_chosen_column(layout.table, rule, name, slot, form))
    payments = form.get(f"{prefix}.payments", str(layout.payments).lower()) == "true"
    return replace(
        layout,
        payments=payments,
        columns=tuple(columns),
        fill=_chosen_fill(layout, prefix, form, set(used)),
        unit=_one_of(layout, "unit", form.get(f"{prefix}.unit", ""), ("", *MONEY_UNITS)),
        region=_region(layout, form.get(f"{prefix}.region", "")),
        struck=_one_of(
            layout, "struck", form.get(f"{prefix}.struck", layout.struck), ("", *STRUCK_ROWS)
        ),
        known_on=_one_of(
            layout, "known_on", form.get(f"{prefix}.known_on", layout.known_on), KNOWN_ON
        ),
    )


def _slots(table: Table, language: Language) -> Iterator[Choice]:
    from risk.intake.layouts.vocabulary import vocabulary

    named = {target.field.name for _, target in vocabulary().candidates(table) if target.by_name}
    for field in (*table.fields, KNOWN_AT):
        star = " *" if field.required else ""
        yield Choice(field.name, f"{_label(field, language)}{star}")
        if field.name in named:
            label = text("pages.data.by_name", language, field=_label(field, language))
            yield Choice(f"{field.name}{BY_NAME}", f"{label}{star}")


def _label(field: Field, language: Language) -> str:
    return field.zh if language == "zh" else capitalized(field.name.replace("_", " "))


def _column(
    name: str,
    rule: ColumnRule,
    layout: Layout,
    proposed: Mapping[str, object],
    language: Language,
) -> ColumnForm:
    confidence = proposed.get("confidence")
    return ColumnForm(
        name=name,
        heading=rule.heading,
        samples=_texts(proposed.get("samples")),
        slot=_slot(rule),
        confidence=confidence if isinstance(confidence, float) and rule.field else None,
        asked=proposed.get("reason") in ("ask", "choose", "twice"),
        values=tuple(_values(name, rule, layout, _texts(proposed.get("terms")), language)),
    )


def _texts(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _slot(rule: ColumnRule) -> str:
    return f"{rule.field}{BY_NAME}" if rule.by_name else rule.field


def _values(
    name: str, rule: ColumnRule, layout: Layout, terms: Sequence[str], language: Language
) -> Iterator[ValueForm]:
    """Forms of the cells that are no terms of the contract; ``terms`` are those of the proposal."""
    if not rule.field:
        return
    field = table_field(layout.table, rule.field)
    if field.type is not FieldType.ENUM:
        return
    codes = tuple(
        Choice(code, term if language == "zh" else code) for code, term in field.values.items()
    )
    by_term = {term: code for code, term in field.values.items()}
    # What is empty in a layout that a person confirmed was said to be unknown.
    empty = UNKNOWN if layout.confirmed else LEFT
    for cell in dict.fromkeys([*rule.values, *terms]):
        value = rule.values.get(cell, LEFT)
        code = by_term.get(value, value) or (empty if cell in rule.values else LEFT)
        yield ValueForm(f"{name}.v:{cell}", cell, code, codes)


def _fills(prefix: str, layout: Layout, language: Language) -> Iterator[FillForm]:
    """Forms of the required fields that have neither a column nor a rule of the key."""
    used = {rule.field for rule in layout.columns}
    for field in _without_column(layout, used):
        codes = [*_answers(field, language)]
        value = layout.fill.get(field.name, "")
        rule = _rule_of(layout, field, used)
        if rule or value in RULES:
            rule = rule or value
            codes.insert(0, Choice(rule, text(f"pages.data.{rule[1:-1]}", language)))
        by_term = {term: code for code, term in field.values.items()}
        name = f"{prefix}.fill.{field.name}"
        yield FillForm(name, _label(field, language), by_term.get(value, value), tuple(codes))


def _answers(field: Field, language: Language) -> Iterator[Choice]:
    """Values that all rows may get in a field, where these are few."""
    for code, term in field.values.items():
        yield Choice(code, term if language == "zh" else code)
    if field.type is FieldType.BOOL:
        for answer in ("yes", "no"):
            yield Choice(text(f"pages.data.{answer}", "zh"), text(f"pages.data.{answer}", language))


def _rule_of(layout: Layout, field: Field, used: Collection[str]) -> str:
    """Rule by which other columns give ``field``; empty if there is none."""
    table = layout.table
    if field.name == "status" and return_column(table, set(used), layout.headings) is not None:
        return BY_RETURN
    if table.outcome and field.name == table.outcome.field and has_dated_outcome(table, set(used)):
        return BY_DATES
    by_amounts = field.name == ARREARS_FOUND and states_what_is_owed(table, set(used))
    return BY_AMOUNTS if by_amounts else ""


def _without_column(layout: Layout, used: Collection[str]) -> Iterator[Field]:
    for field in layout.table.fields:
        if field.name in used or field.name in layout.table.key or field.name == "region_code":
            continue
        if field.required or field.name in layout.fill:
            yield field


def _chosen_fill(
    layout: Layout, prefix: str, form: Mapping[str, str], used: Collection[str]
) -> dict[str, str]:
    """Fillings of the form; those of fields that have a column now are dropped."""
    found = {}
    names = {slot.removesuffix(BY_NAME) for slot in used}
    for field in _without_column(layout, names):
        value = form.get(f"{prefix}.fill.{field.name}", layout.fill.get(field.name, ""))
        allowed = (*field.values, *field.values.values(), _rule_of(layout, field, names))
        if value and field.values and value not in allowed:
            _refuse(layout, field.zh, value, "、".join(field.values.values()))
        if value:
            found[field.name] = value[:100]
    return found


def _chosen_column(
    table: Table, rule: ColumnRule, name: str, slot: str, form: Mapping[str, str]
) -> ColumnRule:
    field_name = slot.removesuffix(BY_NAME)
    by_name = slot.endswith(BY_NAME)
    allowed = table_field(table, field_name).values if field_name else {}
    start = f"{name}.v:"
    values = {}
    for key, code in form.items():
        cell = key.removeprefix(start)
        # Terms of another field do not fit.
        if key.startswith(start) and field_name == rule.field:
            if code in allowed:
                values[cell] = code
            elif code == UNKNOWN:
                values[cell] = ""
    return replace(rule, field=field_name, by_name=by_name, values=values)


def _region(layout: Layout, found: str) -> str:
    """Code of a region given as a code or a name."""
    if not found or found.isdigit():
        return _code(layout, found)
    return _code(layout, code_of(found) or found)


def _code(layout: Layout, found: str) -> str:
    if found and not (found.isascii() and found.isdigit() and len(found) in (2, 4, 6, 9)):
        _refuse(layout, "region", found, "510822")
    return found


def _one_of(layout: Layout, at: str, found: str, allowed: Sequence[str]) -> str:
    if found not in allowed:
        _refuse(layout, at, found, ", ".join(filter(None, allowed)))
    return found


def _refuse(layout: Layout, at: str, found: str, allowed: str) -> None:
    raise LayoutInvalid(file=layout.name, at=at, found=found[:100], allowed=allowed[:300])
