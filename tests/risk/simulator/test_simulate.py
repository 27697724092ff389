"""The call itself: the same bytes again, refusals, edges, speed."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from risk.contract import TABLES
from risk.simulator import simulate
from risk.simulator.simulate import SimulationSizeRefused, SimulationTargetInUse

SMALL = {"projects": 25, "months": 18, "end": dt.date(2024, 6, 15)}


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_same_arguments_same_bytes(tmp_path):
    simulate(tmp_path / "a", seed=3, truth=True, **SMALL)
    simulate(tmp_path / "b", seed=3, truth=True, **SMALL)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_seed_is_another_world(tmp_path):
    simulate(tmp_path / "a", seed=3, **SMALL)
    simulate(tmp_path / "b", seed=4, **SMALL)
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert all(first[name] != second[name] for name in first if name.stem != "listings")


def test_the_hidden_truth_changes_no_record(tmp_path):
    simulate(tmp_path / "a", seed=3, **SMALL)
    simulate(tmp_path / "b", seed=3, truth=True, **SMALL)
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {name: second[name] for name in first} == first
    assert not (tmp_path / "a" / "truth").exists()


def test_the_report_counts_what_was_written(tmp_path, rows):
    heard = []
    report = simulate(
        tmp_path / "a", seed=3, progress=lambda name, share: heard.append((name, share)), **SMALL
    )
    assert dict(report.rows) == {name: len(rows(tmp_path / "a", name)) for name in TABLES}
    assert report.first_month == dt.date(2023, 1, 1)
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_folder_of_ones_own_is_written_again(tmp_path):
    simulate(tmp_path / "a", seed=3, truth=True, **SMALL)
    simulate(tmp_path / "a", seed=4, **SMALL)
    simulate(tmp_path / "b", seed=4, **SMALL)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_folder_with_other_files_is_left_alone(tmp_path):
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
def test_sizes_out_of_range_are_refused(wrong, tmp_path):
    with pytest.raises(SimulationSizeRefused):
        simulate(tmp_path / "a", **({"seed": 1} | SMALL | wrong))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("seed", range(4))
def test_the_smallest_worlds_are_made(seed, tmp_path):
    report = simulate(tmp_path / "a", projects=1, months=1, seed=seed)
    assert report.rows["projects"] >= 1
    assert set(report.rows) == set(TABLES)


def test_a_county_of_four_years_takes_seconds(tmp_path):
    begin = time.perf_counter()
    simulate(tmp_path / "a", projects=300, months=48, seed=5)
    assert time.perf_counter() - begin < 10
