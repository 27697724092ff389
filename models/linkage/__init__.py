"""Links complaints that name no project: who could be meant, how likely, and why.

Nothing here decides. It proposes, with a probability; a person confirms or refuses.
"""

from models.linkage.linker import (
    MAX_CANDIDATES,
    ComplaintCandidates,
    LinkageResult,
    RankedCandidate,
    link_complaints,
)

__all__ = [
    "MAX_CANDIDATES",
    "ComplaintCandidates",
    "LinkageResult",
    "RankedCandidate",
    "link_complaints",
]
