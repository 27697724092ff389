"""Owners, contractors, subcontractors and other employers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator import codes
from risk.simulator import names as words
from risk.simulator.csv_files import Frame, concat
from risk.simulator.world import EMPTY, Floats, Ints, Texts, World, fen, lags

KINDS = ("owner", "general_contractor", "subcontractor", "labour_subcontractor", "employer")
OWNER, CONTRACTOR, SPECIALIST, LABOUR, EMPLOYER = range(5)
_TRADES = (words.OWNERS, words.CONTRACTORS, words.SPECIALISTS, words.LABOUR, words.EMPLOYERS)
_FIRST_FOUNDED, _LAST_FOUNDED = 8_400, 18_200  # 1993 to 2019, days since 1970
_CAPITAL = (20e6, 12e6, 3e6, 1e6, 0.5e6)


@dataclass(frozen=True)
class Organisations:
    """All organisations; ``kind`` indexes KINDS, ``capital`` is yuan, ``founded`` a day.

    ``old_names`` has the former names of organisations renamed before the first record, else ''.
    """

    ids: Texts
    names: Texts
    kind: Ints
    capital: Floats
    founded: Ints
    region: Texts
    old_names: Texts

    def __len__(self) -> int:
        return len(self.kind)

    def of_kind(self, kind: int) -> Ints:
        """Positions of the organisations of one kind."""
        return np.flatnonzero(self.kind == kind).astype(np.int64)


def make_organisations(world: World) -> Organisations:
    """Organisations of each kind in proportion to the projects, at least two."""
    rng, p = world.stream("organisations"), world.parameters
    shares = (
        p.owners_per_project,
        p.contractors_per_project,
        p.specialists_per_project,
        p.labour_firms_per_project,
        p.employers_per_project,
    )
    counts = [max(2, round(share * world.projects)) for share in shares]
    kind = np.repeat(np.arange(5), counts)
    places = codes.counties(world.projects)
    names = [
        name
        for n, t in zip(counts, _TRADES, strict=True)
        for name in words.company_names(rng, n, t)
    ]
    ids = np.array(codes.credit_codes(rng, len(kind), places))
    return Organisations(
        ids=ids,
        names=np.array(names),
        kind=kind,
        capital=np.round(np.array(_CAPITAL)[kind] * rng.lognormal(0.0, 0.7, len(kind)), -4),
        founded=rng.integers(_FIRST_FOUNDED, _LAST_FOUNDED, len(kind)),
        region=np.array([code[2:8] for code in ids.tolist()]),
        old_names=_old_names(world, names),
    )


def _old_names(world: World, names: list[str]) -> Texts:
    rng = world.stream("old-names")
    renamed = rng.random(len(names)) < world.parameters.renamed_share
    pairs = zip(names, renamed.tolist(), strict=True)
    return np.array([words.old_name(rng, name) if was else "" for name, was in pairs])


def organisation_frame(world: World, organisations: Organisations) -> Frame:
    """Rows of the ``organizations`` table: registration before the window, later capital increases.

    Renamed organisations have an earlier version with the former name.
    """
    rng = world.stream("organisation-records")
    count = len(organisations)
    known = world.timeline.month_day(0) - 30 - lags(rng, 40.0, count)
    capital = fen(organisations.capital)
    first = _frame(organisations, np.arange(count), capital, known)
    first["registered_capital"] = np.where(rng.random(count) < 0.04, EMPTY, capital)
    raised = np.flatnonzero(rng.random(count) < 0.05)
    later = known[raised] + rng.integers(60, 60 + 30 * world.months, len(raised))
    renamed = np.flatnonzero(organisations.old_names != "")
    before = _frame(organisations, renamed, capital[renamed], known[renamed] - 30)
    before["org_name"] = organisations.old_names[renamed]
    return concat(before, first, _frame(organisations, raised, capital[raised] * 2, later))


def _frame(organisations: Organisations, rows: Ints, capital: Ints, known: Ints) -> Frame:
    return {
        "org_id": organisations.ids[rows],
        "org_name": organisations.names[rows],
        "org_kind": np.array(KINDS)[organisations.kind[rows]],
        "registered_capital": capital,
        "founded_on": organisations.founded[rows],
        "region_code": organisations.region[rows],
        "known_at": known,
    }
