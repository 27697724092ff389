"""History of champion changes, stored as tags of the registered model in MLflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from risk.errors import WagewatchError

PROMOTED: Literal["promoted"] = "promoted"
ROLLED_BACK: Literal["rolled_back"] = "rolled_back"

MAX_REASON_LENGTH = 2_000
"""In characters; the length of tags in MLflow is limited."""

_TAG = "change_"


class ReasonMissing(WagewatchError):
    """A change of champion has no author or no reason."""

    code = "reason_missing"


class ReasonTooLong(WagewatchError):
    """The author or the reason of a change is too long to store."""

    code = "reason_too_long"


@dataclass(frozen=True)
class ChampionChange:
    """``version`` replaced ``before`` (None: there was no champion). ``at`` is UTC in ISO 8601."""

    action: Literal["promoted", "rolled_back"]
    version: str
    before: str | None
    who: str
    why: str
    at: str


def require_reason(who: str, why: str) -> None:
    """Require an author and a reason.

    Raises:
        ReasonMissing: ``who`` or ``why`` is blank.
        ReasonTooLong: one of them is longer than :data:`MAX_REASON_LENGTH`.
    """
    if not who.strip() or not why.strip():
        raise ReasonMissing()
    if max(len(who), len(why)) > MAX_REASON_LENGTH:
        raise ReasonTooLong(length=max(len(who), len(why)), longest=MAX_REASON_LENGTH)


def as_tag(change: ChampionChange, number: int) -> tuple[str, str]:
    """Key and value of the tag of the ``number``-th change."""
    return f"{_TAG}{number:06d}", json.dumps(asdict(change), ensure_ascii=False)


def from_tags(tags: Mapping[str, str]) -> tuple[ChampionChange, ...]:
    """The changes stored in ``tags``, oldest first."""
    return tuple(
        ChampionChange(**json.loads(tags[key])) for key in sorted(tags) if key.startswith(_TAG)
    )


def champion_before(changes: Sequence[ChampionChange], current: str | None) -> str | None:
    """The champion before ``current``: a promotion adds one, a rollback removes the last."""
    line: list[str] = []
    for change in changes:
        if change.action == ROLLED_BACK:
            line = line[:-1]
        elif line[-1:] != [change.version]:
            line.append(change.version)
    while line and line[-1] != current:
        line.pop()  # logged, but not carried out
    return line[-2] if len(line) > 1 else None
