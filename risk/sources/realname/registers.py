"""Registered workers of a project: who was on the site when, and with a labour contract.

Persons are keyed hashes that live for one run. A register is held as arrays, 30 bytes per spell, so
that the registers of all projects fit into memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.sources.realname.answers import PERSON, Row
from risk.sources.realname.dialect import Dialect
from risk.sources.realname.values import Dates, firm_code, text

_OPEN = 10**7
"""Ordinal of a day after all others: the end of a spell that goes on."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Worker as registered; ``has_contract`` is None if it is not stated."""

    person: int | None
    corp: str | None
    team: str | None
    entered: dt.date | None
    left: dt.date | None
    has_contract: bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Entry to the site or exit from it; ``came`` is False for an exit."""

    person: int
    corp: str | None
    team: str | None
    day: dt.date
    came: bool


@dataclass(frozen=True, slots=True)
class LabourContract:
    """Labour contract of a worker; without ``end`` it goes on."""

    person: int
    corp: str | None
    start: dt.date
    end: dt.date | None


def read_worker(row: Row, dialect: Dialect, dates: Dates) -> Worker:
    """Return the worker of a row."""
    stated = dialect.term("bool", text(row["has_contract"]))
    return Worker(
        row[PERSON],
        firm_code(row["corp"]),
        text(row["team"]),
        dates.day(row["entered"]),
        dates.day(row["left"]),
        None if stated is None else stated == "yes",
    )


def read_entry(row: Row, dialect: Dialect, dates: Dates) -> Entry | None:
    """Return the entry or exit of a row; None if the person, day or direction is unknown."""
    kind = dialect.term("entry", text(row["type"]))
    day = dates.day(row["date"])
    if kind is None or day is None or row[PERSON] is None:
        return None
    return Entry(row[PERSON], firm_code(row["corp"]), text(row["team"]), day, kind == "in")


def read_labour_contract(row: Row, dialect: Dialect, dates: Dates) -> LabourContract | None:
    """Return the labour contract of a row; None if the person or the start is unknown."""
    start = dates.day(row["start"])
    if row[PERSON] is None or start is None:
        return None
    until_done = dialect.term("contract_period", text(row["period_type"])) == "until_done"
    end = None if until_done else dates.day(row["end"])
    return LabourContract(row[PERSON], firm_code(row["corp"]), start, end)


Arrays = npt.NDArray[Any]

_Spell = tuple[str, int, int, int]
"""Firm, person, first and last day as ordinals."""


@dataclass(frozen=True)
class Spells:
    """Spells of persons with a firm, as arrays; firms are indices into ``corps``."""

    corps: Sequence[str]
    corp: Arrays
    person: Arrays
    first: Arrays
    last: Arrays

    def people(self, corp: str, month: dt.date, last: dt.date) -> Arrays:
        """Return the distinct persons with a spell between two days, sorted."""
        if corp not in self.corps:
            return np.empty(0, np.uint64)
        here = (
            (self.corp == self.corps.index(corp))
            & (self.first <= last.toordinal())
            & (self.last >= month.toordinal())
        )
        return np.unique(self.person[here])


@dataclass(frozen=True)
class Register:
    """Registered workers of a project.

    ``known`` is False where the platform has no registered worker of the project, or refuses to
    list them. ``undated`` are the firms with workers whose entry is unknown. ``contracts`` is None
    if labour contracts could not be asked for; ``stated`` are the firms that state for some workers
    whether they have one, ``unstated`` those that leave it open for some.
    """

    spells: Spells
    signed: Spells
    contracts: Spells | None
    known: bool = True
    stated: frozenset[str] = frozenset()
    unstated: frozenset[str] = frozenset()
    undated: frozenset[str] = frozenset()

    @property
    def corps(self) -> Sequence[str]:
        """Codes of the firms with registered workers."""
        return self.spells.corps

    def registered(self, corp: str, month: dt.date, last: dt.date) -> int | None:
        """Return the number of people who had entered and not left before ``month``.

        None if that is not known, also where a firm has no day of entry for any of its workers.
        """
        if not self.known:
            return None
        if corp not in self.spells.corps:
            return None if corp in self.undated else 0
        return len(self.spells.people(corp, month, last))

    def with_contract(self, corp: str, month: dt.date, last: dt.date) -> int | None:
        """Return the number of registered people with a labour contract in the month.

        None if it is not known of some.
        """
        if not self.registered(corp, month, last):
            return self.registered(corp, month, last)
        registered = self.spells.people(corp, month, last)
        found = self.signed.people(corp, month, last)
        if self.contracts is not None and len(self.contracts.person):
            found = np.union1d(found, self.contracts.people(corp, month, last))
        elif corp not in self.stated or corp in self.unstated:
            return None
        return len(np.intersect1d(registered, found))


def build_register(
    workers: Sequence[Worker],
    entries: Sequence[Entry],
    contracts: Sequence[LabourContract] | None,
    teams: Mapping[str, str],
) -> Register:
    """Return the register of a project; rows without a firm take that of their team.

    ``contracts`` is None if labour contracts could not be asked for.
    """
    placed = [(corp, one) for one in workers if (corp := _firm(one, teams))]
    spells = list(_register_spells(placed, entries, teams))
    signed = {(corp, one.person) for corp, one in placed if one.has_contract}
    return Register(
        _spells(spells),
        _spells([one for one in spells if one[:2] in signed]),
        None if contracts is None else _spells(_contract_spells(contracts, placed)),
        bool(workers or entries),
        frozenset(corp for corp, one in placed if one.has_contract is not None),
        frozenset(corp for corp, one in placed if one.has_contract is None),
        frozenset(corp for corp, one in placed if one.entered is None),
    )


def _firm(one: Worker | Entry, teams: Mapping[str, str]) -> str | None:
    return one.corp or teams.get(one.team or "")


def _register_spells(
    workers: Iterable[tuple[str, Worker]], entries: Iterable[Entry], teams: Mapping[str, str]
) -> Iterable[_Spell]:
    events: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        if corp := _firm(entry, teams):
            events.setdefault((corp, entry.person), []).append(entry)
    for corp, worker in workers:
        if worker.person is not None:
            own = events.pop((corp, worker.person), [])
            for first, last in _worker_spells(own, worker.entered, worker.left):
                yield corp, worker.person, first, last
    for (corp, person), own in events.items():
        for first, last in _worker_spells(own, None, None):
            yield corp, person, first, last


def _contract_spells(
    contracts: Iterable[LabourContract], workers: Iterable[tuple[str, Worker]]
) -> list[_Spell]:
    """Spells of labour contracts; without a firm a contract counts for all of its person."""
    firms: dict[int, set[str]] = {}
    for corp, worker in workers:
        if worker.person is not None:
            firms.setdefault(worker.person, set()).add(corp)
    return [
        (corp, one.person, one.start.toordinal(), one.end.toordinal() if one.end else _OPEN)
        for one in contracts
        for corp in ([one.corp] if one.corp else sorted(firms.get(one.person, ())))
    ]


def _worker_spells(
    events: Sequence[Entry], entered: dt.date | None, left: dt.date | None
) -> Iterable[tuple[int, int]]:
    """First and last days of the spells of one worker.

    Entries and exits say when a worker came and left. The dates of the registration are one more
    spell where it began after the last exit, and the end of a spell without an exit.
    """
    gone = left.toordinal() if left else _OPEN
    begun: int | None = None
    last_exit = 0
    ordered = sorted(events, key=lambda one: (one.day, not one.came))
    for day, same_day in groupby(ordered, key=lambda one: one.day.toordinal()):
        for event in same_day:
            if event.came:
                begun = day if begun is None else begun
            elif begun is not None:
                yield begun, day
                begun, last_exit = None, day
    if begun is not None:
        yield begun, gone if gone >= begun else _OPEN
    elif entered is not None and entered.toordinal() > last_exit:
        yield entered.toordinal(), gone


def _spells(found: Sequence[_Spell]) -> Spells:
    corps = sorted({one[0] for one in found})
    index = {corp: number for number, corp in enumerate(corps)}
    return Spells(
        corps,
        np.array([index[one[0]] for one in found], np.int32),
        np.array([one[1] for one in found], np.uint64),
        np.array([one[2] for one in found], np.int32),
        np.array([one[3] for one in found], np.int32),
    )
