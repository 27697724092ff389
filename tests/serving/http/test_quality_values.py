"""Clients get what they want most of what there is, and nothing that they refuse."""

from __future__ import annotations

import pytest

from serving.http.gzip_acceptance import takes_gzip
from serving.http.quality_values import quality_values


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip ; q=0.001", True),
        ("gzip;q=1.000", True),
        ("*;q=0, gzip", True),
        ("gzip;q=0", False),
        ("gzip; Q=0.000, br", False),
        ("gzip;q=2", False),
        ("gzip;q=", False),
        ("identity", False),
        ("not-gzip", False),
        ("*", False),
        ("", False),
    ],
)
def test_a_weight_of_zero_refuses_gzip(header, takes):
    assert takes_gzip(header) == takes


def test_names_come_in_the_order_in_which_they_are_wanted():
    found = quality_values("en;q=0.3, fr;q=0, zh;q=0.8, zh-TW;q=0.8, en;q=1")
    assert list(found.items()) == [("zh", 0.8), ("zh-tw", 0.8), ("en", 0.3), ("fr", 0.0)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_answer_is_compressed_for_a_client_that_refuses_it(client, publish, token):
    publish()
    headers = token("admin")
    for path in ("/v1/watchlists/latest", "/openapi.json"):
        for encoding, expected in (("gzip;q=0", None), ("gzip", "gzip"), ("br, gzip; q=0", None)):
            answer = client.get(path, headers={**headers, "Accept-Encoding": encoding})
            assert answer.status_code == 200
            assert answer.headers.get("content-encoding") == expected
            assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("zh;q=0.2, en;q=0.9", "Not found"),
        ("en;q=0.2, zh-CN", "未找到"),
        ("en;q=0, fr", "未找到"),
    ],
)
def test_a_problem_is_in_the_language_that_is_wanted_most(client, header, title):
    answer = client.get("/v1/nowhere", headers={"Accept-Language": header})
    assert answer.json()["title"] == title
