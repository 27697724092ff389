"""Days that are left of a term are never shown as a negative number without saying so."""

from __future__ import annotations

import pytest

from risk.locale import catalogue
from serving.deposits.xlsx import days_left_text

NEGATIVE = {"zh": "为负", "en": "negative"}


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [
        (12, "12", "12"),
        (0, "0", "0"),
        (-1, "已过 1 天", "1 day ago"),
        (-34, "已过 34 天", "34 days ago"),
        (None, None, None),
    ],
)
def test_an_expired_deposit_is_told_by_the_days_since(days, zh, en):
    row = {"days_left": days}
    assert (days_left_text(row, "zh"), days_left_text(row, "en")) == (zh, en)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_fields_and_columns_of_days_left_say_that_they_turn_negative(language):
    texts = catalogue(language)
    told = {
        key: text
        for key, text in texts.items()
        if key.startswith("api.fields") and key.endswith("days_left")
    }
    told["column"] = texts["deposits.columns.ending"].split("|")[-1]
    assert len(told) == 3
    assert [key for key, text in told.items() if NEGATIVE[language] not in text] == []
