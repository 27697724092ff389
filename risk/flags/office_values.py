"""Values of law that an office states for its own regions, in a file of its own.

The file lists ``[[values]]`` with duty, name, number, region, from, source and, if it ended, to.
They add to the shipped values or replace them in their region, see :class:`risk.flags.law.Law`.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from risk.errors import WagewatchError
from risk.flags.law import Law, Value, read_law

INSTRUMENT = "office_rule"
"""Instrument under which flags cite a value of the office."""

_NEEDED = ("duty", "name", "number", "region", "from", "source")
_ALLOWED = (*_NEEDED, "to")
_UNITS = {"lists_all_payers": "yes", "monthly_fen": "fen"}


class OfficeValuesInvalid(WagewatchError, ValueError):
    """The office's file of legal values cannot be used; ``found`` lists all its problems."""

    code = "office_values_wrong"


def read_office_values(path: Path) -> tuple[Value, ...]:
    """Values of the office's file.

    Raises:
        OfficeValuesInvalid: the file is missing, not TOML, or has invalid values.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(path, [str(error)]) from error
    items = document.get("values")
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        raise _invalid(path, [", ".join(document) or "-"])
    problems = [f"{n}: {one}" for n, item in enumerate(items, start=1) for one in _problems(item)]
    if problems:
        raise _invalid(path, problems)
    return tuple(_value(item) for item in items)


def add_values(law: Law, values: Iterable[Value]) -> Law:
    """``law`` with the values of an office, which precede shipped ones of the same region."""
    values = tuple(values)
    closer = {(value.code, value.name, value.region) for value in values}
    shipped = tuple(v for v in law.values if (v.code, v.name, v.region) not in closer)
    return replace(law, values=(*shipped, *values))


def to_document(value: Value) -> dict[str, Any]:
    """A value as plain data, for a sealed list."""
    return {
        "duty": value.code,
        "name": value.name,
        "number": value.number,
        "region": value.region,
        "from": value.from_day.isoformat(),
        "to": None if value.to_day is None else value.to_day.isoformat(),
        "source": value.source,
    }


def from_document(document: Mapping[str, Any]) -> Value:
    """The value of :func:`to_document`."""
    days = {
        name: dt.date.fromisoformat(document[name]) for name in ("from", "to") if document[name]
    }
    return _value({**{n: v for n, v in document.items() if n not in ("from", "to")}, **days})


def _value(item: Mapping[str, Any]) -> Value:
    return Value(
        region=item["region"],
        from_day=item["from"],
        to_day=item.get("to"),
        code=item["duty"],
        name=item["name"],
        number=float(item["number"]),
        unit=_unit(item["duty"], item["name"]),
        instrument=INSTRUMENT,
        certainty="office",
        source=item["source"],
    )


def _unit(code: str, name: str) -> str:
    shipped = {v.unit for v in read_law().values if (v.code, v.name) == (code, name)}
    return next(iter(shipped), _UNITS.get(name, ""))


def _problems(item: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one value: what was found, and what is allowed."""
    yield from (f"{name}? ({', '.join(_ALLOWED)})" for name in item if name not in _ALLOWED)
    missing = [name for name in _NEEDED if name not in item]
    if missing:
        yield f"{', '.join(missing)} = ?"
        return
    names = read_law().value_names(str(item["duty"]))
    if item["name"] not in names:
        duties = sorted({duty.code for duty in read_law().duties})
        yield f"{item['duty']}.{item['name']}? ({', '.join(names or duties)})"
    number = item["number"]
    if isinstance(number, bool) or not isinstance(number, int | float) or not number >= 0:
        yield f"number = {number} (>= 0)"
    if not (isinstance(item["region"], str) and item["region"].isdecimal()):
        yield f'region = {item["region"]} ("4203")'
    if type(item["from"]) is not dt.date or type(item.get("to", dt.date.max)) is not dt.date:
        yield f"from = {item['from']}, to = {item.get('to')} (2024-02-01)"
    elif item.get("to", dt.date.max) <= item["from"]:
        yield f"to = {item['to']} (> {item['from']})"
    if not (isinstance(item["source"], str) and item["source"].strip()):
        yield "source = ?"


def _invalid(path: Path, problems: list[str]) -> OfficeValuesInvalid:
    return OfficeValuesInvalid(path=str(path), found="; ".join(problems))
