"""Snapshots (dossiers and registers) in the service database, stored with a publication."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, insert, select

from risk.store.staged import AT_ONCE, in_batches
from risk.unit_kinds import Kind
from serving.auth.jurisdiction import overlaps, within
from serving.auth.principal import OFFICE, Principal
from serving.auth.project_regions import save_regions
from serving.db.compression import (
    CLOSELY_SEARCHED,
    compressed_body,
    dictionary_of,
    opened,
    packed,
    sample_of,
    unpacked,
)
from serving.db.page_rows import PARTS, deposit_rows, scored_project_rows, with_days
from serving.db.spool import Spool, SpooledRows
from serving.db.staged_rows import StagedRows
from serving.db.tables import (
    DEPOSIT_ROWS,
    DOSSIERS,
    REGISTER_PARTS,
    REGISTERS,
    SCORED_PROJECTS,
    WATCHLISTS,
)
from serving.watchlists.archived import refuse_archived, require_stored
from serving.watchlists.dictionaries import dictionary, save_dictionary
from serving.watchlists.dossier_columns import by_column, by_row
from serving.watchlists.register_document import Wanted, read_register
from serving.watchlists.repository import ListSummary
from serving.watchlists.snapshot import RowsInBatches, Snapshot

_LEVEL = 6
_GZIP_FORMAT = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class StoredRegister:
    """A stored register and the list it belongs to."""

    as_of: dt.date
    region: str
    digest: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class PackedSnapshot:
    """A snapshot as it is stored: dossiers and register compressed, and the rows of the register.

    ``dictionary`` is that of the dossiers, ``deposit_words`` that of the rows about deposits;
    ``places`` are the regions of projects with a case file, ``regions`` those of all. ``projects``
    are rows of scored projects as JSON, ``rows`` those of other tables.
    """

    dictionary: bytes
    dossiers: Spool
    regions: Mapping[str, str]
    places: Mapping[str, str]
    register: bytes
    projects: Spool
    rows: Mapping[str, Sequence[dict[str, Any]]]
    deposit_words: bytes


def pack_snapshot(found: Snapshot) -> PackedSnapshot:
    """Return ``found`` as it is stored; dossiers and rows are made one by one."""
    places, bodies = dict[str, str](), Spool()

    def body_of(key: str) -> bytes:
        document = found.dossiers[key]
        if "unscored" in document:
            places[key] = str(document["unscored"]["region_code"] or "")
        return _to_json(by_column(document))

    sample = sample_of(list(islice(found.dossiers, AT_ONCE)))
    sampled = {key: body_of(key) for key in sample}
    words = dictionary_of(list(sampled.values()), CLOSELY_SEARCHED)
    for key in found.dossiers:
        bodies.add(key, packed(sampled.pop(key) if key in sampled else body_of(key), words))
    register, projects = _packed_register(found.register)
    regions = {key: json.loads(row)["region_code"] for key, row in projects.items()}
    spoken = dictionary_of([row["body"] for row in deposit_rows(found.register)])
    rows = {
        REGISTER_PARTS.name: _part_rows(found.register),
        DEPOSIT_ROWS.name: [
            {**row, "body": packed(row["body"], spoken)} for row in deposit_rows(found.register)
        ],
    }
    return PackedSnapshot(
        words, bodies, {**regions, **places}, places, register, projects, rows, spoken
    )


def _packed_register(register: Mapping[str, Any]) -> tuple[bytes, Spool]:
    """The register as compressed JSON with sorted keys, and the rows of its projects as JSON."""
    projects = Spool()

    def of_projects(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for row in rows:
            for own in scored_project_rows([row]):
                projects.add(row["project_id"], _to_json(own))
            yield row

    document = {**register, "projects": of_projects(register["projects"])}
    return compressed_body(_json_parts(document)), projects


def _part_rows(register: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that hold parts of the register alone, whose documents need not fit into memory."""
    return [
        {"part": part, "body": _gzipped(_json_parts(register[part]))}
        for part in PARTS
        if part in register
    ]


_MADE_WHEN_READ = (SpooledRows, RowsInBatches, Iterator)


def _holds_made(document: Mapping[str, Any]) -> bool:
    """Whether rows in ``document`` are made when they are read."""
    return any(
        isinstance(part, _MADE_WHEN_READ) or (isinstance(part, dict) and _holds_made(part))
        for part in document.values()
    )


