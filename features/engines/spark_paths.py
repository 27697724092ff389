"""Paths and partitions as Spark sees them, on any file system of Hadoop."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class DatePartitions:
    """The partitions ``as_of=YYYY-MM-DD`` of the dates that are about to be written.

    Spark replaces the partitions that get a row and leaves the others, so a date without rows would
    keep those of an earlier run. Nothing is deleted before the new rows are in place.
    """

    def __init__(self, session: SparkSession, folder: str, as_ofs: Sequence[dt.date]) -> None:
        """List the files that the partitions have now."""
        java: Any = session.sparkContext._jvm
        self._files, whole = _opened(session, folder)
        days = [java.org.apache.hadoop.fs.Path(whole, f"as_of={day}") for day in as_ofs]
        self._before = {day: self._inside(day) for day in days if self._files.exists(day)}

    def clear(self) -> None:
        """Delete the listed files that still exist, and partitions that are then empty."""
        for day, before in self._before.items():
            if not self._files.exists(day):
                continue
            for file in before:
                self._files.delete(file, True)
            if not self._inside(day):
                self._files.delete(day, True)

    def _inside(self, day: Any) -> list[Any]:
        return [status.getPath() for status in self._files.listStatus(day)]


def file_sizes(session: SparkSession, folder: str) -> dict[str, int]:
    """Bytes of every Parquet file below ``folder``, by its path there."""
    files, whole = _opened(session, folder)
    name, found = f"/{whole.getName()}/", files.listFiles(whole, True)
    sizes = {}
    while found.hasNext():
        status = found.next()
        path = str(status.getPath().toString()).rpartition(name)[2]
        if path.endswith(".parquet"):
            sizes[path] = int(status.getLen())
    return sizes


def write_text(session: SparkSession, path: str, text: str) -> None:
    """Write ``text`` to the file ``path``, replacing it."""
    files, place = _opened(session, path)
    stream = files.create(place, True)
    try:
        stream.write(bytearray(text.encode()))
    finally:
        stream.close()


def clear_checkpoints(session: SparkSession) -> None:
    """Delete the checkpoints of this application; Spark would leave them.

    Spark makes a folder for each application below ``spark.checkpoint.dir``; that one is deleted.
    """
    folder = session.sparkContext.getCheckpointDir()
    if folder is not None:
        files, place = _opened(session, folder)
        files.delete(place, True)


def _opened(session: SparkSession, path: str) -> tuple[Any, Any]:
    """The file system that ``path`` is on, and the path."""
    context: Any = session.sparkContext
    place = context._jvm.org.apache.hadoop.fs.Path(path)
    return place.getFileSystem(context._jsc.hadoopConfiguration()), place


def escape_glob(path: str) -> str:
    r"""``path`` with brackets and stars escaped, which Spark reads as glob patterns.

    >>> escape_glob("s3://records/[2025]*")
    's3://records/\\[2025\\]\\*'
    """
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)
