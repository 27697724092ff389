"""What a failure of Spark says in one line: the cause, not the wrappers around it."""

from __future__ import annotations

import re

from risk.errors import WagewatchError


class SparkFailed(WagewatchError):
    """Spark did not start or did not finish; carries ``detail``."""

    code = "spark_failed"


class SparkExecutorLost(WagewatchError):
    """An executor was lost, and with it steps that were kept on it; carries ``detail``."""

    code = "spark_executor_lost"


_LOST = "Checkpoint block"
"""How Spark begins where a step that an executor kept is gone."""

_PYTHON = re.compile(
    r"^(?!java|scala|org\.|com\.)(?:\w+\.)*(?!Py4J|Python|Spark)\w*(?:Error|Exception)(?:: .+)?$"
)
"""The last line of a traceback of Python, of a worker's own error."""

_JAVA = re.compile(r"^(?:java|javax|scala|org|com)\.[\w.$]+(?:: .*)?$")
_WRAPPED = re.compile(r"^(?:[\w.$]+: )*Job aborted due to stage failure: ")


def failure_of(error: Exception) -> WagewatchError:
    """The error to raise for ``error`` of PySpark or of the connection to its JVM."""
    kind = SparkExecutorLost if _LOST in str(error) else SparkFailed
    return kind(detail=useful_line(error))


def useful_line(error: Exception) -> str:
    """The line of ``error`` that names its cause.

    The error of a Python worker if there is one, else the innermost cause of the JVM.

    >>> useful_line(ValueError("Aborted\\nCaused by: java.io.IOException: disk full.\\n\\tat x"))
    'java.io.IOException: disk full'
    """
    # Py4J puts the message of the JVM on a line of its own, after a colon.
    lines = [line.strip(": \t") for line in str(error).splitlines() if line.strip(": \t")]
    for found in (_last(_PYTHON, lines), _last_cause(lines)):
        if found:
            return found.rstrip(".")
    return (lines or [type(error).__name__])[0].rstrip(".")


def _last(pattern: re.Pattern[str], lines: list[str]) -> str | None:
    return next((line for line in reversed(lines) if pattern.match(line)), None)


def _last_cause(lines: list[str]) -> str | None:
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    if not causes:
        named = next((line for line in lines if _JAVA.match(line)), None)
        return named and _WRAPPED.sub("", named)
    found = causes.pop()
    # "Cannot run program python3: error=2" says more than its own cause, "error=2".
    while causes and causes[-1].endswith(found.partition(": ")[2] or found):
        found = causes.pop()
    return found
