"""The season of complaints follows Spring Festival, not the calendar's months."""

from __future__ import annotations

import csv
import datetime as dt

import numpy as np
import pytest

from risk.simulator.parameters import Parameters
from risk.simulator.season import (
    DRAWS,
    campaign_days,
    festival_hazard,
    festival_offsets,
    make_season,
)
from risk.simulator.world import Timeline

from ...conftest import SHARED, thorough

P = Parameters()
OFFSETS = np.arange(-180, 181)
PUBLIC = SHARED / "data" / "china_season.csv"


def day(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def mean_rates(counts):
    """Counts by offset -180..180 per day, against the mean day: before, last days, after."""
    level = counts / counts.mean()
    spans = (slice(-28, 0), slice(-14, 0), slice(0, 28))
    return [level[180 + span.start : 180 + span.stop].mean() for span in spans]


def test_the_hazard_peaks_before_the_festival_and_drops_after_it():
    before, last, after = mean_rates(festival_hazard(P, OFFSETS))
    assert 2.8 < before < last < 4.2
    assert after < 0.4
    year = np.arange(day("2022-02-01"), day("2026-02-17"))
    assert festival_hazard(P, festival_offsets(year)).mean() == pytest.approx(1, abs=0.03)


def test_offsets_are_from_the_nearest_festival():
    # Festivals: 22 January 2023, 17 February 2026; 5 February in years without a known date.
    days = ["2023-01-21", "2023-02-01", "2026-02-01", "2026-02-17", "2099-02-06"]
    assert festival_offsets(np.array([day(one) for one in days])).tolist() == [-1, 10, -16, 0, 1]


def test_days_of_a_month_are_as_likely_as_their_hazard():
    timeline = Timeline(48, dt.date(2026, 2, 28))
    season = make_season(P, timeline)
    assert (np.diff(season.days, axis=1) >= 0).all()
    assert season.days.shape == (48, DRAWS)
    # February 2026: nearly all before the 17th, though it is 16 of 28 days; hardly any in 2023.
    assert (season.days[47] < day("2026-02-17")).mean() > 0.9
    assert (season.days[47] >= day("2026-02-01")).all()
    assert season.factors[47] > 2
    assert season.factors[11] < 0.5


def test_the_campaign_ends_on_the_eve_of_the_festival():
    def span(month: str) -> tuple[int, int] | None:
        timeline = Timeline(1, dt.date.fromisoformat(month + "-28"))
        days = campaign_days(P, timeline, 0)
        return (int(days[0]), int(days[-1])) if len(days) else None

    assert span("2025-11") == (day("2025-11-20"), day("2025-11-30"))
    assert span("2025-12") == (day("2025-12-01"), day("2025-12-31"))
    assert span("2026-02") == (day("2026-02-01"), day("2026-02-16"))
    assert span("2023-01") == (day("2023-01-01"), day("2023-01-21"))
    assert span("2023-02") is None
    assert span("2025-07") is None


def test_the_simulator_handles_years_without_a_known_festival():
    season = make_season(P, Timeline(24, dt.date(2060, 12, 31)))
    assert season.factors.argmax() == 0  # January, before 5 February


@pytest.fixture(scope="module")
def winters():
    """Protests by offset of two public winters."""
    if not PUBLIC.is_file():
        pytest.skip("../shared/data is not there")
    with PUBLIC.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "offset"]
    counts = {row["season_or_year"]: np.zeros(len(OFFSETS)) for row in rows}
    for row in rows:
        counts[row["season_or_year"]][int(row["offset_or_month"]) + 180] = int(row["protests"])
    return list(counts.values())


def test_the_hazard_is_that_of_the_public_map(winters):
    ours = festival_hazard(P, OFFSETS)
    ours /= ours.mean()
    map_ = np.mean([counts / counts.mean() for counts in winters], axis=0)
    assert np.abs(np.cumsum(map_ - ours)).max() / len(OFFSETS) < 0.05
    weeks = [curve[:357].reshape(51, 7).mean(axis=1) for curve in (map_, ours)]
    assert np.corrcoef(*weeks)[0, 1] > 0.95
    for counts in winters:
        # Nats a protest against one rate for all days; November to January explains 0.08.
        assert (counts * np.log(ours)).sum() / counts.sum() > 0.15


@thorough
def test_complaints_about_sites_have_the_shape_of_the_hazard(prefecture, rows):
    first = {row["complaint_id"]: row for row in reversed(rows(prefecture, "complaints"))}
    sites = [row for row in first.values() if row["project_id"] or row["project_text"]]
    offsets = festival_offsets(np.array([day(row["received_on"]) for row in sites]))
    before, _, after = mean_rates(np.array([(offsets == one).sum() for one in OFFSETS]))
    assert 2.4 < before < 4.4
    assert after < 0.7
