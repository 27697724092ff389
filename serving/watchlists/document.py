"""The sealed documents: a watchlist and the risk of every project scored with it.

JSON, tables, workbooks and pages are renderings of them. A document is plain data in display
order; the API sends its sealed bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from risk.calendar.dates import HORIZON_DAYS
from risk.store.staged import AT_ONCE
from risk.unit_kinds import Kind
from risk.watchlist.sealed_document import Sealed, seal
from serving.db.compression import dictionary_of, packed, sample_of, unpacked
from serving.db.spool import Spool
from serving.watchlists.seal_version import SEAL_VERSION, version_fields

Document = dict[str, Any]


@dataclass(frozen=True)
class LocalizedText:
    """A text in both languages."""

    zh: str
    en: str

    def to_document(self) -> Document:
        """Return plain data."""
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True)
class EvidenceRef:
    """A record cited as evidence, with the day it became known."""

    table: str
    record_id: str
    known_at: dt.date

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "table": self.table,
            "record_id": self.record_id,
            "known_at": self.known_at.isoformat(),
        }


@dataclass(frozen=True)
class SealedReason:
    """A reason with its text; ``contribution`` in log-odds, positive raises the risk.

    ``basis`` is one of :class:`models.reasons.Basis`; documents of version 1 have none.
    """

    family: str
    contribution: float
    feature: str
    value: float | None
    typical: float | None
    article: str | None
    text: LocalizedText
    evidence: tuple[EvidenceRef, ...] = ()
    basis: str = "fact"

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "family": self.family,
            "basis": self.basis,
            "contribution": self.contribution,
            "feature": self.feature,
            "value": self.value,
            "typical": self.typical,
            "article": self.article,
            "text": self.text.to_document(),
            "evidence": [item.to_document() for item in self.evidence],
        }


@dataclass(frozen=True)
class SealedFlag:
    """A red flag with its texts: the duty, what the records show, what to check on site.

    ``grade`` is one of :class:`risk.flags.Grade`; documents of version 1 have none.
    """

    code: str
    article: str
    article_label: LocalizedText
    title: LocalizedText
    finding: LocalizedText
    check: LocalizedText
    evidence: tuple[EvidenceRef, ...] = ()
    grade: str = "papers"

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "code": self.code,
            "grade": self.grade,
            "article": self.article,
            "article_label": self.article_label.to_document(),
            "title": self.title.to_document(),
            "finding": self.finding.to_document(),
            "check": self.check.to_document(),
            "evidence": [item.to_document() for item in self.evidence],
        }


def parse_sealed_flag(document: Mapping[str, Any]) -> SealedFlag:
    """Return the red flag of a sealed document; one of version 1 has the lowest grade."""
    texts = ("article_label", "title", "finding", "check")
    return SealedFlag(
        code=document["code"],
        article=document["article"],
        **{name: LocalizedText(**document[name]) for name in texts},
        evidence=tuple(
            EvidenceRef(item["table"], item["record_id"], dt.date.fromisoformat(item["known_at"]))
            for item in document["evidence"]
        ),
        grade=document.get("grade", "papers"),
    )


@dataclass(frozen=True)
class TimelineItem:
    """An event of a project, known at the as_of."""

    date: dt.date
    kind: str
    text: LocalizedText
    evidence: EvidenceRef

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "date": self.date.isoformat(),
            "kind": self.kind,
            "text": self.text.to_document(),
            "evidence": self.evidence.to_document(),
        }


@dataclass(frozen=True)
class Assessment:
    """The assessment of one project; money in fen.

    ``amount_owed``: wages due and unpaid on the books, however old.
    ``unlike_inspected``: none of its kind was ever inspected, so its probability is a guess;
    ``unlike`` is then that kind, and the number of inspected projects it was compared with.
    """

    project_id: str
    project_name: str
    contractor_name: str | None
    region_code: str
    tier: str
    probability: float
    workers: int | None
    amount_at_stake: int | None
    reasons: tuple[SealedReason, ...]
    red_flags: tuple[SealedFlag, ...]
    unlike_inspected: bool | None = None
    unlike: Document | None = None
    amount_owed: int | None = None

    def to_document(self) -> Document:
        """Return plain data, money in yuan."""
        return {
            "project_id": self.project_id,
            "project_name": self.project_name,
            "contractor_name": self.contractor_name,
            "region_code": self.region_code,
            "tier": self.tier,
            "probability": self.probability,
            "workers": self.workers,
            "amount_at_stake": _yuan(self.amount_at_stake),
            "amount_owed": _yuan(self.amount_owed),
            "reasons": [reason.to_document() for reason in self.reasons],
            "red_flags": [flag.to_document() for flag in self.red_flags],
            "unlike_inspected": self.unlike_inspected,
            "unlike": self.unlike,
        }


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else round(fen / 100, 2)


@dataclass(frozen=True)
class EntryChange:
    """Change since the previous list: ``new``, ``up``, ``down``, ``same`` or ``gone``."""

    kind: str
    from_rank: int | None = None
    reason: str | None = None

    def to_document(self) -> Document:
        """Return plain data."""
        return {"kind": self.kind, "from_rank": self.from_rank, "reason": self.reason}


@dataclass(frozen=True)
class Listing:
    """Rank of a project on the list and how it was selected."""

    rank: int
    selection: str
    draw_probability: float | None

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "rank": self.rank,
            "selection": self.selection,
            "draw_probability": self.draw_probability,
        }


@dataclass(frozen=True)
class Entry:
    """An entry of a watchlist."""

    listing: Listing
    assessment: Assessment
    change: EntryChange

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            **self.listing.to_document(),
            **self.assessment.to_document(),
            "change": self.change.to_document(),
        }


@dataclass(frozen=True)
class RemovedEntry:
    """A project of the previous list that is not on this one."""

    project_id: str
    project_name: str
    change: EntryChange

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "project_id": self.project_id,
            "project_name": self.project_name,
            "change": self.change.to_document(),
        }


@dataclass(frozen=True)
class ModelRemarks:
    """What a reader of the list must know about its model.

    ``instead_of`` is the champion that it replaces where ``lost_tables`` (table and day of the
    newest rows, None without rows) or columns are gone, and ``lost_features`` the number of
    features it does without. ``stale_since``: no table has rows after that day. ``rejected`` are
    models that failed checks before it (kind and failed checks), ``failed_checks`` those it failed
    itself, and ``redefined`` the families defined otherwise at its training, None if unknown.
    """

    instead_of: str | None = None
    lost_tables: tuple[Mapping[str, Any], ...] = ()
    lost_features: int = 0
    stale_since: dt.date | None = None
    rejected: tuple[Mapping[str, Any], ...] = ()
    failed_checks: tuple[str, ...] = ()
    redefined: tuple[str, ...] | None = ()

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "instead_of": self.instead_of,
            "lost_tables": [dict(one) for one in self.lost_tables],
            "lost_features": self.lost_features,
            "stale_since": self.stale_since.isoformat() if self.stale_since else None,
            "rejected": [dict(one) for one in self.rejected],
            "failed_checks": list(self.failed_checks),
            "redefined": None if self.redefined is None else list(self.redefined),
        }


@dataclass(frozen=True)
class ModelInfo:
    """The scoring model; ``note`` says its ``remarks``, and whether it is the scorecard."""

    name: str
    version: str
    kind: str
    note: LocalizedText | None = None
    remarks: ModelRemarks | None = None

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "note": self.note.to_document() if self.note else None,
            "remarks": self.remarks.to_document() if self.remarks else None,
        }


@dataclass(frozen=True)
class PreviousReference:
    """The list that changes refer to."""

    as_of: dt.date
    digest: str

    def to_document(self) -> Document:
        """Return plain data."""
        return {"as_of": self.as_of.isoformat(), "digest": self.digest}


@dataclass(frozen=True)
class Header:
    """Header of a list: date, region, model, versions and settings.

    ``kind`` is the kind of unit listed; ``rules`` holds the thresholds and the policy in force.
    """

    as_of: dt.date
    region: str
    capacity: int
    model: ModelInfo
    cohort: int
    missing_feeds: tuple[str, ...]
    records_digest: str
    code_version: str
    previous: PreviousReference | None
    rules: Mapping[str, Any]
    kind: Kind = "project"
    seal_version: int = SEAL_VERSION

    def to_document(self) -> Document:
        """Return plain data."""
        return {
            **version_fields(self.seal_version),
            "as_of": self.as_of.isoformat(),
            "region": self.region,
            **self.kind_fields(),
            "horizon_days": HORIZON_DAYS,
            "capacity": self.capacity,
            "model": self.model.to_document(),
            "cohort": self.cohort,
            "missing_feeds": list(self.missing_feeds),
            "records_digest": self.records_digest,
            "code_version": self.code_version,
            "previous": self.previous.to_document() if self.previous else None,
            "rules": dict(self.rules),
        }

    def kind_fields(self) -> Document:
        """Return the kind of unit as a field, nothing for projects."""
        return {} if self.kind == "project" else {"kind": self.kind}


@dataclass(frozen=True)
class ProjectRisk:
    """The risk of a project of the cohort; ``listing`` is None if it is not on the list."""

    assessment: Assessment
    listing: Listing | None
    timeline: tuple[TimelineItem, ...] = ()

    def to_document(self, header: Header) -> Document:
        """Return plain data, with the header fields of the list."""
        return {
            **version_fields(header.seal_version),
            "as_of": header.as_of.isoformat(),
            "region": header.region,
            **header.kind_fields(),
            "horizon_days": HORIZON_DAYS,
            "model": header.model.to_document(),
            "missing_feeds": list(header.missing_feeds),
            "records_digest": header.records_digest,
            **self.assessment.to_document(),
            "listing": self.listing.to_document() if self.listing else None,
            "timeline": [item.to_document() for item in self.timeline],
        }


@dataclass(frozen=True)
class Outline:
    """What tables and registers hold of a scored project.

    ``flags`` are the codes it is sealed with, ``rank`` is None if it is not on the list.
    """

    project_id: str
    region_code: str
    tier: str
    probability: float
    workers: int | None
    amount_at_stake: int | None
    flags: tuple[str, ...]
    rank: int | None


def outline_of(risk: ProjectRisk) -> Outline:
    """Return the outline of a risk."""
    one = risk.assessment
    return Outline(
        one.project_id,
        one.region_code,
        one.tier,
        one.probability,
        one.workers,
        one.amount_at_stake,
        tuple(flag.code for flag in one.red_flags),
        risk.listing.rank if risk.listing else None,
    )


@dataclass(frozen=True)
class Publication:
    """A list to be sealed, with the risk of every project of the cohort."""

    header: Header
    entries: tuple[Entry, ...]
    gone: tuple[RemovedEntry, ...]
    risks: Sequence[ProjectRisk]

    def seal(self, watch: Callable[[ProjectRisk], None] | None = None) -> SealedPublication:
        """Return the sealed bytes and digests; the digest of the list covers the risks too.

        ``watch`` is called with every risk: where they are made one by one, it is the time to see
        what else is needed of them.
        """
        sample = sample_of(range(min(len(self.risks), AT_ONCE)))
        sampled = {place: self._sealed(place) for place in sample}
        words = dictionary_of([sealed.body for _, sealed in sampled.values()])
        risks, outlines = SealedRisks(words), []
        for place in range(len(self.risks)):
            risk, sealed = sampled.pop(place) if place in sampled else self._sealed(place)
            risks.add(risk.assessment.project_id, sealed)
            outlines.append(outline_of(risk))
            if watch is not None:
                watch(risk)
        return SealedPublication(self, seal(self._document(risks)), risks, tuple(outlines))

    def _sealed(self, place: int) -> tuple[ProjectRisk, Sealed]:
        risk = self.risks[place]
        return risk, seal(risk.to_document(self.header))

    def _document(self, risks: SealedRisks) -> Document:
        return {
            **self.header.to_document(),
            "risks_digest": _digest_of(risks.digests),
            "entries": [entry.to_document() for entry in self.entries],
            "gone": [item.to_document() for item in self.gone],
        }


class SealedRisks(Mapping[str, Sealed]):
    """Sealed risks by project_id, kept as they are stored: compressed with ``dictionary``."""

    def __init__(self, dictionary: bytes) -> None:
        self.dictionary = dictionary
        self.bodies = Spool()
        self.digests: dict[str, str] = {}

    def add(self, project_id: str, sealed: Sealed) -> None:
        """Add the risk of a project."""
        self.bodies.add(project_id, packed(sealed.body, self.dictionary))
        self.digests[project_id] = sealed.digest

    def __getitem__(self, project_id: str) -> Sealed:
        body = unpacked(self.bodies[project_id], self.dictionary)
        return Sealed(body, self.digests[project_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self.bodies)

    def __len__(self) -> int:
        return len(self.bodies)


@dataclass(frozen=True)
class SealedPublication:
    """A publication and its sealed bytes, the risks by project_id, and what tables hold of them."""

    publication: Publication
    watchlist: Sealed
    risks: SealedRisks
    outlines: tuple[Outline, ...]


def digest_of_risks(risks: Mapping[str, Sealed]) -> str:
    """Return one digest over the digests of all risks, in the order of their project_id."""
    return _digest_of({project_id: sealed.digest for project_id, sealed in risks.items()})


def _digest_of(digests: Mapping[str, str]) -> str:
    total = hashlib.sha256()
    for project_id in sorted(digests):
        total.update(f"{digests[project_id]}\n".encode())
    return total.hexdigest()
