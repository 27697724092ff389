"""Projects by the size of their contract."""

from __future__ import annotations

_BOUNDS = ((1_000_000_000, "up_to_10m"), (10_000_000_000, "10m_to_100m"))
_LARGEST = "over_100m"


def contract_size(amount: object) -> str | None:
    """Return the code of a contract amount in fen, None if it is unknown; codes are in yuan.

    >>> contract_size(1_000_000_000), contract_size(1_000_000_001), contract_size(None)
    ('up_to_10m', '10m_to_100m', None)
    """
    if not isinstance(amount, int):
        return None
    return next((code for most, code in _BOUNDS if amount <= most), _LARGEST)
