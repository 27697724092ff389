"""The benchmarks run, at sizes too small for their figures to mean anything."""

from __future__ import annotations

import importlib
import os
from contextlib import nullcontext

import pytest

from benchmarks import (
    explanations,
    harness,
    intake,
    memory,
    months,
    slow_offices,
    small_counties,
    training,
)
from benchmarks.run_all import NAMES

from ..conftest import thorough


@pytest.mark.parametrize(
    "name",
    [
        *(*NAMES, "backtest", "chain", "chicago", "county", "engines", "kills", "linkage"),
        *("load", "pages", "shift", "slow_offices"),
    ],
)
def test_benchmark_modules_import(name):
    """The ones no other test runs would otherwise keep names that are gone."""
    assert importlib.import_module(f"benchmarks.{name}").__doc__


def test_child_peak_is_its_own():
    """Not the peak of the parent process, which may be larger."""
    ballast = bytearray(300 * 2**20)
    small = harness.child("print('{}')")
    large = harness.child("kept = bytearray(200 * 2**20)\nprint('{\"size\": 1}')")
    assert len(ballast) == 300 * 2**20
    assert small.peak_mb < 100
    assert 200 < large.peak_mb < 300
    assert large.result == {"size": 1}


@thorough
def test_explanations_figures(monkeypatch):
    monkeypatch.setitem(explanations.ROWS, "quick", 100)
    monkeypatch.setitem(explanations.RUNS, "quick", 1)
    monkeypatch.setattr(explanations, "FITTED_ROWS", 1_000)
    monkeypatch.setattr(explanations, "ROUNDS", 20)
    figures = list(explanations.figures("quick"))
    assert len(figures) > 2
    assert all(one.value > 0 for one in figures)


@thorough
def test_memory_figures(monkeypatch):
    monkeypatch.setitem(memory.PAYMENTS, "quick", 20_000)
    figures = [one for one in memory.figures("quick") if one.unit != ""]
    assert len(figures) > 2
    assert all(one.value > 0 for one in figures)


@thorough
def test_slow_offices_table(monkeypatch):
    monkeypatch.setattr(slow_offices, "OFFICES", slow_offices.OFFICES[:2])
    rows = list(slow_offices.table(projects=40, months=30))
    assert [row[:2] for row in rows[::3]] == [
        [name, "decided, at most 180 days"] for name in ("prompt", "500 days later")
    ]
    assert len(rows) == 6
    assert len({row[4] for row in rows}) <= 2


@thorough
def test_months_figures(monkeypatch):
    monkeypatch.setitem(months.PROJECTS, "quick", 20)
    monkeypatch.setitem(months.MONTHS, "quick", 4)
    figures = list(months.figures("quick"))
    assert len(figures) > 2
    assert all(one.value > 0 for one in figures)


@thorough
def test_training_figures(monkeypatch):
    monkeypatch.setitem(training.ROWS, "quick", (500, 1_000))
    monkeypatch.setattr(training, "IN_MEMORY_ROWS", 1_000)
    monkeypatch.setattr(training, "all_cores", nullcontext)  # threads of so few rows only wait
    figures = list(training.figures("quick"))
    assert len(figures) > 2
    assert all(one.value > 0 for one in figures)


def test_all_cores_gives_the_threads_back(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with training.all_cores():
        assert "OMP_NUM_THREADS" not in os.environ
    assert os.environ["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize("write", [intake.write_csv, intake.write_xlsx])
@thorough
def test_intake_counts_good_and_bad_rows(write, tmp_path):
    path = tmp_path / f"payments{'.csv' if write is intake.write_csv else '.xlsx'}"
    write(path, 400)
    small = intake._small(write, tmp_path)
    result = harness.child(intake._OURS, path, small).result
    assert (result["good"], result["bad"]) == (396, 4)


@thorough
def test_small_counties_tables():
    counties = [small_counties.county(seed, projects=40, history=12) for seed in (5, 6)]
    assert [one.seed for one in counties] == [5, 6]
    assert "2 counties" in small_counties.pooled(counties)
    assert len(small_counties.table(counties).splitlines()) == 4
