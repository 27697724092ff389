"""Rules of the red flags, one file per subject."""

from risk.flags.rule import Rule
from risk.flags.rules.accounts import ACCOUNTS
from risk.flags.rules.deposits import DEPOSITS
from risk.flags.rules.funding import FUNDING
from risk.flags.rules.oversight import OVERSIGHT
from risk.flags.rules.parties import PARTIES
from risk.flags.rules.payrolls import PAYROLLS
from risk.flags.rules.real_names import REAL_NAMES
from risk.flags.rules.wages import WAGES

RULES: tuple[Rule, ...] = (
    *OVERSIGHT,
    *WAGES,
    *PAYROLLS,
    *FUNDING,
    *ACCOUNTS,
    *DEPOSITS,
    *REAL_NAMES,
    *PARTIES,
)
"""All rules in display order: complaints and wages first, paperwork last."""

__all__ = ["RULES"]
