"""Confidence of the matching on layouts it was not tuned on."""

from risk.contract import TABLES
from risk.intake.layouts.column_matches import USED_FROM, Reason, match_columns
from risk.intake.layouts.vocabulary import vocabulary

from .held_out import HEADINGS, held_out_sheets


def matched(sheets):
    """(table, heading, right field, proposed field, reason) of every column."""
    return [
        (
            sheet.table,
            match.column.heading,
            right,
            match.target.field.name if match.target else None,
            match.reason,
        )
        for sheet in sheets
        for match in match_columns(TABLES[sheet.table], sheet.columns, vocabulary())
        for right in [sheet.fields[match.column.index]]
    ]


def test_at_most_one_percent_of_the_columns_used_unattended_are_wrong():
    rows = matched(held_out_sheets(280, seed=20260301))
    used = [row for row in rows if row[4] is Reason.USED]
    distinct = {row[:4] for row in used}
    wrong = {row for row in distinct if row[2] != row[3]}
    # 0 wrong of n: the upper end of the 95 % interval is 3 / n.
    assert len(distinct) > 300
    assert wrong == set()


def test_most_columns_that_are_asked_about_are_proposed_right():
    asked = {row for row in matched(held_out_sheets(60, seed=7)) if row[4] is Reason.ASK}
    right = sum(row[2] == row[3] for row in asked)
    assert len(asked) > 50
    assert right / len(asked) > 0.8


def test_held_out_headings_are_not_in_the_vocabulary():
    words = vocabulary()
    known = [
        heading
        for table, fields in HEADINGS.items()
        for headings in fields.values()
        for heading in headings
        if (found := words.target(TABLES[table], heading)) and found[1] < 1
    ]
    assert len(known) <= 8, known
    assert 0.86 < USED_FROM <= 0.97
