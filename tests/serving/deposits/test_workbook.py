"""The workbook of deposits: each part on its sheet, rows read while they are written."""

from __future__ import annotations

import datetime as dt

import openpyxl

from serving.deposits.xlsx import deposits_xlsx

PLACE = {"project_name": "桥", "project_id": "P1", "region_code": "990101"}
PARTY = {"contractor_name": None, "contractor_id": "C1", "amount": 123_45}


def test_each_part_has_its_sheet_and_its_columns():
    returns = [
        {
            **{**PLACE, **PARTY, "kind": "cash", "completed_on": "2025-01-02"},
            **{"notice_until": None, "check_by": None, "return_by": "2025-03-04"},
        }
    ]
    ending = [
        {
            **{**PLACE, **PARTY, "kind": None, "state": "expired"},
            **{"valid_to": "2025-05-01", "days_left": -3},
        }
    ]
    rows = {"advice": iter(()), "ending": iter(ending), "returns": iter(returns)}
    with deposits_xlsx(rows, "en", dt.date(2025, 6, 1)) as file:
        book = openpyxl.load_workbook(file)
    advice, first, second = (list(sheet.values) for sheet in book.worksheets)
    assert len(advice) == 1
    assert first[1][:4] == ("桥", "P1", "990101", "C1")
    assert (first[1][5:], len(first)) == ((None, 123.45, "2025-05-01", -3), 2)
    assert second[1][5:] == (123.45, "2025-01-02", None, None, "2025-03-04")
