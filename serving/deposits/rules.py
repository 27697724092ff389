"""Deposit rule tables of the office, from the file named in the settings."""

from __future__ import annotations

from risk.deposits import RuleTable, read_tables
from risk.workspace import Workspace
from serving.settings import Settings


def deposit_rules(workspace: Workspace, settings: Settings) -> tuple[RuleTable, ...]:
    """Return the tables; none if the settings name no file.

    Raises:
        RuleTableInvalid: the file is missing or invalid.
    """
    if not settings.deposits.rules_file:
        return ()
    return read_tables(workspace.root / settings.deposits.rules_file)
