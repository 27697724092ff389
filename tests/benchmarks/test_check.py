"""A ratio that became worse is found; seconds and better ratios are not complained of."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from benchmarks import check
from benchmarks.check import compare
from benchmarks.measuring import Better, Figure, release

KEPT = {
    one.name: asdict(one)
    for one in (
        Figure("times as fast", 4.0, "ratio", "higher", 2.0),
        Figure("memory against", 0.5, "ratio", "lower"),
        Figure("seconds", 1.0, "s", "lower"),
    )
}


def measured(fast: float, memory: float, seconds: float = 1.0) -> list[Figure]:
    """The kept figures measured again."""
    return [
        Figure("times as fast", fast, "ratio", "higher", 2.0),
        Figure("memory against", memory, "ratio", "lower"),
        Figure("seconds", seconds, "s", "lower"),
    ]


@pytest.mark.parametrize(
    ("fast", "memory", "worse"),
    [(4.0, 0.5, []), (3.3, 0.59, []), (9.0, 0.1, []), (3.1, 0.5, ["fast"]), (4, 0.61, ["memory"])],
)
def test_more_than_a_fifth_worse_in_its_direction_is_listed(fast, memory, worse):
    """Up to 20 % is let pass; which way is worse depends on the figure."""
    found = compare(KEPT, measured(fast, memory)).worse
    assert len(found) == len(worse)
    assert all(word in line for word, line in zip(worse, found, strict=True))


def test_seconds_are_not_compared():
    """They depend on the machine."""
    assert compare(KEPT, measured(4.0, 0.5, seconds=100.0)).worse == ()


def test_a_ratio_never_kept_is_said_and_does_not_fail():
    """A new benchmark has no past."""
    found = compare({}, measured(4.0, 0.5))
    assert found.worse == ()
    assert [line.split(":")[0] for line in found.unkept] == ["times as fast", "memory against"]


def test_a_kept_ratio_that_is_gone_is_listed():
    """Leaving a figure out is no way to pass."""
    (line,) = compare(KEPT, measured(4.0, 0.5)[1:]).worse
    assert line.startswith("times as fast")


def test_one_that_needs_what_is_not_there_is_left_out_aloud():
    """A rival in an environment of its own may be missing; with it, the figure must be there."""
    needing = Figure("against a rival", 4.0, "ratio", "higher", None, "RIVAL")
    kept = {needing.name: asdict(needing)}
    found = compare(kept, [], {})
    assert (found.worse, found.left_out) == ((), ("against a rival: RIVAL is not set",))
    assert compare(kept, [], {"RIVAL": "/usr/bin/python3"}).worse


@pytest.mark.parametrize(
    ("kept", "said"), [({}, "nothing to compare"), ({"quick": {"intake": {}}}, "intake: kept, but")]
)
def test_a_check_that_compares_nothing_fails(kept, said, tmp_path, monkeypatch):
    """Neither without kept figures, nor where a kept benchmark cannot run, is all well."""
    monkeypatch.setattr(check, "KEPT", tmp_path)
    monkeypatch.setattr(check, "missing", lambda name: "pandera not installed")
    monkeypatch.setattr(check, "ready", list)
    monkeypatch.setattr("sys.argv", ["check"])
    (tmp_path / f"{release()}.json").write_text(json.dumps(kept))
    with pytest.raises(SystemExit, match=said):
        check.main()


@pytest.mark.parametrize(("better", "holds"), [("higher", False), ("lower", True)])
def test_a_bound_is_kept_on_its_side(better: Better, holds: bool):
    """The least where higher is better, the most where lower is."""
    assert Figure("x", 1.0, "ratio", better, 2.0).holds() is holds
