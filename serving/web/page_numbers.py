"""Numbers of the pages of a list."""

from __future__ import annotations


def shown_page(wanted: int, found: int, per_page: int) -> int:
    """Return the page to show of ``found`` rows: the nearest there is to ``wanted``.

    A page that was bookmarked, or whose rows were dealt with in the meantime, may be gone.

    >>> shown_page(2, 51, 50), shown_page(3, 51, 50), shown_page(3, 100, 50), shown_page(7, 0, 50)
    (2, 2, 2, 1)
    """
    return min(max(wanted, 1), max(1, -(-found // per_page)))
