"""Subcontracting: trees of contracts, with teams of workers at the leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from risk.simulator import names as words
from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.organisations import LABOUR, SPECIALIST, Organisations
from risk.simulator.projects import BUILDING, Projects
from risk.simulator.world import EMPTY, Bools, Floats, Ints, Texts, World, fen, lags

_MAX_TEAMS = 9
PERSON = EMPTY
"""Contractor index of a contract with an individual."""


@dataclass(frozen=True)
class Contracts:
    """All contracts; ``firm`` indexes organisations or is PERSON, ``parent`` indexes contracts."""

    ids: Texts
    project: Ints
    parent: Ints
    level: Ints
    firm: Ints
    names: Texts
    written: Bools
    amount: Floats
    signed: Ints
    ended: Ints


@dataclass(frozen=True)
class Teams:
    """Teams of workers, one per leaf contract; ``first``..``last`` are simulated months."""

    contract: Ints
    project: Ints
    level: Ints
    by_foreman: Bools
    size: Ints
    first: Ints
    last: Ints


@dataclass
class _TreeBuilder:
    """Contract trees under construction, with one entry per contract."""

    project: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    level: list[int] = field(default_factory=list)
    firm: list[int] = field(default_factory=list)
    number: list[int] = field(default_factory=list)
    leaf: list[bool] = field(default_factory=list)

    def add(self, project: int, parent: int, firm: int) -> int:
        """Add a contract below ``parent`` and return its index."""
        root = parent == EMPTY
        self.project.append(project)
        self.parent.append(parent)
        self.level.append(0 if root else self.level[parent] + 1)
        self.firm.append(firm)
        alike = bool(self.number) and self.project[-2:-1] == [project]
        self.number.append(self.number[-1] + 1 if alike else 1)
        self.leaf.append(False)
        return len(self.project) - 1


@dataclass(frozen=True)
class _ContractorPool:
    """Organisations and shares from which contractors are drawn."""

    rng: np.random.Generator
    labour: Ints
    specialists: Ints
    foreman: float
    labour_firm: float

    def company(self) -> int:
        """Draw a firm for the middle of a chain."""
        pool = self.labour if self.rng.random() < 0.7 else self.specialists
        return int(pool[self.rng.integers(len(pool))])

    def leader(self) -> int:
        """Draw the leader of a team: a foreman, a labour firm or a specialist firm."""
        luck = float(self.rng.random())
        if luck < self.foreman:
            return PERSON
        pool = self.labour if luck < self.foreman + self.labour_firm else self.specialists
        return int(pool[self.rng.integers(len(pool))])


def make_contracts(
    world: World, projects: Projects, organisations: Organisations
) -> tuple[Contracts, Teams]:
    """Contract trees and teams of all projects."""
    rng, p = world.stream("contracts"), world.parameters
    hands = _ContractorPool(
        rng,
        organisations.of_kind(LABOUR),
        organisations.of_kind(SPECIALIST),
        p.lead_foreman,
        p.lead_labour_firm,
    )
    trees = _TreeBuilder()
    workers = projects.labour_month() / p.wage_month
    numbers = np.clip(np.ceil(workers / p.team_size), 1, _MAX_TEAMS).astype(np.int64)
    depths = _depths(world, rng, projects)
    for project in range(len(projects)):
        root = trees.add(project, EMPTY, int(projects.contractor[project]))
        _grow_tree(trees, hands, root, int(numbers[project]), int(depths[project]))
    contracts = _contracts(world, projects, organisations, trees)
    return contracts, _teams(world, projects, contracts, np.array(trees.leaf))


def contract_frame(world: World, projects: Projects, c: Contracts, org_ids: Texts) -> Frame:
    """Rows of the ``contracts`` table; deeper and oral contracts become known later."""
    rng, count = world.stream("contract-records"), len(c.project)
    wait = np.where(c.written, 8.0, 25.0) + 4.0 * c.level
    known = np.maximum(c.signed, projects.start[c.project]) + lags(rng, wait, count)
    person = c.firm == PERSON
    parents = np.where(c.parent == EMPTY, "", c.ids[c.parent])
    first: Frame = {
        "contract_id": c.ids,
        "project_id": projects.ids[c.project],
        "parent_contract_id": parents,
        "contractor_id": np.where(person, "", org_ids[c.firm]),
        "contractor_kind": np.where(person, "individual", "company"),
        "contractor_name": c.names,
        "written": np.where(rng.random(count) < 0.04, EMPTY, c.written),
        "amount": np.where(~c.written & (rng.random(count) < 0.5), EMPTY, fen(c.amount)),
        "signed_on": c.signed,
        "ended_on": np.full(count, EMPTY),
        "known_at": known,
    }
    ended = np.flatnonzero(rng.random(count) < 0.6)
    over = select_rows(first, ended)
    over["ended_on"] = c.ended[ended]
    over["known_at"] = np.maximum(known[ended] + 1, c.ended[ended] + lags(rng, 20.0, len(ended)))
    return concat(first, over)


def _depths(world: World, rng: np.random.Generator, projects: Projects) -> Ints:
    """Number of levels below the general contract, 0..4."""
    p, count = world.parameters, len(projects)
    building = rng.choice(5, count, p=p.depth_building)
    other = rng.choice(5, count, p=p.depth_other)
    return np.where(projects.sector == BUILDING, building, other).astype(np.int64)


def _grow_tree(
    trees: _TreeBuilder, hands: _ContractorPool, root: int, teams: int, depth: int
) -> None:
    """Add teams below ``root``; the first has the full depth, the others at most that."""
    if depth == 0:
        trees.leaf[root] = True
        return
    shared: dict[tuple[int, int], int] = {}
    for team in range(teams):
        reach = depth if team == 0 else int(hands.rng.integers(max(1, depth - 1), depth + 1))
        parent = root
        for level in range(1, reach):
            # Groups of three teams share the firms above them.
            branch = (level, team // 3)
            if branch not in shared or trees.level[shared[branch]] != level:
                firm = hands.company() if level == 1 or hands.rng.random() < 0.4 else PERSON
                shared[branch] = trees.add(trees.project[root], parent, firm)
            parent = shared[branch]
        trees.leaf[trees.add(trees.project[root], parent, hands.leader())] = True


def _contracts(
    world: World, projects: Projects, organisations: Organisations, trees: _TreeBuilder
) -> Contracts:
    rng, p = world.stream("contract-terms"), world.parameters
    project, level, firm = np.array(trees.project), np.array(trees.level), np.array(trees.firm)
    count = len(project)
    span = np.minimum(projects.end, projects.planned_end)[project] - projects.start[project]
    signed = projects.start[project] - 20
    for below in range(1, int(level.max()) + 1):
        rows = np.flatnonzero(level == below)
        wait = 8 + span[rows] * 0.12 * rng.random(len(rows)) ** 2
        signed[rows] = signed[np.array(trees.parent)[rows]] + np.floor(wait).astype(np.int64)
    oral = rng.random(count) < np.array(p.oral_share)[level]
    share = np.where(level == 0, 1.0, rng.uniform(0.1, 0.5, count) / np.maximum(level, 1))
    number = np.array(trees.number)
    ids = [f"{projects.ids[i]}-{n:02d}" for i, n in zip(project, number, strict=True)]
    return Contracts(
        ids=np.array(ids),
        project=project,
        parent=np.array(trees.parent),
        level=level,
        firm=firm,
        names=_names(rng, organisations, firm),
        written=~oral,
        amount=np.round(projects.amount[project] * share, -3),
        signed=signed,
        ended=projects.end[project],
    )


def _names(rng: np.random.Generator, organisations: Organisations, firm: Ints) -> Texts:
    """Names of firms; individuals are named by trade and crew number, never by a person's name."""
    trades = np.array(words.TRADES)[rng.integers(0, len(words.TRADES), len(firm))]
    crews = rng.integers(1, 400, len(firm))
    persons = [f"{words.MARK}{t}{n}班承包人" for t, n in zip(trades, crews, strict=True)]
    return np.where(firm == PERSON, np.array(persons), organisations.names[firm])


