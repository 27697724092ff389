"""Determinism, refusals and edge cases of simulate."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.simulator import simulate
from risk.simulator.simulate import SimulationSizeRefused, SimulationTargetInUse

SMALL = {"projects": 25, "months": 18, "end": dt.date(2024, 6, 15)}


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_simulate_is_deterministic(tmp_path):
    simulate(tmp_path / "a", seed=3, truth=True, **SMALL)
    simulate(tmp_path / "b", seed=3, truth=True, **SMALL)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_simulate_differs_by_seed(tmp_path):
    simulate(tmp_path / "a", seed=3, **SMALL)
    simulate(tmp_path / "b", seed=4, **SMALL)
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert first
    assert all(first[name] != second[name] for name in first if name.stem != "listings")


def test_simulate_with_truth_writes_the_same_records(tmp_path):
    simulate(tmp_path / "a", seed=3, **SMALL)
    simulate(tmp_path / "b", seed=3, truth=True, **SMALL)
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {name: second[name] for name in first} == first
    assert not (tmp_path / "a" / "truth").exists()


def test_simulate_reports_rows_and_progress(tmp_path, rows):
    reported = []
    report = simulate(
        tmp_path / "a", seed=3, progress=lambda name, share: reported.append((name, share)), **SMALL
    )
    assert dict(report.rows) == {name: len(rows(tmp_path / "a", name)) for name in TABLES}
    assert report.first_month == dt.date(2023, 1, 1)
    shares = [share for _, share in reported]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_simulate_overwrites_an_earlier_simulation(tmp_path):
    simulate(tmp_path / "a", seed=3, truth=True, **SMALL)
    simulate(tmp_path / "a", seed=4, **SMALL)
    simulate(tmp_path / "b", seed=4, **SMALL)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_simulate_refuses_a_folder_with_other_files(tmp_path):
    (tmp_path / "projects.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(SimulationTargetInUse) as refusal:
        simulate(tmp_path, seed=3, **SMALL)
    assert str(tmp_path) in refusal.value.message("zh")
    assert contents(tmp_path) == {(tmp_path / "projects.csv").relative_to(tmp_path): b"mine"}


@pytest.mark.parametrize(
    "wrong",
    [{"projects": 0}, {"months": 0}, {"seed": -1}, {"end": dt.date(1999, 1, 1)}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_simulate_refuses_sizes_out_of_range(wrong, tmp_path):
    with pytest.raises(SimulationSizeRefused):
        simulate(tmp_path / "a", **({"seed": 1} | SMALL | wrong))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("seed", range(4))
def test_simulate_makes_the_smallest_size(seed, tmp_path):
    report = simulate(tmp_path / "a", projects=1, months=1, seed=seed)
    assert report.rows["projects"] >= 1
    assert set(report.rows) == set(TABLES)
