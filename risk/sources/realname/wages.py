"""Payrolls and payments from ``Payroll.Query``."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from risk.calendar.dates import add_months
from risk.sources.realname.answers import DETAILS, PERSON, Row
from risk.sources.realname.dialect import Dialect
from risk.sources.realname.participants import contract_id
from risk.sources.realname.values import Dates, firm_code, number, text
from risk.sources.source import PulledRow


@dataclass
class Sum:
    """Sum of amounts and the people it went to; None where a part is unknown."""

    amount: Decimal | None = field(default_factory=Decimal)
    people: set[int] | None = field(default_factory=set)

    def add(self, amount: Decimal | None, person: int | None) -> None:
        """Add an amount; one that is unknown makes the sum unknown, and so for people."""
        self.amount = None if amount is None or self.amount is None else self.amount + amount
        if person is None:
            self.people = None
        elif self.people is not None:
            self.people.add(person)

    def merge(self, other: Sum) -> None:
        """Add another sum."""
        parts = (self.amount, other.amount)
        self.amount = None if None in parts else sum(filter(None, parts), Decimal(0))
        known = self.people is not None and other.people is not None
        self.people = (self.people or set()) | (other.people or set()) if known else None

    @property
    def count(self) -> int | None:
        """Number of people."""
        return None if self.people is None else len(self.people)


@dataclass
class Paid(Sum):
    """Payments of one day; ``banks`` are whether each names the paying bank."""

    banks: set[bool] = field(default_factory=set)

    @property
    def channel(self) -> str | None:
        """``bank`` if all payments name a bank, else unknown."""
        return "bank" if self.banks == {True} else None


PaymentKey = tuple[dt.date | None, bool, dt.date | None]
"""Month a payment is for, whether it is back pay, and its day."""


@dataclass
class Payroll:
    """Payroll of a team for a month; without ``has_wages`` it has back pay of other months only."""

    code: str | None
    corp: str | None
    team: str | None
    month: dt.date | None
    due: Sum = field(default_factory=Sum)
    paid: dict[PaymentKey, Paid] = field(default_factory=dict)
    has_wages: bool = False

    def merge(self, other: Payroll) -> None:
        """Add the details of another row of the same payroll."""
        self.due.merge(other.due)
        self.has_wages |= other.has_wages
        for key, paid in other.paid.items():
            held = self.paid.setdefault(key, Paid())
            held.merge(paid)
            held.banks |= paid.banks


@dataclass(frozen=True)
class DueRule:
    """When wages fall due: ``months`` after their month, on ``day`` or the last day before it."""

    months: int = 1
    day: int = 31

    def due_on(self, month: dt.date) -> dt.date:
        """Return the day on which the wages of ``month`` fall due.

        >>> DueRule().due_on(dt.date(2026, 1, 1)), DueRule(day=15).due_on(dt.date(2026, 1, 1))
        (datetime.date(2026, 2, 28), datetime.date(2026, 2, 15))
        """
        due = add_months(month, self.months)
        return due.replace(day=min(self.day, calendar.monthrange(due.year, due.month)[1]))


def read_payroll(row: Row, dialect: Dialect, dates: Dates) -> Payroll:
    """Return the payroll of a row, with the details summed up."""
    payroll = Payroll(
        code=text(row["payroll"]),
        corp=firm_code(row["corp"]),
        team=text(row["team"]),
        month=dates.month(row["month"]),
    )
    for detail in row[DETAILS]:
        _add_detail(payroll, detail, dialect, dates)
    if not row[DETAILS]:
        payroll.has_wages, payroll.due = True, Sum(None, None)
    return payroll


def _add_detail(
    payroll: Payroll, detail: Mapping[str, object], dialect: Dialect, dates: Dates
) -> None:
    person = detail[PERSON]
    person = person if isinstance(person, int) else None
    is_back_pay = dialect.term("bool", text(detail["back_pay"])) == "yes"
    if not is_back_pay:
        payroll.has_wages = True
        payroll.due.add(number(detail["due"]), person)
    amount, day = number(detail["paid"]), dates.day(detail["paid_on"])
    if amount == 0 or (amount is None and day is None):
        return  # nothing was paid
    month = dates.month(detail["back_pay_month"]) if is_back_pay else payroll.month
    paid = payroll.paid.setdefault((month, is_back_pay, day), Paid())
    paid.add(amount, person)
    paid.banks.add(text(detail["bank"]) is not None)


def merged(payrolls: Iterable[Payroll]) -> list[Payroll]:
    """Return the payrolls with rows of one payroll added up; a row that comes twice counts once."""
    rows: dict[tuple[str | None, ...], list[Payroll]] = {}
    for one in payrolls:
        held = rows.setdefault(_key(one), [])
        if one not in held:
            held.append(one)
    result = []
    for first, *others in rows.values():
        for other in others:
            first.merge(other)
        result.append(first)
    return sorted(result, key=lambda one: tuple(part or "" for part in _key(one)))


def wage_rows(
    project: str,
    payrolls: Iterable[Payroll],
    rule: DueRule,
    *,
    contract_of: Callable[[str | None], str | None],
    since: dt.date | None,
    until: dt.date,
) -> Iterator[PulledRow]:
    """Yield the rows of ``payrolls``, then those of ``payments``.

    Left out are payrolls of months before ``since`` with their payments, and payments after
    ``until``. Back pay is a payment of the payroll of its month, and no wage of the month it is
    paid in. A payroll or payment with an unknown amount, day or month is yielded with that field
    empty.
    """
    payrolls = list(payrolls)
    for one in payrolls:
        if one.has_wages and not _is_before(one.month, since):
            yield PulledRow(
                "payrolls",
                {
                    "payroll_id": payroll_id(project, one),
                    "project_id": project,
                    "contract_id": contract_of(one.corp),
                    "period": _month(one.month),
                    "workers": one.due.count,
                    "amount_due": one.due.amount,
                    "due_on": rule.due_on(one.month) if one.month else None,
                },
            )
    payments = _payments(project, payrolls, since)
    for (paid_for, day), paid in sorted(payments.items(), key=lambda one: _order(*one[0])):
        if day is None or day <= until:
            yield PulledRow(
                "payments",
                {
                    "payment_id": f"{paid_for or project}-{day:%Y%m%d}" if day else None,
                    "payroll_id": paid_for,
                    "paid_on": day,
                    "amount": paid.amount,
                    "workers_paid": paid.count,
                    "channel": paid.channel,
                },
            )


def payroll_id(project: str, payroll: Payroll) -> str:
    """Return the id of a payroll: the platform's code, or made of project, firm, team and month."""
    return payroll.code or made_payroll_id(project, payroll.corp, payroll.team, payroll.month)


