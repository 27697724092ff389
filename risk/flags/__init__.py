"""Red flags: duties of law seen unmet in the records, by rule, with article and evidence.

They stand beside the probability and never enter it. ``law.toml`` holds the duties and every
threshold, dated and cited; ``rules`` says how each is seen in the records; ``detecting`` runs them
as of a date; ``rendering`` puts a flag into words.
"""

from risk.flags.engine import MUST_VISIT, FlagUnknown, red_flags
from risk.flags.flag import Evidence, RedFlag
from risk.flags.law import Duty, Law, Value, read_law
from risk.flags.rules import RULES
from risk.flags.text import FlagText, describe

CODES: tuple[str, ...] = tuple(rule.code for rule in RULES)
"""The codes of all flags, in the order they are shown."""

__all__ = [
    "CODES",
    "MUST_VISIT",
    "RULES",
    "Duty",
    "Evidence",
    "FlagText",
    "FlagUnknown",
    "Law",
    "RedFlag",
    "Value",
    "describe",
    "read_law",
    "red_flags",
]
