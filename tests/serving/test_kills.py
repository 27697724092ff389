"""Killed at a random moment, nothing acknowledged is lost and nothing is half done."""

from __future__ import annotations

import pytest

from benchmarks.kills import SCENES, judge, run


@pytest.mark.parametrize("scene", SCENES)
def test_a_few_kills(scene, tmp_path):
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert judge(scene, folder, run(scene, folder, seed=number)) == []
