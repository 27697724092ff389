"""Legal values that the office states, and the minimum wages among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from risk.workspace import Workspace
from serving.settings import Settings

if TYPE_CHECKING:
    from risk.flags.law import Value
    from risk.minimum_wage import MinimumWage


def office_values(workspace: Workspace, settings: Settings) -> tuple[Value, ...]:
    """Return the legal values that the office states for its regions.

    Raises:
        OfficeValuesInvalid: their file is missing or invalid.
    """
    from risk.flags.office_values import read_office_values

    name = settings.law.values_file
    return read_office_values(workspace.root / name) if name else ()


def office_minimum_wages(workspace: Workspace, settings: Settings) -> tuple[MinimumWage, ...]:
    """Return the minimum wages, for a store whose features are computed.

    Raises:
        OfficeValuesInvalid: the office's file is missing or invalid.
    """
    from risk.flags.minimum_wages import minimum_wages

    return minimum_wages(office_values(workspace, settings))
