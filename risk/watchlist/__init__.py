"""The watchlist: who is visited, what changed since the last list, and the seal on it.

Pure functions on the standard library alone; nothing here reads records or models.
"""

from risk.watchlist.changes import Change, ChangeKind, Comparison, ListedEntry, compare
from risk.watchlist.policy import (
    Candidate,
    Policy,
    Selected,
    Selection,
    draw_probabilities,
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
    "random_slots",
    "seal",
    "select",
    "verify",
]
