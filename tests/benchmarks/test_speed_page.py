"""The page of figures holds what was kept, all of it or part."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from generate_speed import page


def kept(*figures: Figure) -> dict[str, object]:
    return {"features": {one.name: asdict(one) for one in figures}}


def test_nothing_kept_is_said():
    assert "No figures are kept for release 9.9 yet" in page("9.9", "9.9.json", {})


def test_every_figure_of_one_size_alone_stands_with_its_bound():
    figures = (
        Figure("times as fast", 1.5, "ratio", "higher", 2.0),
        Figure("peak", 1234.5, "MB", "lower", 6000.0),
        Figure("seconds", 3.21, "s"),
    )
    told = page("9.9", "9.9.json", {"quick": kept(*figures), "machine": "2 cores"})
    assert "Full sizes" not in told
    assert "| times as fast | 1.5 | ratio | ≥ 2 | **not kept** |" in told
    assert "| peak | 1,234 | MB | ≤ 6,000 | kept |" in told
    assert "| seconds | 3.21 | s | |  |" in told
