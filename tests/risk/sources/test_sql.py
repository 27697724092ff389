"""Databases of other systems: queries by table, read only, in parts, with their own headings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from risk.contract import TABLES
from risk.intake.importer import import_paths
from risk.intake.layouts.layout import ColumnRule, Layout
from risk.intake.layouts.layout_file import write_layout
from risk.sources import sql
from risk.sources.errors import SourceInvalid, SourceRefused, SourceUnavailable
from risk.sources.kinds import source_settings
from risk.sources.pull import OfficeClock, PullReport, pull_source
from risk.sources.pull_log import taken_units
from risk.sources.select import QueryRefused, require_select
from risk.store.store import RecordStore
from risk.workspace import Workspace

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 2)

PAYMENTS = """
-- 已发工资; only what was really paid
SELECT no AS payment_id, sheet AS payroll_id, paid AS paid_on, yuan AS amount, worker_name
FROM wages WHERE note <> 'a;b'
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "office"
    (folder / "queries").mkdir(parents=True)
    (folder / "wagewatch.toml").write_text("", encoding="utf-8")
    return Workspace(folder)


@pytest.fixture
def database(tmp_path: Path) -> sa.Engine:
    """Wages of another system, with a worker's name in each row."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    fill(engine)
    return engine


def fill(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE wages (no VARCHAR(20), sheet VARCHAR(20), paid DATE,"
                " yuan NUMERIC(12, 2), worker_name VARCHAR(20), note VARCHAR(50), changed INTEGER)"
            )
        )
    add(engine, *((f"W{n}", f"L{n}", f"2025-0{n}-20", 100.5 * n, n) for n in range(1, 6)))


def add(engine: sa.Engine, *rows: tuple) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO wages VALUES (:no, :sheet, :paid, :yuan, '张三丰', '', :changed)"),
            [
                dict(zip(("no", "sheet", "paid", "yuan", "changed"), row, strict=True))
                for row in rows
            ],
        )


def query(workspace: Workspace, table: str, statement: str) -> None:
    (workspace.root / "queries" / f"{table}.sql").write_text(statement, encoding="utf-8")


def pull(workspace: Workspace, url: str, *, today: dt.date = TODAY, **settings) -> PullReport:
    section = {"kind": "sql", "url": url, **settings}
    parsed = source_settings({"wages": section}, "wages")
    return pull_source(workspace, parsed, clock=OfficeClock(lambda: NOW, lambda: today))


def address(engine: sa.Engine) -> str:
    return str(engine.url)


def stored(workspace: Workspace) -> list[tuple]:
    with RecordStore(workspace.records, read_only=True) as store:
        return store.rows(
            "SELECT payment_id, amount, paid_on, known_at FROM payments ORDER BY payment_id"
        )


def test_rows_come_by_the_names_of_the_contract_and_others_are_not_read(workspace, database):
    query(workspace, "payments", PAYMENTS)
    done = pull(workspace, address(database))
    assert done.fetched.error is None
    assert done.fetched.refused == ()
    day = dt.date(2025, 1, 20)
    assert stored(workspace)[0] == ("W1", 10050, day, day)
    assert done.report.tables["payments"].accepted == 5
    assert done.as_json()["pull"]["unread_columns"] == {"payments": ["worker_name"]}
    again = pull(workspace, address(database), today=TODAY + dt.timedelta(days=1))
    assert again.report.tables["payments"].as_json()["repeated"] == 5


def test_the_column_known_at_dates_rows(workspace, database):
    statement = PAYMENTS.replace("worker_name", "'2025-12-24' AS known_at")
    query(workspace, "payments", statement)
    pull(workspace, address(database))
    assert {row[3] for row in stored(workspace)} == {dt.date(2025, 12, 24)}


def test_an_incremental_table_goes_on_from_its_last_value(workspace, database, monkeypatch):
    monkeypatch.setattr(sql, "PART", 2)
    statement = PAYMENTS.replace("worker_name", "changed")
    query(workspace, "payments", statement)
    options = {"incremental": {"payments": "changed"}}
    first = pull(workspace, address(database), **options, max_rows=3)
    # The second part was cut at the bound and comes with the next pull.
    assert (first.fetched.state, first.fetched.rows) == ("bounded", {"payments": 2})
    second = pull(workspace, address(database), **options)
    assert (second.fetched.state, second.fetched.rows) == ("complete", {"payments": 4})
    add(database, ("W6", "L6", "2025-06-20", 7, 5), ("W7", "L7", "2025-07-20", 8, None))
    third = pull(workspace, address(database), **options)
    # The last value is read again: another row may have got it since. Rows without one come too.
    tables = third.report.tables["payments"]
    assert (tables.read, tables.accepted, tables.repeated) == (3, 2, 1)
    assert [row[0] for row in stored(workspace)] == [f"W{n}" for n in range(1, 8)]


def test_rows_of_one_value_stay_together(workspace, database, monkeypatch):
    monkeypatch.setattr(sql, "PART", 1)
    add(database, *((f"V{n}", "L", "2025-01-20", n, 5) for n in range(4)))
    query(workspace, "payments", PAYMENTS.replace("worker_name", "changed"))
    done = pull(workspace, address(database), incremental={"payments": "changed"})
    assert [unit.rows["payments"] for unit in done.fetched.units] == [1, 1, 1, 1, 5]


def test_columns_of_another_name_are_read_by_a_confirmed_layout(workspace, database):
    table = TABLES["payments"]
    headings = ("no", "sheet", "paid", "yuan", "worker_name")
    fields = ("payment_id", "payroll_id", "paid_on", "amount", "")
    rules = tuple(map(ColumnRule, headings, fields))
    layout = Layout("wages", table, headings, rules).confirm("office", NOW)
    write_layout(workspace.layouts, layout)
    query(workspace, "payments", "SELECT no, sheet, paid, yuan, worker_name FROM wages")
    done = pull(workspace, address(database), layout="wages")
    assert done.report.failed == ()
    assert done.report.files[0].reading.layouts == ("wages",)
    assert [row[:2] for row in stored(workspace)][1] == ("W2", 20100)


def sites(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE sites (code TEXT, title TEXT, firm TEXT, day TEXT)")
        )
        row = "('P1', '滨河安置房', '溪帆建筑工程有限公司', '2025-01-06')"
        connection.execute(sa.text(f"INSERT INTO sites VALUES {row}"))


def test_rows_without_a_county_and_a_firms_code_are_the_same_rows_again(
    workspace, database, tmp_path
):
    headings = ("code", "title", "firm", "day")
    fields = ("project_id", "project_name", "contractor_id", "started_on")
    rules = [
        ColumnRule(*one, by_name=one[0] == "firm") for one in zip(headings, fields, strict=True)
    ]
    fill = {"sector": "building", "funding": "government"}
    layout = Layout("sites", TABLES["projects"], headings, tuple(rules), region="990101", fill=fill)
    write_layout(workspace.layouts, layout.confirm("office", NOW))
    sites(database)
    query(workspace, "projects", "SELECT code, title, firm, day FROM sites")
    assert pull(workspace, address(database)).report.tables["projects"].accepted == 1
    register = tmp_path / "organizations.csv"
    for days in (1, 2):
        again = pull(workspace, address(database), today=TODAY + dt.timedelta(days))
        assert [(one.accepted, one.quarantined) for one in again.report.files] == [(0, 0)]
        # From the register the firm gets its code, in the project too.
        register.write_text(
            "org_id,org_name,org_kind\n91990100MA0000001X,溪帆建筑工程有限公司,general_contractor\n",
            encoding="utf-8",
        )
        import_paths(workspace, [register], today=TODAY + dt.timedelta(days))
    with RecordStore(workspace.records, read_only=True) as store:
        found = store.rows("SELECT region_code, contractor_id FROM projects ORDER BY arrival")
    assert [region for region, _ in found] == ["990101"] * len(found)
    assert [firm.startswith("N-") for _, firm in found] == [True, False]


def test_what_a_book_knows_stays_where_the_database_has_nothing(workspace, database, tmp_path):
    book = tmp_path / "projects.csv"
    book.write_text(
        "project_id,project_name,region_code,sector,funding,started_on,contract_amount\n"
        "P1,滨河安置房,990101,building,government,2025-01-06,12000000\n",
        encoding="utf-8",
    )
    import_paths(workspace, [book], today=TODAY)
    sites(database)
    known = "'990101' AS region_code, 'building' AS sector, 'government' AS funding"
    columns = f"code AS project_id, title || '二期' AS project_name, day AS started_on, {known}"
    query(workspace, "projects", f"SELECT {columns}, NULL AS contract_amount FROM sites")
    for days, accepted in ((1, 1), (2, 0)):
        done = pull(workspace, address(database), today=TODAY + dt.timedelta(days))
        assert [one.accepted for one in done.report.files] == [accepted]
    with RecordStore(workspace.records, read_only=True) as store:
        rows = store.rows("SELECT project_name, contract_amount FROM projects ORDER BY known_at")
    assert rows == [("滨河安置房", 1_200_000_000), ("滨河安置房二期", 1_200_000_000)]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM wages", "DELETE"),
        ("SELECT 1; DROP TABLE wages", ";"),
        ("WITH gone AS (DELETE FROM wages RETURNING *) SELECT * FROM gone", "DELETE"),
        ("SELECT * INTO copy FROM wages", "INTO"),
        ("SELECT * FROM wages FOR UPDATE", "UPDATE"),
        ("SELECT 'open", "'"),
        ("-- nothing", "-"),
    ],
)
def test_a_query_that_is_not_one_select_is_refused(workspace, database, statement, found):
    query(workspace, "payments", statement)
    done = pull(workspace, address(database))
    assert isinstance(done.fetched.error, QueryRefused)
    assert done.fetched.error.fields["found"] == found


def test_words_in_texts_comments_and_quoted_names_are_no_statement():
    statement = "SELECT \"delete\", '; drop' AS a /* update; */ FROM t -- into"
    assert require_select(f"{statement};", source="s", file="f").split() == (
        ["SELECT", '"delete",', "';", "drop'", "AS", "a", "FROM", "t"]
    )


def test_a_query_the_database_refuses_leaves_the_others(workspace, database):
    query(workspace, "payrolls", "SELECT nothing FROM wages")
    query(workspace, "payments", PAYMENTS)
    done = pull(workspace, address(database))
    [(unit, refusal)] = done.fetched.refused
    assert unit == "payrolls"
    assert "nothing" in refusal.message("en")
    assert done.report.tables["payments"].accepted == 5


def test_values_that_no_field_can_hold_are_named(workspace, database):
    query(workspace, "payments", "SELECT no AS payment_id, x'00ff' AS payroll_id FROM wages")
    [(_, refusal)] = pull(workspace, address(database)).fetched.refused
    assert (refusal.code, refusal.fields["column"]) == ("cell_unsupported", "payroll_id")


def test_a_password_in_the_settings_is_refused_without_being_shown():
    section = {"kind": "sql", "url": "postgresql://user:Geheim1@host/db", "password": "Geheim2"}
    with pytest.raises(SourceInvalid) as caught:
        source_settings({"wages": section}, "wages")
    message = caught.value.message("zh")
    assert "sources.wages.url" in message
    assert "sources.wages.password" in message
    assert "Geheim" not in message


@pytest.fixture(scope="module")
def server(postgresql: str) -> Iterator[sa.Engine]:
    """The same wages on PostgreSQL."""
    maintenance = sa.create_engine(f"{postgresql}/postgres", poolclass=sa.NullPool)
    with maintenance.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            sa.text("CREATE DATABASE wages_elsewhere")
        )
    engine = sa.create_engine(f"{postgresql}/wages_elsewhere")
    fill(engine)
    yield engine
    engine.dispose()


def test_on_postgresql_rows_are_streamed_in_parts(server, workspace, monkeypatch):
    monkeypatch.setattr(sql, "PART", 2)
    query(workspace, "payments", PAYMENTS.replace("worker_name", "changed"))
    url = address(server).replace("+psycopg", "")
    done = pull(workspace, url, incremental={"payments": "changed"})
    assert [unit.rows["payments"] for unit in done.fetched.units] == [2, 2, 1]
    assert stored(workspace)[1][:2] == ("W2", 20100)
    with RecordStore(workspace.records, read_only=True) as store:
        assert taken_units(store, "wages") == {"payments": ('{"kind": "int", "value": "5"}', False)}


def test_on_postgresql_the_session_cannot_write(server, workspace):
    with server.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE FUNCTION spoil() RETURNS integer LANGUAGE sql AS"
                " 'DELETE FROM wages; SELECT 1'"
            )
        )
    query(workspace, "payrolls", "SELECT spoil() AS payroll_id")
    query(workspace, "payments", PAYMENTS)
    done = pull(workspace, address(server))
    assert "read-only" in done.fetched.refused[0][1].message("en")
    # Also after the refused query the session is read only, and the others are read.
    assert done.report.tables["payments"].accepted == 5


def test_on_postgresql_errors_about_values_do_not_show_them(server, workspace):
    query(workspace, "payments", "SELECT CAST(worker_name AS integer) AS amount FROM wages")
    [(_, refusal)] = pull(workspace, address(server)).fetched.refused
    assert "InvalidTextRepresentation" in refusal.message("en")
    assert "张三丰" not in refusal.message("zh")


def test_an_unknown_database_is_refused_and_a_closed_port_is_unavailable(
    server, workspace, monkeypatch
):
    monkeypatch.setattr("risk.sources.politeness.FIRST_WAIT", 0.0)
    query(workspace, "payments", PAYMENTS)
    refused = pull(workspace, f"{address(server)}_not").fetched.error
    assert isinstance(refused, SourceRefused)
    closed = server.url.set(port=1)
    assert isinstance(pull(workspace, str(closed)).fetched.error, SourceUnavailable)
