"""Layout of the slope chart of ranks: where entries were on the last list, and are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

MOST = 30
"""Ranks that are drawn, from the first."""

WIDTH, LEFT, RIGHT = 420, 120, 230
_TOP, _ROW, _LONGEST = 30, 22, 14


@dataclass(frozen=True)
class RankMove:
    """An entry with its old and new rank, None if it was or is not listed, and their heights."""

    name: str
    project_id: str
    kind: str
    old: int | None
    new: int | None
    old_y: float | None
    new_y: float | None

    @property
    def short(self) -> str:
        """The name, shortened to fit."""
        return self.name if len(self.name) <= _LONGEST else f"{self.name[: _LONGEST - 1]}…"


@dataclass(frozen=True)
class RankMoves:
    """All moves within the ranks that are drawn, and the height of the chart."""

    moves: Sequence[RankMove]
    height: int
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT


def rank_moves(entries: Sequence[Document], gone: Sequence[Document]) -> RankMoves | None:
    """Return the layout for a list; None for the first list of a region or an empty one."""
    entries = [entry for entry in entries if entry["rank"] <= MOST]
    gone = [one for one in gone if (one["change"]["from_rank"] or 0) <= MOST]
    found = [
        _move(entry, entry["change"]["kind"], entry["change"]["from_rank"], entry["rank"])
        for entry in entries
    ]
    found += [_move(one, "gone", one["change"]["from_rank"], None) for one in gone]
    if not any(move.old is not None for move in found):
        return None
    lowest = max(rank for move in found for rank in (move.old, move.new) if rank is not None)
    return RankMoves(found, _TOP + _ROW * min(lowest, MOST) + 10)


def _move(one: Document, kind: str, old: int | None, new: int | None) -> RankMove:
    # What came from beyond the drawn ranks begins at the left without a line.
    drawn = old if old is not None and old <= MOST else None
    return RankMove(
        name=one["project_name"],
        project_id=one["project_id"],
        kind=kind,
        old=old,
        new=new,
        old_y=None if drawn is None else _TOP + _ROW * (drawn - 1),
        new_y=None if new is None else _TOP + _ROW * (new - 1),
    )
