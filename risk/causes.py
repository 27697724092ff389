"""SQL conditions by which complaints and cases are about wages.

Offices also register disputes over project payments or labour fees, some of them claimed as wages
(Art. 52 of the Regulation). Once a record gives such a cause, from its ``known_at`` on it is
outside all wage figures, labels, features and red flags. A record without a cause counts as about
wages.

A complaint takes the cause its own cases found, where they all found another one.
"""

from __future__ import annotations


def about_wages(alias: str = "") -> str:
    """SQL condition that a complaint or case does not give another cause.

    >>> about_wages("c")
    "(c.cause IS NULL OR c.cause = 'wages')"
    """
    column = f"{alias}.cause" if alias else "cause"
    return f"({column} IS NULL OR {column} = 'wages')"


def found_otherwise(cases: str, *keys: str) -> str:
    """SQL of the ``keys`` and complaint_id of complaints whose cases all give another cause.

    ``cases`` is a query of the cases as known.
    """
    names = ", ".join((*keys, "complaint_id"))
    return (
        f"SELECT {names} FROM ({cases}) cases_found WHERE complaint_id IS NOT NULL"
        f" GROUP BY {names} HAVING min(CASE WHEN cause <> 'wages' THEN 1 ELSE 0 END) = 1"
    )
