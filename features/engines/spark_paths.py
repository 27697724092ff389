"""The files of an answer as Spark finds them, on whatever file system they lie."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class DatePartitions:
    """The folders ``as_of=YYYY-MM-DD`` of the dates that are about to be written.

    Spark replaces the folders that get a row and leaves the others, so a date without any row
    would keep what an earlier run wrote. Nothing is taken away before the new rows are in place.
    """

    def __init__(self, session: SparkSession, folder: str, as_ofs: Sequence[dt.date]) -> None:
        """Note what lies in the folders now."""
        java: Any = session.sparkContext._jvm
        whole = java.org.apache.hadoop.fs.Path(folder)
        self._files = whole.getFileSystem(session.sparkContext._jsc.hadoopConfiguration())
        days = [java.org.apache.hadoop.fs.Path(whole, f"as_of={day}") for day in as_ofs]
        self._before = {day: self._inside(day) for day in days if self._files.exists(day)}

    def clear(self) -> None:
        """Remove what was noted and is still there, with the folders that nothing else is in."""
        for day, before in self._before.items():
            if not self._files.exists(day):
                continue
            for file in before:
                self._files.delete(file, True)
            if not self._inside(day):
                self._files.delete(day, True)

    def _inside(self, day: Any) -> list[Any]:
        return [one.getPath() for one in self._files.listStatus(day)]


def escape_glob(path: str) -> str:
    r"""``path`` as Spark must be told it: it takes brackets and stars for patterns.

    >>> escape_glob("s3://records/[2025]*")
    's3://records/\\[2025\\]\\*'
    """
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)
