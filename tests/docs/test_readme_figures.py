"""The README's figures are those of the pages of evidence; ``make docs`` writes them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.insert(0, str(DOCS))

import generate_readme  # noqa: E402
from generate_readme import Estimate  # noqa: E402

PAGE = """\
| ranked by | ROC AUC | precision of list |
| --- | --- | --- |
| model | 0.8 (0.7 – 0.9) | 0.127 (0.086 – 0.173) |
| random order | 0.5 (0.5 – 0.5) | 0.026 (0.0995 – 1.000) |

| ranked by | precision of list |
| --- | --- |
| model | 0.999 (0.998 – 1.000) |
"""


def test_readme_is_as_written():
    assert generate_readme.readme() == generate_readme.README.read_text(encoding="utf-8")


def test_the_first_table_with_the_column_is_read(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    found = generate_readme.precision(page)
    assert found["model"] == Estimate(0.127, 0.086, 0.173)
    assert found["model"].share == "13 % (8.6-17)"
    assert found["random order"].share == "2.6 % (10-100)"


def test_counts_have_their_sign():
    assert Estimate(-31.0, -52.0, 14.0).count == "-31 (-52 to +14)"


def test_figures_missing_from_a_page_are_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no table of precision of list"):
        generate_readme.precision(page)


def test_every_row_names_its_contenders_with_intervals():
    """No row of precision is without an interval, for the model, the rules and chance alike."""
    rows = [row for row in generate_readme.figures().splitlines() if "listed each month" in row]
    assert len(rows) == 2
    for row in rows:
        assert len(re.findall(r"[\d.]+ % \([\d.]+-[\d.]+\)", row)) == 3
