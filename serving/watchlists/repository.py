"""Sealed lists and the risks sealed with them, in the service database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, select

from risk.errors import WagewatchError
from risk.unit_kinds import Kind
from risk.watchlist.sealed_document import Sealed
from serving.auth.jurisdiction import overlaps, within
from serving.auth.principal import OFFICE, Principal
from serving.auth.project_regions import save_regions
from serving.db.compression import compressed_body, packed, unpacked
from serving.db.database import Database
from serving.db.engine import utc
from serving.db.page_rows import entry_row, list_head, shown_entry
from serving.db.staged_rows import StagedRows
from serving.db.tables import LIST_HEADS, PROJECT_RISKS, WATCHLIST_ENTRIES, WATCHLISTS
from serving.errors import ApiError, CommandError
from serving.watchlists.archived import archive_of, file_name, require_stored
from serving.watchlists.dictionaries import dictionary, save_dictionary
from serving.watchlists.document import Header, Outline, SealedPublication, SealedRisks
from serving.watchlists.seal_version import SEAL_VERSION, parse_sealed

_ROWS_AT_ONCE = 500
_ARCHIVE = "archive"


class AlreadyPublished(CommandError):
    """Another list is sealed for the same as_of, region and kind."""

    code = "already_published"


class NotPublished(ApiError):
    """No list is sealed for that as_of and region; ``available`` names those that are."""

    code = "not_published"
    status = HTTPStatus.NOT_FOUND


class NothingPublished(ApiError):
    """No list has been sealed yet."""

    code = "nothing_published"
    status = HTTPStatus.NOT_FOUND


class ProjectNotScored(ApiError):
    """The project was not in the cohort of the requested publication."""

    code = "project_not_scored"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class PastScore:
    """Score of a project in one publication; ``rank`` is None if it was not listed."""

    as_of: dt.date
    region: str
    model_version: str
    tier: str
    probability: float
    rank: int | None


@dataclass(frozen=True)
class Score:
    """A project's score in a publication."""

    project_id: str
    as_of: dt.date
    model_version: str
    tier: str
    probability: float


@dataclass(frozen=True)
class ListSummary:
    """A sealed list without its body."""

    as_of: dt.date
    region: str
    capacity: int
    entries: int
    cohort: int
    model_name: str
    model_version: str
    model_kind: str
    code_version: str
    records_digest: str
    digest: str
    published_at: dt.datetime
    published_by: str
    kind: Kind
    archive: str | None = None
    """Name of the file that its projects were moved to; None while they are in the database."""


def closest_list(lists: Sequence[ListSummary], principal: Principal) -> ListSummary | None:
    """Return the list of the newest date that shows the principal most; None without lists.

    That is the list of the principal's own region, else the widest. ``lists`` is newest first.
    """
    newest = [one for one in lists if one.as_of == lists[0].as_of]
    return min(
        newest, key=lambda one: (one.region != principal.region, len(one.region)), default=None
    )


@dataclass(frozen=True)
class StoredDocument(Sealed):
    """A sealed document as stored."""

    def document(self, newest: int = SEAL_VERSION) -> dict[str, Any]:
        """Parse the document.

        Raises:
            SealVersionTooNew: it was sealed in a version after ``newest``.
        """
        return parse_sealed(self.body, newest)


