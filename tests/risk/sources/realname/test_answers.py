"""Answers: what leaves the parser, and the forms an answer may have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from risk.sources.realname.answers import PERSON, Answer, BadAnswer, read_answer
from risk.sources.realname.dialect import load_dialect
from risk.sources.realname.identities import Identities
from risk.sources.realname.values import Dates, number, text

DIALECT = load_dialect()


def read(document: Any, method: str = "passes") -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_answer(body, DIALECT.methods[method], DIALECT, Identities())


def data(content: Any) -> Any:
    return {"code": "0", "message": "", "data": content}


def test_only_named_fields_leave_the_parser_and_identities_only_as_hashes():
    row = {
        "projectCode": "P1",
        "date": "2025-12-01 07:00:00",
        "workerName": "吴某甲",
        "idCardNumber": "q0Xc9w==",
        "cellPhone": "13912345678",
        "image": {"projectCode": "13912345678", "workerName": "吴某甲"},
    }
    [found] = read(data({"totalCount": 1, "rows": [row]})).rows
    assert {name: value for name, value in found.items() if value is not None} == {
        "project": "P1",
        "date": "2025-12-01 07:00:00",
        PERSON: found[PERSON],
    }
    assert 0 <= found[PERSON] < 2**64


def test_hashes_are_equal_within_a_run_and_differ_between_runs():
    one, other = Identities(), Identities()
    assert one.hash("q0Xc9w==") == one.hash(" q0Xc9w== ") != one.hash("q0Xc9w=")
    assert one.hash("q0Xc9w==") != other.hash("q0Xc9w==")
    assert one.hash("") is one.hash(None) is None


@pytest.mark.parametrize(
    ("content", "total", "rows"),
    [
        (None, 0, 0),
        ({"totalCount": 0, "rows": None}, 0, 0),
        ({"totalCount": "2", "rows": [{"projectCode": "P1"}, None, {"projectCode": "P2"}]}, 2, 2),
        ({"totalCount": None, "rows": {"projectCode": "P1"}}, None, 1),
        ({"projectCode": "P1", "teamSysNo": None}, 1, 1),
        ([{"projectCode": "P1"}], None, 1),
        ({}, 0, 0),
    ],
)
def test_forms_of_rows(content, total, rows):
    answer = read(data(content))
    assert (answer.total, len(answer.rows)) == (total, rows)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>502</html>", "not_json"),
        (b'{"code": "0", "data": {"totalCount": NaN}}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[]", "not_an_object"),
        (b"{}", "no_code"),
        (data({"totalCount": 1, "rows": "P1"}), "no_rows"),
        (data({"totalCount": 1, "rows": ["P1"]}), "no_rows"),
        (data("P1"), "no_rows"),
        (data({"totalCount": -1, "rows": []}), "no_total"),
        (data({"totalCount": "many", "rows": []}), "no_total"),
    ],
)
def test_an_answer_of_another_form_is_refused_with_a_reason(body, reason):
    with pytest.raises(BadAnswer) as refused:
        read(body)
    assert refused.value.reason == reason


def test_text_in_gb18030_is_read():
    body = json.dumps(data({"name": "滨河"}), ensure_ascii=False).encode("gb18030")
    assert read(body, "projects").rows[0]["name"] == "滨河"


def test_details_are_read_as_rows_are():
    details = [{"actualAmount": 3200.5, "workerName": "吴某甲", "idCardNumber": "x"}, None]
    rows = [
        {"payMonth": "2025-11", "detailList": details},
        {"payMonth": "2025-12", "detailList": details[0]},
        {"payMonth": "2025-12", "detailList": None},
    ]
    answer = read(data({"totalCount": 3, "rows": rows}), "payrolls")
    assert [len(row["details"]) for row in answer.rows] == [1, 1, 0]
    [detail] = answer.rows[0]["details"]
    assert str(detail["paid"]) == "3200.5"  # as written, not as the nearest binary fraction
    assert "吴某甲" not in repr(answer)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2025-12-01", "2025-12-01"),
        ("2025-12-01 23:59:59.0", "2025-12-01"),
        ("2025-12-01T08:00:00Z", "2025-12-01"),
        ("20251201", "2025-12-01"),
        (20251201, "2025-12-01"),
        ("20251201235959", "2025-12-01"),
        ("2025/12/1", "2025-12-01"),
        (1764518400000, "2025-12-01"),  # 2025-11-30T16:00:00Z is the next day in China
        ("1900-01-01", None),
        ("0000-00-00", None),
        ("soon", None),
        (None, None),
        ([], None),
    ],
)
def test_days(value, day):
    found = Dates(DIALECT).day(value)
    assert (found and found.isoformat()) == day


def test_months_and_numbers():
    dates = Dates(DIALECT)
    assert {str(dates.month(one)) for one in ("2025-11", "202511", "2025-11-30", "2025/11")} == {
        "2025-11-01"
    }
    assert dates.month("11") is None
    assert number("Infinity") is number("1e400") is number({}) is number(True) is None
    assert text(json.loads("1e400", parse_float=__import__("decimal").Decimal)) == "1E+400"
