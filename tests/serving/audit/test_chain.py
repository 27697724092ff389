"""Whoever alters, removes or inserts audit entries behind the service's back is found out."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from serving.audit.head_export import HeadExport
from serving.audit.repository import AuditEntry, write_audit_entries
from serving.audit.verification import AuditBroken, Head, heads_after, read_heads, verify_audit
from serving.db.append_only import unprotect
from serving.db.engine import writing
from serving.db.hash_chain import next_digest
from serving.db.tables import METADATA, SEALED

NOON = dt.datetime(2025, 6, 1, 4, tzinfo=dt.UTC)
"""Noon in Shanghai."""


def entry(number=0, at=NOON, **values):
    made = AuditEntry(
        *(at, f"r-{number}", "李", "supervisor", "read_lists", "GET", "/v1/watchlists"),
        *("9901", dt.date(2025, 6, 1), "d" * 64, None, 200),
    )
    return made._replace(**values)


@pytest.fixture
def log(database):
    """Three entries of one day."""
    write_audit_entries(database.engine, [entry(1), entry(2)])
    write_audit_entries(database.engine, [entry(3)])
    return database


def tampered(database, *statements):
    with writing(database.engine).begin() as connection:
        unprotect(connection, "audit")
        for statement in statements:
            connection.execute(text(statement))


def test_digest_is_that_of_the_previous_one_and_the_values_as_json():
    values = [NOON, "r", "李", dt.date(2025, 6, 1), None, 200]
    # By sha256sum of ["","2025-06-01T04:00:00.000000+00:00","r","\\u674e","2025-06-01",null,200]
    expected = "653aea5d3eeaba86d322de367b71074ac8c1239b022bf25e5d9b22bf31f55b8b"
    assert next_digest("", values) == expected
    assert next_digest("", [NOON.replace(tzinfo=None), *values[1:]]) == next_digest("", values)
    assert next_digest("a", values) != next_digest("", values)


def test_whole_log_verifies_with_its_number_of_entries(log):
    report = verify_audit(log.engine)
    assert (report.entries, report.problems) == (3, ())
    assert verify_audit(log.engine, [report.head]).problems == ()


@pytest.mark.parametrize(
    ("statement", "kind", "number"),
    [
        ("UPDATE audit SET who = '王' WHERE request_id = 'r-2'", "altered", 2),
        ("UPDATE audit SET status = 403 WHERE request_id = 'r-1'", "altered", 1),
        ("DELETE FROM audit WHERE request_id = 'r-2'", "altered", 3),
        ("UPDATE audit SET id = 99 WHERE request_id = 'r-1'", "altered", 2),
    ],
)
def test_altered_entry_is_found(log, statement, kind, number):
    tampered(log, statement)
    first = verify_audit(log.engine).problems[0]
    assert (first.kind, first.entry) == (kind, number)
    with pytest.raises(AuditBroken):
        verify_audit(log.engine).require_whole()


def test_shortened_log_is_found_by_a_head_from_elsewhere(log):
    head = verify_audit(log.engine).head
    tampered(log, "DELETE FROM audit WHERE request_id = 'r-3'")
    assert verify_audit(log.engine).problems == ()
    [problem] = verify_audit(log.engine, [head]).problems
    assert (problem.kind, problem.entry) == ("missing", 3)


def test_log_written_again_is_found_by_a_head_from_elsewhere(log):
    head = verify_audit(log.engine).head
    tampered(log, "DELETE FROM audit")
    write_audit_entries(log.engine, [entry(1), entry(2, who="王"), entry(3)])
    report = verify_audit(log.engine, [head, Head(2, NOON.date(), "0" * 64)])
    assert report.entries == 3
    assert {problem.kind for problem in report.problems} == {"missing"}


def test_first_entry_of_a_day_stores_the_head_of_the_day_before(database):
    before_midnight = dt.datetime(2025, 6, 1, 15, 59, tzinfo=dt.UTC)
    write_audit_entries(database.engine, [entry(1, before_midnight)])
    write_audit_entries(database.engine, [entry(2, before_midnight + dt.timedelta(minutes=1))])
    write_audit_entries(database.engine, [entry(3, before_midnight)])  # the clock went back
    write_audit_entries(database.engine, [entry(4, before_midnight + dt.timedelta(minutes=2))])
    with database.engine.connect() as connection:
        query = "SELECT entry_id, day FROM audit_heads ORDER BY id"
        heads = [(one[0], str(one[1])) for one in connection.exec_driver_sql(query)]
    assert heads == [(1, "2025-06-01"), (3, "2025-06-01")]
    assert verify_audit(database.engine).problems == ()


def test_heads_are_exported_once_to_a_file(database, tmp_path):
    for day in range(3):
        write_audit_entries(database.engine, [entry(day, NOON + dt.timedelta(days=day))])
    for _ in range(2):
        HeadExport(database.engine, tmp_path / "heads.jsonl").run()
    heads = read_heads(tmp_path / "heads.jsonl")
    assert [(head.entry, head.day.day) for head in heads] == [(1, 1), (2, 2)]
    tampered(database, "DELETE FROM audit WHERE id = 2")
    problems = verify_audit(database.engine, heads).problems
    assert ("missing", 2) in [(one.kind, one.entry) for one in problems]


@pytest.mark.parametrize("back", [dt.timedelta(hours=1), dt.timedelta(days=1)])
def test_chain_and_heads_survive_a_clock_that_is_set_back(database, back):
    times = [NOON, NOON + dt.timedelta(days=1)]
    times += [times[1] - back, times[1] - back + dt.timedelta(hours=13), NOON + 3 * dt.timedelta(1)]
    for number, at in enumerate(times):
        write_audit_entries(database.engine, [entry(number, at)])
    assert verify_audit(database.engine).problems == ()
    with database.engine.connect() as connection:
        heads = heads_after(connection, 0)
    assert heads[0].entry == 1
    assert heads[-1].entry == 4
    tampered(database, "DELETE FROM audit WHERE id = 4")
    assert ("missing", 4) in [
        (one.kind, one.entry) for one in verify_audit(database.engine).problems
    ]


def test_entries_older_than_the_chain_are_covered_by_its_first_head(database):
    config = Config()
    config.set_main_option("script_location", "serving.db:migrations")
    with writing(database.engine).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0017")
        for number in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO audit (at, request_id, who, role, action, method, subject,"
                    f" region, status) VALUES ('2025-06-01 04:00:00', 'r-{number}', '李', 'admin',"
                    " 'x', 'GET', '/', '', 200)"
                )
            )
        command.upgrade(config, "head")
    write_audit_entries(database.engine, [entry(3)])
    assert verify_audit(database.engine).problems == ()
    tampered(database, "UPDATE audit SET who = '王' WHERE request_id = 'r-1'")
    assert [one.entry for one in verify_audit(database.engine).problems] == [2, 3]


def test_no_sealed_row_can_be_replaced_without_the_pragma_either(workspace, log):
    if log.engine.dialect.name == "sqlite":
        with sqlite3.connect(workspace.service_database) as connection:
            columns = ", ".join(column.name for column in METADATA.tables["audit"].columns)
            forged = columns.replace("who", "'王'")
            with pytest.raises(sqlite3.IntegrityError, match="audit is sealed"):
                connection.execute(
                    f"INSERT OR REPLACE INTO audit ({columns}) SELECT {forged} FROM audit LIMIT 1"
                )
        connection.close()
        with log.engine.connect() as connection:
            query = "SELECT tbl_name FROM sqlite_master WHERE name LIKE '%_no_replace'"
            assert set(connection.scalars(text(query))) == set(SEALED)


def test_audit_commands_verify_and_export(wagewatch, workspace, tmp_path, log):
    def run(*arguments):
        return wagewatch("--lang", "en", "audit", *map(str, arguments))

    head = run("head").stdout
    (tmp_path / "heads.jsonl").write_text(head, encoding="utf-8")
    assert "3 entries, 1 heads match" in run("verify", "--heads", tmp_path / "heads.jsonl").stdout
    assert run("export", tmp_path / "all.jsonl").returncode == 0
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["request_id"] for line in lines] == ["r-1", "r-2", "r-3"]
    assert json.loads(lines[-1])["digest"] == json.loads(head)["digest"]
    tampered(log, "DELETE FROM audit WHERE request_id = 'r-3'")
    shortened = run("verify", "--heads", tmp_path / "heads.jsonl")
    assert (shortened.returncode, shortened.stderr.count("\n")) == (1, 1)
    assert "number 3" in shortened.stderr
    assert run("verify", "--heads", tmp_path / "none.jsonl").returncode == 1


def test_chain_goes_on_over_many_writers(database):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: write_audit_entries(database.engine, [entry(n)]), range(20)))
    report = verify_audit(database.engine)
    assert (report.entries, report.problems) == (20, ())
