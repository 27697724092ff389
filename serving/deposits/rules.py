"""The deposit rule tables of an office: the file its settings name, in its workspace."""

from __future__ import annotations

from risk.deposits import RuleTable, read_tables
from risk.workspace import Workspace
from serving.settings import Settings


def deposit_rules(workspace: Workspace, settings: Settings) -> tuple[RuleTable, ...]:
    """The tables; none where no file is named.

    Raises:
        RuleTableInvalid: the file is missing or says what it may not.
    """
    if not settings.deposits.rules_file:
        return ()
    return read_tables(workspace.root / settings.deposits.rules_file)
