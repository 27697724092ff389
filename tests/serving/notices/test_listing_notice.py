"""The draft notice of an intended listing: facts on record, the right to object, no decision."""

from __future__ import annotations

import datetime as dt
import io

import docx
import pytest

from serving.notices.listing_notice import (
    ListingCase,
    ListingNotShown,
    listing_notice,
    render_listing_notice,
)

ON = dt.date(2025, 6, 3)
CASE = {
    "case_id": "AJ1", "org_id": "C1", "status": "confirmed", "opened_on": "2025-03-03",
    "workers": 12, "amount_owed": 5_000_000_00, "amount_recovered": 1_000_000_00,
    "confirmed_on": "2025-03-20", "closed_on": None, "transferred_on": None,
}  # fmt: skip
ORDER = {
    "inspection_id": "JC1", "inspected_on": "2025-03-10", "kind": "special",
    "arrears_found": True, "workers_owed": 12, "amount_owed": 5_000_000_00,
    "rectify_by": "2025-03-25", "rectified_on": None,
}  # fmt: skip


def case(cases=(CASE,), inspections=(ORDER,), **facts):
    document = {
        "project_id": "P1", "project_name": "模拟学校", "region_code": "420322",
        "as_of": "2025-06-01",
    }  # fmt: skip
    known = {"contractor_id": "C1", "contractor_name": "模拟建设公司", **facts}
    handling = {"cases": list(cases), "inspections": list(inspections), "accounts": []}
    return ListingCase(document, {"facts": known, "handling": handling}, "某局", ON)


def words(body: bytes) -> str:
    opened = docx.Document(io.BytesIO(body))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in opened.paragraphs), *cells])


def test_the_notice_states_records_and_the_days_to_object():
    text = words(render_listing_notice(case(), "docx", "zh"))
    for part in ("模拟建设公司", "AJ1", "JC1", "5个工作日", "不是列入决定", "5000000.00"):
        assert part in text, part
    assert listing_notice(case(), "en").addressee == "模拟建设公司"


def test_the_notice_goes_to_the_unit_of_the_case():
    other = {**CASE, "org_id": "C9"}
    assert listing_notice(case([other]), "zh").addressee == "C9"


@pytest.mark.parametrize(
    ("cases", "inspections", "missing"),
    [
        ((), (), "arrears_confirmed, order_made, deadline_passed"),
        ((CASE,), (), "order_made, deadline_passed"),
        ((CASE,), ({**ORDER, "rectify_by": None},), "order_made, deadline_passed"),
        ((CASE,), ({**ORDER, "rectify_by": "2025-06-20"},), "deadline_passed"),
        (({**CASE, "amount_recovered": 5_000_000_00},), (ORDER,), "still_unpaid"),
        (({**CASE, "amount_owed": 100_00},), ({**ORDER, "amount_owed": 100_00},), "amount"),
    ],
)
def test_no_notice_without_the_elements_on_record(cases, inspections, missing):
    with pytest.raises(ListingNotShown) as refused:
        listing_notice(case(cases, inspections), "zh")
    assert missing in refused.value.fields["missing"]


def test_refusal_names_the_elements_in_words():
    with pytest.raises(ListingNotShown) as refused:
        listing_notice(case((CASE,), ()), "zh")
    assert "（缺少或相反：已责令限期支付、期限已过）" in refused.value.message("zh")
    assert "Order to pay with a deadline, Deadline passed" in refused.value.message("en")
