"""Polars, lazily, on its streaming engine: all dates in one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.rivals import STATE_WEIGHTS, SUMS
from risk.calendar.dates import add_months


def sums(folder: Path, as_ofs: Sequence[dt.date]) -> pl.DataFrame:
    """The sums at all dates, with as_of and project_id."""
    dates = pl.LazyFrame({"as_of": list(as_ofs)})
    pay = _pay(folder, as_ofs, _cohort(folder, dates))
    by = ["as_of", "project_id"]
    found = pay.group_by(by).agg(**_sums())
    amounts = _cohort(folder, dates).select(*by, "contract_amount")
    others = (_teams(pay), _months(pay), _wages(pay), _unpaid_workers(pay), _states(pay), amounts)
    for other in (*others, _old_wages(folder, as_ofs)):
        found = found.join(other, on=by, how="left")
    days = pl.min_horizontal("days_since_payment", "days_since_old_wages")
    asked = found.with_columns(days_since_payment=days).select(*by, *SUMS).sort(by)
    return asked.collect(engine="streaming")


def _old_wages(folder: Path, as_ofs: Sequence[dt.date]) -> pl.LazyFrame:
    """Days since the last payment in a year of wages that fell due before it."""
    dates = pl.LazyFrame({"as_of": list(as_ofs), "since": [add_months(d, -12) for d in as_ofs]})
    first, last = add_months(min(as_ofs), -12), add_months(max(as_ofs), -12)
    rolls = _with_ends(_read(folder, "payrolls"), "payroll_id")
    rolls = rolls.filter(pl.col("due_on") < last).select(
        *("payroll_id", "project_id", "due_on"), roll_known_at="known_at", roll_ends="ends"
    )
    payments = _with_ends(_read(folder, "payments"), "payment_id")
    roll_ends = pl.col("roll_ends").is_null() | (pl.col("roll_ends") >= pl.col("as_of"))
    return (
        payments.filter(pl.col("paid_on") >= first)
        .join(rolls, on="payroll_id")
        .filter(pl.col("paid_on") > pl.col("due_on"))
        .join(dates, how="cross")
        .filter(
            _stands(),
            _kept(),
            roll_ends,
            pl.col("roll_known_at") < pl.col("as_of"),
            pl.col("paid_on").is_between("since", "as_of", closed="left"),
            pl.col("due_on") < pl.col("since"),
        )
        .group_by("as_of", "project_id")
        .agg(days_since_old_wages=(pl.col("as_of") - pl.col("paid_on")).dt.total_days().min())
    )


def _kept() -> pl.Expr:
    """Whether the bank has not returned a payment."""
    return pl.col("returned_on").is_null() | (pl.col("returned_on") >= pl.col("as_of"))


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
            *("as_of", "project_id", "payroll_id", "contract_id", "period"),
            *("workers", "amount_due", "wage_basis", "due_on"),
            age=(pl.col("as_of") - pl.col("due_on")).dt.total_days(),
        )
    )
    return _with_payments(rolls, _with_ends(_read(folder, "payments"), "payment_id"))


def _with_payments(rolls: pl.LazyFrame, payments: pl.LazyFrame) -> pl.LazyFrame:
    amount, channel = pl.col("amount"), pl.col("channel")
    late = (pl.col("paid_on") - pl.col("due_on")).dt.total_days().clip(lower_bound=0)
    heads = pl.col("workers_paid")
    standing = (
        rolls.select("as_of", "payroll_id", "due_on")
        .join(payments, on="payroll_id")
        .filter(_stands())
    )
    returned = (
        standing.filter(pl.col("returned_on") < pl.col("as_of"))
        .group_by("as_of", "payroll_id")
        .agg(returned=amount.sum())
    )
    paid = (
        standing.filter(_kept(), pl.col("paid_on") < pl.col("as_of"))
        .group_by("as_of", "payroll_id")
        .agg(
            paid=amount.sum(),
            cash=amount.filter(channel == "cash").sum(),
            foreman=amount.filter(channel == "foreman").sum(),
            told=amount.filter(channel.is_not_null()).sum(),
            any_told=channel.is_not_null().any(),
            in_time=amount.filter(late <= 5).sum(),
            soon=amount.filter(late <= 15).sum(),
            fen_days=(amount.cast(pl.Float64) * late).sum(),
            last=pl.col("paid_on").max(),
            workers_paid=pl.when(heads.is_not_null().all()).then(heads.sum()),
            instalments=pl.len(),
        )
    )
    filled = [pl.col(n).fill_null(0) for n in ("paid", "cash", "foreman", "fen_days")]
    capped = [pl.min_horizontal(pl.col(n).fill_null(0), "amount_due") for n in ("in_time", "soon")]
    fewer = pl.when(heads.is_not_null()).then(pl.min_horizontal(heads, "workers"))
    unpaid = (pl.col("amount_due") - pl.col("paid")).clip(lower_bound=0)
    over = (pl.col("paid") - pl.col("amount_due")).clip(lower_bound=0).cast(pl.Float64)
    over_days = (pl.coalesce("last", "due_on") - pl.col("due_on")).dt.total_days()
    on_time = (pl.col("fen_days") - over * over_days.clip(lower_bound=0)).clip(lower_bound=0)
    return (
        rolls.join(paid, on=["as_of", "payroll_id"], how="left")
        .join(returned, on=["as_of", "payroll_id"], how="left")
        .with_columns(
            *filled,
            *(one.alias(n) for one, n in zip(capped, ("in_time", "soon"), strict=True)),
            told=pl.when("any_told").then("told"),
            workers_paid=pl.when(pl.col("instalments").is_null()).then(0).otherwise(fewer),
        )
        .with_columns(
            unpaid=unpaid,
            slow=pl.col("amount_due") - pl.col("in_time"),
            open=(pl.col("paid") < 0.99 * pl.col("amount_due")).cast(pl.Int64),
            fen_days=on_time + unpaid.cast(pl.Float64) * pl.col("age"),
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
    before, older, recently = (
        age.is_between(32, 123),
        age.is_between(93, 184),
        age.is_between(32, 92),
    )
    listed = age.is_between(16, 92) & pl.col("workers_paid").is_not_null()
    past, basis = age > 5, pl.col("wage_basis")
    missed = (pl.col("workers") - pl.col("workers_paid")).clip(lower_bound=0)
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
        "late_3m": _total("slow", recent & past),
        "may_be_late_3m": _total("amount_due", recent & past),
        "late": _total("slow", past),
        "may_be_late": _total("amount_due", past),
        "days_late_3m": _total("fen_days", recent),
        "days_late": _total("fen_days"),
        "days_late_old": _total("fen_days", recently),
        "due_late_old": _total("amount_due", recently),
        "days_late_6m": _total("fen_days", older),
        "due_6m": _total("amount_due", older),
        "paid_3m": _total("paid", recent),
        "returned": _total("returned", recent),
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
        "due_measured": pl.col("amount_due").filter(recent, basis == "measured").sum(),
        "due_piece": pl.col("amount_due").filter(recent, basis == "piece").sum(),
        "due_with_basis": _total("amount_due", recent & basis.is_not_null()),
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
    owed = pl.col("age") > 15
    months = (
        pay.filter(pl.col("age") <= 184)
        .group_by("as_of", "project_id", "period")
        .agg(pl.col("unpaid").filter(owed).sum(), pl.col("amount_due").filter(owed).sum())
    )
    short = (pl.col("unpaid") > 0.01 * pl.col("amount_due")).sum().clip(upper_bound=6)
    return months.group_by("as_of", "project_id").agg(months_not_full_6m=short)


def _sum_of_all(column: pl.Expr) -> pl.Expr:
    """The sum of a group; null where any member of the group is."""
    return pl.when(column.is_not_null().all()).then(column.sum())


def _wages(pay: pl.LazyFrame) -> pl.LazyFrame:
    """Wages and workers of a mean month."""
    months = (
        pay.filter(pl.col("age") <= 92)
        .group_by("as_of", "project_id", "period")
        .agg(due=pl.col("amount_due").sum(), heads=_sum_of_all(pl.col("workers")))
    )
    return months.group_by("as_of", "project_id").agg(
        month_wages=pl.col("due").mean(), month_heads=pl.col("heads").mean()
    )


def _unpaid_workers(pay: pl.LazyFrame) -> pl.LazyFrame:
    workers = pl.col("workers")
    told = pl.when(workers != 0).then(workers)
    months = (
        pay.filter(pl.col("age") <= 92, pl.col("open") == 1)
        .group_by("as_of", "project_id", pl.col("contract_id").fill_null(""), "period")
        .agg(workers=_sum_of_all(told))
    )
    teams = months.group_by("as_of", "project_id", "contract_id").agg(
        workers=pl.when(workers.is_not_null().all()).then(workers.max())
    )
    return teams.group_by("as_of", "project_id").agg(workers_unpaid=_sum_of_all(workers))


def _states(pay: pl.LazyFrame) -> pl.LazyFrame:
    """The months of wages unpaid by each team, weighted by their age and the team's workers."""
    weights = pl.LazyFrame({"back": range(len(STATE_WEIGHTS)), "weight": STATE_WEIGHTS})
    due, heads, state = pl.col("amount_due"), pl.col("heads"), pl.col("state")
    short = 1000 * (due - pl.col("soon")).sum()
    months = (
        pay.filter(pl.col("age") > 15)
        .with_columns(pl.col("contract_id").fill_null(""), back=(pl.col("age") - 16) // 30)
        .group_by("as_of", "project_id", "contract_id", "back")
        .agg(
            unpaid=pl.when(due.sum() != 0).then((short / due.sum()).floor()),
            heads=_sum_of_all(pl.col("workers")),
        )
        .join(weights, on="back")
    )
    teams = months.group_by("as_of", "project_id", "contract_id").agg(
        state=pl.when(pl.col("unpaid").is_not_null().any()).then(
            (pl.col("unpaid") * pl.col("weight")).sum()
        ),
        heads=pl.when(heads.is_not_null().all()).then(heads.max()),
    )
    weighted = pl.when(heads > 0).then(heads * state).otherwise(0).sum() / heads.sum()
    known = heads.is_not_null().all() & (heads.sum() > 0)
    return teams.group_by("as_of", "project_id").agg(
        unpaid_state_months=pl.when(known).then(weighted).otherwise(state.mean()) / 1e6
    )
