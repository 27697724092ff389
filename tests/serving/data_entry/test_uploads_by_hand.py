"""Uploads, corrections and feeds of the data page, on both sides of each limit."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import replace

import pytest

from risk.intake.project_merges import ProjectPairUnknown
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.clock import now, today
from serving.data_entry import files, service
from serving.data_entry.errors import (
    CellNotListed,
    FileNotAccepted,
    ImportOfficeWide,
    MonthInvalid,
    RowNotQuarantined,
    TooManyFiles,
    UploadBusy,
    UploadClosed,
    UploadEmpty,
    UploadsFull,
    UploadTooLarge,
    UploadUnknown,
)
from serving.data_entry.files import StoredFile, UploadFolder, free_name, plain_name
from serving.data_entry.jobs import EntryWork, _steps
from serving.data_entry.overview import overview
from serving.data_entry.overview_state import is_reading, overview_outdated, store_stamp
from serving.data_entry.quarantine_corrections import corrected_rows, write_rows
from serving.data_entry.repository import (
    Account,
    add_file,
    add_upload,
    expired_uploads,
    find_account,
    find_upload,
    list_accounts,
    load_upload,
    newest_overview,
    open_uploads,
    overview_stamp,
    save_overview,
    save_upload,
)
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.jobs.repository import claim_job, end_job, fail_job, find_job

NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def file(name="a.csv", size=5, stored="0"):
    return StoredFile(stored, name, size)


@pytest.fixture
def uploads(database):
    """Uploads 0 to 22, a second apart; the files of the last are deleted, those of 7 in another."""
    with writing(database.engine).begin() as connection:
        for number in range(23):
            at = NOON + dt.timedelta(seconds=number)
            add_upload(connection, f"U{number}", "李", at)
        add_file(connection, "U7", file("b.csv", 3, "1"))
        add_file(connection, "U8", file("c.csv", 4, "2"))
        add_file(connection, "U7", file("a.csv", 5, "3"))
    save_upload(database.engine, "U22", files_deleted_at=NOON)
    return database


def test_open_uploads_are_the_newest_twenty_that_have_files(uploads):
    found = open_uploads(uploads.engine)
    assert [one.upload_id for one in found] == [f"U{number}" for number in range(21, 1, -1)]
    assert found[14].files == ()
    assert [one.closed for one in found] == [False] * 20


def test_an_upload_has_its_files_in_the_order_of_arrival(uploads):
    one = load_upload(uploads.engine, "U7")
    assert one.files == (file("b.csv", 3, "1"), file("a.csv", 5, "3"))
    assert (one.created_by, one.created_at) == ("李", NOON + dt.timedelta(seconds=7))
    assert (one.job_id, one.proposal, one.trial, one.account, one.imported_at) == (None,) * 5
    assert load_upload(uploads.engine, "U22").closed
    with pytest.raises(UploadUnknown):
        load_upload(uploads.engine, "U23")
    save_upload(uploads.engine, "U7", trial={"x": 1}, imported_at=NOON)
    assert load_upload(uploads.engine, "U7").imported_at == NOON
    assert load_upload(uploads.engine, "U8").trial is None


def test_uploads_expire_that_were_made_before_a_moment_and_have_files(uploads):
    with uploads.engine.connect() as connection:
        moment = NOON + dt.timedelta(seconds=2)
        assert expired_uploads(connection, moment) == ["U0", "U1"]
        assert expired_uploads(connection, moment + MICROSECOND) == ["U0", "U1", "U2"]
        assert len(expired_uploads(connection, NOON + dt.timedelta(days=1))) == 22


def test_files_wait_for_seven_days(database, workspace, monkeypatch):
    monkeypatch.setattr(service, "now", lambda: NOON)
    for name, age in (("seven", dt.timedelta(7)), ("older", dt.timedelta(7) + MICROSECOND)):
        with writing(database.engine).begin() as connection:
            add_upload(connection, name, "李", NOON - age)
        UploadFolder(workspace).new_file(name).write_bytes(b"x")
    with writing(database.engine).begin() as connection:
        started = service.start_upload(connection, workspace, "王")
    assert [path.name for path in (workspace.root / "uploads").iterdir()] == ["seven"]
    assert [load_upload(database.engine, name).closed for name in ("seven", "older")] == [
        *(False, True),
    ]
    one = load_upload(database.engine, started)
    assert (one.created_by, one.created_at, one.closed) == ("王", NOON, False)


def test_an_upload_takes_a_hundred_files(uploads):
    with writing(uploads.engine).begin() as connection:
        for number in range(99):
            add_file(connection, "U0", file(f"{number}.csv"))
    assert service.accept_file(uploads, "U0", "x/0.csv") == "0-2.csv"
    with writing(uploads.engine).begin() as connection:
        service.store_file(connection, "U0", file("0.csv"))
        with pytest.raises(TooManyFiles) as raised:
            service.store_file(connection, "U0", file("y.csv"))
        assert find_upload(connection, "U0").files[-1].name == "0-2.csv"
    assert raised.value.fields["most"] == 100
    with pytest.raises(TooManyFiles):
        service.accept_file(uploads, "U0", "x.csv")
    with pytest.raises(UploadClosed):
        service.accept_file(uploads, "U22", "x.csv")


def test_an_upload_takes_three_hundred_million_bytes(uploads):
    with writing(uploads.engine).begin() as connection:
        service.store_file(connection, "U0", file("a.csv", 299_999_999))
        with pytest.raises(UploadTooLarge) as raised:
            service.store_file(connection, "U0", file("b.csv", 2))
        service.store_file(connection, "U0", file("b.csv", 1))
    assert raised.value.fields["most"] == 300


def test_all_uploads_together_have_a_limit(workspace, monkeypatch):
    assert (files.MAX_FILE, files.MAX_FOLDER) == (50_000_000, 2_000_000_000)
    folder = UploadFolder(workspace)
    folder.new_file("a").write_bytes(b"12345")
    folder.new_file("b").write_bytes(b"6789")
    assert folder.bytes() == 9
    monkeypatch.setattr(files, "MAX_FOLDER", 10)
    folder.new_file("b")
    monkeypatch.setattr(files, "MAX_FOLDER", 9)
    with pytest.raises(UploadsFull) as raised:
        folder.new_file("b")
    assert raised.value.fields["most"] == 0
    folder.delete("a")
    assert folder.bytes() == 4


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a.csv", "a.csv"),
        ("x/y\\ b.XLSX. ", "b.XLSX"),
        ("a\u202eb:?.csv", "ab.csv"),
        ("x" * 76 + ".csv", "x" * 76 + ".csv"),
        ("x" * 77 + ".csv", "x" * 76 + ".csv"),
        ("a.zip", "a.zip"),
        *((name, None) for name in ("a.exe", "a", ".csv", "~$a.xlsx", "", "a.csv/")),
    ],
)
def test_names_of_files(sent, name):
    if name is None:
        with pytest.raises(FileNotAccepted) as raised:
            plain_name(sent)
        shown = {"": "-", "a.csv/": "-", ".csv": "csv"}
        assert raised.value.fields["found"] == shown.get(sent, sent)
    else:
        assert plain_name(sent) == name


def test_names_that_are_taken_get_the_next_number():
    assert free_name("a.csv", ["b.csv"]) == "a.csv"
    assert free_name("a.csv", ["a.csv", "a-2.csv", "a-4.csv"]) == "a-3.csv"


@pytest.mark.parametrize(
    ("end", "busy"), [(None, True), ("claim", True), (end_job, False), (fail_job, False)]
)
def test_one_job_at_a_time_is_about_an_upload(uploads, end, busy):
    def start(known_on="", upload="U7"):
        with writing(uploads.engine).begin() as connection:
            return service.start_job(connection, uploads, "try_import", upload, OFFICE, known_on)

    first = start()
    if end is not None:
        claim_job(uploads.engine, now())
    if callable(end):
        end(uploads.engine, first, {}, now())
    assert service.is_busy(uploads, load_upload(uploads.engine, "U7")) is busy
    assert not service.is_busy(uploads, load_upload(uploads.engine, "U8"))
    lost = replace(load_upload(uploads.engine, "U7"), job_id="nobody")
    assert not service.is_busy(uploads, lost)
    if busy:
        with pytest.raises(UploadBusy):
            start()
        return
    second = start(today().isoformat())
    assert load_upload(uploads.engine, "U7").job_id == second != first
    job = find_job(uploads.engine, second, OFFICE)
    assert job.parameters == {"upload_id": "U7", "known_on": today().isoformat()}
    work = EntryWork(None, uploads, job.parameters, "李")
    assert (work.known_on, work.upload.upload_id) == (today(), "U7")
    assert EntryWork(None, uploads, {"known_on": ""}, "李").known_on is None
    with pytest.raises(UploadClosed):
        _ = EntryWork(None, uploads, {"upload_id": "U22"}, "李").upload


@pytest.mark.parametrize(
    ("upload", "known_on", "error"),
    [
        ("U0", "", UploadEmpty),
        ("U22", "", UploadClosed),
        ("U9999", "", UploadUnknown),
        ("U7", "1999-12-31", MonthInvalid),
        ("U7", "tomorrow", MonthInvalid),
        ("U7", "2000-02-30", MonthInvalid),
        ("U7", "2000-01-01", None),
    ],
)
def test_a_job_needs_files_and_a_day_up_to_today(uploads, upload, known_on, error):
    with writing(uploads.engine).begin() as connection:
        if error is None:
            service.start_job(connection, uploads, "try_import", upload, OFFICE, known_on)
            return
        with pytest.raises(error):
            service.start_job(connection, uploads, "try_import", upload, OFFICE, known_on)
        tomorrow = (today() + dt.timedelta(days=1)).isoformat()
        if upload == "U7":
            with pytest.raises(MonthInvalid) as raised:
                service.start_job(connection, uploads, "try_import", upload, OFFICE, tomorrow)
            assert raised.value.fields["last"] == today().isoformat()


def test_a_list_is_asked_for_up_to_two_months_ahead(database):
    last = today() + dt.timedelta(days=62)
    county = Principal("u", "王", Role.SUPERVISOR, "990102")
    with writing(database.engine).begin() as connection:
        job_id = service.start_month(connection, {"as_of": last.isoformat()}, county)
        with pytest.raises(MonthInvalid) as raised:
            service.start_month(
                connection, {"as_of": (last + dt.timedelta(days=1)).isoformat()}, county
            )
    assert raised.value.fields["last"] == last.isoformat()
    job = find_job(database.engine, job_id, county)
    assert (job.kind, job.region, job.parameters["capacity"]) == ("monthly", "990102", None)
    assert service.month_start() == today().replace(day=1)


def test_only_people_without_a_region_import():
    service.require_office_wide(OFFICE)
    with pytest.raises(ImportOfficeWide) as raised:
        service.require_office_wide(Principal("u", "王", Role.SUPERVISOR, "99"))
    assert raised.value.fields["region"] == "99"


ROWS = [
    {"id": "1", "table": "payrolls", "cells": {"payroll_id": "G1", "amount_due": "x", "+": "?"}},
    {"id": "2", "table": "payments", "cells": {"payment_id": "F1", "amount": "y"}},
    {"id": "3", "table": "payrolls", "cells": {"payroll_id": "G3", "amount_due": "z"}},
]


def test_rows_are_corrected_in_which_a_cell_changed(tmp_path):
    cells = {
        "1": {"amount_due": "5", "payroll_id": "G1"},
        "2": {"amount": "y", "paid_on": ""},
        "3": {"workers": "7"},
        "9": {"amount": "1"},
    }
    found = corrected_rows(ROWS, cells)
    assert found == {
        "payrolls": [
            {**ROWS[0], "cells": {"payroll_id": "G1", "amount_due": "5", "+": "?"}},
            {**ROWS[2], "cells": {"payroll_id": "G3", "amount_due": "z", "workers": "7"}},
        ]
    }
    write_rows(tmp_path / "payrolls.csv", "payrolls", found["payrolls"])
    with (tmp_path / "payrolls.csv").open(encoding="utf-8", newline="") as written:
        heads, first, second = csv.reader(written)
    assert (first[0], second[0]) == ("1", "3")
    by_head = dict(zip(heads, first, strict=False))
    assert [name for name, cell in by_head.items() if cell == "5"] == ["应发金额"]
    assert (len(first) - len(heads), first[-1]) == (1, "?")
    assert len(second) == len(heads)


def test_corrected_cells_are_imported_as_files_of_their_tables(database, workspace):
    with writing(database.engine).begin() as connection:
        form = {"cell:amount_due:1": "5", "cell:amount:2": "6", "other": "x"}
        job_id = service.start_correction(
            connection, workspace, {"quarantined": ROWS}, form, OFFICE
        )
    job = find_job(database.engine, job_id, OFFICE)
    upload = load_upload(database.engine, job.parameters["upload_id"])
    assert (job.kind, upload.job_id) == ("import_files", job_id)
    assert [one.name for one in upload.files] == ["payrolls.csv", "payments.csv"]
    assert sum(one.bytes for one in upload.files) == UploadFolder(workspace).bytes()
    same = {"cell:amount_due:1": "x"}
    with writing(database.engine).begin() as connection, pytest.raises(RowNotQuarantined):
        service.start_correction(connection, workspace, {"quarantined": ROWS}, same, OFFICE)


def test_cells_are_answered_that_are_shown(database):
    shown = {"unreadable": [
        {"table": "payrolls", "field": "due_on", "raw": "a"},
        {"table": "payrolls", "field": "due_on", "raw": " b "},
    ]}  # fmt: skip
    asked = {"table": "payrolls", "field": "due_on", "raw": "b", "answer": "2025-01-01"}
    with writing(database.engine).begin() as connection:
        job_id = service.start_answer(connection, shown, asked, OFFICE)
        for wrong in ({"table": "payments"}, {"field": "period"}, {"raw": "c" * 101}):
            with pytest.raises(CellNotListed) as raised:
                service.start_answer(connection, shown, {**asked, **wrong}, OFFICE)
        assert raised.value.fields["found"] == "c" * 100
    assert find_job(database.engine, job_id, OFFICE).parameters == {**asked, "raw": " b "}


def test_a_pair_of_ids_is_confirmed_that_is_shown(database):
    shown = {"pairs": [{"made": "M1"}, {"made": "M2"}]}
    with writing(database.engine).begin() as connection:
        job_id = service.start_merge(connection, shown, {"made": "M2"}, OFFICE)
        for pairs, allowed in ((shown, "M1, M2"), ({}, "-")):
            with pytest.raises(ProjectPairUnknown) as raised:
                service.start_merge(connection, pairs, {"made": "x" * 101}, OFFICE)
            assert raised.value.fields == {"found": "x" * 100, "allowed": allowed}
    job = find_job(database.engine, job_id, OFFICE)
    assert (job.kind, job.parameters) == ("merge_project", {"made": "M2"})


def test_files_have_the_names_that_people_know(workspace):
    folder = UploadFolder(workspace)
    paths = [folder.new_file(upload) for upload in ("a", "a", "b")]
    for number, path in enumerate(paths):
        path.write_text(str(number), encoding="utf-8")
    stored = [
        file(name, 1, path.name) for name, path in zip(("x.csv", "y.csv"), paths, strict=False)
    ]
    with folder.named("a", stored) as named:
        found = {path.name: path.read_text(encoding="utf-8") for path in named.iterdir()}
    assert found == {"x.csv": "0", "y.csv": "1"}
    assert not named.exists()


def test_what_is_wrong_is_named_in_forty_letters(database):
    with writing(database.engine).begin() as connection:
        for wrong in ("x" * 41, "9999-12-31"):
            with pytest.raises(MonthInvalid) as raised:
                service.start_month(connection, {"as_of": wrong}, OFFICE)
            assert raised.value.fields["found"] == wrong[:40]


def test_feeds_are_late_that_are_more_than_two_months_behind():
    def late(**months):
        return service.late_feeds([{"table": t, "last_month": m} for t, m in months.items()])

    assert late(payrolls="2025-02", payments="2024-12", transfers="2024-11") == {"transfers"}
    assert late(payrolls="2025-01", attendance="2024-10", operations="2024-11") == {"attendance"}
    assert late(payrolls="2024-01", complaints="2025-01") == set()
    assert late(payrolls=None, payments="2024-01") == set()


def test_the_overview_is_the_last_and_accounts_are_stored_once(database):
    assert (newest_overview(database.engine), overview_stamp(database.engine)) == (None, None)
    one, two = (Account(name, NOON, "李", ["a.csv"], {"n": name}) for name in ("one", "two"))
    save_overview(database.engine, {"v": 1}, "s1", [one], NOON)
    save_overview(database.engine, {"v": 2}, "s2", [one, two], NOON + MICROSECOND)
    assert newest_overview(database.engine) == {"v": 2, "made_at": NOON + MICROSECOND}
    assert overview_stamp(database.engine) == "s2"
    assert list_accounts(database.engine, PageRequest(9)).items == [two, one]
    assert list_accounts(database.engine, PageRequest(1)).items == [two]
    assert find_account(database.engine, "one") == one
    with pytest.raises(UploadUnknown):
        find_account(database.engine, "three")


def test_an_overview_is_outdated_where_the_records_are_of_another_state(database, workspace):
    assert not overview_outdated(workspace, database.engine)
    assert store_stamp(workspace) == ""
    workspace.records.write_bytes(b"12345")
    assert store_stamp(workspace) == f"{workspace.records.stat().st_mtime_ns}-5"
    assert overview_outdated(workspace, database.engine)
    assert is_reading(workspace, database.engine)
    assert not is_reading(None, database.engine)
    save_overview(database.engine, {}, store_stamp(workspace), [], NOON)
    assert not is_reading(workspace, database.engine)


def test_the_last_month_of_a_feed_is_that_of_its_newest_event_known(world):
    """The payroll that was due on the last day of knowledge is; one due later is not."""
    empty = overview(world.store)
    assert all(one["last_month"] is None for one in empty["feeds"])
    assert (empty["quarantined"], empty["unreadable"], empty["unreadable_groups"]) == ([], [], 0)
    rows = (
        ("2025-04-30", "2025-05-02"),
        ("2025-05-02", "2025-04-02"),
        ("2025-06-01", "2025-04-02"),
    )
    for number, (due_on, known_at) in enumerate(rows):
        world.add("payrolls", payroll_id=str(number), project_id="P", period="2025-07-01",
                  due_on=due_on, known_at=known_at)  # fmt: skip
    found = {one["table"]: one for one in overview(world.store)["feeds"]}
    payrolls = found["payrolls"]
    assert (payrolls["rows"], payrolls["last_known_at"]) == (3, "2025-05-02")
    assert (payrolls["last_month"], payrolls["quarantined"]) == ("2025-05", 0)
    assert (payrolls["waiting"], found["payments"]["last_month"]) == (3, None)


def test_progress_of_an_import_counts_its_files():
    told = []
    step = _steps(lambda words, share: told.append((words, round(share, 6))), 4)
    for name, rows in (("a", 5), ("a", 9), ("b", 1), ("c", 1), ("d", 1), ("e", 1)):
        step(name, rows)
    assert told == [
        ("import 5 a", 0.225), ("import 9 a", 0.225), ("import 1 b", 0.45),
        ("import 1 c", 0.675), ("import 1 d", 0.9), ("import 1 e", 0.9),
    ]  # fmt: skip
    _steps(lambda words, share: told.append((words, share)), 0)("f", 2)
    assert told[-1] == ("import 2 f", 0.9)
