"""Regions to choose from in a form."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, select

from serving.auth.jurisdiction import covers, within
from serving.auth.principal import Principal
from serving.db.tables import PLACES
from serving.formatting import region_name

_LEVELS = (2, 4, 6, 9)
"""Digits of the codes of provinces, prefectures, counties and townships."""


def region_choices(
    engine: Engine, principal: Principal, names: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return (code, name) of the regions within the principal's, in order of their codes.

    They are those of known projects, the regions around them, and those named in the settings.
    """
    query = select(PLACES.c.region_code).where(within(PLACES.c.region_code, principal)).distinct()
    with engine.connect() as connection:
        known = set(connection.execute(query).scalars())
    codes = {code[:digits] for code in known for digits in _LEVELS if len(code) >= digits}
    found = sorted(
        code for code in codes | known | set(names) | {principal.region} if covers(principal, code)
    )
    return [(code, region_name(code, names)) for code in found if code]
