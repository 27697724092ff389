"""Seal versions: version 1 adds nothing to the bytes, later ones are named, newer ones refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from risk.watchlist.sealed_document import seal
from serving.db.database import Database
from serving.publishing.repository import store_publication
from serving.watchlists.document import digest_of_risks
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
LATER = ("basis", "grade", "amount_owed", "remarks", "unlike")
"""Fields that version 2 added."""


def _sealed_in(version: int):
    made = make_publication()
    return replace(made, header=replace(made.header, seal_version=version)).seal()


def _without_later(value):
    if isinstance(value, dict):
        return {name: _without_later(one) for name, one in value.items() if name not in LATER}
    return [_without_later(one) for one in value] if isinstance(value, list) else value


def test_a_document_without_version_is_of_version_1():
    """Without the fields of later versions the bytes are those of the first version."""
    made = _sealed_in(1)
    risks = {key: seal(_without_later(json.loads(one.body))) for key, one in made.risks.items()}
    document = _without_later(json.loads(made.watchlist.body))
    sealed = seal({**document, "risks_digest": digest_of_risks(risks)})
    assert sealed.digest == DIGEST
    assert seal_version_of(json.loads(sealed.body)) == 1


def test_the_current_version_is_named():
    assert json.loads(make_publication().seal().watchlist.body)["seal_version"] == SEAL_VERSION


def test_seal_of_a_later_version_is_named_in_every_document():
    sealed = _sealed_in(NEXT)
    bodies = [sealed.watchlist.body, *(risk.body for risk in sealed.risks.values())]
    assert len(bodies) == 7
    assert {json.loads(body)["seal_version"] for body in bodies} == {NEXT}


def test_parse_sealed_accepts_versions_up_to_the_newest():
    old, new = make_publication().seal().watchlist.body, _sealed_in(NEXT).watchlist.body
    assert parse_sealed(old, NEXT)["as_of"] == parse_sealed(new, NEXT)["as_of"] == AS_OF.isoformat()
    with pytest.raises(SealVersionTooNew, match=rf"version {NEXT}.*up to {SEAL_VERSION}"):
        parse_sealed(new)


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
