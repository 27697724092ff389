"""The service's log: a file that cannot be written costs no answer and loses no record."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from serving.http.logs import log_to
from serving.publishing.repository import store_publication
from serving.watchlists.seal_version import SEAL_VERSION

from ..conftest import PUBLISHED_AT, make_publication

LOGGERS = ("wagewatch", "uvicorn")


@pytest.fixture
def log_file(tmp_path):
    """The log of this process in a folder of its own; the loggers are as before after it."""
    path = tmp_path / "logs" / "service.log"
    path.parent.mkdir()
    before = {
        name: (one.handlers, one.propagate, one.level)
        for name in LOGGERS
        for one in [logging.getLogger(name)]
    }
    log_to(path)
    yield path
    for name, (handlers, propagate, level) in before.items():
        logger = logging.getLogger(name)
        logger.handlers[0].close()
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def _messages(lines):
    return [json.loads(line)["message"] for line in lines.splitlines()]


def test_a_log_whose_folder_is_gone_goes_to_standard_error(log_file, capsys):
    log = logging.getLogger("wagewatch.requests")
    log_file.parent.rmdir()
    log.warning("first")
    reason, message = _messages(capsys.readouterr().err)
    assert reason.startswith(f"{log_file} cannot be written: ")
    assert message == "first"
    log_file.parent.mkdir()
    log.warning("second")
    assert _messages(log_file.read_text()) == ["second"]


def test_a_request_that_fails_is_answered_while_its_log_cannot_be_written(
    log_file, client, database
):
    made = make_publication()
    newer = replace(made, header=replace(made.header, seal_version=SEAL_VERSION + 1))
    store_publication(database, newer.seal(), published_at=PUBLISHED_AT, published_by="李")
    log_file.parent.rmdir()
    answer = client.get("/v1/watchlists/latest")
    assert (answer.status_code, answer.json()["code"]) == (500, "seal_version_too_new")
