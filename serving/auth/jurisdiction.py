"""The one place where a region decides what is seen and written.

A region is the beginning of the codes of the places in it; the empty one holds all. Every query
over places is narrowed by :func:`within`; a list made for a wider region is seen in part.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, true

from serving.auth.principal import OutsideRegion, Principal


def within(column: ColumnElement[Any], principal: Principal) -> ColumnElement[bool]:
    """SQL: the place in ``column`` is one of the principal's."""
    if not principal.region:
        return true()
    return and_(column.is_not(None), column.startswith(principal.region, autoescape=True))


def overlaps(column: ColumnElement[Any], principal: Principal) -> ColumnElement[bool]:
    """SQL: the region in ``column`` holds some place of the principal's, or lies in theirs."""
    wider = func.substr(literal(principal.region), 1, func.length(column)) == column
    return or_(within(column, principal), wider)


def covers(principal: Principal, code: str | None) -> bool:
    """Whether the place or region ``code`` lies in the principal's region."""
    return code is not None and code.startswith(principal.region)


def touches(principal: Principal, region: str) -> bool:
    """Whether ``region`` holds some place of the principal's, or lies in theirs."""
    return region.startswith(principal.region) or principal.region.startswith(region)


def require_covers(principal: Principal, code: str) -> None:
    """Nothing, if ``code`` lies in the principal's region.

    Raises:
        OutsideRegion: it does not.
    """
    if not covers(principal, code):
        raise OutsideRegion(region=code or "*", allowed=principal.region)
