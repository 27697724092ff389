"""Opens a Spark session from Spark's own configuration."""

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

from features.engines.spark_failures import SparkFailed, failure_of, useful_line
from features.engines.spark_paths import clear_checkpoints
from risk.errors import WagewatchError

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
}
"""Defaults below Spark's own configuration. ``s3://`` needs hadoop-aws installed with Spark."""


class SparkMissing(WagewatchError):
    """PySpark or Java is not installed."""

    code = "spark_missing"


@contextmanager
def spark_session() -> Iterator[SparkSession]:
    """Context manager: a session that is stopped at the end, without what it left on disk.

    Raises:
        SparkMissing: PySpark or Java is not installed.
        SparkFailed: Spark does not start, or fails in the body.
        SparkExecutorLost: an executor was lost in the body, with steps that were kept there.
    """
    session = open_session()
    try:
        yield session
    except _failures() as error:
        raise failure_of(error) from error
    finally:
        # If the JVM is gone there is nothing to stop; the first error is the one to report.
        with suppress(*_failures()):
            clear_checkpoints(session)
            session.stop()


def _failures() -> tuple[type[Exception], ...]:
    """The exceptions of PySpark when Spark fails or its JVM is gone."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError, ConnectionError, EOFError


def require_spark() -> None:
    """Check that PySpark and Java are installed.

    Raises:
        SparkMissing: PySpark or Java is not installed.
    """
    if find_spec("pyspark") is None or not _java():
        raise SparkMissing()


def open_session(settings: Mapping[str, str] = MappingProxyType({})) -> SparkSession:
    """A session; master, jars and memory come from Spark's own configuration, or ``settings``.

    The default master is all cores of this machine.

    Raises:
        SparkMissing: PySpark or Java is not installed.
        SparkFailed: Spark does not start.
    """
    require_spark()
    # PySpark warns of pandas 3 wherever Arrow is used; nothing here uses pandas.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    logging.getLogger().addFilter(_is_not_of_py4j)
    failures: tuple[type[Exception], ...] = (*_failures(), OSError)
    try:
        SparkContext._ensure_initialized(conf=_with(SparkConf(), settings))
        # Only now does SparkConf include Spark's own configuration files.
        conf = _with(SparkConf(), settings)
        for name, value in _DEFAULTS.items():
            conf.setIfMissing(name, value)
        # Spark's launcher turns its bars on for whatever Python starts; commands show their own.
        conf.set("spark.ui.showConsoleProgress", "false")
        python = worker_python(conf)
        if python:
            os.environ["PYSPARK_PYTHON"] = python
        session: SparkSession = SparkSession.builder.config(conf=conf).getOrCreate()
    except failures as error:
        raise SparkFailed(detail=useful_line(error)) from error
    return session


def worker_python(conf: SparkConf) -> str | None:
    """The Python of the workers; None leaves it to ``PYSPARK_PYTHON`` and Spark.

    Only ``spark-submit`` reads ``spark.pyspark.python`` itself. On this machine's own cores Spark
    would start the first python3 on the path, where the workers need this one.
    """
    stated = conf.get("spark.pyspark.python")
    if stated:
        return stated
    is_local = str(conf.get("spark.master", "local")).startswith("local")
    return os.environ.get("PYSPARK_PYTHON", sys.executable) if is_local else None


def _with(conf: SparkConf, settings: Mapping[str, str]) -> SparkConf:
    for name, value in settings.items():
        conf.set(name, value)
    return conf


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    """Filter out Py4J, which logs a lost JVM with a traceback; SparkFailed reports it."""
    return Path(record.pathname).parent.name != "py4j"


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(shutil.which("java")) or bool(home and (Path(home) / "bin" / "java").exists())
