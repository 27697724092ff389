"""Each reader's questions are answered on the page that the list names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
READERS = tomllib.loads((HERE / "readers.toml").read_text(encoding="utf-8"))


def line_of(page: str, words: str) -> int:
    """The number of the first line of a page that has the words; 0 if none has."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if words in line), 0)


def test_there_are_at_least_ten_questions_of_each_of_six_readers():
    readers = {"clerk", "inspector", "officer", "operator", "integrator", "analyst"}
    assert set(READERS) == readers
    assert min(len(questions) for questions in READERS.values()) == 10


@pytest.mark.parametrize("reader", READERS)
def test_each_answer_is_on_a_line_of_its_page(reader):
    unanswered = [
        (question, page, words)
        for question, (page, words) in READERS[reader].items()
        if not line_of(page, words)
    ]
    assert unanswered == []


def test_words_that_are_on_no_page_are_noticed():
    assert line_of("index.md", "# Documentation") == 1
    assert line_of("index.md", "no such words") == 0
