"""Record linkage of complaints that name no project: candidates with probability and evidence.

Blocking, similarity features and a conditional logit, in this order. The result is a proposal; a
person confirms or refuses it.
"""

from models.linkage.linker import (
    MAX_CANDIDATES,
    ComplaintCandidates,
    LinkageResult,
    Linker,
    RankedCandidate,
    link_complaints,
)

__all__ = [
    "MAX_CANDIDATES",
    "ComplaintCandidates",
    "LinkageResult",
    "Linker",
    "RankedCandidate",
    "link_complaints",
]
