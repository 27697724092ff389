"""Polars, lazily, on its streaming engine: all dates in one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.rivals import SUMS
from risk.calendar.dates import add_months


def sums(folder: Path, as_ofs: Sequence[dt.date]) -> pl.DataFrame:
    """The sums at all dates, with as_of and project_id."""
    dates = pl.LazyFrame({"as_of": list(as_ofs)})
    pay = _pay(folder, as_ofs, _cohort(folder, dates))
    by = ["as_of", "project_id"]
    main = pay.group_by(by).agg(**_sums())
    found = main.join(_teams(pay), on=by, how="left").join(_months(pay), on=by, how="left")
    amounts = _cohort(folder, dates).select(*by, "contract_amount")
    asked = found.join(amounts, on=by, how="left").select(*by, *SUMS).sort(by)
    return asked.collect(engine="streaming")


def _with_ends(frame: pl.LazyFrame, key: str) -> pl.LazyFrame:
    again = frame.group_by(key).len().filter(pl.col("len") > 1).select(key)
    ends = (
        frame.join(again, on=key, how="semi")
        .select(key, "arrival", "known_at")
        .sort(key, "known_at", "arrival")
        .select("arrival", ends=pl.col("known_at").shift(-1).over(key))
    )
    return frame.join(ends, on="arrival", how="left")


def _stands() -> pl.Expr:
    ends = pl.col("ends").is_null() | (pl.col("ends") >= pl.col("as_of"))
    return (pl.col("known_at") < pl.col("as_of")) & ends


def _read(folder: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(folder / f"{table}.parquet")


def _cohort(folder: Path, dates: pl.LazyFrame) -> pl.LazyFrame:
    projects = _with_ends(_read(folder, "projects"), "project_id")
    cases = _with_ends(_read(folder, "cases"), "case_id")
    known = dates.join(projects, how="cross").filter(_stands())
    over = dates.join(cases, how="cross").filter(_stands(), pl.col("status") == "confirmed")
    ended = (pl.col("as_of") - pl.col("completed_on")).dt.total_days() <= 90
    return known.filter(
        pl.col("started_on") < pl.col("as_of"), pl.col("completed_on").is_null() | ended
    ).join(over.select("as_of", "project_id"), on=["as_of", "project_id"], how="anti")


def _pay(folder: Path, as_ofs: Sequence[dt.date], cohort: pl.LazyFrame) -> pl.LazyFrame:
    asked = [
        (day, add_months(day.replace(day=1), -back), add_months(day, -12))
        for day in as_ofs
        for back in range(13)
    ]
    months = pl.LazyFrame(asked, schema=["as_of", "month", "since"], orient="row")
    rolls = _with_ends(_read(folder, "payrolls"), "payroll_id")
    rolls = (
        rolls.with_columns(month=pl.col("due_on").dt.truncate("1mo"))
        .join(months, on="month")
        .filter(_stands(), pl.col("due_on") >= pl.col("since"), pl.col("due_on") < pl.col("as_of"))
        .join(cohort.select("as_of", "project_id"), on=["as_of", "project_id"], how="semi")
        .select(
            *("as_of", "project_id", "payroll_id", "contract_id"),
            *("workers", "amount_due", "due_on"),
            age=(pl.col("as_of") - pl.col("due_on")).dt.total_days(),
        )
    )
    return _with_payments(rolls, _with_ends(_read(folder, "payments"), "payment_id"))


def _with_payments(rolls: pl.LazyFrame, payments: pl.LazyFrame) -> pl.LazyFrame:
    amount, channel = pl.col("amount"), pl.col("channel")
    late = (pl.col("paid_on") - pl.col("due_on")).dt.total_days().clip(lower_bound=0)
    paid = (
        rolls.select("as_of", "payroll_id", "due_on")
        .join(payments, on="payroll_id")
        .filter(_stands(), pl.col("paid_on") < pl.col("as_of"))
        .group_by("as_of", "payroll_id")
        .agg(
            paid=amount.sum(),
            cash=amount.filter(channel == "cash").sum(),
            foreman=amount.filter(channel == "foreman").sum(),
            told=amount.filter(channel.is_not_null()).sum(),
            any_told=channel.is_not_null().any(),
            in_time=amount.filter(late <= 5).sum(),
            fen_days=(amount.cast(pl.Float64) * late).sum(),
            last=pl.col("paid_on").max(),
            workers_paid=pl.col("workers_paid").max(),
            instalments=pl.len(),
        )
    )
    filled = [pl.col(n).fill_null(0) for n in ("paid", "cash", "foreman", "in_time", "fen_days")]
    unpaid = (pl.col("amount_due") - pl.col("paid")).clip(lower_bound=0)
    return (
        rolls.join(paid, on=["as_of", "payroll_id"], how="left")
        .with_columns(*filled, told=pl.when("any_told").then("told"))
        .with_columns(
            unpaid=unpaid,
            slow=pl.col("amount_due") - pl.col("in_time"),
            open=(pl.col("paid") < 0.99 * pl.col("amount_due")).cast(pl.Int64),
            fen_days=pl.col("fen_days") + unpaid.cast(pl.Float64) * pl.col("age"),
            since=(pl.col("as_of") - pl.col("last")).dt.total_days(),
        )
    )


def _total(column: str, where: pl.Expr | None = None) -> pl.Expr:
    picked = pl.col(column) if where is None else pl.col(column).filter(where)
    told = picked.drop_nulls()
    return pl.when(told.len() > 0).then(told.sum()).cast(pl.Float64)


def _sums() -> dict[str, pl.Expr]:
    age = pl.col("age")
    recent, month = age <= 92, age <= 31
    before, older, listed = (
        age.is_between(32, 123),
        age.is_between(93, 184),
        age.is_between(16, 92),
    )
    open_, past = pl.col("open") == 1, age > 5
    missed = (pl.col("workers") - pl.col("workers_paid").fill_null(0)).clip(lower_bound=0)
    return {
        "unpaid": _total("unpaid"),
        "due": _total("amount_due"),
        "unpaid_1m": _total("unpaid", month),
        "due_1m": _total("amount_due", month),
        "unpaid_3m": _total("unpaid", recent),
        "due_3m": _total("amount_due", recent),
        "unpaid_old": _total("unpaid", ~month),
        "due_old": _total("amount_due", ~month),
        "unpaid_before": _total("unpaid", before),
        "due_before": _total("amount_due", before),
        "oldest_unpaid_days": (age * pl.col("open")).max(),
        "open_roll_share_3m": pl.col("open").filter(recent).mean(),
        "workers_unpaid": pl.coalesce(
            _total("workers", recent & open_),
            pl.when((recent & ~open_).any()).then(0.0),
        ),
        "late_3m": _total("slow", recent & past),
        "may_be_late_3m": _total("amount_due", recent & past),
        "late": _total("slow", past),
        "may_be_late": _total("amount_due", past),
        "days_late_3m": _total("fen_days", recent),
        "days_late": _total("fen_days"),
        "days_late_6m": _total("fen_days", older),
        "due_6m": _total("amount_due", older),
        "cash_3m": _total("cash", recent),
        "foreman_3m": _total("foreman", recent),
        "channel_3m": _total("told", recent),
        "cash": _total("cash"),
        "foreman": _total("foreman"),
        "channel": _total("told"),
        "days_since_payment": pl.col("since").min(),
        "instalments_3m": pl.col("instalments").filter(recent).mean(),
        "due_with_workers": _total("amount_due", recent & (pl.col("workers") > 0)),
        "workers_3m": _total("workers", recent),
        "workers_listed": _total("workers", listed),
        "workers_missed": missed.filter(listed).sum().cast(pl.Float64),
    }


def _teams(pay: pl.LazyFrame) -> pl.LazyFrame:
    team = pl.coalesce("contract_id", "payroll_id").alias("team")
    teams = (
        pay.filter(pl.col("age") <= 92)
        .group_by("as_of", "project_id", team)
        .agg(pl.col("open").max(), pl.col("unpaid").sum(), pl.col("amount_due").sum())
    )
    share = pl.col("unpaid") / pl.when(pl.col("amount_due") != 0).then("amount_due")
    return teams.group_by("as_of", "project_id").agg(
        open_teams_share=pl.col("open").mean(), worst_team_unpaid_share=share.max()
    )


def _months(pay: pl.LazyFrame) -> pl.LazyFrame:
    months = pay.group_by("as_of", "project_id", "due_on").agg(
        pl.col("unpaid").sum(), pl.col("amount_due").sum(), pl.col("age").min()
    )
    short = pl.col("age").is_between(15, 184) & (pl.col("unpaid") > 0.01 * pl.col("amount_due"))
    return months.group_by("as_of", "project_id").agg(months_not_full_6m=short.sum())