class WatchlistRepository:
    """Reads the sealed lists of one ``kind`` of unit, and the risks of all kinds."""

    def __init__(self, database: Database, kind: Kind = "project") -> None:
        self.engine = database.engine
        self.kind: Kind = kind

    def summaries(
        self, principal: Principal = OFFICE, region: str | None = None
    ) -> list[ListSummary]:
        """Return the lists that overlap the principal's region, newest as_of first, then by region.

        With ``region`` only those published for it.
        """
        names = ListSummary.__dataclass_fields__
        columns = [WATCHLISTS.c[name] for name in names if name != _ARCHIVE]
        query: Select[Any] = select(*columns, archive_of(WATCHLISTS.c.id).label(_ARCHIVE)).where(
            overlaps(WATCHLISTS.c.region, principal), WATCHLISTS.c.kind == self.kind
        )
        if region is not None:
            query = query.where(WATCHLISTS.c.region == region)
        query = query.order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.region)
        with self.engine.connect() as connection:
            return [_summary(row) for row in connection.execute(query)]

    def has_any(self, principal: Principal) -> bool:
        """Return whether there is a list that overlaps the principal's region."""
        query = select(WATCHLISTS.c.id).where(
            overlaps(WATCHLISTS.c.region, principal), WATCHLISTS.c.kind == self.kind
        )
        with self.engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def latest_as_of(self) -> dt.date | None:
        """Return the as_of of the newest list; None if there is none."""
        with self.engine.connect() as connection:
            found: dt.date | None = connection.execute(
                select(func.max(WATCHLISTS.c.as_of)).where(WATCHLISTS.c.kind == self.kind)
            ).scalar_one()
        return found

    def generation(self) -> int:
        """Return a number that grows with every published list."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.max(WATCHLISTS.c.id))).scalar_one() or 0

    def watchlist(
        self, as_of: dt.date | None, region: str = "", principal: Principal = OFFICE
    ) -> StoredDocument:
        """Return the sealed list of ``region``; the newest one if ``as_of`` is None.

        Raises:
            NothingPublished: there is no list at all.
            NotPublished: there are lists, but not this one.
        """
        query = _newest(select(WATCHLISTS.c.body, WATCHLISTS.c.digest), as_of)
        query = query.where(WATCHLISTS.c.region == region, WATCHLISTS.c.kind == self.kind)
        with self.engine.connect() as connection:
            row = connection.execute(query.where(overlaps(WATCHLISTS.c.region, principal))).first()
        if row is None:
            raise self.not_published(as_of, region, principal)
        return StoredDocument(unpacked(row.body, None), row.digest)

    def sealed_id(self, as_of: dt.date, region: str) -> int | None:
        """Return the id of a list; ids grow in the order of sealing. None if there is no list."""
        query = select(WATCHLISTS.c.id).where(
            WATCHLISTS.c.as_of == as_of,
            WATCHLISTS.c.region == region,
            WATCHLISTS.c.kind == self.kind,
        )
        with self.engine.connect() as connection:
            found: int | None = connection.execute(query).scalar_one_or_none()
        return found

    def previous(
        self, as_of: dt.date, region: str, *, sealed_before: int | None = None
    ) -> StoredDocument | None:
        """Return the newest list of ``region`` before ``as_of``; None if there is none.

        With ``sealed_before`` only lists that were sealed before the one of that id.
        """
        query = (
            select(WATCHLISTS.c.body, WATCHLISTS.c.digest)
            .where(
                WATCHLISTS.c.as_of < as_of,
                WATCHLISTS.c.region == region,
                WATCHLISTS.c.kind == self.kind,
            )
            .order_by(WATCHLISTS.c.as_of.desc())
            .limit(1)
        )
        if sealed_before is not None:
            query = query.where(WATCHLISTS.c.id < sealed_before)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return StoredDocument(unpacked(row.body, None), row.digest) if row else None

    def project_risk(
        self, project_id: str, as_of: dt.date | None = None, principal: Principal = OFFICE
    ) -> StoredDocument:
        """Return the sealed risk of a project; that of its newest publication if ``as_of`` is None.

        If several lists of one as_of hold the project, the one sealed last is used.

        Raises:
            NothingPublished: there is no list at all.
            NotPublished: no list was sealed for ``as_of``.
            ListArchived: a list of ``as_of`` was; a project's newest risk always stays.
            ProjectNotScored: the project is in none of them, or in another region.
        """
        words = dictionary("risk", PROJECT_RISKS.c.watchlist_id).label("words")
        query = _newest(select(PROJECT_RISKS.c.body, PROJECT_RISKS.c.digest, words), as_of)
        query = query.join(WATCHLISTS, PROJECT_RISKS.c.watchlist_id == WATCHLISTS.c.id).where(
            PROJECT_RISKS.c.project_id == project_id,
            within(PROJECT_RISKS.c.region_code, principal),
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise self._not_scored(project_id, as_of, principal)
        return StoredDocument(unpacked(row.body, row.words), row.digest)

    def score_history(self, project_id: str, principal: Principal = OFFICE) -> list[PastScore]:
        """Return the scores of a project in all publications that were not archived, newest first.

        Raises:
            NothingPublished, ProjectNotScored: it is in none, or in another region.
        """
        query = (
            select(
                WATCHLISTS.c.as_of,
                WATCHLISTS.c.region,
                WATCHLISTS.c.model_version,
                PROJECT_RISKS.c.tier,
                PROJECT_RISKS.c.probability,
                WATCHLIST_ENTRIES.c.rank,
            )
            .join(PROJECT_RISKS, PROJECT_RISKS.c.watchlist_id == WATCHLISTS.c.id)
            .outerjoin(
                WATCHLIST_ENTRIES,
                and_(
                    WATCHLIST_ENTRIES.c.watchlist_id == WATCHLISTS.c.id,
                    WATCHLIST_ENTRIES.c.project_id == PROJECT_RISKS.c.project_id,
                ),
            )
            .where(
                PROJECT_RISKS.c.project_id == project_id,
                within(PROJECT_RISKS.c.region_code, principal),
            )
            .order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc())
        )
        with self.engine.connect() as connection:
            scores = [PastScore(*row) for row in connection.execute(query)]
        if not scores:
            raise self._not_scored(project_id, None, principal)
        return scores

    def scores(
        self, project_ids: Sequence[str], as_of: dt.date | None, principal: Principal = OFFICE
    ) -> dict[str, Score]:
        """Return the newest score of each project, or that of ``as_of``, where there is one.

        ``project_ids`` holds at most a few hundred.

        Raises:
            ListArchived: a list of ``as_of`` was, and a project has no score of that day here.
        """
        newest = (
            select(
                PROJECT_RISKS.c.project_id.label("project_id"),
                WATCHLISTS.c.as_of,
                WATCHLISTS.c.model_version,
                PROJECT_RISKS.c.tier,
                PROJECT_RISKS.c.probability,
                func.row_number()
                .over(
                    partition_by=PROJECT_RISKS.c.project_id,
                    order_by=(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc()),
                )
                .label("place"),
            )
            .join(WATCHLISTS, PROJECT_RISKS.c.watchlist_id == WATCHLISTS.c.id)
            .where(
                PROJECT_RISKS.c.project_id.in_(list(project_ids)),
                within(PROJECT_RISKS.c.region_code, principal),
            )
        )
        if as_of is not None:
            newest = newest.where(WATCHLISTS.c.as_of == as_of)
        ranked = newest.subquery()
        with self.engine.connect() as connection:
            rows = connection.execute(select(ranked).where(ranked.c.place == 1)).all()
            if as_of is not None and len(rows) < len(set(project_ids)):
                require_stored(connection, as_of, overlaps(WATCHLISTS.c.region, principal))
        return {row.project_id: Score(*row[:-1]) for row in rows}

    def risk_of_list(self, project_id: str, as_of: dt.date, region: str) -> StoredDocument | None:
        """Return the sealed risk of a project scored with a list; None if it was not.

        Raises:
            ListArchived: it is not among those of the list that stayed.
        """
        query = (
            select(
                PROJECT_RISKS.c.body,
                PROJECT_RISKS.c.digest,
                dictionary("risk", PROJECT_RISKS.c.watchlist_id).label("words"),
            )
            .join(WATCHLISTS, PROJECT_RISKS.c.watchlist_id == WATCHLISTS.c.id)
            .where(
                PROJECT_RISKS.c.project_id == project_id,
                WATCHLISTS.c.as_of == as_of,
                WATCHLISTS.c.region == region,
                WATCHLISTS.c.kind == self.kind,
            )
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                require_stored(connection, as_of, self._of(region))
        return StoredDocument(unpacked(row.body, row.words), row.digest) if row else None

    def project_risks(self, as_of: dt.date, region: str) -> dict[str, StoredDocument]:
        """Return the sealed risks of all projects scored with a list, by project_id.

        Raises:
            ListArchived: some of them were moved to a file.
        """
        return dict(self.each_risk(as_of, region))

    def each_risk(self, as_of: dt.date, region: str) -> Iterator[tuple[str, StoredDocument]]:
        """Yield the sealed risks of all projects scored with a list, in no order.

        Raises:
            ListArchived: some of them were moved to a file.
        """
        of_list = and_(WATCHLISTS.c.as_of == as_of, self._of(region))
        risks = (
            select(PROJECT_RISKS.c.project_id, PROJECT_RISKS.c.body, PROJECT_RISKS.c.digest)
            .join(WATCHLISTS, PROJECT_RISKS.c.watchlist_id == WATCHLISTS.c.id)
            .where(of_list)
        )
        with self.engine.connect() as connection:
            require_stored(connection, as_of, of_list)
            shared = select(dictionary("risk", WATCHLISTS.c.id)).where(of_list)
            words = connection.execute(shared).scalar_one_or_none()
            found = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(risks)
            for row in found:
                yield row.project_id, StoredDocument(unpacked(row.body, words), row.digest)

    def _of(self, region: str) -> ColumnElement[bool]:
        return and_(WATCHLISTS.c.region == region, WATCHLISTS.c.kind == self.kind)

    def not_published(
        self, as_of: dt.date | None, region: str, principal: Principal
    ) -> WagewatchError:
        """Return the error for a missing list; it names only lists the principal may see."""
        available = [f"{item.as_of}/{item.region or '*'}" for item in self.summaries(principal)]
        if not available:
            return NothingPublished()
        wanted = "latest" if as_of is None else as_of.isoformat()
        return NotPublished(as_of=wanted, region=region or "*", available=_first_names(available))

    def _not_scored(
        self, project_id: str, as_of: dt.date | None, principal: Principal
    ) -> WagewatchError:
        dates = sorted({item.as_of for item in self.summaries(principal)}, reverse=True)
        if not dates:
            return NothingPublished()
        if as_of is not None and as_of not in dates:
            available = [day.isoformat() for day in dates]
            return NotPublished(as_of=as_of, region="*", available=_first_names(available))
        if as_of is not None:
            with self.engine.connect() as connection:
                require_stored(connection, as_of, overlaps(WATCHLISTS.c.region, principal))
        return ProjectNotScored(project_id=project_id, as_of=as_of or dates[0])


def _newest(query: Select[Any], as_of: dt.date | None) -> Select[Any]:
    if as_of is not None:
        query = query.where(WATCHLISTS.c.as_of == as_of)
    return query.order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc()).limit(1)


def _first_names(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _summary(row: Row[tuple[object, ...]]) -> ListSummary:
    values = dict(row._mapping)
    # SQLite returns the time without its zone; it was stored as UTC.
    values["published_at"] = utc(values["published_at"])
    values[_ARCHIVE] = file_name(values[_ARCHIVE])
    return ListSummary(**values)


@dataclass(frozen=True)
class ListRows:
    """A list as it is stored: its sealed body, its head, and the rows of its entries."""

    body: bytes
    head: bytes
    entries: Sequence[dict[str, Any]]


def list_rows(sealed: SealedPublication) -> ListRows:
    """Return a list as it is stored, made before the transaction that stores it."""
    document, words = json.loads(sealed.watchlist.body), sealed.risks.dictionary
    rows = [
        {
            **{name: entry[name] for name in _ENTRY_COLUMNS},
            **entry_row(entry),
            "shown": packed(shown_entry(entry), words),
        }
        for entry in document["entries"]
    ]
    return ListRows(compressed_body([sealed.watchlist.body]), list_head(document), rows)


_ENTRY_COLUMNS = (
    *("project_id", "rank", "tier", "probability", "selection", "draw_probability"),
    "region_code",
)


def insert_publication(
    connection: Connection,
    sealed: SealedPublication,
    rows: ListRows,
    published_at: dt.datetime,
    published_by: str,
) -> int | None:
    """Insert a list without its rows; its new id, None if the very same is there.

    Raises:
        AlreadyPublished: another list is sealed for that as_of, region and kind.
    """
    header = sealed.publication.header
    present = _digest_of(connection, header)
    if present == sealed.watchlist.digest:
        return None
    if present is not None:
        raise AlreadyPublished(as_of=header.as_of, region=header.region or "*")
    published = (utc(published_at), published_by)
    watchlist_id = _insert_watchlist(connection, sealed, rows.body, published)
    connection.execute(insert(LIST_HEADS).values(watchlist_id=watchlist_id, body=rows.head))
    save_dictionary(connection, watchlist_id, "risk", sealed.risks.dictionary)
    save_regions(connection, {one.project_id: one.region_code for one in sealed.outlines})
    return watchlist_id


def is_published(connection: Connection, header: Header) -> bool:
    """Return whether a list is sealed for that as_of, region and kind."""
    return _digest_of(connection, header) is not None


def stage_list(staged: StagedRows, sealed: SealedPublication, rows: ListRows) -> None:
    """Stage the rows of the entries and of the risks of a list."""
    staged.add(WATCHLIST_ENTRIES, [rows.entries])
    staged.add(PROJECT_RISKS, _risk_rows(sealed))


def _risk_rows(sealed: SealedPublication) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(sealed.outlines), _ROWS_AT_ONCE):
        part = sealed.outlines[start : start + _ROWS_AT_ONCE]
        yield [_risk_row(one, sealed.risks) for one in part]


def _risk_row(one: Outline, risks: SealedRisks) -> dict[str, Any]:
    return {
        "project_id": one.project_id,
        "digest": risks.digests[one.project_id],
        "body": risks.bodies[one.project_id],
        "region_code": one.region_code,
        "tier": one.tier,
        "probability": one.probability,
    }


def list_id(connection: Connection, head: Header) -> int:
    """Return the id of the stored list with that as_of, region and kind."""
    query = select(WATCHLISTS.c.id).where(
        WATCHLISTS.c.as_of == head.as_of,
        WATCHLISTS.c.region == head.region,
        WATCHLISTS.c.kind == head.kind,
    )
    found: int = connection.execute(query).scalar_one()
    return found


def _digest_of(connection: Connection, head: Header) -> str | None:
    query = select(WATCHLISTS.c.digest).where(
        WATCHLISTS.c.as_of == head.as_of,
        WATCHLISTS.c.region == head.region,
        WATCHLISTS.c.kind == head.kind,
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _insert_watchlist(
    connection: Connection,
    sealed: SealedPublication,
    body: bytes,
    published: tuple[dt.datetime, str],
) -> int:
    head = sealed.publication.header
    values = {
        "as_of": head.as_of,
        "region": head.region,
        "capacity": head.capacity,
        "entries": len(sealed.publication.entries),
        "cohort": head.cohort,
        "model_name": head.model.name,
        "model_version": head.model.version,
        "model_kind": head.model.kind,
        "code_version": head.code_version,
        "records_digest": head.records_digest,
        "digest": sealed.watchlist.digest,
        "body": body,
        "kind": head.kind,
        "published_at": published[0],
        "published_by": published[1],
    }
    inserted = connection.execute(insert(WATCHLISTS).values(values)).inserted_primary_key
    return int(inserted[0]) if inserted else 0
