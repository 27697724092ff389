"""Joins that exceed the memory limit of the record store."""

from __future__ import annotations

from risk.store.store import RecordStore


def test_a_join_over_a_spilled_join_returns_all_rows() -> None:
    """Every id of 240,000 occurs four times; those of 47 of 61 days have a first day.

    DuckDB 2.0.0 ends with an internal error here, as features did at 50 million payments.
    """
    with RecordStore(":memory:") as store:
        connection = store.connection
        connection.execute("SET debug_force_external = true")  # as if memory were short
        connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        for sql in (
            "CREATE TABLE rolls AS SELECT i AS id, i % 61 AS due FROM range(240000) t(i)",
            "CREATE TABLE years AS SELECT i AS due, 'day ' || i AS first_day FROM range(47) t(i)",
            "CREATE TABLE paid AS SELECT i * 7 % 240000 AS id, i AS place FROM range(960000) t(i)",
            "CREATE TABLE hidden AS SELECT i * 3 AS place, true AS hidden FROM range(20000) t(i)",
            """
            CREATE TABLE found AS
            SELECT h.hidden, l.first_day
            FROM hidden h
            RIGHT JOIN (
              SELECT p.place, y.first_day
              FROM (rolls r JOIN years y ON y.due = r.due) JOIN paid p ON p.id = r.id
            ) l ON l.place = h.place
            """,
        ):
            connection.execute(sql)

        # 240,000 is 3,934 times 61 and 26 more.
        assert store.rows("SELECT count(*), count(first_day) FROM found") == [
            (4 * (3934 * 47 + 26),) * 2
        ]
