"""Simulation of a synthetic county and writing of its records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from risk.contract import TABLES
from risk.errors import WagewatchError
from risk.locale import text
from risk.progress import Progress
from risk.simulator.attendance import attendance_frame
from risk.simulator.cases import case_frame
from risk.simulator.complaints import Names, complaint_frame, complaint_ids, complaint_texts
from risk.simulator.csv_files import Frame, write_table
from risk.simulator.disputes import Disputes, dispute_frame, dispute_pressure, make_disputes
from risk.simulator.guarantees import account_frame, deposit_frame
from risk.simulator.inspections import inspection_frame
from risk.simulator.listings import listing_frame
from risk.simulator.operations import operations_frame
from risk.simulator.organisations import Organisations, make_organisations, organisation_frame
from risk.simulator.oversight import Oversight, simulate_oversight
from risk.simulator.parameters import Parameters
from risk.simulator.payrolls import payroll_frames
from risk.simulator.projects import Projects, make_projects, project_frame
from risk.simulator.reporting import Feeds, make_feeds
from risk.simulator.stress import organisation_stress, project_stress
from risk.simulator.subcontracting import Contracts, Teams, contract_frame, make_contracts
from risk.simulator.transfers import Transfers, late_transfers, make_transfers, transfer_frame
from risk.simulator.truth import clear_truth, write_link_truth, write_truth
from risk.simulator.wages import Wages, make_wages
from risk.simulator.world import Floats, Timeline, World

DEFAULT_END = dt.date(2025, 12, 31)
NOTICE = "README.md"
MARK = "SYNTHETIC"
BURN_IN_MONTHS = 10
DEFAULT_PARAMETERS = Parameters()
MAX_PROJECTS, MAX_MONTHS = 50_000, 240
EARLIEST_END, LATEST_END = dt.date(2020, 1, 31), dt.date(2100, 12, 31)


class SimulationSizeRefused(WagewatchError):
    """A size is out of range; fields: name, found, low, high."""

    code = "simulation_size_refused"


class SimulationTargetInUse(WagewatchError):
    """The folder contains files not written by a simulation; field: path."""

    code = "simulation_target_in_use"


@dataclass(frozen=True)
class SimulationReport:
    """Rows (versions) written per table, and the simulated window."""

    out: Path
    rows: Mapping[str, int]
    first_month: dt.date
    end: dt.date
    seed: int


@dataclass(frozen=True)
class _Simulated:
    """True state of the simulated world."""

    organisations: Organisations
    projects: Projects
    sites: tuple[Contracts, Teams]
    organisation_stress: Floats
    stress: Floats
    disputes: Disputes
    transfers: Transfers
    wages: Wages
    oversight: Oversight
    feeds: Feeds


def simulate(
    out: Path,
    *,
    projects: int,
    months: int,
    seed: int,
    end: dt.date = DEFAULT_END,
    progress: Progress | None = None,
    truth: bool = False,
    parameters: Parameters = DEFAULT_PARAMETERS,
) -> SimulationReport:
    """Write one CSV per table of the contract to ``out``; all data is invented and marked so.

    The same arguments give the same bytes. ``months`` is the length of the window that ends in the
    month of ``end``; ``truth`` also writes the hidden state to ``out/truth``, which an import does
    not read.

    Raises:
        SimulationSizeRefused: a size, seed or end is out of range.
        SimulationTargetInUse: ``out`` contains files not written by a simulation.
    """
    _check_size(projects=projects, months=months, seed=seed, end=end)
    _claim_folder(out)
    world = World(
        projects, seed, Timeline(months + BURN_IN_MONTHS, end, BURN_IN_MONTHS), parameters
    )
    report_progress = progress or _silent
    simulated = _simulate_world(world, report_progress)
    _write_notice(out, world)
    rows: dict[str, int] = {}
    for name, frame in _frames(world, simulated):
        rows[name] = write_table(out, TABLES[name], frame, world.timeline.end_day)
        report_progress(name, 0.5 + 0.5 * len(rows) / len(TABLES))
    if truth:
        write_truth(out, world, simulated.projects, simulated.stress, simulated.oversight)
        complaints = simulated.oversight.complaints
        ids = (complaint_ids(complaints), simulated.projects.ids, simulated.organisations.ids)
        texts = complaint_texts(world, complaints, _names(simulated))
        write_link_truth(out, complaints, texts, ids)
    return SimulationReport(out, rows, _first_month(world), end, seed)


def _silent(_: str, __: float) -> None:
    return None


def _check_size(*, projects: int, months: int, seed: int, end: dt.date) -> None:
    limits = {
        "projects": (projects, 1, MAX_PROJECTS),
        "months": (months, 1, MAX_MONTHS),
        "seed": (seed, 0, 2**32 - 1),
    }
    for name, (found, low, high) in limits.items():
        if not low <= found <= high:
            raise SimulationSizeRefused(name=name, found=found, low=low, high=high)
    if not EARLIEST_END <= end <= LATEST_END:
        raise SimulationSizeRefused(name="end", found=end, low=EARLIEST_END, high=LATEST_END)


def _claim_folder(out: Path) -> None:
    """Create ``out``, or reuse one written by an earlier simulation.

    Raises:
        SimulationTargetInUse: the folder contains other files.
    """
    notice = out / NOTICE
    marked = notice.is_file() and MARK in notice.read_text(encoding="utf-8", errors="replace")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not marked)):
        raise SimulationTargetInUse(path=str(out))
    out.mkdir(parents=True, exist_ok=True)
    clear_truth(out)


def _write_notice(out: Path, world: World) -> None:
    fields = {
        "projects": world.projects,
        "months": world.months - BURN_IN_MONTHS,
        "seed": world.seed,
        "end": world.timeline.end.isoformat(),
    }
    parts = [text("simulator.notice", "zh", **fields), text("simulator.notice", "en", **fields)]
    (out / NOTICE).write_text("\n".join(parts), encoding="utf-8", newline="\n")


def _first_month(world: World) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=world.timeline.live_day)


def _simulate_world(world: World, report_progress: Progress) -> _Simulated:
    organisations = make_organisations(world)
    firm_stress = organisation_stress(world, organisations)
    projects = make_projects(world, organisations)
    base = project_stress(world, projects, firm_stress)
    sites = make_contracts(world, projects, organisations)
    report_progress("contracts", 0.1)
    disputes = make_disputes(world, projects, base)
    transfers = make_transfers(world, projects, firm_stress)
    stress = base + dispute_pressure(world, len(projects), disputes, world.parameters)
    late = late_transfers(world, len(projects), transfers)
    stress = stress + world.parameters.late_transfer_stress * late
    wages = make_wages(world, projects, sites[1], stress)
    report_progress("wages", 0.3)
    oversight = simulate_oversight(world, projects, organisations, firm_stress, wages)
    feeds = make_feeds(world, projects, stress, firm_stress)
    report_progress("oversight", 0.5)
    return _Simulated(
        organisations,
        projects,
        sites,
        firm_stress,
        stress,
        disputes,
        transfers,
        wages,
        oversight,
        feeds,
    )


def _frames(world: World, simulated: _Simulated) -> Iterator[tuple[str, Frame]]:
    """Yield one table at a time, so that only one is in memory."""
    projects, firms, seen = simulated.projects, simulated.organisations, simulated.oversight
    yield "organizations", organisation_frame(world, firms)
    yield "projects", project_frame(world, projects, firms)
    yield "contracts", contract_frame(world, projects, simulated.sites[0], firms.ids)
    payrolls, payments = payroll_frames(
        world, projects, simulated.sites, simulated.feeds, simulated.wages
    )
    yield "payrolls", payrolls
    yield "payments", payments
    yield "accounts", account_frame(world, projects)
    yield "transfers", transfer_frame(world, projects, simulated.feeds, simulated.transfers)
    yield "deposits", deposit_frame(world, projects, simulated.stress, seen.drawn_on)
    yield (
        "attendance",
        attendance_frame(world, projects, simulated.sites, simulated.feeds, simulated.wages),
    )
    yield from _authority_frames(world, simulated)
    yield "disputes", dispute_frame(world, projects, simulated.disputes)
    yield "listings", listing_frame(world, seen.cases, firms.ids)
    yield "operations", operations_frame(world, firms, simulated.organisation_stress)


def _names(simulated: _Simulated) -> Names:
    firms = simulated.organisations
    return Names(simulated.projects.names, firms.names, firms.old_names)


def _authority_frames(world: World, simulated: _Simulated) -> Iterator[tuple[str, Frame]]:
    projects, firms, seen = simulated.projects, simulated.organisations, simulated.oversight
    yield "complaints", complaint_frame(world, seen.complaints, projects.ids, _names(simulated))
    ids = (projects.ids, firms.ids, complaint_ids(seen.complaints))
    yield "cases", case_frame(world, seen.cases, ids)
    yield "inspections", inspection_frame(world, seen.visits, projects)