def made_payroll_id(project: str, corp: str | None, team: str | None, month: dt.date | None) -> str:
    """Return the id of a payroll without a code."""
    return "-".join((project, corp or "", team or "", _month(month) or ""))


def _payments(
    project: str, payrolls: list[Payroll], since: dt.date | None
) -> dict[tuple[str | None, dt.date | None], Paid]:
    """Payments by payroll and day."""
    by_month: dict[tuple[str | None, ...], list[Payroll]] = {}
    for one in payrolls:
        if one.has_wages:
            by_month.setdefault((one.corp, one.team, _month(one.month)), []).append(one)
    payments: dict[tuple[str | None, dt.date | None], Paid] = {}
    for one in payrolls:
        for (month, is_back_pay, day), paid in one.paid.items():
            if _is_before(month, since):
                continue
            paid_for: str | None = payroll_id(project, one)
            if is_back_pay:
                found = by_month.get((one.corp, one.team, _month(month)), [])
                paid_for = _owed_to(project, one, month, paid, found)
            held = payments.setdefault((paid_for, day), Paid())
            held.merge(paid)
            held.banks |= paid.banks
    return payments


def _owed_to(
    project: str, by: Payroll, month: dt.date | None, paid: Paid, payrolls: list[Payroll]
) -> str | None:
    """Payroll that back pay belongs to: of several that with most of the people paid."""
    if month is None:
        return None
    if not payrolls:
        return made_payroll_id(project, by.corp, by.team, month)
    people = paid.people or set()
    best = max(payrolls, key=lambda one: len(people & (one.due.people or set())))
    return payroll_id(project, best)


def _key(payroll: Payroll) -> tuple[str | None, ...]:
    """Identity of a payroll within its project."""
    if payroll.code:
        return (payroll.code,)
    return ("", payroll.corp, payroll.team, _month(payroll.month))


def _is_before(month: dt.date | None, since: dt.date | None) -> bool:
    return month is not None and since is not None and month < since.replace(day=1)


def _month(month: dt.date | None) -> str | None:
    return None if month is None else f"{month:%Y-%m}"


def _order(paid_for: str | None, day: dt.date | None) -> tuple[str, dt.date]:
    return paid_for or "", day or dt.date.min


def contract_finder(project: str, without: frozenset[str]) -> Callable[[str | None], str | None]:
    """Return a function from the code of a firm to the id of its contract in ``project``.

    Firms in ``without`` take part in the project but have no contract for work.
    """

    def contract_of(corp: str | None) -> str | None:
        return None if corp is None or corp in without else contract_id(project, corp)

    return contract_of
