"""Labour cost is late from the first day; a cycle longer than a month is a breach of its own."""

from __future__ import annotations

import datetime as dt

import pytest


def quarterly(site, *months):
    site.add("projects")
    for number, month in enumerate(months):
        site.add("transfers", transfer_id=f"T{number}", period=f"{month}-01", due_on=f"{month}-28",
                 paid_on=f"{month}-28", amount_paid=80_000_00, known_at=f"{month}-28")  # fmt: skip


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    @scenes
    def due_yesterday(site):
        site.add("projects")
        site.add("transfers", due_on="2025-05-31", known_at="2025-05-01")
        site.add("transfers", transfer_id="T0", period="2025-02-01", due_on="2025-02-10",
                 amount_due=240_000_00, paid_on="2025-02-10", amount_paid=240_000_00,
                 known_at="2025-02-10")  # fmt: skip

    @scenes
    def a_fen_is_due(site):
        site.add("projects")
        site.add("transfers", due_on="2025-05-31", amount_due=1, known_at="2025-05-01")

    @scenes
    def due_today(site):
        site.add("projects")
        site.add("transfers", due_on="2025-06-01", known_at="2025-05-01")

    @scenes
    def due_three_years_ago(site):
        site.add("projects", started_on="2022-01-10", known_at="2022-01-10")
        site.add("transfers", period="2024-01-01", due_on="2024-01-31", known_at="2024-01-31")

    @scenes
    def three_quarters(site):
        quarterly(site, "2024-09", "2024-12", "2025-03")

    @scenes
    def two_quarters(site):
        quarterly(site, "2024-12", "2025-03")

    @scenes
    def every_month(site):
        quarterly(site, "2025-01", "2025-02", "2025-03")

    @scenes
    def a_stop_between_two_months(site):
        quarterly(site, "2024-09", "2025-02", "2025-03")

    return scenes.flags()


def test_labour_cost_is_late_from_the_first_day(found):
    flag = found["due_yesterday"]["labour_cost_overdue"]
    assert flag.since == dt.date(2025, 6, 1)
    assert flag.values == {
        "short_fen": 80_000_00, "short_share": 0.25, "transfers": 1, "late_days": 1,
    }  # fmt: skip
    assert found["a_fen_is_due"]["labour_cost_overdue"].values["short_fen"] == 1
    assert "labour_cost_overdue" not in found["due_today"]


def test_unpaid_labour_cost_does_not_lapse(found):
    # 31 January 2024 to 31 January 2025 are 366 days, to 1 June 121 more.
    assert found["due_three_years_ago"]["labour_cost_overdue"].values["late_days"] == 487


def test_transfers_every_quarter_are_a_cycle_longer_than_a_month(found):
    flag = found["three_quarters"]["labour_cost_cycle_long"]
    assert (flag.article, flag.threshold) == ("24", 1)
    assert flag.values == {"cycle_months": 3, "transfers": 2}
    assert "labour_cost_overdue" not in found["three_quarters"]


def test_one_long_step_is_no_cycle(found):
    for name in ("two_quarters", "every_month", "a_stop_between_two_months"):
        assert "labour_cost_cycle_long" not in found[name]
