"""Which wage deposit rate a local rule table gives a contractor, and the history behind it."""

from risk.deposits.rate_advice import Advice, Event, History, Step, advise
from risk.deposits.rule_tables import RuleTable, RuleTableWrong, read_tables, table_for

__all__ = [
    "Advice",
    "Event",
    "History",
    "RuleTable",
    "RuleTableWrong",
    "Step",
    "advise",
    "read_tables",
    "table_for",
]
