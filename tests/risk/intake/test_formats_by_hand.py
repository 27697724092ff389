"""Formats of files by their first bytes, and the child that reads them, at each of their limits."""

from __future__ import annotations

import io
import sys
import zipfile

import pytest

from risk.intake.file_errors import (
    DocumentUnsupported,
    FileTooHeavy,
    FileUnreadable,
    FormatUnsupported,
    ParquetBroken,
    SheetTooLarge,
    WorkbookBroken,
    WorkbookEncrypted,
    WorkbookTooLarge,
)
from risk.intake.readers import child, formats, open_sheets, worker
from risk.intake.readers.child import ReaderProcess
from risk.intake.readers.formats import Format, detect_format

_NAMESPACE = b"urn:schemas-microsoft-com:office:spreadsheet"


@pytest.fixture
def named(tmp_path):
    """Writes a file, and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def _zip(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def _book(**parts):
    return _zip(xl__worksheets__sheet1="", **parts)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.csv", b"a", Format.TEXT),
        ("a.TXT", b"%PDF-", Format.TEXT),
        ("a.xls", b"a\tb", Format.TEXT),
        ("a.et", b"<?xml?><a/>", Format.TEXT),
        ("a.csv", b"a," + _NAMESPACE, Format.TEXT),
        ("a.xls", b"\xef\xbb\xbf <WORKBOOK xmlns='" + _NAMESPACE, Format.XML),
        ("a.xls", b"<?xml ".ljust(4096 - len(_NAMESPACE)) + _NAMESPACE, Format.XML),
        ("a.xls", b"<?xml ".ljust(4097 - len(_NAMESPACE)) + _NAMESPACE, Format.TEXT),
        ("a.csv", "<TABLE>".encode("utf-16"), Format.HTML),
        ("a", b"PAR1", Format.PARQUET),
        ("a", b"\xd0\xcf\x11\xe0", Format.XLS),
        ("a", _book(), Format.XLSX),
        ("a", _zip(xl__workbook="", **{"xl__workbook.bin": ""}), Format.XLSB),
        ("a", _zip(mimetype="x" * 189 + "spreadsheet"), Format.ODS),
        ("a", _book(mimetype="x" * 190 + "spreadsheet"), Format.XLSX),
    ],
)
def test_formats_by_content(named, name, content, found):
    assert detect_format(named(name, content)) is found


@pytest.mark.parametrize(
    ("name", "content", "failure"),
    [
        ("a.parquet", b"a", ParquetBroken),
        ("a.xlsx", b"a", WorkbookBroken),
        ("a.xls", b"a\0", WorkbookBroken),
        ("a.xls", b"%PDF-", WorkbookBroken),
        ("a.et", b"GIF8\0", WorkbookBroken),
        ("a.ods", _zip(mimetype="text"), WorkbookBroken),
        ("a.xls", _zip(a=""), WorkbookBroken),
        ("a.xls", b"PK\x03\x04", WorkbookBroken),
        ("a.xls", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), WorkbookEncrypted),
    ],
)
def test_files_without_a_reader(named, name, content, failure):
    with pytest.raises(failure):
        detect_format(named(name, content))


def _damaged(how):
    """An archive with a damaged entry of the type, or one that needs a password."""
    file = io.BytesIO()
    packed = zipfile.ZIP_LZMA if how == "lzma" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", packed) as book:
        book.writestr("mimetype", "spreadsheet" * 20)
    content = bytearray(file.getvalue())
    begin = content.index(b"mimetype") + len("mimetype")
    if how == "password":
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            content[content.index(mark) + place] |= 1
    else:
        begin += 9 if how == "lzma" else 0  # the head of what is packed by LZMA
        content[begin : begin + 12] = b"\xff" * 12
    return bytes(content)


@pytest.mark.parametrize("how", ["deflate", "lzma", "password"])
def test_an_archive_whose_type_cannot_be_read_is_a_damaged_workbook(named, how):
    with pytest.raises(WorkbookBroken):
        detect_format(named("a.ods", _damaged(how)))


@pytest.mark.parametrize("content", [b"a", _zip(a="")])
@pytest.mark.parametrize(
    ("name", "failure", "found"),
    [
        ("a.docx", DocumentUnsupported, ".docx"),
        ("a.PDF", DocumentUnsupported, ".pdf"),
        ("a.json", FormatUnsupported, ".json"),
        ("a", FormatUnsupported, "-"),
    ],
)
def test_other_formats_are_named_by_their_suffix(named, name, failure, content, found):
    with pytest.raises(failure) as raised:
        detect_format(named(name, content))
    assert raised.value.fields["found"] == found


def test_an_old_document_is_no_old_workbook(named):
    with pytest.raises(DocumentUnsupported):
        detect_format(named("a.doc", formats.OLE + bytes(600)))
    assert detect_format(named("a.xls", formats.OLE + bytes(600))) is Format.XLS


def test_the_largest_workbook_that_is_read(named, monkeypatch):
    assert (formats.MAX_UNPACKED, formats.MAX_STRINGS) == (2_147_483_648, 134_217_728)
    assert formats._SEARCHED_BYTES == 33_554_432
    monkeypatch.setattr(formats, "MAX_UNPACKED", 3 << 20)
    monkeypatch.setattr(formats, "MAX_STRINGS", 1 << 20)

    def found(strings, more):
        parts = {"xl__SharedStrings.xml": b" " * strings, "more": b" " * more}
        try:
            return detect_format(named("a.xlsx", _book(**parts)))
        except WorkbookTooLarge as failure:
            return failure.fields["found"], failure.fields["allowed"]

    assert found(1 << 20, 2 << 20) is Format.XLSX
    assert found(1 << 20, (3 << 20) + 1) == (4, 3)
    assert found(2 << 20, 1 << 20) == (2, 1)


def test_why_a_file_cannot_be_opened(tmp_path):
    with pytest.raises(FileUnreadable) as raised, open_sheets(tmp_path):
        pass
    assert raised.value.fields["reason"] == "Is a directory"


class _Failing:
    """Requests that fail, each in its own way."""

    def memory(self):
        raise MemoryError

    def missing(self):
        raise FileNotFoundError(2, "No such file", "a")

    def unnamed(self):
        raise OSError("no number")

    def limit(self):
        raise SheetTooLarge(file="", found=2, allowed=1)

    def other(self):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("request_name", "answer"),
    [
        ("memory", ("failure", (FileTooHeavy, {"file": "", "allowed": 448}))),
        ("missing", ("os_error", (2, "No such file"))),
        ("unnamed", ("os_error", (None, "no number"))),
        ("limit", ("failure", (SheetTooLarge, {"file": "", "found": 2, "allowed": 1}))),
        ("other", ("failure", (FileUnreadable, {"file": "", "reason": "ZeroDivisionError"}))),
    ],
)
def test_failures_are_answers(request_name, answer):
    assert worker._result(_Failing(), request_name, ()) == answer


def test_the_limits_of_the_child():
    assert (worker.MEMORY_BYTES, worker.CPU_SECONDS) == (469_762_048, 10)


_ANSWERING = """
import pickle, sys
while True:
    name, _ = pickle.load(sys.stdin.buffer)
    if name == "end":
        break
    answer = "value", int(name) if name.isdigit() else SIZE
    if name == "os":
        answer = "os_error", (2, "No such file")
    elif name != "close" and not name.isdigit():
        from risk.intake.file_errors import SheetTooLarge
        file = "a" if name == "named" else ""
        answer = "failure", (SheetTooLarge, {"file": file, "found": 2, "allowed": 1})
    sys.stdout.buffer.write(pickle.dumps(answer))
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def answering():
    """Starts children that answer as they are asked to, and ``close`` with a size."""
    started = []

    def start(size=0):
        command = (sys.executable, "-S", "-c", _ANSWERING.replace("SIZE", str(size)))
        started.append(ReaderProcess(command))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_answers_of_the_child(answering):
    process = answering()
    assert process.request("b", "7") == 7
    for name, file in (("named", "a"), ("unnamed", "b")):
        with pytest.raises(SheetTooLarge) as raised:
            process.request("b", name)
        assert raised.value.fields == {"file": file, "found": 2, "allowed": 1}
    with pytest.raises(FileNotFoundError, match="No such file"):
        process.request("b", "os")
    with pytest.raises(FileTooHeavy) as raised:
        process.request("b", "end")
    assert raised.value.fields == {"file": "b", "allowed": 448}
    assert not process.runs


