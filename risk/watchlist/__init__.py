"""Watchlist policy: selection, comparison with the previous list, and sealing.

Pure functions of the standard library only; nothing here reads records or models.
"""

from risk.watchlist.changes import Change, ChangeKind, Comparison, ListedEntry, compare
from risk.watchlist.policy import (
    Candidate,
    Policy,
    Selected,
    Selection,
    draw_probabilities,
    is_cut_arbitrary,
    select,
)
from risk.watchlist.random_selection import random_slots
from risk.watchlist.sealed_document import Sealed, seal, verify

__all__ = [
    "Candidate",
    "Change",
    "ChangeKind",
    "Comparison",
    "ListedEntry",
    "Policy",
    "Sealed",
    "Selected",
    "Selection",
    "compare",
    "draw_probabilities",
    "is_cut_arbitrary",
    "random_slots",
    "seal",
    "select",
    "verify",
]
