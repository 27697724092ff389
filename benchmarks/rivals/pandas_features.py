"""Vectorised pandas, date after date, with keys made integers once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.rivals import STATE_WEIGHTS, SUMS
from risk.calendar.dates import add_months

_NONE = np.datetime64("2200-01-01")


def sums(folder: Path, as_ofs: Sequence[dt.date]) -> pd.DataFrame:
    """The sums at all dates; the index is (as_of, project_id)."""
    projects = pd.read_parquet(folder / "projects.parquet")
    confirmed = pd.read_parquet(folder / "cases.parquet")
    rolls = _with_ends(pd.read_parquet(folder / "payrolls.parquet"), "payroll_id")
    payments = _with_ends(pd.read_parquet(folder / "payments.parquet"), "payment_id")
    numbers = pd.Index(rolls["payroll_id"].unique())
    rolls["roll"] = numbers.get_indexer(rolls["payroll_id"])
    payments["roll"] = numbers.get_indexer(payments["payroll_id"])
    payments = payments.drop(columns=["payment_id", "payroll_id"])
    cases = _with_ends(confirmed, "case_id")
    projects = _with_ends(projects, "project_id")
    parts = [_at(pd.Timestamp(day), projects, cases, rolls, payments) for day in as_ofs]
    return pd.concat(parts, keys=list(as_ofs), names=["as_of", "project_id"])


def _with_ends(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Dates as timestamps, and the date a later version replaced the row."""
    for name in frame.columns:
        if name.endswith(("_on", "_at")) or name in ("period",):
            frame[name] = pd.to_datetime(frame[name])
    frame = frame.sort_values([key, "known_at", "arrival"], kind="stable")
    follows = frame[key].eq(frame[key].shift(-1))
    frame["ends"] = frame["known_at"].shift(-1).where(follows, _NONE).fillna(_NONE)
    return frame


def _standing(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["known_at"] < day) & (frame["ends"] >= day)]


def _at(
    day: pd.Timestamp,
    projects: pd.DataFrame,
    cases: pd.DataFrame,
    rolls: pd.DataFrame,
    payments: pd.DataFrame,
) -> pd.DataFrame:
    cohort = _cohort(day, projects, cases)
    since = pd.Timestamp(add_months(day.date(), -12))
    due = rolls[(rolls["due_on"] >= since) & (rolls["due_on"] < day)]
    due = _standing(due, day)
    due = due[due["project_id"].isin(cohort.index)]
    pay = _paid(due, payments, day)
    frame = _summed(pay, cohort)
    last = _paid_of_old_wages(rolls, payments, since, day)
    days = (day - last.reindex(frame.index)).dt.days
    frame["days_since_payment"] = np.fmin(frame["days_since_payment"], days)
    return frame


def _paid_of_old_wages(
    rolls: pd.DataFrame, payments: pd.DataFrame, since: pd.Timestamp, day: pd.Timestamp
) -> pd.Series:
    """By project the last payment from ``since`` on of wages that fell due before it."""
    old = _standing(rolls[rolls["due_on"] < since], day)
    paid = payments[(payments["paid_on"] >= since) & (payments["paid_on"] < day)]
    paid = _standing(paid, day)
    paid = paid[~(paid["returned_on"] < day)]
    both = paid[["roll", "paid_on"]].merge(old[["roll", "project_id"]], on="roll")
    return both.groupby("project_id")["paid_on"].max()


