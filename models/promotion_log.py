"""Changes of champion as they are written down: what, who, why, when, and who was it before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from risk.errors import WagewatchError

PROMOTED: Literal["promoted"] = "promoted"
ROLLED_BACK: Literal["rolled_back"] = "rolled_back"

MAX_REASON_LENGTH = 2_000
"""Characters; the registry's tags hold no books."""

_TAG = "change_"


class ReasonMissing(WagewatchError):
    """A change of champion without a name or without a reason."""

    code = "reason_missing"


class ReasonTooLong(WagewatchError):
    """A name or reason too long to be kept with the change."""

    code = "reason_too_long"


@dataclass(frozen=True)
class ChampionChange:
    """``version`` took the place of ``before`` (None: of nobody). ``at`` is UTC, ISO 8601."""

    action: Literal["promoted", "rolled_back"]
    version: str
    before: str | None
    who: str
    why: str
    at: str


def require_reason(who: str, why: str) -> None:
    """Refuse a change nobody answers for.

    Raises:
        ReasonMissing: ``who`` or ``why`` is blank.
        ReasonTooLong: one of them is longer than :data:`MAX_REASON_LENGTH`.
    """
    if not who.strip() or not why.strip():
        raise ReasonMissing()
    if max(len(who), len(why)) > MAX_REASON_LENGTH:
        raise ReasonTooLong(length=max(len(who), len(why)), longest=MAX_REASON_LENGTH)


def as_tag(change: ChampionChange, number: int) -> tuple[str, str]:
    """Key and value under which the ``number``-th change is kept."""
    return f"{_TAG}{number:06d}", json.dumps(asdict(change), ensure_ascii=False)


def from_tags(tags: Mapping[str, str]) -> tuple[ChampionChange, ...]:
    """All changes among ``tags``, oldest first."""
    return tuple(
        ChampionChange(**json.loads(tags[key])) for key in sorted(tags) if key.startswith(_TAG)
    )


def champion_before(changes: Sequence[ChampionChange], current: str | None) -> str | None:
    """The champion before ``current``: a promotion goes forward, a rolling back undoes one."""
    line: list[str] = []
    for change in changes:
        if change.action == ROLLED_BACK:
            line = line[:-1]
        elif line[-1:] != [change.version]:
            line.append(change.version)
    while line and line[-1] != current:
        line.pop()  # written down, but never carried out
    return line[-2] if len(line) > 1 else None
