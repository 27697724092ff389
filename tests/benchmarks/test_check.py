"""The comparison of ratios with stored figures."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict

import pytest

from benchmarks import check, harness
from benchmarks.check import compare
from benchmarks.harness import Better, Figure, median, release

KEPT = {
    one.name: asdict(one)
    for one in (
        Figure("times as fast", 4.0, "ratio", "higher", 2.0),
        Figure("memory against", 0.5, "ratio", "lower"),
        Figure("seconds", 1.0, "s", "lower"),
    )
}


def measured(fast: float, memory: float, seconds: float = 1.0) -> list[Figure]:
    """The stored figures measured again."""
    return [
        Figure("times as fast", fast, "ratio", "higher", 2.0),
        Figure("memory against", memory, "ratio", "lower"),
        Figure("seconds", seconds, "s", "lower"),
    ]


@pytest.mark.parametrize(
    ("fast", "memory", "worse"),
    [(4.0, 0.5, []), (3.3, 0.59, []), (9.0, 0.1, []), (3.1, 0.5, ["fast"]), (4, 0.61, ["memory"])],
)
def test_compare_lists_ratios_more_than_a_fifth_worse(fast, memory, worse):
    """Up to 20 % is accepted; the worse direction depends on the figure."""
    found = compare(KEPT, measured(fast, memory)).worse
    assert len(found) == len(worse)
    assert all(word in line for word, line in zip(worse, found, strict=True))


def test_compare_lists_missed_bounds():
    """Also of a figure that has no past, and of one that is no worse than the stored one."""
    (line,) = compare({}, measured(1.9, 0.5)).worse
    assert line == "times as fast: 1.900, bound 2"
    stored = {"times as fast": asdict(Figure("times as fast", 1.9, "ratio", "higher", 2.0))}
    assert compare(stored, measured(1.9, 0.5)).worse == (line,)


def test_compare_calls_what_repetitions_differ_by_noise():
    """2.4 is 40 % worse than 4, but one of the stored repetitions was as slow; 1.9 was none."""
    kept = Figure("times as fast", 4.0, "ratio", "higher", 2.0, low=2.3, high=4.4, runs=3)
    stored = {kept.name: asdict(kept)}
    found = compare(stored, measured(2.4, 0.5))
    assert (found.worse, len(found.noise)) == ((), 1)
    assert len(compare(stored, measured(1.9, 0.5)).worse) == 2


def test_compare_calls_a_bound_within_the_measured_range_noise():
    """The median misses the bound of 2, the best repetition meets it."""
    now = Figure("times as fast", 1.9, "ratio", "higher", 2.0, low=1.8, high=2.1, runs=3)
    found = compare({}, [now])
    assert (found.worse, found.noise) == ((), ("times as fast: 1.900, bound 2",))


def test_median_takes_the_middle_and_the_range_of_each_figure():
    """By name, memory as well as seconds; a figure of one repetition has no range."""
    runs = [[Figure("s", s, "s"), Figure("MB", mb, "MB")] for s, mb in ((1, 70), (9, 50), (2, 60))]
    seconds, memory, once = median([*runs, [Figure("once", 4, "s")]])
    assert (seconds.value, seconds.low, seconds.high, seconds.runs) == (2, 1, 9, 3)
    assert (memory.value, memory.low, memory.high) == (60, 50, 70)
    assert (once.value, once.low, once.runs) == (4, None, 1)


def test_keep_stores_the_origin_of_each_benchmark(tmp_path, monkeypatch):
    """Day, commit, processor and versions; those of another benchmark stay."""
    monkeypatch.setattr(harness, "KEPT", tmp_path / "kept")
    harness.keep("one", "quick", [Figure("s", 1.0, "s")])
    harness.keep("two", "full", [Figure("s", 2.0, "s")])
    document = json.loads((tmp_path / "kept" / f"{release()}.json").read_text())
    origin = document["origin"]["quick"]["one"]
    assert dt.date.fromisoformat(origin["date"])
    assert origin["processor"]
    assert "duckdb" in origin["versions"]
    assert document["full"]["two"]["s"]["value"] == 2.0


def test_compare_ignores_seconds():
    """They depend on the machine."""
    assert compare(KEPT, measured(4.0, 0.5, seconds=100.0)).worse == ()


def test_compare_lists_ratios_without_a_stored_figure():
    """A new benchmark has no past."""
    found = compare({}, measured(4.0, 0.5))
    assert found.worse == ()
    assert [line.split(":")[0] for line in found.not_stored] == ["times as fast", "memory against"]


def test_compare_lists_stored_ratios_that_are_gone():
    """A figure that is no longer measured does not pass."""
    (line,) = compare(KEPT, measured(4.0, 0.5)[1:]).worse
    assert line.startswith("times as fast")


def test_compare_skips_a_ratio_whose_rival_is_missing():
    """If the rival is available the figure must be measured."""
    needing = Figure("against a rival", 4.0, "ratio", "higher", None, "RIVAL")
    stored = {needing.name: asdict(needing)}
    found = compare(stored, [], {})
    assert (found.worse, found.skipped) == ((), ("against a rival: RIVAL is not set",))
    assert compare(stored, [], {"RIVAL": "/usr/bin/python3"}).worse


@pytest.mark.parametrize(
    ("stored", "message"),
    [({}, "nothing to compare"), ({"quick": {"intake": {}}}, "intake: stored, but")],
)
def test_main_fails_if_nothing_is_compared(stored, message, tmp_path, monkeypatch):
    """It fails without stored figures, and if a stored benchmark cannot run."""
    monkeypatch.setattr(check, "KEPT", tmp_path)
    monkeypatch.setattr(check, "missing", lambda name: "pandera not installed")
    monkeypatch.setattr(check, "runnable", list)
    monkeypatch.setattr("sys.argv", ["check"])
    (tmp_path / f"{release()}.json").write_text(json.dumps(stored))
    with pytest.raises(SystemExit, match=message):
        check.main()


@pytest.mark.parametrize(("better", "holds"), [("higher", False), ("lower", True)])
def test_figure_holds_is_within_the_bound(better: Better, holds: bool):
    """The least where higher is better, the most where lower is."""
    assert Figure("x", 1.0, "ratio", better, 2.0).holds() is holds
