"""The speed page shows the stored figures."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from generate_speed import one_day, page


def stored(*figures: Figure) -> dict[str, object]:
    return {"features": {one.name: asdict(one) for one in figures}}


def test_page_without_figures():
    assert "No figures are stored for release 9.9 yet" in page("9.9", "9.9.json", {})


def test_page_shows_every_figure_with_its_bound():
    figures = (
        Figure("times as fast", 1.5, "ratio", "higher", 2.0),
        Figure("peak", 1234.5, "MB", "lower", 6000.0),
        Figure("seconds", 3.21, "s"),
    )
    text = page("9.9", "9.9.json", {"quick": stored(*figures)})
    assert "Full sizes" not in text
    assert "The day and the machine were not recorded." in text
    assert "| times as fast | 1.5 |  | ratio | ≥ 2 | **not met** |" in text
    assert "| peak | 1,234 |  | MB | ≤ 6,000 | met |" in text
    assert "| seconds | 3.21 |  | s | |  |" in text


def test_page_shows_spread_and_origin():
    figure = Figure("times as fast", 2.2, "ratio", "higher", 2.0, low=1.9, high=2.4, runs=3)
    origin = {"date": "2026-11-30", "commit": "abc", "cores": "2", "processor": "A CPU"}
    document = {
        "quick": stored(figure),
        "origin": {"quick": {"features": {**origin, "versions": "Python 3.11"}}},
    }
    text = page("9.9", "9.9.json", document)
    assert "Measured on 2026-11-30 at commit abc, on 2 cores of A CPU; Python 3.11." in text
    assert "| times as fast | 2.2 | 1.9 to 2.4, 3 runs | ratio | ≥ 2 | within noise |" in text


def test_table_of_one_day_leaves_out_what_was_measured_on_another():
    machine = {"cores": "2", "processor": "A CPU", "versions": "Python 3.11"}
    document = {
        "full": {
            "chain": stored(Figure("5,000 projects, with Spark: all", 9.0, "s"))["features"],
            "engines": stored(Figure("1,000 k payments, duckdb: seconds", 8.0, "s"))["features"],
            "features": stored(Figure("growth exponent", 1.25, "ratio"))["features"],
        },
        "origin": {
            "full": {
                "chain": {**machine, "date": "2026-11-30", "commit": "abcdef0123"},
                "engines": {**machine, "date": "2026-11-29", "commit": "old"},
                "features": {"date": "2026-11-30"},
            }
        },
    }
    (text,) = one_day(document)
    assert "Measured on 2026-11-30 on 2 cores of A CPU, each at" in text
    assert "| chain | 5,000 projects, with Spark: all | 9 |  | s | |  | abcdef01 |" in text
    assert text.count("\n| ") == 2, "heading and one figure"
    assert text.endswith(
        "Not measured on that day and machine:"
        " county, engines, features, load, pages, publishing_sizes.\n"
    )


def test_no_table_of_one_day_without_a_machine():
    document = {"full": {"chain": {}}, "origin": {"full": {"chain": {"date": "2026-11-30"}}}}
    assert one_day(document) == []
