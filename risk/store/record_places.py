"""Region of every record: that of its project, else of its organization, else unknown."""

from __future__ import annotations

from collections.abc import Collection

from risk.contract import STORED_TABLES, Table
from risk.store.store import RecordStore


def places_sql(table: Table) -> str:
    """SQL for the columns of every stored row of ``table`` with ``place``, its region code.

    The place is NULL if neither project nor organization is known.
    """
    names = {field.name for field in table.fields}
    joins, places = [], []
    if "region_code" in names:
        places.append("t.region_code")
    if "payroll_id" in names and table.name != "payrolls":
        joins.append(
            f"LEFT JOIN ({_latest('payrolls', 'payroll_id', 'project_id')}) r"
            " ON r.id = t.payroll_id"
        )
        project = "r.value"
    else:
        project = "t.project_id"
    if project == "r.value" or ("project_id" in names and table.name != "projects"):
        joins.append(
            f"LEFT JOIN ({_latest('projects', 'project_id', 'region_code')}) p ON p.id = {project}"
        )
        places.append("p.value")
    if "org_id" in names and table.name != "organizations":
        joins.append(
            f"LEFT JOIN ({_latest('organizations', 'org_id', 'region_code')}) o ON o.id = t.org_id"
        )
        places.append("o.value")
    place = f"coalesce({', '.join(places)})" if places else "NULL"
    return (
        f"SELECT t.*, CAST({place} AS VARCHAR) AS place FROM main.{table.name} t {' '.join(joins)}"
    )


def key_places(store: RecordStore, table_name: str, ids: Collection[str]) -> dict[str, str | None]:
    """Region of the records of a table with a single key that are among ``ids``.

    The region is None where it is unknown; an id without a record is left out.
    """
    table = STORED_TABLES[table_name]
    (key,) = table.key
    # The last row with a place decides: a later version may have lost its project.
    rows = store.rows(
        f"SELECT {key}, arg_max(place, arrival) FROM ({places_sql(table)})"
        f" WHERE {key} IN (SELECT unnest(?)) GROUP BY {key}",
        [sorted(ids)],
    )
    return dict(rows)


def _latest(table: str, key: str, field: str) -> str:
    return (
        f"SELECT {key} AS id, arg_max({field}, arrival) AS value FROM main.{table} GROUP BY {key}"
    )
