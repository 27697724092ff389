"""Lists with a register of matters, made by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from risk.unit_kinds import Kind
from serving.publishing.repository import PublicationExtras, store_publication
from serving.watchlists.document import Publication
from serving.watchlists.snapshot import Snapshot

from ..conftest import PUBLISHED_AT, make_extras, make_publication

PLACE = "990102"
MAY, JUNE = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
DUTIES = [
    {"code": "account_missing", "article": "26", "state": "met", "finding": None},
    {
        "code": "wages_overdue",
        "article": "31",
        "state": "breached",
        "finding": {"zh": "工资未发", "en": "unpaid"},
    },
]


def matter(key: str, kind: str = "case", **fields):
    """A line of the register; a confirmed case of 12 workers unless said otherwise."""
    return {
        "key": key,
        "kind": kind,
        "project_id": "P/100",
        "org_id": None,
        "opened_on": "2025-04-01",
        "due_on": None,
        "workers": 12,
        "amount": 5_000_000,
        "status": "filed" if kind == "case" else None,
        "record": key.partition(":")[2],
        "confirmed_on": None,
        "region_code": PLACE,
        "project_name": "模拟学校",
        "org_name": None,
        "funding": "government",
        "sector": "building",
        **fields,
    }


def closed_case(record: str, closed_on: str, **fields):
    """A closed case as the register has it."""
    return {
        "key": f"revisit:{record}",
        "project_id": "P/100",
        "record": record,
        "opened_on": "2025-01-02",
        "closed_on": closed_on,
        "workers": 5,
        "amount_owed": 3_000_000,
        "amount_recovered": 2_000_000,
        "region_code": PLACE,
        "project_name": "模拟学校",
        "checked_on": None,
        **fields,
    }


def project(number: int, **fields):
    """A line of the register of projects."""
    return {
        "project_id": f"P/{number:03d}",
        "project_name": f"模拟{number}",
        "region_code": PLACE,
        "sector": "building",
        "funding": "private",
        "contractor_name": None,
        "tier": "blue",
        "probability": 0.1 + number / 1000,
        "workers": 10,
        "amount_at_stake": None,
        "flags": [],
        "rank": None,
        "last_inspected_on": None,
        "last_found_on": None,
        **fields,
    }


def publish_register(database, as_of=JUNE, region="", kind="project", **register):
    """Publish a hand-made list of ``kind`` with a register of these matters."""
    document = {"as_of": str(as_of), "projects": [], "matters": [], "closed": [], **register}
    with_register = replace(make_extras(), snapshot=Snapshot({}, document))
    assert isinstance(with_register, PublicationExtras)
    store_publication(
        database,
        of_kind(make_publication(as_of, region), kind).seal(),
        published_at=PUBLISHED_AT,
        published_by="李",
        extras=with_register,
    )


def of_kind(publication: Publication, kind: Kind) -> Publication:
    """The same list of units of ``kind``; an employer is called ``E/000`` where a project was."""
    if kind == "project":
        return publication

    def told(one):
        number = one.assessment.project_id.replace("P/", "E/")
        return replace(one, assessment=replace(one.assessment, project_id=number))

    return replace(
        publication,
        header=replace(publication.header, kind=kind),
        entries=tuple(told(one) for one in publication.entries),
        risks=tuple(told(one) for one in publication.risks),
    )
