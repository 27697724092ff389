"""What a test leaves changed in its process is found."""

from __future__ import annotations

import logging
import signal

import pytest

from .process_state import ProcessState


@pytest.fixture
def before(monkeypatch, tmp_path):
    """The state of this process, which is as before after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAGEWATCH_LEFT", "old")
    interrupt = signal.getsignal(signal.SIGINT)
    logger = logging.getLogger("wagewatch.left")
    yield ProcessState.now()
    signal.signal(signal.SIGINT, interrupt)
    logger.handlers.clear()


def differences(before):
    return before.differences(ProcessState.now())


def test_a_process_as_it_was_differs_in_nothing(before):
    logging.getLogger("wagewatch.without_handlers").setLevel(logging.INFO)
    assert differences(before) == []


def test_another_folder_is_found(before, tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert differences(before) == [f"folder: {tmp_path}, now {tmp_path}/below"]


def test_variables_that_are_new_other_or_gone_are_found(before, monkeypatch):
    monkeypatch.setenv("WAGEWATCH_LEFT", "new")
    monkeypatch.setenv("WAGEWATCH_MORE", "1")
    monkeypatch.delenv("PATH")
    path = before.environment["PATH"]
    assert differences(before) == [
        f"environment PATH: {path}, now None",
        "environment WAGEWATCH_LEFT: old, now new",
        "environment WAGEWATCH_MORE: None, now 1",
    ]


def test_a_variable_that_a_library_adds_is_none_of_them(before, monkeypatch):
    monkeypatch.setenv("KMP_ADDED", "1")
    assert differences(before) == []


def test_a_handler_of_a_signal_is_found(before):
    def ignore(*_):
        """A handler of nobody else; shells start background jobs with SIGINT ignored."""

    old = signal.signal(signal.SIGINT, ignore)
    assert differences(before) == [f"signals SIGINT: {old}, now {ignore}"]


@pytest.mark.parametrize("name", ["wagewatch.left", "root"])
def test_a_handler_of_a_log_is_found(before, name):
    handler, logger = logging.NullHandler(), logging.getLogger(name)
    old = before.log_handlers.get(name)
    logger.addHandler(handler)
    try:
        assert differences(before) == [f"log_handlers {name}: {old}, now {[*(old or []), handler]}"]
    finally:
        logger.removeHandler(handler)
