"""Parts on disk: one family at one date, a Parquet file that says itself from what it was made.

``FOLDER/<kind>/<family>/as_of=YYYY-MM-DD.parquet`` holds ``project_id`` and a column per feature,
in the order of the cohort. Its key stands in its own footer, so no file can disagree with a list of
files. A file is written beside and moved into place; one that is torn, foreign or of another key
counts as missing.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa

UNIT_COLUMN = "project_id"
_KEY = b"wagewatch"


class BlockStore:
    """The parts of one kind of unit below ``folder``."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder = folder / kind

    def load(
        self, family: str, as_of: dt.date, key: str, columns: Sequence[str]
    ) -> pa.Table | None:
        """The part, if it is there, whole, and was made for ``key``."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = [UNIT_COLUMN, *columns]
        try:
            with pq.ParquetFile(self.path(family, as_of), page_checksum_verification=True) as file:
                told = (file.schema_arrow.metadata or {}).get(_KEY)
                if told != key.encode() or file.schema_arrow.names != wanted:
                    return None
                return file.read()
        except (OSError, pa.ArrowException):
            return None

    def save(self, family: str, as_of: dt.date, key: str, table: pa.Table) -> None:
        """Write a part. Where it cannot be written, it is computed again another time."""
        import pyarrow.parquet as pq

        path = self.path(family, as_of)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(
                table.replace_schema_metadata({_KEY: key.encode()}),
                beside,
                compression="zstd",
                write_page_checksum=True,
            )
            beside.replace(path)

    def path(self, family: str, as_of: dt.date) -> Path:
        """Where the part of ``family`` at ``as_of`` lies."""
        return self._folder / family / f"as_of={as_of.isoformat()}.parquet"
