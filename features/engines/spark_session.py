"""Opens a Spark session as Spark's own configuration says, or tells what is missing."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from risk.errors import WagewatchError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
}
"""Where Spark's configuration says nothing else. ``s3://`` is read by hadoop-aws, if it is there."""


class SparkMissing(WagewatchError):
    """PySpark or Java is not installed."""

    code = "spark_missing"


class SparkFailed(WagewatchError):
    """Spark did not start or did not finish; carries ``detail``."""

    code = "spark_failed"


def open_session(settings: Mapping[str, str] = MappingProxyType({})) -> SparkSession:
    """The session; master, jars and memory come from Spark's own configuration, or ``settings``.

    Without a master it runs on this machine's cores.

    Raises:
        SparkMissing: PySpark or Java is not installed.
        SparkFailed: Spark does not start.
    """
    if find_spec("pyspark") is None or not _java():
        raise SparkMissing()
    with warnings.catch_warnings():
        # PySpark says at import that pandas 3 is not fully supported; nothing here uses pandas.
        warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
        from pyspark import SparkConf
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    conf = SparkConf()
    for name, value in {"spark.master": "local[*]", **_DEFAULTS}.items():
        conf.setIfMissing(name, value)
    for name, value in settings.items():
        conf.set(name, value)
    try:
        session: SparkSession = SparkSession.builder.config(conf=conf).getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkFailed(detail=str(error).splitlines()[0]) from error
    session.sparkContext.setLogLevel("ERROR")
    return session


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(shutil.which("java")) or bool(home and (Path(home) / "bin" / "java").exists())