def _json_parts(document: Any) -> Iterator[bytes]:
    """The JSON of a document, row by row where rows are made when they are read."""
    if isinstance(document, _MADE_WHEN_READ):
        yield b"["
        for place, row in enumerate(document):
            yield b"," * (place > 0) + _to_json(row)
        yield b"]"
    elif isinstance(document, dict) and _holds_made(document):
        for place, name in enumerate(sorted(document)):
            yield (b"," if place else b"{") + _to_json(name) + b":"
            yield from _json_parts(document[name])
        yield b"}"
    else:
        yield _to_json(document)


def _gzipped(parts: Iterable[bytes]) -> bytes:
    """``parts`` one after the other, compressed as :func:`serving.db.page_rows.compressed` does."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
    return b"".join([*map(deflate.compress, parts), deflate.flush()])


def save_snapshot(connection: Connection, watchlist_id: int, found: PackedSnapshot) -> None:
    """Insert the snapshot of a list without its rows."""
    save_regions(connection, {key: place for key, place in found.places.items() if place})
    if found.dossiers:
        save_dictionary(connection, watchlist_id, "dossier", found.dictionary)
    if found.rows[DEPOSIT_ROWS.name]:
        save_dictionary(connection, watchlist_id, "deposit", found.deposit_words)
    connection.execute(insert(REGISTERS).values(watchlist_id=watchlist_id, body=found.register))


def stage_snapshot(staged: StagedRows, found: PackedSnapshot) -> None:
    """Stage the rows of dossiers and of the register."""
    staged.add(DOSSIERS, _dossier_rows(found))
    staged.add(SCORED_PROJECTS, _project_rows(found.projects))
    for table in (REGISTER_PARTS, DEPOSIT_ROWS):
        staged.add(table, [found.rows[table.name]])


def _dossier_rows(found: PackedSnapshot) -> Iterator[list[dict[str, Any]]]:
    for part in in_batches(list(found.dossiers)):
        yield [
            {
                "project_id": project_id,
                "region_code": found.regions[project_id] or "",
                "body": found.dossiers[project_id],
            }
            for project_id in part
        ]


def _project_rows(projects: Spool) -> Iterator[list[dict[str, Any]]]:
    for part in in_batches(list(projects)):
        yield [with_days(json.loads(projects[key])) for key in part]


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
    return None if row is None else by_row(_document(*row))


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
    wanted: Wanted | None = None,
) -> StoredRegister | None:
    """Return the register of the list of ``as_of``, ``region`` and ``kind``; None if there is none.

    Of its rows only those that ``wanted`` accepts, given the name of their part and the row.

    It holds all projects of the list's region; the caller restricts it to what the principal may
    see.

    Raises:
        ListArchived: it was moved to a file.
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
        if row is None:
            of_list = (WATCHLISTS.c.region == region, WATCHLISTS.c.kind == kind)
            require_stored(connection, as_of, *of_list, overlaps(WATCHLISTS.c.region, principal))
    if row is None:
        return None
    document = read_register(opened(row.body), wanted) if wanted else _document(row.body)
    return StoredRegister(row.as_of, row.region, row.digest, document)


def has_register(engine: Engine, summary: ListSummary) -> bool:
    """Return whether a list was published with a register, which was not archived."""
    query = select(REGISTERS.c.watchlist_id).join(WATCHLISTS).where(_of_list(summary))
    with engine.connect() as connection:
        return connection.execute(query).first() is not None


def load_register_part(
    engine: Engine, summary: ListSummary, principal: Principal, part: str
) -> Sequence[Mapping[str, Any]]:
    """Return one part of the register of a list, unfiltered; empty if there is none.

    The principal's region decides whether they may see any of the list.

    Raises:
        ListArchived: it was moved to a file.
    """
    refuse_archived(summary.as_of, summary.archive)
    query = (
        select(REGISTER_PARTS.c.body)
        .join(WATCHLISTS, REGISTER_PARTS.c.watchlist_id == WATCHLISTS.c.id)
        .where(_of_list(summary), REGISTER_PARTS.c.part == part)
        .where(overlaps(WATCHLISTS.c.region, principal))
    )
    with engine.connect() as connection:
        body = connection.execute(query).scalar_one_or_none()
    rows: Sequence[Mapping[str, Any]] = json.loads(unpacked(body, None)) if body else ()
    return rows


def _of_list(summary: ListSummary) -> ColumnElement[bool]:
    return and_(
        WATCHLISTS.c.as_of == summary.as_of,
        WATCHLISTS.c.region == summary.region,
        WATCHLISTS.c.kind == summary.kind,
    )


def _to_json(document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _document(body: bytes, words: bytes | None = None) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(unpacked(body, words))
    return document
