"""Asks every executor for its Python and packages before the first step.

Steps run in the JVM for a long time before the first Python worker scores, so an executor without
the package would be noticed hours later.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from risk.errors import WagewatchError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ROUNDS = 5
_TASKS_PER_SLOT = 3
_SECONDS = 0.2
"""Each task waits so long, so that one executor does not take all of them."""

_OTHER_PYTHON = re.compile(
    r"Python in worker has different version: (\S+?) than that in driver: ([\d.]*\d)"
)

Answer = Mapping[str, str]


class SparkExecutorsDiffer(WagewatchError):
    """An executor has another Python or other packages than the driver."""

    code = "spark_executors_differ"


def probe_executors(session: SparkSession, version: str, wagewatch: str) -> None:
    """Check that all executors have the driver's Python, wagewatch and pyarrow.

    ``version`` is a function as ``module:name`` that returns the version of wagewatch, and
    ``wagewatch`` what it says here. On this machine's own cores there is nothing to ask.

    Raises:
        SparkExecutorsDiffer: one has not.
    """
    context = session.sparkContext
    if str(context.master).startswith("local"):
        return
    import pyarrow as pa

    python = ".".join(platform.python_version_tuple()[:2])
    here = {"Python": python, "wagewatch": wagewatch, "pyarrow": pa.__version__}
    slots = max(context.defaultParallelism, 1) * _TASKS_PER_SLOT
    answers: dict[str, Answer] = {}
    for _ in range(_ROUNDS):
        answers.update(_asked(context, slots, version))
        if len(answers) >= _executors(context):
            break
    differing = sorted(
        f"{place.split(' ')[0]}: {name} {answer[name]}"
        for place, answer in answers.items()
        for name, needed in here.items()
        if answer[name] != needed
    )
    if differing:
        wanted = ", ".join(f"{name} {needed}" for name, needed in here.items())
        raise SparkExecutorsDiffer(found="; ".join(dict.fromkeys(differing)), wanted=wanted)


def _asked(context: Any, slots: int, version: str) -> list[tuple[str, Answer]]:
    from py4j.protocol import Py4JError

    question = context.parallelize(range(slots), slots).mapPartitions(_question(version))
    try:
        answers: list[tuple[str, Answer]] = question.collect()
    except Py4JError as error:
        # Spark itself refuses another minor version of Python before a worker is asked anything.
        found = _OTHER_PYTHON.search(str(error))
        if found is None:
            raise
        raise SparkExecutorsDiffer(
            found=f"Python {found[1]}", wanted=f"Python {found[2]}"
        ) from error
    return answers


def _executors(context: Any) -> int:
    """How many executors there are now; the driver is listed with them."""
    return len(context._jsc.sc().statusTracker().getExecutorInfos()) - 1


def _question(version: str) -> Any:
    """A function for executors. It is sent by value: wagewatch may not be installed there."""
    seconds = _SECONDS

    def answered(_: Iterator[int]) -> Iterator[tuple[str, dict[str, str]]]:
        import importlib
        import os
        import platform
        import socket
        import time

        def found(module: str, name: str) -> str:
            try:
                attribute = getattr(importlib.import_module(module), name)
            except ImportError:
                return "-"
            return str(attribute() if callable(attribute) else attribute)

        module, name = version.split(":")
        time.sleep(seconds)
        answer = {
            "Python": ".".join(platform.python_version_tuple()[:2]),
            "wagewatch": found(module, name),
            "pyarrow": found("pyarrow", "__version__"),
        }
        # Executors work in folders of their own.
        yield f"{socket.gethostname()} {os.getcwd()}", answer

    return answered
