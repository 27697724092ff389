"""Laws of the deposit advice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.deposits import (
    Event,
    History,
    RuleTable,
    RuleTableInvalid,
    advise,
    read_tables,
    table_for,
)

AS_OF = dt.date(2025, 6, 1)
TABLE = RuleTable(
    region="99",
    from_day=dt.date(2021, 11, 1),
    to_day=None,
    instrument="x",
    source="y",
    certainty="own_choice",
    base_share=0.02,
    raised_share=0.03,
    look_back_years=2,
    lower_share=0.01,
    lower_years=2,
    exempt_years=3,
    several_least=2,
    several_share=0.005,
)
DAYS = st.dates(dt.date(2018, 1, 1), dt.date(2027, 1, 1))


@st.composite
def events(draw):
    date = draw(DAYS)
    known = date + dt.timedelta(days=draw(st.integers(0, 400)))
    kind = draw(st.sampled_from(["arrears", "drawn", "listed"]))
    return Event(kind, date, known, "cases", "A")


HISTORIES = st.builds(
    History, st.lists(events(), max_size=5).map(tuple), st.none() | DAYS, st.integers(0, 4)
)


@given(HISTORIES, events())
def test_advise_never_lowers_the_rate_for_one_more_event(history, event):
    more = replace(history, events=(*history.events, event))
    assert advise(TABLE, more, AS_OF).share >= advise(TABLE, history, AS_OF).share


@given(HISTORIES, st.lists(events(), max_size=4))
def test_advise_ignores_events_known_on_or_after_as_of(history, later):
    late = [replace(one, known_at=max(one.known_at, AS_OF)) for one in later]
    more = replace(history, events=(*history.events, *late))
    assert advise(TABLE, more, AS_OF) == advise(TABLE, history, AS_OF)


@given(HISTORIES)
def test_advise_never_lowers_the_rate_on_short_records(history):
    advice = advise(TABLE, history, AS_OF)
    if advice.step == "exempt":
        assert advice.record_years >= 3
    if advice.step == "lower":
        assert advice.record_years >= 2


def test_advise_does_not_take_unknown_history_for_clean():
    advice = advise(TABLE, History((), None, 3), AS_OF)
    assert (advice.step, advice.share, advice.record_years, advice.short_of_years) == (
        "keep",
        0.02,
        0,
        2,
    )
    long = advise(TABLE, History((), dt.date(2020, 1, 1), 1), AS_OF)
    assert (long.step, long.record_years, long.short_of_years) == ("exempt", 5, None)


def test_advise_without_a_table_gives_no_step():
    assert table_for([TABLE], "110101", AS_OF) is None
    assert table_for([TABLE], "990101", dt.date(2021, 10, 31)) is None
    assert advise(None, History((), None, 0), AS_OF).step is None


GOOD = """[[rules]]
region = "99"
from = 2021-11-01
instrument = "x"
source = "y"
certainty = "one_page"
base_share = 0.02
raised_share = 0.03
look_back_years = 2
"""


def test_read_tables_reads_a_table(tmp_path):
    path = tmp_path / "deposits.toml"
    path.write_text(GOOD + "small_below = 3000000\nsmall_years = 1\n")
    assert read_tables(path)[0].small_below == 300_000_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x =",
        GOOD + "unheard_of = 1\n",
        GOOD + "lower_share = 0.01\n",
        GOOD.replace("0.03", "0.01"),
        GOOD.replace('"99"', '"9x"'),
        GOOD + "raised_by = 0.5\n",
        GOOD + "base_share_to = 0.03\n",
        GOOD + "small_years = 1\n",
        GOOD + "listed_share = 0.01\n",
        GOOD + "cap = -1\n",
        GOOD + "short_months = 2.5\n",
        GOOD + "[[rules.up]]\nyears = 1\nshare = 0.05\n",
        GOOD + "[[rules.down]]\nyears = 1\nshare = 0.05\n",
        GOOD.replace("2021-11-01", '"2021"'),
        GOOD.replace("base_share = 0.02", "base_share = true"),
    ],
)
def test_read_tables_refuses_invalid_tables(tmp_path, text):
    path = tmp_path / "deposits.toml"
    path.write_text(text)
    with pytest.raises(RuleTableInvalid) as refused:
        read_tables(path)
    assert str(path) in refused.value.message("zh")
