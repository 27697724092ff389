"""Opens a Spark session as Spark's own configuration says, or tells what is missing."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from risk.errors import WagewatchError

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
}
"""Where Spark's configuration says nothing else. ``s3://`` needs hadoop-aws beside Spark."""


class SparkMissing(WagewatchError):
    """PySpark or Java is not installed."""

    code = "spark_missing"


class SparkFailed(WagewatchError):
    """Spark did not start or did not finish; carries ``detail``."""

    code = "spark_failed"


@contextmanager
def spark_session() -> Iterator[SparkSession]:
    """A session for one piece of work, stopped after it.

    Raises:
        SparkMissing: PySpark or Java is not installed.
        SparkFailed: Spark does not start, or fails in the work.
    """
    session = open_session()
    try:
        yield session
    except _failures() as error:
        raise SparkFailed(detail=_first_line(error)) from error
    finally:
        # When its JVM is gone there is nothing to stop, and why it went is what counts.
        with suppress(*_failures()):
            session.stop()


def _failures() -> tuple[type[Exception], ...]:
    """What PySpark raises when Spark fails, or when its JVM does not answer any more."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError, ConnectionError, EOFError


def require_spark() -> None:
    """Find what Spark needs before anything is made ready for it.

    Raises:
        SparkMissing: PySpark or Java is not installed.
    """
    if find_spec("pyspark") is None or not _java():
        raise SparkMissing()


def open_session(settings: Mapping[str, str] = MappingProxyType({})) -> SparkSession:
    """The session; master, jars and memory come from Spark's own configuration, or ``settings``.

    Without a master it runs on all cores of this machine.

    Raises:
        SparkMissing: PySpark or Java is not installed.
        SparkFailed: Spark does not start.
    """
    require_spark()
    # It is said of pandas 3 wherever Arrow is used; nothing here passes through pandas.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    logging.getLogger().addFilter(_is_not_of_py4j)
    failures: tuple[type[Exception], ...] = (*_failures(), OSError)
    try:
        SparkContext._ensure_initialized(conf=_with(SparkConf(), settings))
        # Only now does a configuration hold what Spark's own files say.
        conf = _with(SparkConf(), settings)
        for name, value in _DEFAULTS.items():
            conf.setIfMissing(name, value)
        if str(conf.get("spark.master", "local")).startswith("local"):
            # Spark would take whatever python3 is on the path; the workers need this one.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        session: SparkSession = SparkSession.builder.config(conf=conf).getOrCreate()
    except failures as error:
        raise SparkFailed(detail=_first_line(error)) from error
    return session


def _with(conf: SparkConf, settings: Mapping[str, str]) -> SparkConf:
    for name, value in settings.items():
        conf.set(name, value)
    return conf


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    """Py4J logs a lost JVM with its traceback to standard error; the failure says it in a line."""
    return Path(record.pathname).parent.name != "py4j"


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(shutil.which("java")) or bool(home and (Path(home) / "bin" / "java").exists())


def _first_line(error: Exception) -> str:
    said = [line.strip(": \t") for line in str(error).splitlines() if line.strip(": \t")]
    caused = next((line for line in said if line.startswith(("Caused by:", "java.", "org."))), None)
    found = caused or (said or [type(error).__name__])[0]
    return found.removeprefix("Caused by: ").rstrip(".")
