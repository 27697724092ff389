"""One line of JSON per thing that happened. Never names, bodies or tokens."""

from __future__ import annotations

import datetime as dt
import json
import logging
from logging.handlers import WatchedFileHandler
from pathlib import Path

_EXTRA = ("request_id", "method", "route", "status", "ms")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        told: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: getattr(record, name) for name in _EXTRA if hasattr(record, name)}
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def log_to(path: Path) -> None:
    """Write what this process logs to ``path``; the file may be moved away at any time."""
    handler = WatchedFileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(JsonLines())
    for name in ("wagewatch", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("wagewatch").setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
