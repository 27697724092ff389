"""Limits of the search for files and of archives, and the order in which folders are entered."""

import shutil
import zipfile

import pytest

from risk.intake import archives, file_discovery
from risk.intake.archives import is_archive, unpack
from risk.intake.file_discovery import find_files


@pytest.fixture
def folder(tmp_path):
    """Makes files of one byte below a folder, which it returns."""

    def make(*names, top="in"):
        (tmp_path / top).mkdir(exist_ok=True)
        for name in names:
            path = tmp_path / top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path / top

    return make


@pytest.fixture
def archive(tmp_path):
    def make(*names, content=b"123456"):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as written:
            for name in names:
                written.writestr(name, content)
        return tmp_path / "x.zip"

    return make


def test_limits_are_those_of_the_documentation():
    assert (file_discovery.MAX_DEPTH, file_discovery.MAX_FILES) == (8, 10_000)
    assert (archives.MAX_ENTRIES, archives.MAX_UNPACKED) == (2_000, 1_073_741_824)


@pytest.mark.parametrize(("names", "failures"), [
    (["工资表.csv", "a/合影.jpg"], []),
    (["工资表.csv", "a/合影.jpg", "a/b/工资表.csv"], [("folder_too_large", 2)]),
])  # fmt: skip
def test_files_of_all_kinds_count(folder, monkeypatch, names, failures):
    monkeypatch.setattr(file_discovery, "MAX_FILES", 2)
    found = find_files([folder(*names)])
    assert [(one.code, one.fields["allowed"]) for one in found.failed] == failures


def test_folders_are_entered_one_after_the_other_with_what_is_below(folder):
    top = folder(
        "b/工资表.csv", "a/x/工资表.csv", "a/工资表.csv", ".a/工资表.csv", "b/.x/y", "c/a.jpg"
    )
    found = find_files([top])
    assert found.entered == ("a", "a/x", "b", "c")
    assert found.skipped == (".a/", "b/.x/", "c/a.jpg")


def test_a_folder_with_a_file_that_fails_is_not_empty(folder):
    bad, empty = folder("没有表名.csv"), folder(top="empty")
    good = folder("工资表.csv", top="good")

    def codes(*paths):
        return [failure.code for failure in find_files(paths).failed]

    assert codes(bad) == ["table_unknown"]
    assert codes(good, bad) == ["table_unknown"]
    assert codes(good, bad, empty) == ["table_unknown", "no_record_files"]


def test_a_path_that_the_system_refuses_is_named_with_its_reason(tmp_path):
    [failure] = find_files([tmp_path / ("长" * 100)]).failed
    # From Python 3.13 on, what cannot be looked up does not exist.
    found = failure.code, failure.fields.get("reason")
    assert found in {("file_unreadable", "File name too long"), ("file_missing", None)}


def test_an_unpacked_archive_that_is_gone_already_is_no_error(archive):
    found = find_files([archive("工资表.csv")])
    [(path, _)] = found.files
    shutil.rmtree(path.parent.parent)
    del found


@pytest.mark.parametrize(
    ("entries", "size", "fits"), [(3, 18, True), (2, 18, False), (3, 17, False)]
)
def test_an_archive_may_have_as_many_files_and_bytes_as_allowed(
    archive, tmp_path, monkeypatch, entries, size, fits
):
    monkeypatch.setattr(archives, "MAX_ENTRIES", entries)
    monkeypatch.setattr(archives, "MAX_UNPACKED", size)
    path = archive("甲/乙/工资表.csv", "甲/乙/工程项目.csv", "甲/投诉举报.csv")
    with zipfile.ZipFile(path, "a") as written:
        written.mkdir("甲/丙")  # a folder is no entry
    found = find_files([path])
    assert [failure.code for failure in found.failed] == ([] if fits else ["archive_too_large"])
    assert len(found.files) == (3 if fits else 0)


def test_long_names_in_an_archive_end_as_they_did(archive, tmp_path):
    [path], _ = unpack(archive(f"{'长' * 90}工资表.csv"), tmp_path / "into")
    assert path.name == f"{'长' * 73}工资表.csv"


@pytest.mark.parametrize(("name", "expected"), [("a.zip", True), ("a.ZIP", True), ("a.rar", False)])
def test_an_archive_is_known_by_its_suffix(tmp_path, name, expected):
    assert is_archive(tmp_path / name) is expected
