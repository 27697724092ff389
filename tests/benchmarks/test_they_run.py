"""The benchmarks run: at sizes at which their figures say nothing, but every line is passed."""

from __future__ import annotations

import pytest

from benchmarks import explanations, intake, measuring, memory, months, training

from ..conftest import thorough


def test_the_peak_is_the_childs_own():
    """Not that of the process that started it, which may be larger."""
    ballast = bytearray(300 * 2**20)
    small = measuring.child("print('{}')")
    large = measuring.child("kept = bytearray(200 * 2**20)\nprint('{\"size\": 1}')")
    assert len(ballast) == 300 * 2**20
    assert small.peak_mb < 100
    assert 200 < large.peak_mb < 300
    assert large.told == {"size": 1}


@thorough
def test_explanations(monkeypatch):
    monkeypatch.setitem(explanations.ROWS, "quick", 200)
    assert all(one.value > 0 for one in explanations.figures("quick"))


@thorough
def test_memory(monkeypatch):
    monkeypatch.setitem(memory.PAYMENTS, "quick", 20_000)
    assert all(one.value > 0 for one in memory.figures("quick") if one.unit != "")


@thorough
def test_months(monkeypatch):
    monkeypatch.setitem(months.PROJECTS, "quick", 20)
    monkeypatch.setitem(months.MONTHS, "quick", 4)
    assert all(one.value > 0 for one in months.figures("quick"))


@thorough
def test_training(monkeypatch):
    monkeypatch.setitem(training.ROWS, "quick", (4_000, 8_000))
    monkeypatch.setattr(training, "IN_MEMORY_ROWS", 8_000)
    assert all(one.value > 0 for one in training.figures("quick"))


@pytest.mark.parametrize("write", [intake.write_csv, intake.write_xlsx])
@thorough
def test_the_houses_side_of_intake(write, tmp_path):
    path = tmp_path / f"payments{'.csv' if write is intake.write_csv else '.xlsx'}"
    write(path, 400)
    small = intake._small(write, tmp_path)
    told = measuring.child(intake._OURS, path, small).told
    assert (told["good"], told["bad"]) == (396, 4)
