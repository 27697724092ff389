"""Wage deposit rates: local rule tables and the rate they give a contractor."""

from risk.deposits.rate_advice import Advice, Event, History, Step, advise
from risk.deposits.rule_tables import RuleTable, RuleTableInvalid, read_tables, table_for

__all__ = [
    "Advice",
    "Event",
    "History",
    "RuleTable",
    "RuleTableInvalid",
    "Step",
    "advise",
    "read_tables",
    "table_for",
]
