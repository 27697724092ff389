"""The interface of the engines: run steps, query them, write the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from features.catalogue import Step
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa


class Engine(Protocol):
    """Runs the SQL of the families over the records of one kind of unit."""

    kind: Kind

    def run(self, steps: Iterable[Step], done: Callable[[str], None] | None = None) -> None:
        """Run ``steps`` in order; ``done`` is called with the name of each."""

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The result of ``sql`` in memory; for small results."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The result of ``sql`` as tuples."""

    def write(self, sql: str, folder: str) -> None:
        """Write the result of ``sql`` to ``FOLDER/as_of=YYYY-MM-DD/part-*.parquet``, as a stream.

        Partitions of the engine's dates are replaced, also by nothing where a date has no rows;
        other dates are untouched. If the computation fails, nothing changes. ``as_of`` is the
        partition key and no column of the files.
        """

    def close(self) -> None:
        """Drop everything that was computed."""
