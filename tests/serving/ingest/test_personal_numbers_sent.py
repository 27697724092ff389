"""Personal numbers in rows of the API are masked before the rows are stored."""

import datetime as dt
import json

import pytest

from risk.contract import KNOWN_AT, TABLES
from serving.auth.principal import OFFICE
from serving.ingest.submissions import (
    build_submission,
    check_submission,
    masked_cells,
    without_personal_numbers,
)

AT = dt.datetime(2025, 6, 12, 9, tzinfo=dt.UTC)
IDENTITY = "11010519491231002X"  # the example of GB 11643-1999


def built(name, *rows):
    return build_submission(TABLES[name], rows, OFFICE, AT)


def test_texts_of_complaints_are_masked():
    row = {
        "complaint_id": "T13912345678",
        "received_on": "2025-06-01",
        "text": f"来电人 13912345678，身份证 {IDENTITY}",
        "workers": 15,
        "amount_claimed": 13912345678,
    }
    stored = json.dumps(built("complaints", row).rows, ensure_ascii=False)
    assert "139****5678" in stored
    assert IDENTITY not in stored
    assert masked_cells(TABLES["complaints"], [row]) == 1
    for unchanged in ('"T13912345678"', '"13912345678"', '"15"'):
        assert unchanged in stored


@pytest.mark.parametrize("name", ["workers", "amount_claimed"])
def test_words_in_a_column_of_numbers_are_masked(name):
    row = {"complaint_id": "T1", "received_on": "2025-06-01", name: "电话13912345678"}
    submission = built("complaints", row)
    assert "13912345678" not in str(submission.rows)
    assert len(check_submission(TABLES["complaints"], submission)) == 1


def test_identity_number_of_a_contractor_is_not_stored():
    row = {
        "contract_id": "H1",
        "project_id": "P1",
        "contractor_id": IDENTITY,
        "contractor_kind": "individual",
        "signed_on": "2025-06-01",
    }
    submission = built("contracts", row)
    assert IDENTITY not in str(submission.rows)
    assert check_submission(TABLES["contracts"], submission) == []
    assert masked_cells(TABLES["contracts"], [row]) == 1


def test_identity_number_in_place_of_a_firm_is_refused():
    submission = built(
        "listings", {"listing_id": "L1", "org_id": IDENTITY, "listed_on": "2025-06-01"}
    )
    assert IDENTITY not in str(submission.rows)
    [bad] = check_submission(TABLES["listings"], submission)
    assert [problem.column for problem in bad.problems] == ["org_id"]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_codes_and_dates_stay(table):
    for field in (*table.fields, KNOWN_AT):
        for text in ("", "2025-06-01", "420322202503050001", "91110000101623741K", "1234.50"):
            assert without_personal_numbers(text, field) == text
