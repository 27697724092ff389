"""Every kind of damaged file, ten of each in CI: one clear line each, and nothing lost."""

import csv
import io
import random
import zipfile

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake.importer import import_into
from risk.intake.quarantine import create_table, quarantined_rows

from ...conftest import MUST_RUN_ALL, thorough
from ...empty_store import empty_store

PAYMENTS = TABLES["payments"]
HEADER = ["发放编号", "工资表编号", "发放日期", "实发金额", "实发人数", "发放方式", "入库日期"]
ROW = ["F1", "G1", "2024-05-20", "1200.50", "3", "银行代发", "2024-05-21"]
TEN = range(10 if MUST_RUN_ALL else 5)


@pytest.fixture(scope="module")
def one_store():
    with empty_store() as opened:
        create_table(opened)
        yield opened


@pytest.fixture
def store(one_store):
    """An empty store; laying out a new one for every file would take longer than the tests."""
    yield one_store
    one_store.rows("DELETE FROM payments")
    one_store.rows("DELETE FROM quarantine")


REFUSING = [HEADER[index] for index in (0, 1, 2, 3, 6)]
"""Columns that reject their row; unreadable cells of the others are unknown."""


def _csv(*rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _xlsx(*rows, sheet="Sheet1"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _with(column, cell):
    return [cell if name == column else old for name, old in zip(HEADER, ROW, strict=True)]


def _fails(store, path, today):
    """The code of the one failure; nothing of the file is stored."""
    report = import_into(store, [path], today=today)
    assert report.files == ()
    [failure] = report.failed
    for language in ("zh", "en"):
        message = failure.message(language)
        assert path.name in message
        assert "\n" not in message
    assert store.rows("SELECT count(*) FROM payments") == [(0,)]
    assert list(quarantined_rows(store, PAYMENTS)) == []
    return failure.code


def _quarantines(store, path, today):
    """Problem codes of the one bad row next to the good one."""
    report = import_into(store, [path], today=today)
    assert report.failed == ()
    total = report.tables["payments"]
    assert (total.read, total.accepted, total.quarantined) == (2, 1, 1)
    [row] = quarantined_rows(store, PAYMENTS)
    assert "\n" not in row.problems[0].message(PAYMENTS)
    return [problem.code for problem in row.problems]


@pytest.mark.parametrize("n", TEN)
def test_empty_files(store, tmp_path, today, n):
    path = tmp_path / f"payments_{n}.{['csv', 'xlsx', 'parquet', 'csv', 'xlsx'][n % 5]}"
    blank = [b"", b"\n" * n, b"  \r\n" * n, b"\xef\xbb\xbf", b",,,\n" * n]
    content = blank[n % 5] if path.suffix == ".csv" else b""
    path.write_bytes(content)
    assert _fails(store, path, today) == "file_empty"


@pytest.mark.parametrize("n", TEN)
def test_wrong_sheets(store, tmp_path, today, n):
    path = tmp_path / "payments.xlsx"
    path.write_bytes(
        _xlsx(["填表说明"], ["姓名", f"第{n}列"], *[["甲", "乙"]] * n, sheet=f"说明{n}")
    )
    assert _fails(store, path, today) == "header_missing"


@pytest.mark.parametrize(
    ("encoding", "codes"),
    [
        ("utf-16-le", {"not_text"}),
        ("utf-16-be", {"not_text"}),
        ("utf-32", {"not_text"}),
        ("shift_jis", {"encoding_unknown", "header_missing"}),
        ("euc_kr", {"encoding_unknown", "header_missing"}),
        ("latin-1", {"encoding_unknown"}),
        ("cp1252", {"encoding_unknown"}),
        ("iso8859-15", {"encoding_unknown"}),
        ("mac-roman", {"encoding_unknown"}),
    ],
)
def test_wrong_encodings(store, tmp_path, today, encoding, codes):
    latin = encoding in ("latin-1", "cp1252", "iso8859-15", "mac-roman")
    header = ["payment_id", "payroll_id", "paid_on", "amount"]
    rows = [[*header, "remark"], ["Fü1", "Gé1", "2024-05-20", "5", "Müller, Lefèvre, Señor"]]
    japanese = ["発放番号", "給与表番号", "支払日", "支払額"]
    text = _csv(*rows) if latin else _csv(header if "utf" in encoding else japanese, ROW[:4])
    path = tmp_path / "payments.csv"
    path.write_bytes(text.encode(encoding, "ignore"))
    assert _fails(store, path, today) in codes


@pytest.mark.parametrize("n", TEN)
def test_other_files_named_csv(store, tmp_path, today, n):
    random.seed(n)
    starts = [
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"\xd0\xcf\x11\xe0",
    ]
    path = tmp_path / "payments.csv"
    path.write_bytes(starts[n % 4] + random.randbytes(500 * (n + 1)))
    assert _fails(store, path, today) in {"not_text", "encoding_unknown", "old_workbook"}


@pytest.mark.parametrize("n", TEN)
def test_zero_bytes_in_text(store, tmp_path, today, n):
    text = _csv(HEADER, *[ROW] * (n * 500 + 1)).encode()
    place = random.Random(n).randrange(len(text))
    path = tmp_path / "payments.csv"
    path.write_bytes(text[:place] + b"\x00" + text[place:])
    assert _fails(store, path, today) == "not_text"


@pytest.mark.parametrize("n", TEN)
def test_headers_only_are_fine(store, tmp_path, today, n):
    path = tmp_path / f"payments.{'csv' if n % 2 else 'xlsx'}"
    titles = [[f"标题{k}"] for k in range(n)][:9]
    content = _csv(*titles, HEADER).encode() if n % 2 else _xlsx(*titles, HEADER)
    path.write_bytes(content)
    report = import_into(store, [path], today=today)
    assert report.failed == ()
    assert report.tables["payments"].read == 0


@pytest.mark.parametrize("n", TEN)
def test_duplicate_headers(store, tmp_path, today, n):
    name = HEADER[n % 7]
    twin = [name, f" {name}", f"{name}（必填）", f"*{name}"][n % 4]
    path = tmp_path / f"payments.{'csv' if n % 2 else 'xlsx'}"
    rows = [[*HEADER, twin], [*ROW, ""]]
    path.write_bytes(_csv(*rows).encode() if n % 2 else _xlsx(*rows))
    assert _fails(store, path, today) == "columns_twice"


@pytest.mark.parametrize("n", TEN)
def test_missing_columns(store, tmp_path, today, n):
    left_out = HEADER[n % 4]
    rows = [
        [cell for name, cell in zip(HEADER, row, strict=True) if name != left_out]
        for row in (HEADER, ROW)
    ]
    path = tmp_path / f"payments.{'csv' if n % 2 else 'xlsx'}"
    path.write_bytes(_csv(*rows).encode() if n % 2 else _xlsx(*rows))
    assert _fails(store, path, today) == "columns_missing"


@thorough
@pytest.mark.parametrize("n", TEN[: 3 if MUST_RUN_ALL else 2])
def test_ten_megabyte_cells(store, tmp_path, today, n):
    cell = "字ab"[n % 3] * (10_000_000 if n % 3 else 3_400_000)
    path = tmp_path / "payments.csv"
    path.write_text(_csv(HEADER, ROW, _with(REFUSING[n % 5], cell)), encoding="utf-8")
    assert _quarantines(store, path, today) == ["too_long"]
    [row] = quarantined_rows(store, PAYMENTS)
    assert cell in row.cells.values()


@pytest.mark.parametrize("n", TEN)
def test_formulas_without_results(store, tmp_path, today, n):
    path = tmp_path / "payments.xlsx"
    path.write_bytes(_xlsx(HEADER, ROW, _with(REFUSING[n % 5], f"=A{n + 1}&B{n + 1}")))
    assert _quarantines(store, path, today) == ["formula_without_value"]


@pytest.mark.parametrize(
    "day",
    [
        *("1900-01-01", "1900/1/0", "1899年12月31日", "19000305", "1948-12-31"),
        *("2999-12-31", "2100/1/1", "9999年9月9日", "29990305", "3000-01-01"),
    ],
)
def test_dates_out_of_range_are_refused(store, tmp_path, today, day):
    path = tmp_path / "payments.csv"
    path.write_text(_csv(HEADER, ROW, _with("发放日期", day)), encoding="utf-8")
    assert _quarantines(store, path, today)[0] in {"date_out_of_range", "not_a_date"}


@pytest.mark.parametrize(
    "amount",
    ["-1", "-0.01", "－5", "-1,200.50", "¥-3", "-3万元", "-0.5亿元", "-99999", "−7", "(200)"],
)
def test_negative_money(store, tmp_path, today, amount):
    path = tmp_path / "payments.csv"
    path.write_text(_csv(HEADER, ROW, _with("实发金额", amount)), encoding="utf-8")
    assert _quarantines(store, path, today) == ["negative"]


@pytest.mark.parametrize("n", TEN)
def test_control_characters(store, tmp_path, today, n):
    cell = f"G{chr([1, 2, 7, 8, 11, 12, 14, 27, 31, 127][n])}1"
    path = tmp_path / "payments.csv"
    path.write_text(_csv(HEADER, ROW, _with("工资表编号", cell)), encoding="utf-8", newline="")
    assert _quarantines(store, path, today) == ["control_characters"]


@pytest.mark.parametrize("n", TEN)
def test_rows_of_another_length(store, tmp_path, today, n):
    row = ROW[: n + 1] if n < 6 else [*ROW, *["多余"] * (n - 5)]
    path = tmp_path / "payments.csv"
    path.write_text(_csv(HEADER, ROW, row), encoding="utf-8")
    assert _quarantines(store, path, today)[0] == ("too_few_cells" if n < 6 else "too_many_cells")


@pytest.mark.parametrize("n", TEN)
def test_quotes_left_open(store, tmp_path, today, n):
    path = tmp_path / "payments.csv"
    rows = _csv(HEADER, *[ROW] * n) + 'F2,"G1,2024-05-20,5,3,现金,2024-05-21\n' + _csv(*[ROW] * n)
    path.write_text(rows, encoding="utf-8")
    assert _fails(store, path, today) == "quotes_broken"


@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
@pytest.mark.parametrize("n", TEN)
def test_damaged_books_and_parquet(store, tmp_path, today, suffix, n):
    path = tmp_path / f"payments.{suffix}"
    whole = _xlsx(HEADER, *[ROW] * 50)
    damaged = [
        b"not a book at all",
        _csv(HEADER, ROW).encode(),
        b"\x00" * 99,
        b"PK\x03\x04",
        whole[: len(whole) * (n + 1) // 12],
    ]
    path.write_bytes(damaged[n % 5])
    assert _fails(store, path, today) == f"{'workbook' if suffix == 'xlsx' else 'parquet'}_broken"


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("damage", ["cut", "missing", "other"])
def test_books_with_damaged_parts(store, tmp_path, today, part, damage):
    path = tmp_path / "payments.xlsx"
    with zipfile.ZipFile(io.BytesIO(_xlsx(HEADER, *[ROW] * 20))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    if damage == "missing":
        del parts[part]
    else:
        parts[part] = parts[part][: len(parts[part]) // 2] if damage == "cut" else b"<a>"
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    assert _fails(store, path, today) == "workbook_broken"


@pytest.mark.parametrize("n", TEN)
def test_flipped_bytes_in_a_workbook_are_reported_or_harmless(store, tmp_path, today, n):
    content = bytearray(_xlsx(HEADER, *[ROW] * 50))
    chance = random.Random(n)
    for _ in range(5):
        content[chance.randrange(len(content))] ^= 0xFF
    path = tmp_path / "payments.xlsx"
    path.write_bytes(content)
    report = import_into(store, [path], today=today)
    assert len(report.failed) + len(report.files) == 1
    assert all(file.read == 50 for file in report.files)


@pytest.mark.parametrize("n", TEN)
def test_old_and_encrypted_books(store, tmp_path, today, n):
    path = tmp_path / f"payments.{['xls', 'XLS', 'et', 'xlsx'][n % 4]}"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512 * n))
    assert _fails(store, path, today) == "old_workbook"


@pytest.mark.parametrize("n", TEN)
def test_zip_bombs(store, tmp_path, today, n, monkeypatch):
    monkeypatch.setattr("risk.intake.readers.formats.MAX_UNPACKED", 2**20)
    path = tmp_path / "payments.xlsx"
    path.write_bytes(_xlsx(HEADER, ROW))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr(f"xl/media/{n}.bin", bytes((n + 1) * 2**20))
    assert _fails(store, path, today) == "workbook_too_large"


@pytest.mark.parametrize(
    ("suffix", "code"),
    [
        *((one, "document_unsupported") for one in ("pdf", "docx", "doc")),
        *((one, "format_unsupported") for one in ("json", "md", "png", "rar", "dbf", "html", "")),
    ],
)
def test_other_formats_named_outright(store, tmp_path, today, suffix, code):
    path = tmp_path / f"payments.{suffix}".rstrip(".")
    path.write_bytes(b"content")
    assert _fails(store, path, today) == code
