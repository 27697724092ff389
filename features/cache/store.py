"""Blocks on disk: one Parquet file per family and date, with its cache key in the footer.

``FOLDER/<kind>/<family>/as_of=YYYY-MM-DD.parquet`` holds ``project_id`` and a column per feature,
in the order of the cohort. A file is written to a temporary name and renamed. One that is corrupt,
of another layout or of another key counts as missing.
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
    """The blocks of one kind of unit below ``folder``."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder = folder / kind

    def load(
        self, family: str, as_of: dt.date, key: str, columns: Sequence[str]
    ) -> pa.Table | None:
        """The block, or None if it is missing, corrupt or not of ``key``."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [UNIT_COLUMN, *columns]
        try:
            with pq.ParquetFile(self.path(family, as_of), page_checksum_verification=True) as file:
                stored = (file.schema_arrow.metadata or {}).get(_KEY)
                if stored != key.encode() or file.schema_arrow.names != names:
                    return None
                return file.read()
        except (OSError, pa.ArrowException):
            return None

    def save(self, family: str, as_of: dt.date, key: str, table: pa.Table) -> None:
        """Write a block. Failures are ignored: the block is then computed again."""
        import pyarrow.parquet as pq

        path = self.path(family, as_of)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(
                table.replace_schema_metadata({_KEY: key.encode()}),
                temporary,
                compression="zstd",
                write_page_checksum=True,
            )
            temporary.replace(path)

    def path(self, family: str, as_of: dt.date) -> Path:
        """The file of ``family`` at ``as_of``."""
        return self._folder / family / f"as_of={as_of.isoformat()}.parquet"
