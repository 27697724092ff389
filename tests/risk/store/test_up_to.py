"""A store limited to an arrival number shows what the store held before later rows arrived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.cache.dependencies import family_dependencies
from features.cache.fingerprint import CacheKeys
from features.feature_sets import FEATURE_SETS
from features.matrix import feature_matrix
from risk.contract import STORED_TABLES
from risk.store.store import RecordStore
from risk.unit_kinds import KINDS

from ...conftest import MUST_RUN_ALL, World
from ...empty_store import empty_store

FIRST = dt.date(2025, 1, 1)
FIRM = "91420300MA49XXXX0A"

TABLES_FILLED = ("organizations", "projects", "complaints", "links", "inspections", "cases")

Row = tuple[str, dict[str, object]]

_days = st.integers(0, 9).map(lambda n: FIRST + dt.timedelta(days=n))
_sites = st.sampled_from(["P1", "P2", None])
_firms = st.sampled_from([FIRM, None])


def _row(table: str, **fields: st.SearchStrategy) -> st.SearchStrategy[Row]:
    values = st.fixed_dictionaries({**fields, "known_at": _days})
    return st.tuples(st.just(table), values)


_key = st.sampled_from(["1", "2"])
ROWS = st.one_of(
    _row(
        "organizations",
        org_id=st.just(FIRM),
        org_name=st.sampled_from(["甲", "乙"]),
        org_kind=st.sampled_from(["employer", "owner"]),
    ),
    _row(
        "projects",
        project_id=st.sampled_from(["P1", "P2"]),
        project_name=st.sampled_from(["一期", "二期"]),
        region_code=st.just("420300"),
        started_on=st.just(FIRST),
    ),
    _row("complaints", complaint_id=_key, project_id=_sites, received_on=st.just(FIRST)),
    _row(
        "links",
        complaint_id=_key,
        decision=st.sampled_from(["linked", "refused"]),
        project_id=_sites,
        org_id=_firms,
    ),
    _row("inspections", inspection_id=_key, project_id=st.sampled_from(["P1", FIRM])),
    _row("cases", case_id=_key, project_id=_sites, org_id=_firms),
)


def fill(store: RecordStore, rows: Sequence[Row]) -> None:
    for name in TABLES_FILLED:
        store.rows(f"DELETE FROM {name}")
    world = World(store)
    for table, values in rows:
        world.add(table, **values)


def shown(store: RecordStore) -> dict[str, list[tuple[object, ...]]]:
    """The versions of every table and the digest, for each kind of unit."""
    found = {}
    for kind in KINDS:
        seen = store.for_kind(kind)
        for name in TABLES_FILLED:
            found[f"{kind}.{name}"] = seen.rows(f"SELECT * FROM {name}_versions ORDER BY ALL")
    found["digest"] = [(store.digest(FIRST + dt.timedelta(days=5)),)]
    return found


@pytest.fixture(scope="module")
def stores():
    with empty_store() as then, empty_store() as now:
        yield then, now


@settings(
    max_examples=5 if MUST_RUN_ALL else 3,  # each fills two stores
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    before=st.lists(ROWS, min_size=1, max_size=8),
    after=st.lists(ROWS, max_size=8),
    cached=st.booleans(),
)
def test_rows_that_arrive_later_are_not_shown(stores, before, after, cached):
    then, now = stores
    fill(then, before)
    fill(now, [*before, *after])
    with now.up_to(len(before)) as limited:
        if cached:
            limited.cache_superseded()
        assert shown(limited) == shown(then)


@pytest.fixture
def corrected(world):
    """A site and a factory whose findings were corrected later; returns the arrival before that."""
    world.add("organizations", org_id=FIRM, org_name="甲", org_kind="employer", known_at=FIRST)
    world.project(contractor_id=FIRM)
    world.payroll("R1", "2025-01-15")
    world.payment("R1", "2025-01-15", 400_000)
    for unit in ("P1", FIRM):
        world.add(
            "inspections",
            inspection_id=f"I-{unit}",
            project_id=unit,
            inspected_on="2025-01-20",
            arrears_found=True,
            known_at="2025-01-21",
        )
    mark = 6
    for unit in ("P1", FIRM):
        world.add(
            "inspections",
            inspection_id=f"I-{unit}",
            project_id=unit,
            inspected_on="2025-01-20",
            arrears_found=False,
            known_at="2025-01-21",
        )
    world.payment("R1", "2025-01-16", 600_000)
    return mark


def history(store, as_of):
    """The features of past findings."""
    families = [one for one in FEATURE_SETS[store.kind].families if one.name == "history"]
    return feature_matrix(store, [as_of], families=families)


@pytest.mark.parametrize("kind", KINDS)
def test_features_at_a_mark_ignore_later_corrections(store, corrected, kind):
    as_of = dt.date(2025, 3, 1)
    with empty_store() as then:
        for name in STORED_TABLES:
            rows = store.rows(f"SELECT * FROM {name} WHERE arrival <= $1", [corrected])
            marks = ", ".join("?" * len(rows[0])) if rows else ""
            for row in rows:
                then.rows(f"INSERT INTO {name} VALUES ({marks})", row)
        before = history(then.for_kind(kind), as_of)
    limited = history(store.up_to(corrected).for_kind(kind), as_of)
    now = history(store.for_kind(kind), as_of)
    assert before.project_ids == limited.project_ids == now.project_ids
    assert len(before.project_ids) == 1
    assert np.array_equal(before.values, limited.values, equal_nan=True)
    assert not np.array_equal(before.values, now.values, equal_nan=True)


def test_cache_keys_at_a_mark_are_those_of_the_sealing(store, corrected):
    families = FEATURE_SETS["project"].families
    as_of = dt.date(2025, 3, 1)

    def keys(seen):
        dependencies = family_dependencies(seen, families)
        found = CacheKeys(seen, STORED_TABLES)
        return [found.key(dependencies[family.name], as_of) for family in families]

    now, limited = keys(store), keys(store.up_to(corrected))
    for name in STORED_TABLES:
        store.rows(f"DELETE FROM {name} WHERE arrival > $1", [corrected])
    assert keys(store) == limited
    assert now != limited