def _cohort(day: pd.Timestamp, projects: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    known, open_cases = _standing(projects, day), _standing(cases, day)
    over = open_cases.loc[open_cases["status"] == "confirmed", "project_id"]
    running = known["completed_on"].isna() | ((day - known["completed_on"]).dt.days <= 90)
    kept = known[(known["started_on"] < day) & running & ~known["project_id"].isin(over)]
    return kept.set_index("project_id")[["contract_amount"]]


def _paid(due: pd.DataFrame, payments: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The payrolls with what was paid of each before ``day``."""
    place = np.full(int(payments["roll"].max()) + 1, -1)
    place[due["roll"].to_numpy()] = np.arange(len(due))
    mine = payments[place[payments["roll"].to_numpy()] >= 0]
    mine = _standing(mine, day)
    back = mine[mine["returned_on"] < day]
    returned = back["amount"].groupby(place[back["roll"].to_numpy()]).sum()
    mine = mine[(mine["paid_on"] < day) & ~(mine["returned_on"] < day)]
    row = place[mine["roll"].to_numpy()]
    due_on = due["due_on"].to_numpy()[row]
    amount = mine["amount"].to_numpy()
    late = np.maximum((mine["paid_on"].to_numpy() - due_on) // np.timedelta64(1, "D"), 0)
    channel = mine["channel"]
    told = pd.DataFrame(
        {
            "row": row,
            "paid": amount,
            "cash": np.where(channel == "cash", amount, 0),
            "foreman": np.where(channel == "foreman", amount, 0),
            "told": np.where(channel.notna(), amount, 0),
            "any_told": channel.notna().to_numpy(),
            "in_time": np.where(late <= 5, amount, 0),
            "soon": np.where(late <= 15, amount, 0),
            "fen_days": amount.astype(float) * late,
            "last": mine["paid_on"].to_numpy(),
            "workers_paid": mine["workers_paid"].to_numpy(dtype=float),
        }
    ).groupby("row")
    pay = due.reset_index(drop=True)
    filled = ["paid", "cash", "foreman", "told", "in_time", "soon", "fen_days"]
    pay = pay.join(told[filled].sum()).join(told[["last", "any_told"]].max())
    pay["instalments"] = told.size()
    pay["returned"] = returned
    heads = told["workers_paid"].sum().where(told["workers_paid"].count() == told.size())
    pay["workers_paid"] = np.fmin(heads.reindex(pay.index), pay["workers"].astype(float)).where(
        heads.reindex(pay.index).notna()
    )
    pay.loc[pay["instalments"].isna(), "workers_paid"] = 0
    pay[filled] = pay[filled].fillna(0)
    pay["in_time"] = np.minimum(pay["in_time"], pay["amount_due"])
    pay["soon"] = np.minimum(pay["soon"], pay["amount_due"])
    pay["age"] = (day - pay["due_on"]).dt.days
    pay["unpaid"] = (pay["amount_due"] - pay["paid"]).clip(lower=0)
    pay["open"] = (pay["paid"] < 0.99 * pay["amount_due"]).astype(float)
    over = (pay["paid"] - pay["amount_due"]).clip(lower=0)
    over_days = (pay["last"].fillna(pay["due_on"]) - pay["due_on"]).dt.days.clip(lower=0)
    pay["fen_days"] = (pay["fen_days"] - over * over_days).clip(lower=0)
    pay["fen_days"] += pay["unpaid"] * pay["age"]
    pay["since"] = (day - pay["last"]).dt.days
    return pay


def _summed(pay: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    by = pay["project_id"]
    recent, month = pay["age"] <= 92, pay["age"] <= 31
    before, older = pay["age"].between(32, 123), pay["age"].between(93, 184)
    recently = pay["age"].between(32, 92)
    listed = pay["age"].between(16, 92) & pay["workers_paid"].notna()
    workers = pay["workers"].astype(float)
    basis = pay["wage_basis"]

    def total(column: pd.Series, where: pd.Series | None = None) -> pd.Series:
        picked = column if where is None else column.where(where)
        return picked.groupby(by).sum(min_count=1)

    missed = (workers - pay["workers_paid"]).clip(lower=0)
    past, slow = pay["age"] > 5, pay["amount_due"] - pay["in_time"]
    told = pay["told"].where(pay["any_told"].eq(True))
    out = {
        "unpaid": total(pay["unpaid"]),
        "due": total(pay["amount_due"]),
        "unpaid_1m": total(pay["unpaid"], month),
        "due_1m": total(pay["amount_due"], month),
        "unpaid_3m": total(pay["unpaid"], recent),
        "due_3m": total(pay["amount_due"], recent),
        "unpaid_old": total(pay["unpaid"], ~month),
        "due_old": total(pay["amount_due"], ~month),
        "unpaid_before": total(pay["unpaid"], before),
        "due_before": total(pay["amount_due"], before),
        "oldest_unpaid_days": (pay["age"] * pay["open"]).groupby(by).max(),
        "open_roll_share_3m": pay["open"].where(recent).groupby(by).mean(),
        "late_3m": total(slow, recent & past),
        "may_be_late_3m": total(pay["amount_due"], recent & past),
        "late": total(slow, past),
        "may_be_late": total(pay["amount_due"], past),
        "days_late_3m": total(pay["fen_days"], recent),
        "days_late": total(pay["fen_days"]),
        "days_late_old": total(pay["fen_days"], recently),
        "due_late_old": total(pay["amount_due"], recently),
        "days_late_6m": total(pay["fen_days"], older),
        "due_6m": total(pay["amount_due"], older),
        "paid_3m": total(pay["paid"], recent),
        "returned": total(pay["returned"], recent),
        "cash_3m": total(pay["cash"], recent),
        "foreman_3m": total(pay["foreman"], recent),
        "channel_3m": total(told, recent),
        "cash": total(pay["cash"]),
        "foreman": total(pay["foreman"]),
        "channel": total(told),
        "days_since_payment": pay["since"].groupby(by).min(),
        "instalments_3m": pay["instalments"].where(recent).groupby(by).mean(),
        "due_with_workers": total(pay["amount_due"], recent & (workers > 0)),
        "workers_3m": total(workers, recent),
        "workers_listed": total(workers, listed),
        "workers_missed": total(missed, listed),
        "due_measured": total(pay["amount_due"].where(basis == "measured", 0), recent),
        "due_piece": total(pay["amount_due"].where(basis == "piece", 0), recent),
        "due_with_basis": total(pay["amount_due"], recent & basis.notna()),
        **_by_team_and_month(pay, recent),
        **_heads(pay[recent]),
        "unpaid_state_months": _state(pay[pay["age"] > 15]),
    }
    frame = pd.DataFrame(out).sort_index()
    frame["contract_amount"] = cohort["contract_amount"]
    return frame[list(SUMS)].astype(float)


def _by_team_and_month(pay: pd.DataFrame, recent: pd.Series) -> dict[str, pd.Series]:
    last = pay[recent]
    team = last["contract_id"].fillna(last["payroll_id"])
    teams = last.groupby([last["project_id"], team]).agg(
        open=("open", "max"), unpaid=("unpaid", "sum"), due=("amount_due", "sum")
    )
    share = teams["unpaid"] / teams["due"].where(teams["due"] != 0)
    half = pay[pay["age"] <= 184]
    owed = half["age"] > 15
    months = half.assign(
        unpaid=half["unpaid"].where(owed, 0), amount_due=half["amount_due"].where(owed, 0)
    )
    months = months.groupby(["project_id", "period"])[["unpaid", "amount_due"]].sum()
    short = months["unpaid"] > 0.01 * months["amount_due"]
    return {
        "open_teams_share": teams["open"].groupby(level=0).mean(),
        "worst_team_unpaid_share": share.groupby(level=0).max(),
        "months_not_full_6m": short.astype(float).groupby(level=0).sum().clip(upper=6),
    }


def _sum_of_all(column: pd.Series, by: list[pd.Series]) -> pd.Series:
    """The sums of groups; NaN where any member of the group is."""
    grouped = column.groupby(by)
    return grouped.sum().where(grouped.count() == grouped.size())


def _heads(last: pd.DataFrame) -> dict[str, pd.Series]:
    """Wages and workers of a mean month, and the workers on payrolls that are open."""
    project, workers = last["project_id"], last["workers"].astype(float)
    wages = last["amount_due"].groupby([project, last["period"]]).sum()
    heads = _sum_of_all(workers, [project, last["period"]])
    still = last["open"] == 1
    by = [project[still], last["contract_id"].fillna("")[still]]
    months = _sum_of_all(workers.where(workers != 0)[still], [*by, last["period"][still]])
    teams = months.groupby(level=[0, 1])
    most = teams.max().where(teams.count() == teams.size()).groupby(level=0)
    return {
        "month_wages": wages.groupby(level=0).mean(),
        "month_heads": heads.groupby(level=0).mean(),
        "workers_unpaid": most.sum().where(most.count() == most.size()),
    }


def _state(owed: pd.DataFrame) -> pd.Series:
    """The months of wages unpaid by each team, weighted by their age and the team's workers."""
    back = (owed["age"] - 16) // 30
    by = [owed["project_id"], owed["contract_id"].fillna(""), back]
    due = owed["amount_due"].groupby(by).sum()
    short = (owed["amount_due"] - owed["soon"]).groupby(by).sum()
    share = np.floor(1000.0 * short / due.where(due != 0))
    weight = np.array(STATE_WEIGHTS)[share.index.get_level_values(2)]
    state = (share * weight).groupby(level=[0, 1]).sum(min_count=1)
    heads = _sum_of_all(owed["workers"].astype(float), by).groupby(level=[0, 1])
    most = heads.max().where(heads.count() == heads.size())
    project = state.groupby(level=0)
    whole = most.groupby(level=0)
    weighted = (most * state).where(most > 0, 0).groupby(level=0).sum() / whole.sum()
    known = (whole.count() == whole.size()) & (whole.sum() > 0)
    return weighted.where(known, project.mean()) / 1e6
