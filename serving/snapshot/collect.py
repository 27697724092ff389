"""Collects the snapshot of a publication: dossiers and register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from risk.deposits import RuleTable
from risk.store.known_query import NOTHING_WRITTEN, Written
from risk.store.staged import InBatches, among
from risk.store.store import RecordStore
from serving.db.spool import SpooledRows
from serving.snapshot.as_of_query import Row, by_project, to_json_value, with_known_tables
from serving.snapshot.case_files import Followed, case_files, unscored_projects
from serving.snapshot.case_handling import empty_case_handling, load_case_handling
from serving.snapshot.complaint_candidates import linked_complaints, unlinked_complaints
from serving.snapshot.deposit_advice import load_deposit_advice
from serving.snapshot.evidence_records import CitedRecords
from serving.snapshot.legal_duties import (
    load_legal_duties,
    office_flags,
    projects_with_duties,
)
from serving.snapshot.open_matters import closed_cases, open_matters, transferred_unlisted
from serving.snapshot.owed_by_month import OwedByMonth, owed_series, region_months
from serving.snapshot.payment_history import load_payment_history
from serving.snapshot.project_facts import ProjectFacts, load_contracts
from serving.snapshot.similar_projects import similar_projects
from serving.snapshot.wages_owed import PayrollTeams, load_owed_teams, owed_summary
from serving.watchlists.document import (
    Document,
    Outline,
    ProjectRisk,
    Publication,
    TimelineItem,
    outline_of,
)
from serving.watchlists.snapshot import Dossiers, RowsInBatches, Snapshot

if TYPE_CHECKING:
    from models.counterfactuals import LeverEffect
    from risk.flags import RedFlag, Value

Levers = Mapping[str, Sequence["LeverEffect"]]

_FACTS = (
    *("project_name", "region_code", "sector", "funding", "owner_id", "owner_name"),
    *("contractor_id", "contractor_name", "contract_amount", "started_on", "planned_end_on"),
    *("latitude", "longitude"),
)

_DIGITS = 9
"""Decimals of the probabilities of levers."""

_VISITS = f"""
{with_known_tables("inspections")}
SELECT project_id, max(inspected_on) AS last_inspected_on,
       max(CASE WHEN arrears_found THEN inspected_on END) AS last_found_on
