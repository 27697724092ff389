"""Log records as lines of JSON. They never contain names, bodies or tokens."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path

_EXTRA = ("request_id", "method", "route", "status", "ms")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        fields: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {name: getattr(record, name) for name in _EXTRA if hasattr(record, name)}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


class ServiceLogHandler(WatchedFileHandler):
    """Writes records to a file, or to standard error while the file cannot be written.

    The standard library lets an error in opening the file through to the caller of the logger,
    which would leave a request without an answer.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record``; never raises."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Write ``record`` to standard error, after one line with the reason."""
        error = sys.exc_info()[1]
        fallback = logging.StreamHandler()
        fallback.setFormatter(self.formatter)
        reason = f"{self.baseFilename} cannot be written: {error}"
        fallback.emit(logging.LogRecord(record.name, logging.ERROR, "", 0, reason, None, None))
        fallback.emit(record)


def log_to(path: Path) -> None:
    """Write the log of this process to ``path``; the file may be rotated at any time."""
    handler = ServiceLogHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(JsonLines())
    for name in ("wagewatch", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("wagewatch").setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
