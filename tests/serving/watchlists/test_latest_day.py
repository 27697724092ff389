"""A list is not published for a mistyped year: it could not be withdrawn."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.watchlists.latest_day import ListTooFarAhead, require_near

from ..conftest import key

TODAY, LAST = dt.date(2025, 6, 30), dt.date(2025, 8, 31)


def test_list_may_be_62_days_ahead(monkeypatch):
    monkeypatch.setattr("serving.watchlists.latest_day.today", lambda: TODAY)
    require_near(LAST)
    with pytest.raises(ListTooFarAhead) as raised:
        require_near(LAST + dt.timedelta(days=1))
    assert raised.value.fields == {"as_of": dt.date(2025, 9, 1), "last": LAST}


@pytest.mark.parametrize(("kind", "status"), [("publish", 422), ("check", 202)])
def test_only_jobs_that_publish_are_limited(client, token, kind, status):
    asked = {"kind": kind, "as_of": "2999-01-01"}
    answer = client.post("/v1/jobs", json=asked, headers={**token("supervisor"), **key()})
    assert answer.status_code == status
    assert status == 202 or answer.json()["code"] == "list_too_far_ahead"


@pytest.mark.parametrize("command", ["publish", "monthly"])
def test_commands_are_limited_before_they_begin(wagewatch, command):
    ran = wagewatch("--lang", "en", command, "--as-of", "2999-01-01")
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "cannot be published yet" in ran.stderr
