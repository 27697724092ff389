"""Options of forms with boxes, of which one is ticked."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.layouts.column_matches import is_synonym, term_of
from risk.intake.ticked_boxes import ticked_option

FOUND = TABLES["inspections"].field("arrears_found")
KIND = TABLES["deposits"].field("kind")


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("☑是 □否", True),
        ("□是 ☑否", False),
        ("□是☒否", False),
        ("☐ 有、☑ 无", False),
        ("√是 □否", True),
        ("√否", False),
        ("■是；□否", True),
    ],
)
def test_the_ticked_answer_counts(cell, answer):
    assert parse(cell, FOUND) is answer


@pytest.mark.parametrize(
    "cell", ["☑是 ☑否", "□是 □否", "是☑ 否□", "☑是 否", "□否", "☑", "是（ ）否（√）", "√×"]
)
def test_a_form_that_is_not_filled_in_once_is_refused(cell):
    with pytest.raises(CellRefused):
        parse(cell, FOUND)


def test_the_ticked_term_counts():
    assert parse("□现金 ☑银行保函 □保证保险", KIND) == "guarantee"
    assert term_of(KIND, "□现金 ☑保函") == "guarantee"
    assert is_synonym(KIND, "□现金 ☑保函")
    assert not is_synonym(KIND, "□现金 ☑银行保函")
    assert ticked_option("☑1号楼") == "☑1号楼"
