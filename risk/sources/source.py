"""Protocol of a source: it yields units of work, each of which is stored whole or not at all.

A kind of source is a module with two names, registered in :mod:`risk.sources.kinds`:

* ``Settings``, a subclass of :class:`risk.sources.settings.SourceSettings` with the keys of the
  kind;
* ``open_source(settings, context)``, a context manager that yields a :class:`Source`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

from risk.sources.meter import Meter

Cell = str | bool | int | float | Decimal | dt.date | None
"""Value of a pulled cell; None is unknown. Money is in yuan, as in files."""


class PulledRow(NamedTuple):
    """Row of the contract's table ``table``; ``cells`` are by field name.

    All rows of a table have the same names in the same order. Fields a source cannot give are left
    out. ``known_at`` is given only if the source has the day; otherwise rows are dated on import.
    """

    table: str
    cells: Mapping[str, Cell]


def _no_mark() -> str:
    return ""


@dataclass(frozen=True)
class Unit:
    """Unit of work, for example the attendance of a project in a month.

    ``key`` is unique within the source and says what the unit is; it is logged and holds no
    personal data. ``fetch`` asks the source and yields the rows; it is called only if the unit is
    needed, so that skipped units cost no request. ``once``: the unit does not change any more and
    is never fetched again once stored (a closed month). ``mark`` is called after the last row and
    returns what the next pull gets as ``taken[key]``.
    """

    key: str
    fetch: Callable[[], Iterator[PulledRow]]
    once: bool = False
    mark: Callable[[], str] = _no_mark


class Source(Protocol):
    """Open source."""

    def units(self, taken: Mapping[str, str]) -> Iterator[Unit]:
        """Yield all units in a fixed order.

        ``taken`` has the marks of the units stored by earlier pulls, by key. Units that are not
        needed are skipped by the framework: ``once`` units in ``taken``, and units that this pull
        fetched before it was interrupted.

        Raises:
            UnitRefused: (from ``fetch``) the unit is not to be had; the others go on.
            SourceError: the pull cannot go on; whole units that came before are stored.
            BoundReached: (by the meter) a bound of the pull is reached.
        """


@dataclass(frozen=True)
class SourceContext:
    """Surroundings of an open source.

    ``folder`` is the workspace: relative paths in settings are below it. ``today`` is the day by
    the office's clock. ``meter`` counts requests and bytes.
    """

    folder: Path
    today: dt.date
    meter: Meter

    def path(self, name: str) -> Path:
        """Path of a file named in the settings."""
        return self.folder / name
