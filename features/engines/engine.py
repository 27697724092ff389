"""What every engine offers: it runs steps, and answers or writes what is asked over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from features.catalogue import Step
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa


class Engine(Protocol):
    """Runs the one SQL text of the families over the records of one kind of unit."""

    kind: Kind

    def run(self, steps: Iterable[Step], done: Callable[[str], None] | None = None) -> None:
        """Compute ``steps`` in order; ``done`` hears each name."""

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to ``sql``, held in memory: for what is known to be small."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The same as plain rows."""

    def write(self, sql: str, folder: str) -> None:
        """Write the answer to ``FOLDER/as_of=YYYY-MM-DD/part-*.parquet``, never through memory.

        What lies there of the dates asked for is replaced, also where a date has no row now; other
        dates stay. A run that fails while computing leaves all as it was. No file has a column
        ``as_of``: the folder says it.
        """

    def close(self) -> None:
        """Forget all that was computed."""
