"""Dialect of the interface as data: names of methods and fields, codes, formats and bounds.

``national.toml`` is the national dialect. A province's file holds what differs from it and may
name only what the national one has; codes and the form fields in ``call.extra`` are free.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from risk.contract import STORED_TABLES
from risk.sources.realname.errors import DialectInvalid, DialectProblem

Names = Mapping[str, tuple[str, ...]]
"""Names that the platform may use for a field, by ours."""

_MOST_BYTES = 1_000_000
_FREE = frozenset(("call.extra", "codes"))
"""Sections whose keys are free."""

_NUMBERS = {
    "call.nonce_length": (1, 64),
    "call.utc_offset_hours": (-12, 14),
    "call.page_start": (0, 1),
    "call.page_size_min": (1, 10_000),
    "call.page_size_max": (1, 10_000),
    "call.clock_tolerance_seconds": (1, 86_400),
}
_CODES: Mapping[str, frozenset[str]] = {
    "sector": frozenset(STORED_TABLES["projects"].field("sector").values),
    "org_kind": frozenset(STORED_TABLES["organizations"].field("org_kind").values),
    "state": frozenset(("open", "completed")),
    "bool": frozenset(("yes", "no")),
    "entry": frozenset(("in", "out")),
    "contract_period": frozenset(("fixed", "until_done")),
}


@dataclass(frozen=True)
class Method:
    """Reading method: ``parameters`` and ``fields`` are the platform's names by ours.

    ``details`` are the fields of the objects in the field ``details``. An empty ``name`` means that
    the platform does not have the method.
    """

    key: str
    name: str
    parameters: Mapping[str, str]
    fields: Names
    details: Names


@dataclass(frozen=True)
class Dialect:
    """Checked dialect."""

    document: Mapping[str, Any]

    @property
    def call(self) -> Mapping[str, Any]:
        """Section about requests."""
        call: Mapping[str, Any] = self.document["call"]
        return call

    @property
    def answer(self) -> Mapping[str, Any]:
        """Section about answers."""
        answer: Mapping[str, Any] = self.document["answer"]
        return answer

    @property
    def refusals(self) -> Mapping[str, Sequence[str]]:
        """Words in the messages of refusals, by cause."""
        refusals: Mapping[str, Sequence[str]] = self.document["refusals"]
        return refusals

    @cached_property
    def identity(self) -> frozenset[str]:
        """Names of fields with the identity of a person."""
        return frozenset(self.document["identity"]["fields"])

    @cached_property
    def methods(self) -> Mapping[str, Method]:
        """All reading methods by our name."""
        return {key: _method(key, found) for key, found in self.document["methods"].items()}

    @cached_property
    def without_contract(self) -> frozenset[str]:
        """Codes of participants that are no contractors."""
        return frozenset(self.document["contracts"]["without"])

    @cached_property
    def date_formats(self) -> tuple[str, ...]:
        """Formats of dates and moments."""
        return tuple(self.document["formats"]["dates"])

    @cached_property
    def month_formats(self) -> tuple[str, ...]:
        """Formats of months; a date counts as its month."""
        return (*self.document["formats"]["months"], *self.date_formats)

    @property
    def day_format(self) -> str:
        """Format of the day in a request."""
        return str(self.document["formats"]["day"])

    def term(self, kind: str, code: str | None) -> str | None:
        """Our term for a code of the platform; None if it is unknown.

        Numbers lose their leading zeros on the way, so 1 is the same code as 01.
        """
        codes: Mapping[str, str] = self.document["codes"][kind]
        if code is None or code in codes:
            return codes.get(code or "")
        padded = {len(known): code.zfill(len(known)) for known in codes}
        return next((codes[one] for one in padded.values() if one in codes), None)

    def kinds(self, kind: str) -> tuple[str, ...]:
        """Our terms of a kind of codes, in the order of the dialect."""
        return tuple(dict.fromkeys(self.document["codes"][kind].values()))


def load_dialect(path: Path | None = None) -> Dialect:
    """Return the national dialect, overridden by the file at ``path``.

    Raises:
        DialectInvalid: the file is unreadable, or holds names or values that are not allowed; the
            error has all of them.
    """
    national = tomllib.loads(
        files("risk.sources.realname").joinpath("national.toml").read_text(encoding="utf-8")
    )
    if path is None:
        return Dialect(national)
    own = _read(path)
    problems = list(_unknown(own, national, ""))
    document = _merged(national, own)
    problems = problems or list(_refused(document))
    if problems:
        raise DialectInvalid(path.name, problems)
    return Dialect(document)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MOST_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DialectInvalid(path.name, [DialectProblem("", path.name, "toml")]) from error


def _unknown(
    own: Mapping[str, Any], known: Mapping[str, Any], place: str
) -> Iterator[DialectProblem]:
    """Names that the national dialect does not have, and values of another type."""
    for name, value in own.items():
        here = f"{place}.{name}" if place else name
        if here in _FREE or (here.startswith("codes.") and place != "codes"):
            continue
        if name not in known:
            allowed = ", ".join(sorted(known)) or "-"
            yield DialectProblem(here, name, "names", allowed)
        elif isinstance(known[name], Mapping):
            if isinstance(value, Mapping):
                yield from _unknown(value, known[name], here)
            else:
                yield DialectProblem(here, repr(value)[:80], "section")
        elif not _same_type(value, known[name], in_fields=place.endswith((".fields", ".details"))):
            yield DialectProblem(here, repr(value)[:80], _type_name(known[name]))


def _same_type(value: object, known: object, *, in_fields: bool) -> bool:
    if isinstance(known, list) or (in_fields and isinstance(value, list)):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return type(value) is type(known)


def _type_name(known: object) -> str:
    return "texts" if isinstance(known, list) else "text" if isinstance(known, str) else "number"


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in own.items():
        both = isinstance(value, Mapping) and isinstance(base.get(name), Mapping)
        merged[name] = _merged(base[name], value) if both else value
    return merged


def _refused(document: Mapping[str, Any]) -> Iterator[DialectProblem]:
    """Values that are not allowed."""
    for place, (low, high) in _NUMBERS.items():
        section, name = place.split(".")
        value = document[section][name]
        if not low <= value <= high:
            yield DialectProblem(place, str(value), "range", f"{low}..{high}")
    if document["call"]["page_size_min"] > document["call"]["page_size_max"]:
        yield DialectProblem("call.page_size_min", str(document["call"]["page_size_min"]), "order")
    for name, value in document["call"]["extra"].items():
        if not isinstance(value, str):
            yield DialectProblem(f"call.extra.{name}", repr(value)[:80], "text")
    for kind, codes in document["codes"].items():
        if kind not in _CODES:
            yield DialectProblem(f"codes.{kind}", kind, "names", ", ".join(_CODES))
            continue
        for code, term in codes.items():
            if term not in _CODES[kind]:
                allowed = ", ".join(sorted(_CODES[kind]))
                yield DialectProblem(f"codes.{kind}.{code}", repr(term)[:80], "names", allowed)


def _method(key: str, found: Mapping[str, Any]) -> Method:
    return Method(
        key,
        found["name"],
        found["parameters"],
        _names(found["fields"]),
        _names(found.get("details", {})),
    )


def _names(fields: Mapping[str, str | list[str]]) -> Names:
    return {
        ours: (theirs,) if isinstance(theirs, str) else tuple(theirs)
        for ours, theirs in fields.items()
    }
