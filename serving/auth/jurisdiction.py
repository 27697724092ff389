"""Access by region: the only place that decides which rows a principal may see and write.

A principal's region is a prefix of region codes; the empty prefix covers all. Every query over
regions is filtered by :func:`within`; a list published for a wider region is shown in part.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, true

from serving.auth.principal import OutsideRegion, Principal


def within(column: ColumnElement[Any], principal: Principal) -> ColumnElement[bool]:
    """Return the SQL condition that the region code in ``column`` is in the principal's region."""
    if not principal.region:
        return true()
    return and_(column.is_not(None), column.startswith(principal.region, autoescape=True))


def overlaps(column: ColumnElement[Any], principal: Principal) -> ColumnElement[bool]:
    """Return the SQL condition that the region in ``column`` contains or is in the principal's."""
    wider = func.substr(literal(principal.region), 1, func.length(column)) == column
    return or_(within(column, principal), wider)


def covers(principal: Principal, code: str | None) -> bool:
    """Return whether the region ``code`` is in the principal's region; False for None."""
    return code is not None and code.startswith(principal.region)


def touches(principal: Principal, region: str) -> bool:
    """Return whether ``region`` contains the principal's region or is in it."""
    return region.startswith(principal.region) or principal.region.startswith(region)


def require_covers(principal: Principal, code: str) -> None:
    """Check that the region ``code`` is in the principal's region.

    Raises:
        OutsideRegion: it is not.
    """
    if not covers(principal, code):
        raise OutsideRegion(region=code or "*", allowed=principal.region)
