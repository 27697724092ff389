"""Statutory elements of criminal transfer and of sanction listing, checked against the records.

The result is never a verdict: each element is shown, shown otherwise, or unknown, with its evidence
and what to obtain. ``standards.toml`` holds the amounts as dated, cited data.
"""

from risk.legal_elements.elements import (
    KINDS,
    Element,
    Kind,
    Standing,
    elements_of,
    has_open_matter,
)
from risk.legal_elements.standards import Standard, Standards, read_standards

__all__ = [
    "KINDS",
    "Element",
    "Kind",
    "Standard",
    "Standards",
    "Standing",
    "elements_of",
    "has_open_matter",
    "read_standards",
]
