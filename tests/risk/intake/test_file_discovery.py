import zipfile
from pathlib import Path, PurePath

import pytest

from risk.intake import archives, file_discovery
from risk.intake.file_discovery import find_files
from risk.intake.named_periods import NamedPeriod, file_order, named_period, path_period


@pytest.fixture
def folder(tmp_path):
    """Makes empty files below tmp_path."""

    def make(*names):
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path / "in"

    return make


def _archive(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def _labels(found):
    return [found.labels[path] for path, _ in found.files]


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("2025年8月工程项目.xlsx", (2025, 8, 0)),
        ("工程项目2025-09.csv", (2025, 9, 0)),
        ("工程项目202510.csv", (2025, 10, 0)),
        ("工程项目20251015.csv", (2025, 10, 15)),
        ("2025.3.5检查.csv", (2025, 3, 5)),
        ("2025年十一月检查.csv", (2025, 11, 0)),
        ("九月工资表", (0, 9, 0)),
        ("二月", (0, 2, 0)),
        ("１０月工资表.xls", (0, 10, 0)),
        ("25年9月工资表", (2025, 9, 0)),
        ("1-9月工资表", (0, 9, 0)),
        ("2025年7月至10月", (2025, 10, 0)),
        ("2025年上半年工资表", (2025, 0, 0)),
        ("二〇二五年九月工资表", (2025, 9, 0)),
        ("二零二五年十二月三日", (2025, 12, 0)),
        ("上半年工资表", (0, 0, 0)),
        ("工资表(1)", (0, 0, 0)),
        ("420322工程项目", (0, 0, 0)),
        ("13月工资表", (0, 0, 0)),
    ],
)
def test_the_period_in_a_name(name, period):
    assert named_period(name) == NamedPeriod(*period)


@pytest.mark.parametrize(
    ("name", "several"),
    [
        ("2025年9月工资表", False),
        ("2025年9月1日至30日", False),
        ("2025-09", False),
        ("2025年1-9月", True),
        ("1月至3月", True),
        ("2025年7月至2025年10月", True),
        ("7月、8月", True),
        ("三季度9月", True),
    ],
)
def test_whether_a_name_states_several_months(name, several):
    assert named_period(name).several is several


@pytest.mark.parametrize(
    ("path", "period"),
    [
        ("2025年/9月工资表.xlsx", (2025, 9, 0)),
        ("2025年9月/工资表.xlsx", (2025, 9, 0)),
        ("2025年/九月/工资表.xlsx", (2025, 9, 0)),
        ("台账2025.zip/十月/案件.csv", (2025, 10, 0)),
        ("9月/2025年工程项目.xlsx", (2025, 9, 0)),
        ("2024年12月/2025年1月工资表.xlsx", (2025, 1, 0)),
        ("2024年12月/2025年工资表.xlsx", (2025, 0, 0)),
        ("存档/工资表.xlsx", (0, 0, 0)),
    ],
)
def test_the_period_of_a_path(path, period):
    assert path_period(PurePath(path)) == NamedPeriod(*period)


def test_files_are_in_the_order_of_months_then_of_natural_names():
    names = [
        "2025年/10月工资表.xlsx",
        "2024年12月工资表.csv",
        "工资表10.csv",
        "工资表202511.csv",
        "工资表9.csv",
        "2025年/九月工资表.xlsx",
    ]
    assert sorted(names, key=lambda name: file_order(PurePath(name))) == [
        "工资表9.csv",
        "工资表10.csv",
        "2024年12月工资表.csv",
        "2025年/九月工资表.xlsx",
        "2025年/10月工资表.xlsx",
        "工资表202511.csv",
    ]


def test_subfolders_are_searched_and_named(folder):
    top = folder(
        "工程项目.csv",
        "钢筋班/工资表.xlsx",
        "木工班/2025/工资表.xlsx",
        ".git/工资表.csv",
        "~$工程项目.xlsx",
        "木工班/合影.jpg",
    )
    found = find_files([top])
    assert set(_labels(found)) == {
        "工程项目.csv",
        "钢筋班/工资表.xlsx",
        "木工班/2025/工资表.xlsx",
    }
    assert set(found.entered) == {"钢筋班", "木工班", "木工班/2025"}
    assert set(found.skipped) == {".git/", "~$工程项目.xlsx", "木工班/合影.jpg"}
    assert found.failed == ()


@pytest.mark.parametrize("names", [(), ("扫描件.pdf", "深/照片.png")])
def test_a_folder_without_record_files_is_an_error(folder, tmp_path, names):
    (tmp_path / "in").mkdir()
    top = folder(*names)
    found = find_files([top])
    assert [failure.code for failure in found.failed] == ["no_record_files"]
    assert str(top) in found.failed[0].message("zh")


def test_two_folders_and_their_parent_find_the_same_files(folder):
    top = folder("城关镇/工程项目.csv", "上津镇/工程项目.csv")
    both = find_files([top / "城关镇", top / "上津镇"])
    parent = find_files([top])
    assert {path for path, _ in both.files} == {path for path, _ in parent.files}
    assert len(both.files) == 2


