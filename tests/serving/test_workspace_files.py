"""docs/reference/workspace-files.md names everything that lies in a workspace in use."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from generate_reference import workspace_entries


def test_what_lies_in_a_used_workspace_is_listed(office):
    found = {re.sub(r"[-.](wal|shm|tmp).*", "", path.name) for path in office.root.iterdir()}
    assert {"service.sqlite", "records.duckdb", "models"} <= found
    assert found - set(workspace_entries()) == set()
