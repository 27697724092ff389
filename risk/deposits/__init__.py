"""Wage deposit rates: local rule tables, the rate they give a contractor, and returns."""

from risk.deposits.rate_advice import Advice, Event, History, Step, advise
from risk.deposits.returns import ReturnClock, return_clock
from risk.deposits.rule_tables import (
    DownStep,
    RuleTable,
    RuleTableInvalid,
    UpStep,
    read_tables,
    required_amount,
    table_for,
)

__all__ = [
    "Advice",
    "DownStep",
    "Event",
    "History",
    "ReturnClock",
    "RuleTable",
    "RuleTableInvalid",
    "Step",
    "UpStep",
    "advise",
    "read_tables",
    "required_amount",
    "return_clock",
    "table_for",
]
