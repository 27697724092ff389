"""Links complaints that name no project: who could be meant, how likely, and why.

Nothing here decides. It proposes, with a probability; a person confirms or refuses.
"""

from models.linkage.linker import MOST_CANDIDATES, Candidate, Linked, Reviewed, link_complaints

__all__ = ["MOST_CANDIDATES", "Candidate", "Linked", "Reviewed", "link_complaints"]
