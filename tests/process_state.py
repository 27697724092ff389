"""What tests may change of their process for a while, and later tests depend on."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import dataclass, fields

AT_START = frozenset(name for name in os.environ if not name.startswith("PYTEST_"))
"""Variables of the environment that libraries add when they are imported are not among them."""
OURS = ("WAGEWATCH_", "PROMETHEUS_MULTIPROC_DIR")
LOGGERS = ("wagewatch", "uvicorn")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The folder, environment, handlers of signals and handlers of logs at one moment."""

    folder: str
    environment: dict[str, str]
    signals: dict[str, object]
    log_handlers: dict[str, list[logging.Handler]]

    @classmethod
    def now(cls) -> ProcessState:
        """That of this process."""
        return cls(os.getcwd(), _environment(), _signals(), _log_handlers())

    def differences(self, after: ProcessState) -> list[str]:
        """What is another in ``after``, a line each: what it was, and what it is."""
        found = []
        if self.folder != after.folder:
            found.append(f"folder: {self.folder}, now {after.folder}")
        for field in fields(self)[1:]:
            old, new = getattr(self, field.name), getattr(after, field.name)
            found += [
                f"{field.name} {name}: {old.get(name)}, now {new.get(name)}"
                for name in sorted({*old, *new})
                if old.get(name) != new.get(name)
            ]
        return found


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in AT_START or name.startswith(OURS)
    }


def _signals() -> dict[str, object]:
    return {number.name: signal.getsignal(number) for number in SIGNALS}


def _log_handlers() -> dict[str, list[logging.Handler]]:
    """By logger; pytest's own come and go with each phase of a test."""
    known = logging.Logger.manager.loggerDict
    names = [name for name in known if name.split(".")[0] in LOGGERS]
    found = {name: logging.getLogger(name).handlers for name in ("root", *names)}
    own = {
        name: [one for one in handlers if not type(one).__module__.startswith("_pytest.")]
        for name, handlers in found.items()
    }
    return {name: handlers for name, handlers in own.items() if handlers}
