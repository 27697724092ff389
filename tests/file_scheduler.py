"""Which process runs which tests: a file is one unit, and the files that ask Spark are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

from .conftest import ON_ONE_SPARK

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class FileScheduling(LoadFileScheduling):
    """Hands out files in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return ON_ONE_SPARK[0] if file.startswith(ON_ONE_SPARK) else file

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Forget a finished test; xdist would count all finished ones after each test."""
        nodeid = self.registered_collections[node][item_index]
        scope = self._split_scope(nodeid)
        assigned = self.assigned_work[node]
        del assigned[scope][nodeid]
        if not assigned[scope]:
            del assigned[scope]
        self._reschedule(node)