def test_a_child_that_needed_much_memory_is_not_used_again(answering):
    idle = child._IdleProcess()
    small, other, large = answering(163_839), answering(163_839), answering(163_840)
    for one in (large, small, other):
        idle.give_back(one)
    assert [one.runs for one in (small, other, large)] == [True, False, False]
    assert idle.take() is small


def test_a_child_is_used_again_where_it_runs_and_belongs_to_this_process(answering, monkeypatch):
    monkeypatch.setattr(child, "ReaderProcess", answering)
    idle = child._IdleProcess()
    first = idle.take()
    assert first.runs
    idle.give_back(first)
    assert idle.take() is first
    idle.give_back(first)
    first.end()
    second = idle.take()
    assert second is not first
    idle.give_back(first)
    idle.give_back(second)
    with monkeypatch.context() as forked:
        forked.setattr(child.os, "getpid", lambda: 1)
        idle.end()
        assert second.runs
        assert idle.take() is not second
    idle.give_back(second)
    idle.end()
    assert not second.runs
    assert second._process.stdin.closed
    assert second._process.stdout.closed
    idle.end()


def test_an_archive_that_needs_too_much_memory_is_not_called_damaged(named, monkeypatch):
    path = named("a.xlsx", b"PK\3\4")

    def without_memory(file):
        raise MemoryError

    with pytest.raises(WorkbookBroken):
        detect_format(path)
    monkeypatch.setattr(zipfile, "ZipFile", without_memory)
    with pytest.raises(MemoryError):
        detect_format(path)
