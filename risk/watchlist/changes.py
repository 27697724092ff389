"""Comparison with the previous list: new, up, down, same or gone, and the reason for the move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from risk.tiers import Tier

Contributions = Mapping[str, float]
"""Signal family to its contribution in log-odds; positive raises the risk."""


class ChangeKind(StrEnum):
    """Direction of an entry's move since the previous list."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    SAME = "same"
    GONE = "gone"


@dataclass(frozen=True)
class ListedEntry:
    """Entry of a sealed list; ``contributions`` is None if they were not sealed with it."""

    project_id: str
    rank: int
    tier: Tier
    probability: float
    contributions: Contributions | None = None


@dataclass(frozen=True)
class Change:
    """Move of one entry; ``reason`` is the family that changed most, None if unknown."""

    project_id: str
    kind: ChangeKind
    from_rank: int | None
    to_rank: int | None
    from_tier: Tier | None
    to_tier: Tier | None
    reason: str | None


@dataclass(frozen=True)
class Comparison:
    """``entries`` in the order of the new list, ``gone`` in the order of the previous one."""

    entries: tuple[Change, ...]
    gone: tuple[Change, ...]


def compare(
    previous: Iterable[ListedEntry],
    current: Iterable[ListedEntry],
    *,
    scored_before: Mapping[str, Contributions] | None = None,
    scored_now: Mapping[str, Contributions] | None = None,
) -> Comparison:
    """Moves from the ``previous`` list to the ``current`` one.

    ``scored_before`` and ``scored_now`` hold the contributions of projects that were scored but
    not listed; they give new and gone entries a reason too.
    """
    before = {entry.project_id: entry for entry in previous}
    now = {entry.project_id: entry for entry in current}
    old, new = dict(scored_before or {}), dict(scored_now or {})
    old.update(_sealed(before.values()))
    new.update(_sealed(now.values()))
    moves = {
        key: _change(
            key, before.get(key), now.get(key), contribution_changes(old.get(key), new.get(key))
        )
        for key in {**now, **before}
    }
    return Comparison(
        tuple(moves[entry.project_id] for entry in _by_rank(now.values())),
        tuple(moves[item.project_id] for item in _by_rank(before.values()) if _is_gone(item, now)),
    )


def contribution_changes(
    old: Contributions | None, new: Contributions | None
) -> Mapping[str, float]:
    """Change of each family present on both sides, in log-odds; empty if a side is unknown."""
    if old is None or new is None:
        return {}
    return {family: new[family] - old[family] for family in old if family in new}


def _sealed(entries: Iterable[ListedEntry]) -> dict[str, Contributions]:
    return {
        entry.project_id: entry.contributions
        for entry in entries
        if entry.contributions is not None
    }


def _by_rank(entries: Iterable[ListedEntry]) -> list[ListedEntry]:
    return sorted(entries, key=lambda entry: (entry.rank, entry.project_id))


def _is_gone(entry: ListedEntry, now: Mapping[str, ListedEntry]) -> bool:
    return entry.project_id not in now


def _change(
    project_id: str,
    old: ListedEntry | None,
    new: ListedEntry | None,
    moves: Mapping[str, float],
) -> Change:
    kind = _kind(old, new)
    return Change(
        project_id=project_id,
        kind=kind,
        from_rank=old.rank if old else None,
        to_rank=new.rank if new else None,
        from_tier=old.tier if old else None,
        to_tier=new.tier if new else None,
        reason=_reason(kind, moves),
    )


def _kind(old: ListedEntry | None, new: ListedEntry | None) -> ChangeKind:
    if old is None or new is None:
        return ChangeKind.NEW if old is None else ChangeKind.GONE
    if old.rank == new.rank:
        return ChangeKind.SAME
    return ChangeKind.UP if new.rank < old.rank else ChangeKind.DOWN


def _reason(kind: ChangeKind, moves: Mapping[str, float]) -> str | None:
    if kind is ChangeKind.SAME:
        return None
    sign = 1 if kind in (ChangeKind.UP, ChangeKind.NEW) else -1
    along = {family: sign * move for family, move in moves.items() if sign * move > 0}
    # A project may rise only because others fell; then none of its families explains the move.
    return min(along, key=lambda family: (-along[family], family)) if along else None
