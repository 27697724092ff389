"""Organizations and contracts from ``ProjectSubContractor.Query``."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from risk.sources.realname.answers import Row
from risk.sources.realname.dialect import Dialect
from risk.sources.realname.projects import Project
from risk.sources.realname.values import Dates, firm_code, name, text
from risk.sources.source import PulledRow


@dataclass(frozen=True)
class Participant:
    """Unit that takes part in a project in one role.

    ``corp`` is None without the code of a firm. ``kind`` is one of ours, or None.
    """

    corp: str | None
    name: str | None
    kind: str | None
    contractor: bool
    entered: dt.date | None = None
    left: dt.date | None = None


@dataclass(frozen=True)
class Firm:
    """Unit in one project: its code, a name, and a kind or None."""

    corp: str
    name: str | None
    kind: str | None


def contract_id(project: str, corp: str) -> str:
    """Return the id of the contract of a firm in a project."""
    return f"{project}-{corp}"


def read_participant(row: Row, dialect: Dialect, dates: Dates) -> Participant:
    """Return the participant of a row; without the code of a firm it may be a person."""
    corp = firm_code(row["corp"])
    code = text(row["corp_type"])
    padded = code if code is None else code.zfill(3)
    return Participant(
        corp=corp,
        name=name(row["corp_name"]) if corp else None,
        kind=dialect.term("org_kind", code),
        contractor=not {code, padded} & dialect.without_contract,
        entered=dates.day(row["entered"]),
        left=dates.day(row["left"]),
    )


def contract_rows(project: str, participants: Iterable[Participant]) -> Iterator[PulledRow]:
    """Yield one row of ``contracts`` per contractor.

    A firm that is listed several times has one contract, from its first entry until it has left
    everywhere. Amount, form and the contract above are unknown. A contractor without the code of a
    firm is yielded without an id.
    """
    contractors: dict[str, list[Participant]] = {}
    for one in participants:
        if one.contractor:
            contractors.setdefault(one.corp or "", []).append(one)
    for corp, listed in sorted(contractors.items()):
        entries = [one.entered for one in listed if one.entered]
        exits = [one.left for one in listed if one.left]
        yield PulledRow(
            "contracts",
            {
                "contract_id": contract_id(project, corp) if corp else None,
                "project_id": project,
                "contractor_id": corp or None,
                "contractor_kind": "company" if corp else None,
                "contractor_name": _most_frequent(one.name for one in listed),
                "signed_on": min(entries, default=None),
                "ended_on": max(exits) if len(exits) == len(listed) else None,
            },
        )


def firms(project: Project | None, participants: Iterable[Participant]) -> list[Firm]:
    """Return the firms of a project, each once per name and kind."""
    found = [Firm(one.corp, one.name, one.kind) for one in participants if one.corp]
    if project is not None:
        if project.owner:
            found.append(Firm(project.owner, project.owner_name, "owner"))
        if project.contractor:
            found.append(Firm(project.contractor, project.contractor_name, "general_contractor"))
    return list(dict.fromkeys(found))


def organization_rows(firms: Iterable[Firm], kinds: Collection[str]) -> Iterator[PulledRow]:
    """Yield one row of ``organizations`` per firm, over all projects.

    Its kind is the most frequent one, of several the first in ``kinds``; its name the most
    frequent one.
    """
    by_code: dict[str, list[Firm]] = {}
    for firm in firms:
        by_code.setdefault(firm.corp, []).append(firm)
    order = {kind: rank for rank, kind in enumerate(kinds)}
    for corp, listed in sorted(by_code.items()):
        count = Counter(one.kind for one in listed if one.kind)
        kind = min(count, key=lambda one: (-count[one], order.get(one, len(order))), default=None)
        yield PulledRow(
            "organizations",
            {
                "org_id": corp,
                "org_name": _most_frequent(one.name for one in listed),
                "org_kind": kind,
            },
        )


def _most_frequent(names: Iterable[str | None]) -> str | None:
    """Most frequent name; of several the first in order of characters."""
    count = Counter(name for name in names if name)
    return min(count, key=lambda name: (-count[name], name), default=None)
