"""Invented names of the counties and townships of the simulated records."""

from __future__ import annotations

from collections.abc import Mapping

from risk.simulator.codes import counties, townships
from risk.simulator.names import PLACES


def place_names(projects: int) -> Mapping[str, str]:
    """Return the names of the regions of a world of ``projects`` projects, by code."""
    found: dict[str, str] = {}
    for number, county in enumerate(counties(projects)):
        found[county] = f"模拟{PLACES[-1 - number % len(PLACES)]}县"
        for index, code in enumerate(townships(county)):
            kind = "镇" if index < len(PLACES) else "乡"
            found[code] = f"{PLACES[int(code[-2:]) % len(PLACES)]}{kind}"
    return found
