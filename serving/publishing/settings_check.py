"""What settings name is read before long work starts, not when it is nearly done."""

from __future__ import annotations

from risk.workspace import Workspace
from serving.office_values import office_values
from serving.publishing.context import PublishHooks
from serving.settings import Settings


def check_settings(workspace: Workspace, settings: Settings, hooks: PublishHooks) -> None:
    """Read the files that settings name, and look up the red flags they name.

    Raises:
        OfficeValuesInvalid: the file of legal values is missing or invalid.
        RuleTableInvalid: the file of deposit rules is missing or invalid.
        FlagUnknown: ``[policy] must_visit`` has a code that no rule has.
    """
    from risk.flags import require_codes

    require_codes(settings.policy.must_visit)
    office_values(workspace, settings)
    hooks.deposit_rules(workspace, settings)
