"""How far the scores of a list rank it, derived from the sealed list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from risk.locale import Language, text

Document = Mapping[str, Any]
Sufficiency = Literal["ranked", "partly", "unranked"]


@dataclass(frozen=True)
class Ranking:
    """The entries listed for their risk (``places``), how many different probabilities they have
    (``scores``), how many share theirs with another (``tied``), and the order of the list.

    ``probability`` is the most frequent one, None without places.
    """

    places: int
    scores: int
    tied: int
    probability: float | None
    order: str

    @property
    def sufficiency(self) -> Sufficiency:
        """``unranked`` if all places have one probability, ``partly`` if most share theirs."""
        if self.places > 1 and self.scores == 1:
            return "unranked"
        return "partly" if 2 * self.tied > self.places else "ranked"


def ranking_of(document: Document) -> Ranking:
    """Return the ranking of a list."""
    entries: Sequence[Document] = document["entries"]
    counts = Counter(entry["probability"] for entry in entries if entry["selection"] == "risk")
    return ranking_from(counts, document["rules"]["policy"]["order"])


def ranking_from(counts: Mapping[float, int], order: str) -> Ranking:
    """Return the ranking of a list with so many entries listed for their risk by probability."""
    return Ranking(
        places=sum(counts.values()),
        scores=len(counts),
        tied=sum(count for count in counts.values() if count > 1),
        probability=max(counts, key=lambda p: (counts[p], p), default=None),
        order=order,
    )


def ranking_notes(ranking: Ranking, language: Language) -> list[str]:
    """Return what to say where too little is known to rank: that, and which orders there are."""
    state = ranking.sufficiency
    if state == "ranked" or ranking.order in ("rules", "random"):
        return []
    note = text(
        f"exports.ranking.{state}",
        language,
        places=ranking.places,
        scores=ranking.scores,
        probability=f"{ranking.probability:.1%}",
    )
    return [
        note
        + text(f"exports.ranking.orders.{ranking.order}", language)
        + text("exports.ranking.offer", language)
    ]