def _teams(world: World, projects: Projects, c: Contracts, leaf: Bools) -> Teams:
    """Teams at the leaves; each works for a part of the project, and most parts overlap."""
    rng, p = world.stream("teams"), world.parameters
    contract = np.flatnonzero(leaf)
    project, count = c.project[contract], len(contract)
    begin = world.timeline.month_of(projects.start)[project]
    length = world.timeline.month_of(projects.end)[project] - begin + 1
    first = begin + np.floor(length * 0.45 * rng.random(count) ** 1.5).astype(np.int64)
    signed = np.minimum(world.timeline.month_of(c.signed[contract]), begin + length - 1)
    first = np.maximum(first, signed)
    share = rng.uniform(0.35, 1.0, count)
    last = first + np.floor((begin + length - first) * share).astype(np.int64)
    per_team = (
        projects.labour_month() / p.wage_month / np.bincount(project, minlength=len(projects))
    )
    size = np.clip(np.rint(per_team[project] * rng.lognormal(0.15, 0.35, count)), 2, 160)
    return Teams(
        contract=contract,
        project=project,
        level=c.level[contract],
        by_foreman=c.firm[contract] == PERSON,
        size=size.astype(np.int64),
        first=first,
        last=np.clip(last, first, begin + length - 1),
    )
