"""pandas and pandera: the checks of a payments file as a schema, validated lazily."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pandera.pandas as pa

NAMES = {
    "发放编号": "payment_id",
    "工资表编号": "payroll_id",
    "发放日期": "paid_on",
    "实发金额": "amount",
    "实发人数": "workers_paid",
    "发放方式": "channel",
    "入库日期": "known_at",
}
CHANNELS = {"银行代发": "bank", "现金": "cash", "包工头代领": "foreman"}
_KNOWN = pa.Check(lambda frame: frame["known_at"] >= frame["paid_on"], name="known_after_paid")
SCHEMA = pa.DataFrameSchema(
    {
        "payment_id": pa.Column(str, pa.Check.str_length(1, 200), nullable=False),
        "payroll_id": pa.Column(str, pa.Check.str_length(1, 200), nullable=False),
        "paid_on": pa.Column("datetime64[us]", nullable=False),
        "amount": pa.Column(float, pa.Check.in_range(0, 1e15), nullable=False),
        "workers_paid": pa.Column(float, pa.Check.in_range(0, 1e9), nullable=True),
        "channel": pa.Column(str, pa.Check.isin(list(CHANNELS.values())), nullable=True),
        "known_at": pa.Column("datetime64[us]", nullable=False),
    },
    checks=[_KNOWN],
    unique=["payment_id", "known_at"],
)


def import_payments(path: Path, name: str = "rival") -> tuple[int, int]:
    """Check the file and store its good rows; return the numbers of good and bad rows."""
    cells = _cells(path).rename(columns=NAMES)
    rows = _typed(cells)
    bad = _refused(rows) | (cells["channel"].ne("") & rows["channel"].isna())
    good = rows[~bad]
    _store(path.parent / f"{name}.duckdb", good)
    return len(good), int(bad.sum())


def _cells(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    header = [str(cell) for cell in next(rows)]
    return pd.DataFrame(rows, columns=header, dtype=str)


def _typed(cells: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "payment_id": cells["payment_id"].str.strip(),
            "payroll_id": cells["payroll_id"].str.strip(),
            "paid_on": pd.to_datetime(cells["paid_on"], format="%Y-%m-%d", errors="coerce").astype(
                "datetime64[us]"
            ),
            "amount": pd.to_numeric(cells["amount"], errors="coerce").astype(float),
            "workers_paid": pd.to_numeric(cells["workers_paid"], errors="coerce").astype(float),
            "channel": cells["channel"].map(CHANNELS),
            "known_at": pd.to_datetime(
                cells["known_at"], format="%Y-%m-%d", errors="coerce"
            ).astype("datetime64[us]"),
        }
    )


def _refused(rows: pd.DataFrame) -> pd.Series:
    try:
        SCHEMA.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return rows.index.isin(errors.failure_cases["index"].dropna().astype(int))
    return pd.Series(False, index=rows.index)


def _store(path: Path, good: pd.DataFrame) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.register("good", good)
        connection.execute(
            "CREATE TABLE payments AS SELECT payment_id, payroll_id,"
            " CAST(paid_on AS DATE) AS paid_on, CAST(round(amount * 100) AS BIGINT) AS amount,"
            " CAST(workers_paid AS BIGINT) AS workers_paid, channel,"
            " CAST(known_at AS DATE) AS known_at FROM good"
        )