def test_a_folder_that_links_to_its_parent_is_not_entered_twice(folder):
    top = folder("a/工程项目.csv")
    (top / "a" / "loop").symlink_to(top, target_is_directory=True)
    found = find_files([top])
    assert _labels(found) == ["a/工程项目.csv"]
    assert found.skipped == ("a/loop/",)


def test_depth_and_number_of_files_are_bounded(folder, monkeypatch):
    monkeypatch.setattr(file_discovery, "MAX_DEPTH", 2)
    top = folder("1/2/工程项目.csv", "1/2/3/工程项目.csv")
    found = find_files([top])
    assert _labels(found) == ["1/2/工程项目.csv"]
    assert found.skipped == ("1/2/3/",)
    monkeypatch.setattr(file_discovery, "MAX_FILES", 0)
    assert [failure.code for failure in find_files([top]).failed] == ["folder_too_large"]


def test_record_files_of_an_archive_are_found_while_the_result_exists(tmp_path):
    path = _archive(
        tmp_path / "in/2025年9月.zip",
        {
            "10月/工资表.csv": b"a",
            "9月/工资表.csv": b"b",
            "说明.docx": b"",
            "内层工资表.zip": b"",
            "__MACOSX/._工资表.csv": b"",
        },
    )
    found = find_files([path])
    assert _labels(found) == ["2025年9月.zip/9月/工资表.csv", "2025年9月.zip/10月/工资表.csv"]
    assert [file.read_bytes() for file, _ in found.files] == [b"b", b"a"]
    assert set(found.skipped) == {
        "2025年9月.zip/说明.docx",
        "2025年9月.zip/内层工资表.zip",
        "2025年9月.zip/__MACOSX/._工资表.csv",
    }
    assert found.entered == ("2025年9月.zip",)
    files = [file for file, _ in found.files]
    del found
    assert not any(file.exists() for file in files)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_in_an_archive_without_the_utf8_flag(tmp_path, encoding):
    path = _archive(
        tmp_path / "x.zip", {"????????????.csv"[: len("工资表".encode(encoding))] + ".csv": b""}
    )
    raw = path.read_bytes()
    name = "工资表".encode(encoding)
    path.write_bytes(raw.replace(b"?" * len(name), name))
    assert _labels(find_files([path])) == ["x.zip/工资表.csv"]


def test_entries_never_leave_the_folder_they_are_unpacked_into(tmp_path):
    path = _archive(
        tmp_path / "x.zip",
        {"../../工资表.csv": b"", "/abs/工资表.csv": b"", "..\\工程项目.csv": b""},
    )
    into = tmp_path / "into"
    unpacked, _ = archives.unpack(path, into)
    assert {file.relative_to(into).as_posix() for file in unpacked} == {
        "工资表.csv",
        "abs/工资表.csv",
        "工程项目.csv",
    }


@pytest.mark.parametrize(("bound", "value"), [("MAX_ENTRIES", 1), ("MAX_UNPACKED", 10)])
def test_archives_are_bounded(tmp_path, monkeypatch, bound, value):
    path = _archive(tmp_path / "x.zip", {"工资表.csv": b"123456", "工程项目.csv": b"123456"})
    monkeypatch.setattr(archives, bound, value)
    found = find_files([path])
    assert [failure.code for failure in found.failed] == ["archive_too_large"]
    assert found.files == ()


def test_broken_and_encrypted_archives(tmp_path):
    broken = tmp_path / "a.zip"
    broken.write_bytes(b"PK\x03\x04 cut off")
    locked = _archive(tmp_path / "b.zip", {"工资表.csv": b"1"})
    raw = bytearray(locked.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # the flag of encryption in the directory
    locked.write_bytes(raw)
    codes = [failure.code for failure in find_files([broken, locked]).failed]
    assert codes == ["archive_broken", "archive_encrypted"]


def test_a_missing_path_is_named(tmp_path):
    [failure] = find_files([Path(tmp_path / "none")]).failed
    assert failure.code == "file_missing"


def test_files_of_one_name_in_several_places_are_told_apart(tmp_path, folder):
    alike = ("a/工资表.csv", "b/工资表.csv", "a/x/工资表.csv", "b/x/工资表.csv")
    top = folder(*alike, "b/x/投诉举报.csv")
    found = find_files([top / "a/工资表.csv", top / "b/工资表.csv", top / "a/x", top / "b/x"])
    assert {found.labels[path] for path, _ in found.files} == {
        "a/工资表.csv",
        "b/工资表.csv",
        f"{top.as_posix()}/a/x/工资表.csv",
        f"{top.as_posix()}/b/x/工资表.csv",
        "投诉举报.csv",
    }
    entries = {"工资表.csv": b"x"}
    archives = [_archive(tmp_path / name / "z.zip", entries) for name in ("甲", "乙")]
    assert _labels(find_files(archives)) == ["甲/z.zip/工资表.csv", "乙/z.zip/工资表.csv"]


def test_a_failure_in_a_folder_names_the_file_with_its_subfolder(folder):
    found = find_files([folder("9月/没有表名.csv", "工资表.csv")])
    assert [failure.fields["file"] for failure in found.failed] == ["9月/没有表名.csv"]
