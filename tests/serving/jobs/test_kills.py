"""Killed at a random moment, nothing acknowledged is lost and nothing is half done."""

from __future__ import annotations

import pytest

from benchmarks.kills import judge, run

from ...conftest import thorough

# Backups and upgrades are written in one step, a file renamed or a transaction: by hand only.
SCENES = ("publish", "outcomes", "imports", "webhooks", "restores")


@thorough
@pytest.mark.parametrize("scene", SCENES)
def test_kill_loses_nothing(scene, tmp_path):
    ran = run(scene, tmp_path, seed=1)
    assert judge(scene, tmp_path, ran) == []
