"""Snapshots (dossiers and registers) in the service database, stored with a publication."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from risk.store.staged import AT_ONCE, in_batches
from risk.unit_kinds import Kind
from serving.auth.jurisdiction import overlaps, within
from serving.auth.principal import OFFICE, Principal
from serving.auth.project_regions import save_regions
from serving.db.compression import SAMPLES, dictionary_of, packed, unpacked
from serving.db.spool import Spool
from serving.db.tables import DOSSIERS, REGISTERS, WATCHLISTS
from serving.watchlists.dictionaries import dictionary, save_dictionary
from serving.watchlists.snapshot import Snapshot

_LEVEL = 6


@dataclass(frozen=True)
class StoredRegister:
    """A stored register and the list it belongs to."""

    as_of: dt.date
    region: str
    digest: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class PackedSnapshot:
    """A snapshot as it is stored: dossiers and register compressed.

    ``places`` are the regions of projects with a case file, ``regions`` those of all.
    """

    dictionary: bytes
    dossiers: Spool
    regions: Mapping[str, str]
    places: Mapping[str, str]
    register: bytes


def pack_snapshot(found: Snapshot) -> PackedSnapshot:
    """Return ``found`` as it is stored; dossiers and rows are made one by one."""
    keys = list(islice(found.dossiers, AT_ONCE))
    sample = keys[:: max(len(keys) // SAMPLES, 1)]
    words = dictionary_of([_to_json(found.dossiers[key]) for key in sample])
    places, bodies = dict[str, str](), Spool()
    for key in found.dossiers:
        document = found.dossiers[key]
        if "unscored" in document:
            places[key] = str(document["unscored"]["region_code"] or "")
        bodies.add(key, packed(_to_json(document), words))
    register, regions = _packed_register(found.register)
    return PackedSnapshot(words, bodies, {**regions, **places}, places, register)


def _packed_register(register: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """The register as gzipped JSON with sorted keys, and the regions of its projects."""
    regions: dict[str, str] = {}
    body = io.BytesIO()
    with gzip.GzipFile(fileobj=body, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
        for number, name in enumerate(sorted(register)):
            file.write(b"{" if number == 0 else b",")
            file.write(_to_json(name) + b":")
            if name != "projects":
                file.write(_to_json(register[name]))
                continue
            file.write(b"[")
            for place, row in enumerate(register[name]):
                regions[row["project_id"]] = row["region_code"]
                file.write(b"," * (place > 0) + _to_json(row))
            file.write(b"]")
        file.write(b"}")
    return body.getvalue(), regions


def save_snapshot(connection: Connection, watchlist_id: int, found: PackedSnapshot) -> None:
    """Insert the snapshot of a list."""
    save_regions(connection, {key: place for key, place in found.places.items() if place})
    if found.dossiers:
        save_dictionary(connection, watchlist_id, "dossier", found.dictionary)
    for part in in_batches(list(found.dossiers)):
        rows = [
            {
                "watchlist_id": watchlist_id,
                "project_id": project_id,
                "region_code": found.regions[project_id] or "",
                "body": found.dossiers[project_id],
            }
            for project_id in part
        ]
        connection.execute(insert(DOSSIERS), rows)
    connection.execute(insert(REGISTERS).values(watchlist_id=watchlist_id, body=found.register))


def load_dossier(
    engine: Engine, project_id: str, as_of: dt.date, principal: Principal
) -> Mapping[str, Any] | None:
    """Return the dossier of a project in the newest list of ``as_of``; None if there is none."""
    query = (
        select(DOSSIERS.c.body, dictionary("dossier", DOSSIERS.c.watchlist_id))
        .join(WATCHLISTS, DOSSIERS.c.watchlist_id == WATCHLISTS.c.id)
        .where(
            DOSSIERS.c.project_id == project_id,
            WATCHLISTS.c.as_of == as_of,
            within(DOSSIERS.c.region_code, principal),
        )
        .order_by(WATCHLISTS.c.id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _document(*row)


def load_case_file(
    engine: Engine, project_id: str, as_of: dt.date | None, principal: Principal
) -> Mapping[str, Any] | None:
    """Return the case file of a project that the newest list holding it does not score.

    None if that list scores it, or there is none; ``as_of`` None is the newest list.
    """
    query = (
        select(DOSSIERS.c.body, dictionary("dossier", DOSSIERS.c.watchlist_id))
        .join(WATCHLISTS, DOSSIERS.c.watchlist_id == WATCHLISTS.c.id)
        .where(DOSSIERS.c.project_id == project_id, within(DOSSIERS.c.region_code, principal))
        .order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc())
        .limit(1)
    )
    if as_of is not None:
        query = query.where(WATCHLISTS.c.as_of == as_of)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _document(*row).get("unscored")


def load_register(
    engine: Engine,
    as_of: dt.date,
    region: str = "",
    principal: Principal = OFFICE,
    kind: Kind = "project",
) -> StoredRegister | None:
    """Return the register of the list of ``as_of``, ``region`` and ``kind``; None if there is none.

    It holds all projects of the list's region; the caller restricts it to what the principal may
    see.
    """
    query = (
        select(WATCHLISTS.c.as_of, WATCHLISTS.c.region, WATCHLISTS.c.digest, REGISTERS.c.body)
        .join(REGISTERS, REGISTERS.c.watchlist_id == WATCHLISTS.c.id)
        .where(
            WATCHLISTS.c.as_of == as_of,
            WATCHLISTS.c.region == region,
            WATCHLISTS.c.kind == kind,
            overlaps(WATCHLISTS.c.region, principal),
        )
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return StoredRegister(row.as_of, row.region, row.digest, _document(row.body)) if row else None


def _to_json(document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _document(body: bytes, words: bytes | None = None) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(unpacked(body, words))
    return document
