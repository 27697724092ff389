"""A site in a county that reports everything, and a neighbour that keeps the feeds alive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

import pytest

from risk.contract import TABLES, FieldType
from risk.flags import RedFlag, red_flags
from risk.flags.law import Law
from risk.store.store import RecordStore

from ...empty_store import empty_store

AS_OF = dt.date(2025, 6, 1)
SITE, NEIGHBOUR = "P1", "N1"

DEFAULTS = {
    "projects": {
        "project_id": SITE, "project_name": "桥", "started_on": "2024-01-10",
        "known_at": "2024-01-10",
    },
    "contracts": {
        "contract_id": "C0", "project_id": SITE, "signed_on": "2024-01-01",
        "known_at": "2024-01-01",
    },
    "payrolls": {
        "payroll_id": "R1", "project_id": SITE, "period": "2025-03-01", "workers": 10,
        "amount_due": 100_000_00, "due_on": "2025-04-15", "known_at": "2025-04-15",
    },
    "payments": {
        "payment_id": "M1", "payroll_id": "R1", "paid_on": "2025-04-15", "amount": 100_000_00,
        "workers_paid": 10, "channel": "bank", "known_at": "2025-04-15",
    },
    "accounts": {
        "account_id": "A1", "project_id": SITE, "opened_on": "2024-01-20",
        "known_at": "2024-01-20",
    },
    "transfers": {
        "transfer_id": "T1", "project_id": SITE, "period": "2025-03-01",
        "amount_due": 80_000_00, "due_on": "2025-03-10", "known_at": "2025-03-10",
    },
    "deposits": {
        "deposit_id": "D1", "project_id": SITE, "kind": "guarantee", "status": "stored",
        "required_amount": 50_000_00, "valid_from": "2024-01-10", "known_at": "2024-01-10",
    },
    "attendance": {
        "project_id": SITE, "contract_id": "C1", "period": "2025-03-01", "known_at": "2025-04-05",
    },
    "complaints": {
        "complaint_id": "K1", "project_id": SITE, "received_on": "2025-05-01", "workers": 12,
        "known_at": "2025-05-01",
    },
    "cases": {
        "case_id": "F1", "project_id": SITE, "opened_on": "2025-05-02", "status": "accepted",
        "known_at": "2025-05-02",
    },
    "inspections": {
        "inspection_id": "I1", "project_id": SITE, "inspected_on": "2025-03-01",
        "arrears_found": True, "rectify_by": "2025-03-15", "known_at": "2025-03-01",
    },
    "disputes": {
        "dispute_id": "S1", "project_id": SITE, "opened_on": "2025-03-01",
        "known_at": "2025-03-01",
    },
    "listings": {
        "listing_id": "L1", "org_id": "ORG", "listed_on": "2024-01-01", "known_at": "2024-01-01",
    },
}  # fmt: skip
"""A row of each table of the site; none of them alone is a breach that flags it."""


REPORTED = (
    *("payrolls", "payments", "accounts", "transfers", "cases", "inspections"),
    *("attendance", "deposits"),
)
"""Feeds the neighbour sends."""

_IDS = {
    name: {field.name for field in table.fields if field.type is FieldType.ID} - {"region_code"}
    for name, table in TABLES.items()
}


class Site:
    """Puts rows of one site, in a county of its own, into a store.

    ``key`` is put before every id, so that many sites fit in one store. Rows of ``muted`` tables
    are dropped.
    """

    def __init__(
        self, store: RecordStore, key: str = "", *, county: int = 420301, muted: str = ""
    ) -> None:
        self.store, self.key, self.county, self.muted = store, key, county, muted
        self.add_neighbour()

    def add_neighbour(self) -> None:
        """Another project of the county."""
        self.add("projects", project_id=NEIGHBOUR, project_name="邻")

    @property
    def project_id(self) -> str:
        """The site's project_id in the store."""
        return self.key + SITE

    def add(self, table: str, **values: object) -> None:
        """A row of ``table``: the default row with ``values`` in place; None leaves it empty."""
        if table == self.muted:
            return
        home = {"region_code": f"{self.county}101"} if table == "projects" else {}
        row = {**DEFAULTS[table], **home, **values}
        self.insert(
            table,
            {
                name: self.key + str(cell) if name in _IDS[table] and cell is not None else cell
                for name, cell in row.items()
            },
        )

    def insert(self, table: str, row: dict[str, object]) -> None:
        """Put ``row`` into ``table``."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.store.connection.execute(
            f"INSERT INTO {table} ({names}, arrival) VALUES ({marks}, nextval('arrivals'))",
            [*row.values()],
        )

    def neighbour_reports(
        self, *, silent: str = "", since: str = "2024-01-05", until: str = "2025-05-31"
    ) -> None:
        """The county reports every feed ``since`` and ``until``, ``silent`` feeds only since."""
        for table in REPORTED:
            self._neighbour(table, since, "early")
            if table != silent:
                self._neighbour(table, until, "late")

    def _neighbour(self, table: str, day: str, mark: str) -> None:
        keys = {
            "payrolls": {"payroll_id": f"N-{mark}", "project_id": NEIGHBOUR, "due_on": day},
            "payments": {"payment_id": f"N-{mark}", "payroll_id": f"N-{mark}", "paid_on": day},
            "accounts": {"account_id": f"N-{mark}", "project_id": NEIGHBOUR},
            "attendance": {"project_id": NEIGHBOUR},
            "deposits": {"deposit_id": f"N-{mark}", "project_id": NEIGHBOUR},
            "transfers": {
                "transfer_id": f"N-{mark}", "project_id": NEIGHBOUR, "due_on": day,
                "paid_on": day, "amount_paid": 80_000_00,
            },
            "cases": {"case_id": f"N-{mark}", "project_id": NEIGHBOUR},
            "inspections": {
                "inspection_id": f"N-{mark}", "project_id": NEIGHBOUR, "rectified_on": day,
            },
        }  # fmt: skip
        self.add(table, known_at=day, **keys[table])

    def neighbour_links_cases(self) -> None:
        """The county records which complaint a case is of."""
        self.add("cases", case_id="N-own", project_id=NEIGHBOUR, complaint_id="N-K")

    def flags(self, as_of: dt.date = AS_OF) -> dict[str, RedFlag]:
        """The site's flags by code."""
        found = red_flags(self.store, as_of).get(self.project_id, ())
        return {flag.code: flag for flag in found}