FROM inspections GROUP BY project_id
"""


class Sealing:
    """What is seen of the risks while a publication is sealed: all that dossiers need of them."""

    def __init__(self, store: RecordStore, as_of: dt.date) -> None:
        self.cited, self.teams = CitedRecords(store, as_of), PayrollTeams(store, as_of)

    def add(self, risk: ProjectRisk) -> None:
        """See a risk."""
        self.cited.add(risk)
        self.teams.add(risk.assessment.project_id, risk.timeline)

    def add_unscored(
        self, keys: Sequence[str], events: Mapping[str, tuple[TimelineItem, ...]]
    ) -> None:
        """See the events of projects without a score."""
        for key in keys:
            self.teams.add(key, events.get(key, ()))


def collect_snapshot(
    store: RecordStore,
    publication: Publication,
    levers: Levers,
    deposit_rules: Sequence[RuleTable] = (),
    law_values: Sequence[Value] = (),
    stories: Mapping[str, tuple[TimelineItem, ...]] = MappingProxyType({}),
    flags: Mapping[str, Sequence[RedFlag]] | None = None,
    *,
    seen: Seen | None = None,
    written: Written = NOTHING_WRITTEN,
) -> Snapshot:
    """Collect what the pages need, as known before the publication's as_of.

    Besides the scored projects, those with a matter that is followed have a dossier, with a case
    file in ``unscored``. ``stories`` are the events of all projects, ``flags`` the red flags of all
    running projects under ``law_values``; without, those that are needed are found here, as is what
    is ``seen`` of the risks. ``written`` are rows of queries that another engine wrote. Dossiers
    and rows of the register are made when they are read.
    """
    as_of = publication.header.as_of
    outlines, sealing = seen or _seen(store, publication)
    scored = [one.project_id for one in outlines]
    all_facts = ProjectFacts(store, as_of)
    places = all_facts.places()
    owed_then, handled = OwedByMonth(store, as_of, written), _handled(store, publication)
    followed = _followed(publication, handled, scored, all_facts)
    unscored = [one.project_id for one in followed]
    with_duties = sorted(projects_with_duties(handled["matters"]))
    if flags is None:
        flags = office_flags(store, as_of, {*unscored, *with_duties}, law_values)
    events = among(stories, unscored)
    files = case_files(publication.header, followed, events, among(flags, unscored))
    sealing.add_unscored(unscored, events)
    sources = _Sources(store, as_of, [*scored, *unscored], sealing, all_facts, written)
    owed = sources.owed_by_month(owed_then)
    alike = similar_projects(_measures(all_facts, outlines, as_of))

    def dossier(key: str) -> Document:
        """The dossier of a scored project, or with a case file that of one that is followed."""
        return {
            **sources.dossier(key),
            "owed_by_month": owed_series(owed.get(key, {})),
            "similar": alike.get(key, []),
            "levers": [_lever(one) for one in levers.get(key, ())],
            "records": _records(sources.records.get(key, {}), places),
            **({"unscored": files[key]} if key in files else {}),
        }

    owed_teams, duty_flags = among(sources.teams_owed, scored), among(flags, with_duties)
    register = {
        "as_of": as_of.isoformat(),
        "projects": _register_rows(store, as_of, outlines, all_facts, owed_teams),
        **handled,
        "months": _of_region(region_months(store, as_of, owed_then, places), publication),
        "duties": load_legal_duties(store, as_of, handled["matters"], law_values, duty_flags),
        **_advice(store, publication, deposit_rules),
    }
    # In order, so that each batch of the sources is read once.
    return Snapshot(Dossiers(sorted([*scored, *files]), dossier), register)


def _followed(
    publication: Publication,
    handled: Mapping[str, list[Row]],
    scored: Sequence[str],
    facts: ProjectFacts,
) -> list[Followed]:
    """The projects with a matter that have no score; a list of employers follows none."""
    if publication.header.kind != "project":
        return []
    return unscored_projects([*chain(*handled.values())], scored, facts.of)


def _handled(store: RecordStore, publication: Publication) -> dict[str, list[Row]]:
    as_of = publication.header.as_of
    return {
        "matters": _of_region(open_matters(store, as_of), publication),
        "closed": _of_region(closed_cases(store, as_of), publication),
        "unlisted": _of_region(transferred_unlisted(store, as_of), publication),
    }


def _advice(
    store: RecordStore, publication: Publication, deposit_rules: Sequence[RuleTable]
) -> dict[str, Any]:
    header = publication.header
    # First: the candidates of all complaints and the advice do not fit into memory together.
    unlinked = SpooledRows(unlinked_complaints(store, header.as_of, header.region))
    deposits = load_deposit_advice(store, header.as_of, deposit_rules)
    spooled = {part: SpooledRows(_of_region(rows, publication)) for part, rows in deposits.items()}
    return {"unlinked": unlinked, "deposits": spooled}


Seen = tuple[Sequence[Outline], Sealing]
"""The outlines of the risks, and what else was seen while they were sealed."""


def _seen(store: RecordStore, publication: Publication) -> Seen:
    outlines, sealing = [], Sealing(store, publication.header.as_of)
    for risk in publication.risks:
        outlines.append(outline_of(risk))
        sealing.add(risk)
    return outlines, sealing


class _Sources:
    """What dossiers are made of, read for a batch of ``keys`` at a time."""

    def __init__(
        self,
        store: RecordStore,
        as_of: dt.date,
        keys: Sequence[str],
        sealing: Sealing,
        facts: ProjectFacts,
        written: Written,
    ) -> None:
        self._keys = keys
        self.facts = InBatches(keys, facts.of)
        self.contracts = load_contracts(store, as_of, keys)
        self.money = load_payment_history(store, as_of, keys, written)
        self.handling = load_case_handling(store, as_of, keys)
        self.teams_owed = load_owed_teams(store, as_of, keys, written)
        self.records = sealing.cited.load(keys)
        self.linked = linked_complaints(store, as_of)
        self.payroll_teams = sealing.teams.load(keys)

    def dossier(self, key: str) -> Document:
        """The parts of a dossier that are read, not compared with others."""
        return {
            "facts": self.facts.get(key, {}),
            "contracts": self.contracts.get(key, []),
            "money": self.money.get(key),
            "handling": self.handling.get(key, empty_case_handling()),
            "teams_owed": self.teams_owed.get(key, []),
            "payroll_teams": self.payroll_teams.get(key, {}),
            "linked": self.linked.get(key, []),
        }

    def owed_by_month(self, owed: OwedByMonth) -> Mapping[str, Mapping[dt.date, int]]:
        return owed.of(self._keys)


def _measures(facts: ProjectFacts, outlines: Iterable[Outline], as_of: dt.date) -> list[Document]:
    """What projects are compared by."""
    names = ("sector", "funding", "contract_amount", "started_on", "planned_end_on")
    rows = facts.staged.rows(f"SELECT project_id, {', '.join(names)} FROM $staged")
    known = {project_id: values for project_id, *values in rows}
    found = []
    for one in outlines:
        sector, funding, amount, start, end = known.get(one.project_id, (None,) * 5)
        found.append(
            {
                "project_id": one.project_id,
                "sector": sector,
                "funding": funding,
                "contract_amount": amount,
                "workers": one.workers,
                "progress": _progress(start, end, as_of),
            }
        )
    return found


def _register_rows(
    store: RecordStore,
    as_of: dt.date,
    outlines: Sequence[Outline],
    facts: ProjectFacts,
    owed: Mapping[str, list[Row]],
) -> RowsInBatches:
    keys = [one.project_id for one in outlines]
    visits = by_project(store, _VISITS, as_of, lambda rows: rows[0], keys)
    unvisited: Row = {"last_inspected_on": None, "last_found_on": None}
    known = InBatches(keys, facts.of)

    def row(one: Outline) -> Document:
        key = one.project_id
        fact, visit = known.get(key, {}), visits.get(key, unvisited)
        start, end = (_day(fact.get(name)) for name in ("started_on", "planned_end_on"))
        return {
            "project_id": key,
            **{name: fact.get(name) for name in _FACTS},
            "tier": one.tier,
            "probability": one.probability,
            "workers": one.workers,
            "amount_at_stake": one.amount_at_stake,
            "flags": list(one.flags),
            "rank": one.rank,
            "progress": _progress(start, end, as_of),
            "owed": owed_summary(owed.get(key, ())),
            **{name: to_json_value(value) for name, value in visit.items()},
        }

    return RowsInBatches(outlines, row)


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _progress(start: dt.date | None, end: dt.date | None, as_of: dt.date) -> float | None:
    """Return the elapsed share of the planned duration; above 1 if overrun."""
    if not start or not end:
        return None
    return round((as_of - start).days / (end - start).days, 3) if end > start else None


def _records(
    records: Mapping[tuple[str, str], Mapping[str, Any]], places: Mapping[str, str | None]
) -> Document:
    """Return the records by ``table/record_id`` with their ``region``, None if they have none.

    A reason may cite other projects of the contractor, which not every principal may see.
    """
    return {
        f"{table}/{number}": {
            "region": places.get(str(record.get("project_id"))),
            "fields": dict(record),
        }
        for (table, number), record in sorted(records.items(), key=lambda item: item[0])
    }


def _of_region(rows: Sequence[Row], publication: Publication) -> list[Row]:
    region = publication.header.region
    return [row for row in rows if (row["region_code"] or "").startswith(region)]


def _lever(effect: LeverEffect) -> Document:
    probability = round(effect.probability, _DIGITS)
    return {"code": effect.code, "article": effect.article, "probability": probability}
