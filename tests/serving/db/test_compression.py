"""Documents of a list are stored compressed and read as they were; earlier rows still read."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from dataclasses import replace

import pytest
import zstandard
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from risk.watchlist.sealed_document import verify
from serving.db.compression import (
    compressed_body,
    dictionary_of,
    packed,
    sample_of,
    unpacked,
)
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.tables import DOSSIERS, LIST_DICTIONARIES, PROJECT_RISKS, WATCHLISTS
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot import Dossiers, Snapshot
from serving.watchlists.snapshot_repository import pack_snapshot


def documents(count):
    """Documents that share their words but not their figures."""
    random.seed(5)
    return [
        json.dumps(
            {
                "project": f"P-{number:04d}",
                "reasons": [
                    {"text": f"第{n}项：工资发放推高风险，逾期未付占比", "value": random.random()}
                    for n in range(20)
                ],
            },
            ensure_ascii=False,
        ).encode()
        for number in range(count)
    ]


def test_packed_documents_are_read_as_they_were_and_smaller_than_alone():
    bodies = documents(50)
    words = dictionary_of(bodies)
    assert len(words) < sum(map(len, bodies[::2])) / 2
    stored = [packed(body, words) for body in bodies]
    assert [unpacked(body, words) for body in stored] == bodies
    alone = sum(len(gzip.compress(body)) for body in bodies)
    assert sum(map(len, stored)) < 0.6 * alone


# 240 and 480 kB, which are searched in two ways.
@pytest.mark.parametrize("count", [12, 24])
def test_what_documents_share_is_found_far_away(count):
    """Each document is longer than what deflate looks back."""
    random.seed(7)
    common = [random.randbytes(20_000) for _ in range(count)]
    words = dictionary_of([body + b"%d" % place for place, body in enumerate(common)])
    for body in common:
        assert len(packed(body + b"99", words)) < 200


@pytest.mark.parametrize(
    ("parts", "length", "stated"),
    # Up to 1 MB is compressed as a whole, whose length the frame states; more is a stream.
    [([], 0, 0), ([b"ab"] * 524_288, 2**20, 2**20), ([b"ab"] * 524_288 + [b"c"], 2**20 + 1, -1)],
)
def test_parts_are_compressed_as_one_body(parts, length, stated):
    found = compressed_body(iter(parts))
    assert zstandard.frame_content_size(found) == stated
    assert unpacked(found, None) == b"".join(parts)
    assert len(b"".join(parts)) == length


def test_a_new_file_has_pages_for_several_documents(tmp_path):
    with Database(f"sqlite:///{tmp_path}/new.sqlite") as made, made.engine.connect() as opened:
        assert opened.exec_driver_sql("PRAGMA page_size").scalar_one() == 8192


def test_of_a_large_list_a_dictionary_is_trained():
    bodies = [body * 2 for body in documents(700)]
    sample = sample_of(bodies)
    assert (len(sample), sample[1]) == (350, bodies[2])
    words = dictionary_of(sample, 30_000)
    assert unpacked(words, None)[:4] == b"\x37\xa4\x30\xec"
    few = dictionary_of(sample[:299], 30_000)
    assert unpacked(few, None) == b"".join(sample[:299:12])[-30_000:]
    others = bodies[1::100]
    stored = [packed(body, words) for body in others]
    assert [unpacked(body, words) for body in stored] == others
    assert sum(map(len, stored)) < 0.95 * sum(len(packed(body, few)) for body in others)


@pytest.mark.parametrize(("count", "taken"), [(0, 0), (23, 23), (599, 25), (600, 300), (1000, 334)])
def test_a_dictionary_is_made_of_documents_from_all_of_the_first(count, taken):
    assert len(sample_of(range(count))) == taken


@pytest.mark.parametrize("bodies", [[], [b"{}"], documents(3), [b"x" * 100_000]])
def test_a_dictionary_of_few_or_large_documents_serves(bodies):
    words = dictionary_of(bodies)
    for body in (*bodies, b"", b'{"a":1}'):
        assert unpacked(packed(body, words), words) == body


def test_bodies_of_earlier_versions_are_read():
    assert unpacked(b'{"a":1}', None) == b'{"a":1}'
    assert unpacked(gzip.compress(b'{"a":1}'), None) == b'{"a":1}'
    words = b'{"name":"one of earlier versions"}'
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=words)
    stored = b"\x01" + deflate.compress(words) + deflate.flush()
    assert unpacked(stored, words) == words
    # A row that is written now with the dictionary of an earlier list.
    assert unpacked(packed(words, words), words) == words


DAMAGED = (b"\x02", b"\x02no frame", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfdno frame")


@pytest.mark.parametrize("changed", [b"\x01no deflate", b"\x1f\x8bno gzip", b"x", b"", *DAMAGED])
def test_changed_bodies_are_returned_for_their_digest_to_show_it(changed):
    assert unpacked(changed, b"words") == changed


def test_a_published_list_is_stored_compressed(publish, database):
    publish()
    with database.engine.connect() as connection:
        risks = connection.execute(select(PROJECT_RISKS.c.body)).scalars().all()
        dossiers = connection.execute(select(DOSSIERS.c.body)).scalars().all()
        lists = connection.execute(select(WATCHLISTS.c.body)).scalars().all()
        words = connection.execute(
            select(LIST_DICTIONARIES.c.subject, LIST_DICTIONARIES.c.body)
        ).all()
    assert risks
    assert {body[:1] for body in (*risks, *dossiers)} == {b"\x02"}
    assert {body[:4] for body in lists} == {b"\x28\xb5\x2f\xfd"}
    sealed = WatchlistRepository(database).watchlist(None)
    assert [unpacked(body, None) for body in lists] == [sealed.body]
    assert verify(sealed)
    found = dict(map(tuple, words))
    assert all(unpacked(body, found["risk"]).startswith(b"{") for body in risks)


class Counted(tuple):
    """Risks that count how often each is made."""

    def __new__(cls, risks):
        made = super().__new__(cls, risks)
        made.asked = []
        return made

    def __getitem__(self, place):
        self.asked.append(place)
        return super().__getitem__(place)


def test_documents_of_which_the_dictionary_is_made_are_made_once(publication):
    whole = publication(cohort=30)
    risks = Counted(whole.risks)
    sealed = replace(whole, risks=risks).seal()
    assert sorted(risks.asked) == list(range(30))
    assert sealed.risks.digests == whole.seal().risks.digests

    asked = []

    def dossier(key):
        asked.append(key)
        return {
            "facts": {"name": key},
            "unscored": {"region_code": "990101" if key < "P05" else None},
        }

    keys = [f"P{number:02d}" for number in range(30)]
    found = pack_snapshot(Snapshot(Dossiers(keys, dossier), {"projects": []}))
    assert sorted(asked) == keys == list(found.dossiers)
    assert found.places == dict.fromkeys(keys[:5], "990101") | dict.fromkeys(keys[5:], "")
    for key in ("P00", "P01", "P29"):
        stored = json.loads(unpacked(found.dossiers[key], found.dictionary))
        assert stored["facts"] == {"name": key}


def test_a_downgrade_stores_what_earlier_versions_read(publish, database):
    publish()
    repository = WatchlistRepository(database)
    day = repository.summaries()[0].as_of
    before, sealed = repository.project_risks(day, ""), repository.watchlist(day)
    assert all(map(verify, before.values()))
    with writing(database.engine).begin() as connection:
        config = Config()
        config.set_main_option("script_location", "serving.db:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0023")
        rows = connection.exec_driver_sql("SELECT project_id, body FROM project_risks").all()
        assert {key: bytes(body) for key, body in rows} == {
            key: risk.body for key, risk in before.items()
        }
        lists = connection.exec_driver_sql("SELECT body FROM watchlists").scalars().all()
        assert [bytes(body) for body in lists] == [sealed.body]
        command.upgrade(config, "head")
    assert repository.project_risks(day, "") == before
    assert repository.watchlist(day) == sealed
