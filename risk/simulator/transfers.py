"""Monthly transfers of labour cost from the owner to the special account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.disputes import running
from risk.simulator.projects import Projects
from risk.simulator.reporting import Feeds, record_lags
from risk.simulator.world import EMPTY, NEVER, Bools, Floats, Ints, World, fen, lags, sigmoid


@dataclass(frozen=True)
class Transfers:
    """One row per project and month at work; ``paid`` is NEVER for transfers never made."""

    project: Ints
    month: Ints
    due_on: Ints
    amount: Ints
    paid: Ints
    paid_amount: Ints
    late: Bools


def make_transfers(world: World, projects: Projects, owner_stress: Floats) -> Transfers:
    """Actual transfers of all projects, whether or not they are reported."""
    rng, p = world.stream("transfers"), world.parameters
    project, month = np.nonzero(running(world, projects))
    count = len(project)
    stress = owner_stress[projects.owner[project], month]
    odds = p.transfer_late_base + p.transfer_late_stress * stress + 0.4 * projects.advance[project]
    late = rng.random(count) < sigmoid(odds)
    due_on = world.timeline.month_days(month) + rng.integers(5, 26, len(projects))[project] - 1
    prompt = due_on + np.floor(rng.exponential(3.0, count)).astype(np.int64)
    waiting = (
        due_on
        + 10
        + np.floor(rng.exponential(1.0, count) * 45 * np.exp(0.3 * np.clip(stress, -1, 3))).astype(
            np.int64
        )
    )
    paid = np.where(late, np.where(rng.random(count) < 0.1, NEVER, waiting), prompt)
    amount = fen(projects.labour_month()[project] * rng.uniform(0.75, 1.2, count))
    part = np.where(late & (rng.random(count) < 0.45), rng.uniform(0.3, 0.9, count), 1.0)
    return Transfers(project, month, due_on, amount, paid, (amount * part).astype(np.int64), late)


def late_transfers(world: World, count: int, transfers: Transfers) -> Floats:
    """1 for each project and month whose transfer was late or short, else 0."""
    out = np.zeros((count, world.months))
    out[transfers.project, transfers.month] = transfers.late
    return out


def transfer_frame(world: World, projects: Projects, feeds: Feeds, t: Transfers) -> Frame:
    """Rows of the ``transfers`` table: a version at the due date and one after payment."""
    rng, count = world.stream("transfer-records"), len(t.project)
    names = period_ids(world, projects.ids[t.project].tolist(), t.month)
    lag = record_lags(rng, feeds, t.project)
    known = feeds.known(feeds.transfers, t.project, t.month, t.due_on, lag // 2)
    due: Frame = {
        "transfer_id": np.array([f"BF{name}" for name in names], dtype=np.str_),
        "project_id": projects.ids[t.project],
        "period": t.month + world.timeline.first,
        "amount_due": t.amount,
        "due_on": t.due_on,
        "amount_paid": np.full(count, EMPTY),
        "paid_on": np.full(count, EMPTY),
        "known_at": known,
    }
    arrived = np.flatnonzero((t.paid < NEVER) & (known < NEVER))
    paid = select_rows(due, arrived)
    paid["amount_paid"], paid["paid_on"] = t.paid_amount[arrived], t.paid[arrived]
    paid["known_at"] = np.maximum(t.paid[arrived] + lags(rng, 2.0, len(arrived)), known[arrived])
    return concat(due, paid)


def period_ids(world: World, stems: list[str], month: Ints) -> list[str]:
    """``stem-YYYYMM`` for each stem and simulated month."""
    stamps = np.datetime_as_string((month + world.timeline.first).astype("datetime64[M]"))
    return [
        f"{stem}-{stamp.replace('-', '')}"
        for stem, stamp in zip(stems, stamps.tolist(), strict=True)
    ]
