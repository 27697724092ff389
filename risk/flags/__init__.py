"""Red flags: legal duties found unmet in the records by rule, with article and evidence.

Red flags are shown next to the probability and are never an input of it. ``law.toml`` holds the
duties and all thresholds, dated and cited, ``grades.toml`` how serious each is; ``rules`` finds
breaches in the records; ``engine`` runs the rules as of a date; ``text`` renders a flag as text.
"""

from risk.flags.engine import MUST_VISIT, FlagUnknown, StagedFlags, red_flags, require_codes
from risk.flags.flag import Evidence, RedFlag
from risk.flags.grades import (
    COUNTED,
    GRADES,
    Grade,
    by_grade,
    count_by_grade,
    grade_of,
    is_counted,
    weight_of,
)
from risk.flags.law import Duty, Law, Value, read_law
from risk.flags.rules import RULES
from risk.flags.text import FlagText, describe

CODES: tuple[str, ...] = tuple(rule.code for rule in RULES)
"""Codes of all flags, in display order."""

__all__ = [
    "CODES",
    "COUNTED",
    "GRADES",
    "MUST_VISIT",
    "RULES",
    "Duty",
    "Evidence",
    "FlagText",
    "FlagUnknown",
    "Grade",
    "Law",
    "RedFlag",
    "StagedFlags",
    "Value",
    "by_grade",
    "count_by_grade",
    "describe",
    "grade_of",
    "is_counted",
    "read_law",
    "red_flags",
    "require_codes",
    "weight_of",
]