Scene = Callable[[Site], None]


class Scenes:
    """Scenes by name, each on a site in a county of its own; all flags of a day in one run."""

    def __init__(self) -> None:
        self.scenes: dict[str, Scene] = {}

    def __call__(self, scene: Scene) -> Scene:
        self.scenes[scene.__name__] = scene
        return scene

    def flags(
        self, *days: dt.date, law: Law | None = None, codes: Collection[str] | None = None
    ) -> dict[str, dict[str, RedFlag]]:
        """Flags by code of every scene as of the day, or by "scene day" for several days.

        With ``codes`` only these rules run, which is twice as quick.
        """
        with empty_store() as store:
            sites = {}
            for number, (name, scene) in enumerate(self.scenes.items()):
                sites[name] = Site(store, f"{name}:", county=420000 + number)
                sites[name].neighbour_reports()
                scene(sites[name])
            found = {day: red_flags(store, day, law=law, codes=codes) for day in days or (AS_OF,)}
        return {
            f"{name} {day:%Y-%m-%d}" if days else name: {
                flag.code: flag for flag in flags.get(site.project_id, ())
            }
            for day, flags in found.items()
            for name, site in sites.items()
        }


@pytest.fixture(scope="session")
def site_in() -> type[Site]:
    """Makes sites in a store of one's own."""
    return Site


@pytest.fixture
def site(store: RecordStore) -> Site:
    """A site whose county sends nothing but projects."""
    return Site(store)


@pytest.fixture
def reporting(site: Site) -> Site:
    """A site whose county sends every feed."""
    site.neighbour_reports()
    return site


@pytest.fixture(scope="session")
def new_scenes() -> type[Scenes]:
    """Makes collections of scenes."""
    return Scenes
