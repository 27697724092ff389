"""Legal elements in words: their records by the name of the table, their days as dates."""

from __future__ import annotations

from risk.legal_elements import Element
from serving.notices.elements_text import element_texts, element_to_dict


def test_records_and_days_of_elements_are_in_the_language_of_the_reader():
    days = {"day": "2025-03-10", "by": "2025-03-25"}
    order = Element("order_made", "shown", "recorded", days, (("inspections", "JC1"),))
    zh = element_texts(element_to_dict(order), "zh")
    assert zh["said"] == "2025年3月10日检查后定有整改期限2025年3月25日。"
    assert zh["records"] == "检查 JC1"
    en = element_texts(element_to_dict(order), "en")
    assert en["said"] == "A deadline of 25 Mar 2025 was set after the inspection on 10 Mar 2025."
    assert en["records"] == "inspections JC1"
