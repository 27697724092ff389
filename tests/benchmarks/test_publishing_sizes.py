"""The figures of publishing at several sizes, and their bounds."""

from __future__ import annotations

from benchmarks.harness import median
from benchmarks.publishing_sizes import Measured, figures, slopes


def test_peak_is_bound_by_the_limit_of_the_store_and_speed_by_the_earlier_commit():
    now, before = Measured(6.0, 900.0, "new"), Measured(12.0, 1400.0, "old")
    found = {one.name: one for one in figures(500, now, before, 1000.0)}
    assert {name: (one.value, one.bound, one.holds()) for name, one in found.items()} == {
        "500 projects: publish": (6.0, None, True),
        "500 projects: publish, peak": (900.0, 1000.0, True),
        "500 projects: publish at commit old": (12.0, None, True),
        "500 projects: publish at commit old, peak": (1400.0, None, True),
        "500 projects: publish, times as fast as old": (2.0, 1.5, True),
    }
    (_, peak) = figures(500, Measured(6.0, 1001.0), None, 1000.0)
    assert not peak.holds()


def test_bytes_of_a_project_are_shown_where_the_empty_database_weighs_little():
    *_, stored = figures(5_000, Measured(6.0, 900.0, stored=12_805_000), None, 1000.0)
    assert (stored.value, stored.unit, stored.bound) == (2_561.0, "bytes", None)
    assert len(list(figures(500, Measured(6.0, 900.0, stored=1), None, 1000.0))) == 2


def test_slope_is_bound_from_five_thousand_projects_on():
    sizes = {500: Measured(5.0, 0), 5_000: Measured(30.0, 0), 50_000: Measured(360.0, 0)}
    small, large = slopes(sizes)
    assert (small.value, small.bound) == (0.778, None)
    assert (large.value, large.bound, large.holds()) == (1.079, 1.05, False)


def test_repetitions_become_a_median_with_its_range():
    runs = [tuple(figures(500, Measured(cpu, 900.0), None, 1000.0)) for cpu in (6.0, 9.0, 7.0)]
    cpu = median(runs)[0]
    assert (cpu.value, cpu.low, cpu.high, cpu.runs) == (7.0, 6.0, 9.0, 3)
