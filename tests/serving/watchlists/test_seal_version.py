"""Seal versions: version 1 adds nothing to the bytes, later ones are named, newer ones refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from serving.db.database import Database
from serving.publishing.repository import store_publication
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.seal_version import (
    SEAL_VERSION,
    SealVersionTooNew,
    parse_sealed,
    seal_version_of,
)

from ..conftest import AS_OF, PUBLISHED_AT, make_publication

DIGEST = "bbb0168e2a7582348d3cdb90314a86d83d43401e167225c6437f7802c327b263"
"""Of the hand-made publication, sealed before there were versions."""


NEXT = SEAL_VERSION + 1


def _sealed_in(version: int):
    made = make_publication()
    return replace(made, header=replace(made.header, seal_version=version)).seal()


def test_seal_of_version_1_adds_no_field():
    sealed = _sealed_in(1)
    assert sealed.watchlist.digest == DIGEST
    assert b"seal_version" not in sealed.watchlist.body
    assert seal_version_of(json.loads(sealed.watchlist.body)) == 1


def test_seal_of_a_later_version_is_named_in_every_document():
    sealed = _sealed_in(2)
    bodies = [sealed.watchlist.body, *(risk.body for risk in sealed.risks.values())]
    assert len(bodies) == 7
    assert {json.loads(body)["seal_version"] for body in bodies} == {2}


def test_parse_sealed_accepts_versions_up_to_the_newest():
    old, new = _sealed_in(1).watchlist.body, _sealed_in(2).watchlist.body
    assert parse_sealed(old, 2)["as_of"] == parse_sealed(new, 2)["as_of"] == AS_OF.isoformat()
    with pytest.raises(SealVersionTooNew, match=r"version 2.*up to 1"):
        parse_sealed(new, 1)


def test_a_list_of_a_newer_version_is_refused_by_the_api(client, database):
    store_publication(database, _sealed_in(NEXT), published_at=PUBLISHED_AT, published_by="李")
    for path in ("/v1/watchlists/latest", "/v1/projects/P%2F000/risk"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (500, "seal_version_too_new")
    assert WatchlistRepository(database).watchlist(AS_OF).document(NEXT)["seal_version"] == NEXT


@pytest.mark.parametrize("shape", ["json", "table"])
def test_a_list_of_a_newer_version_is_refused_by_the_command(wagewatch, workspace, shape):
    with Database(f"sqlite:///{workspace.service_database}") as database:
        store_publication(database, _sealed_in(NEXT), published_at=PUBLISHED_AT, published_by="李")
    ran = wagewatch("--lang", "en", "watchlist", "--format", shape)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"version {NEXT}" in ran.stderr
