"""Projects: sector, region, parties, money and schedule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator import codes
from risk.simulator import names as words
from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.organisations import CONTRACTOR, OWNER, Organisations
from risk.simulator.world import EMPTY, Bools, Floats, Ints, Texts, World, fen, lags

SECTORS = ("building", "municipal", "transport", "water", "energy", "other")
FUNDING = ("government", "state_owned", "private")
SETTLEMENT = ("monthly", "progress", "measured", "completion")
BUILDING = 0
_DISCIPLINE = ("01", "18", "12", "10", "19", "19")  # last digits of a construction permit number
_BEFORE_WINDOW = 18  # months before the window in which running projects may have begun
_CENTRE = (36.5, 101.5)  # arbitrary; the coordinates mean nothing


@dataclass(frozen=True)
class Projects:
    """All projects. Days since 1970; ``amount`` in yuan; ``end`` is the actual end of work."""

    ids: Texts
    names: Texts
    region: Texts
    sector: Ints
    funding: Ints
    settlement: Ints
    owner: Ints
    contractor: Ints
    amount: Floats
    labour_share: Floats
    start: Ints
    planned_end: Ints
    end: Ints
    advance: Bools
    board: Bools
    milestone: Bools
    dishonest: Bools

    def __len__(self) -> int:
        return len(self.start)

    def labour_month(self) -> Floats:
        """Labour cost of an average month in yuan."""
        months = np.maximum((self.planned_end - self.start) / 30.4, 2.0)
        return np.asarray(self.amount * self.labour_share / months, dtype=np.float64)


@dataclass(frozen=True)
class _Times:
    start: Ints
    planned_end: Ints
    end: Ints


def make_projects(world: World, organisations: Organisations) -> Projects:
    """Projects of the simulation; some start before the window, some end after it."""
    rng, p, count = world.stream("projects"), world.parameters, world.projects
    sector = rng.choice(6, count, p=p.sector_shares)
    funding = rng.choice(3, count, p=p.funding_shares)
    drawn = rng.lognormal(np.log(p.amount_median), p.amount_log_sd, count)
    amount: Floats = np.asarray(np.round(np.maximum(drawn, 4e5), -4), dtype=np.float64)
    times = _times(world, rng, amount)
    region = _regions(rng, count)
    forbidden = np.where(funding == 0, p.advance_share_government, p.advance_share)
    return Projects(
        ids=_permit_numbers(region, sector, times.start),
        names=np.array([words.project_name(rng, SECTORS[s], i + 1) for i, s in enumerate(sector)]),
        region=np.where(rng.random(count) < 0.03, region.astype("U6"), region),
        sector=sector,
        funding=funding,
        settlement=rng.choice(4, count, p=p.settlement_shares),
        owner=_draw_organisations(rng, organisations.of_kind(OWNER), count),
        contractor=_draw_organisations(rng, organisations.of_kind(CONTRACTOR), count),
        amount=amount,
        labour_share=rng.uniform(p.labour_share_low, p.labour_share_high, count),
        start=times.start,
        planned_end=times.planned_end,
        end=times.end,
        advance=rng.random(count) < forbidden,
        board=rng.random(count) < p.board_share,
        milestone=rng.random(count) < p.milestone_share,
        dishonest=rng.random(count) < p.dishonest_share,
    )


def project_frame(world: World, projects: Projects, organisations: Organisations) -> Frame:
    """Rows of the ``projects`` table: versions at the start, at corrections and at completion."""
    rng, p, count = world.stream("project-records"), world.parameters, len(projects)
    known = projects.start + lags(rng, 9.0, count)
    known += (rng.random(count) < 0.05) * rng.integers(60, 200, count)
    final = _frame(rng, projects, organisations, known)
    blank = rng.random(count) < 0.06
    unfinished = {**final, "completed_on": np.full(count, EMPTY)}
    first = {**unfinished, "contract_amount": np.where(blank, EMPTY, final["contract_amount"])}
    mended_on = known + rng.integers(20, 150, count)
    wrong = (blank | (rng.random(count) < p.corrected_share)) & (mended_on < projects.end)
    done_on = np.maximum(projects.end + lags(rng, 18.0, count), known + 1)
    done = rng.random(count) < 0.93
    return concat(
        first,
        select_rows({**unfinished, "known_at": mended_on}, wrong),
        select_rows({**final, "known_at": done_on}, done),
    )


def _frame(
    rng: np.random.Generator, projects: Projects, organisations: Organisations, known: Ints
) -> Frame:
    count = len(projects)
    nowhere = rng.random(count) < 0.1
    place = rng.normal(0.0, 0.12, (2, count))
    share = np.where(rng.random(count) < 0.12, np.nan, np.round(projects.labour_share, 3))
    return {
        "project_id": projects.ids,
        "project_name": projects.names,
        "region_code": projects.region,
        "sector": np.array(SECTORS)[projects.sector],
        "funding": np.array(FUNDING)[projects.funding],
        "owner_id": np.where(rng.random(count) < 0.03, "", organisations.ids[projects.owner]),
        "contractor_id": organisations.ids[projects.contractor],
        "contract_amount": fen(projects.amount),
        "labour_cost_share": share,
        "started_on": projects.start,
        "planned_end_on": np.where(rng.random(count) < 0.02, EMPTY, projects.planned_end),
        "completed_on": projects.end,
        "advance_funded": np.where(rng.random(count) < 0.1, EMPTY, projects.advance),
        "settlement": np.array(SETTLEMENT)[projects.settlement],
        "notice_board": np.where(rng.random(count) < 0.08, EMPTY, projects.board),
        "latitude": np.where(nowhere, np.nan, np.round(_CENTRE[0] + place[0], 5)),
        "longitude": np.where(nowhere, np.nan, np.round(_CENTRE[1] + place[1], 5)),
        "known_at": known,
    }


def _times(world: World, rng: np.random.Generator, amount: Floats) -> _Times:
    p, count = world.parameters, len(amount)
    scale = (amount / p.amount_median) ** 0.2
    planned = np.clip(rng.lognormal(np.log(13.0), 0.4, count) * scale, 3, 42)
    late = (rng.random(count) < p.delay_share) * rng.exponential(p.delay_mean_months, count)
    first = world.timeline.burn_in - np.minimum(_BEFORE_WINDOW, planned * 0.8)
    begin = first + rng.random(count) * (world.months - 0.5 - first)
    zero = world.timeline.month_day(0)
    days = zero + np.stack([begin, begin + planned, begin + planned + late]) * 30.44
    start, planned_end, end = np.floor(days).astype(np.int64)
    start = np.minimum(start, world.timeline.end_day - 1)
    return _Times(start, planned_end, end)


def _regions(rng: np.random.Generator, count: int) -> Texts:
    places = [code for county in codes.counties(count) for code in codes.townships(county)]
    return np.array(places)[rng.integers(0, len(places), count)]


def _permit_numbers(region: Texts, sector: Ints, start: Ints) -> Texts:
    """18 digits in the form of a construction permit: county, day, number, discipline."""
    days = np.datetime_as_string(start.astype("datetime64[D]")).tolist()
    seen: dict[str, int] = {}
    numbers = []
    for place, day, kind in zip(region.tolist(), days, sector.tolist(), strict=True):
        stem = place[:6] + day.replace("-", "")
        seen[stem] = seen.get(stem, 0) + 1
        numbers.append(f"{stem}{seen[stem]:02d}{_DISCIPLINE[kind]}")
    return np.array(numbers)


def _draw_organisations(rng: np.random.Generator, among: Ints, count: int) -> Ints:
    """Draw organisations with log-normal weights: a few have many projects."""
    weight = rng.lognormal(0.0, 0.8, len(among))
    return np.asarray(rng.choice(among, count, p=weight / weight.sum()), dtype=np.int64)
