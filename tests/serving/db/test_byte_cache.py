"""Caches in memory are bounded in bytes, whatever is put into them."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.app import create_app
from serving.db.byte_cache import ByteCache
from serving.http.response_cache import ResponseCache
from serving.settings import Settings

from ..conftest import served

STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=30)


@given(st.integers(0, 20), STEPS)
def test_what_is_kept_fits_and_is_what_was_put_last(most, steps):
    cache, last = ByteCache[int, object](most), {}
    for key, size in steps:
        last[key] = (object(), size)
        cache.put(key, *last[key])
        kept = {key: found for key in last if (found := cache.get(key)) is not None}
        assert cache.size == sum(last[key][1] for key in kept) <= most
        assert all(found is last[key][0] for key, found in kept.items())
        assert (key in kept) is (size <= most)
    cache.clear()
    assert cache.size == 0


def test_what_was_asked_for_last_stays():
    cache = ByteCache[str, str](2)
    cache.put("old", "a", 1)
    cache.put("new", "b", 1)
    cache.get("old")
    cache.put("third", "c", 1)
    assert [cache.get(name) for name in ("old", "new", "third")] == ["a", None, "c"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_answers_and_views_of_large_lists_are_not_all_kept(database, publish, token):
    publish()
    app, headers = create_app(Settings(), database), token("supervisor")
    with (
        served(app) as url,
        httpx.Client(base_url=url, headers=headers, trust_env=False) as client,
    ):
        body = client.get("/v1/watchlists/latest").content
        answers = app.middleware_stack
        while not isinstance(answers, ResponseCache):
            answers = answers.app if hasattr(answers, "app") else answers._app
        answers._cache.most = len(body) + 5_000
        app.state.views._views.most = len(body) // 2
        app.state.views._views.clear()
        for number in range(4):
            assert client.get(f"/v1/watchlists/latest?try={number}").content == body
        assert 0 < answers._cache.size <= len(body) + 5_000
        assert app.state.views._views.size == 0
