"""Collects the snapshot of a publication: dossiers and register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from risk.deposits import RuleTable
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, query_rows, to_json_value, with_known_tables
from serving.snapshot.case_files import case_files, unscored_projects
from serving.snapshot.case_handling import empty_case_handling, load_case_handling
from serving.snapshot.complaint_candidates import linked_complaints, unlinked_complaints
from serving.snapshot.deposit_advice import load_deposit_advice
from serving.snapshot.evidence_records import evidence_keys, load_evidence_records
from serving.snapshot.legal_duties import (
    load_legal_duties,
    office_flags,
    projects_with_duties,
)
from serving.snapshot.open_matters import closed_cases, open_matters, transferred_unlisted
from serving.snapshot.owed_by_month import (
    Owed,
    load_owed_by_month,
    owed_series,
    region_months,
)
from serving.snapshot.payment_history import load_payment_history
from serving.snapshot.project_facts import load_contracts, load_project_facts
from serving.snapshot.similar_projects import similar_projects
from serving.snapshot.wages_owed import load_owed_teams, load_payroll_teams, owed_summary
from serving.watchlists.document import Document, ProjectRisk, Publication, TimelineItem
from serving.watchlists.snapshot import Dossiers, Snapshot

if TYPE_CHECKING:
    from models.counterfactuals import LeverEffect
    from risk.flags import RedFlag, Value

Levers = Mapping[str, Sequence["LeverEffect"]]

_FACTS = (
    *("project_name", "region_code", "sector", "funding", "owner_id", "owner_name"),
    *("contractor_id", "contractor_name", "contract_amount", "started_on", "planned_end_on"),
    *("latitude", "longitude"),
)

_VISITS = f"""
{with_known_tables("inspections")}
SELECT project_id, max(inspected_on) AS last_inspected_on,
       max(CASE WHEN arrears_found THEN inspected_on END) AS last_found_on
FROM inspections GROUP BY project_id
"""


def collect_snapshot(
    store: RecordStore,
    publication: Publication,
    levers: Levers,
    deposit_rules: Sequence[RuleTable] = (),
    law_values: Sequence[Value] = (),
    stories: Mapping[str, tuple[TimelineItem, ...]] = MappingProxyType({}),
    flags: Mapping[str, Sequence[RedFlag]] | None = None,
) -> Snapshot:
    """Collect what the pages need, as known before the publication's as_of.

    Besides the scored projects, those with a matter that is followed have a dossier, with a case
    file in ``unscored``. ``stories`` are the events of all projects, ``flags`` the red flags of all
    running projects under ``law_values``; without, those that are needed are found here.
    """
    as_of = publication.header.as_of
    facts = load_project_facts(store, as_of)
    owed = load_owed_teams(store, as_of)
    payroll_teams = load_payroll_teams(store, as_of, _payrolls_of(stories))
    listed = _register_rows(store, publication, facts, owed)
    alike = similar_projects(listed)
    contracts, months = load_contracts(store, as_of), load_payment_history(store, as_of)
    owed_then = load_owed_by_month(store, as_of)
    refs = {ref for risk in publication.risks for ref in evidence_keys(risk.assessment)}
    records = load_evidence_records(store, as_of, refs)
    linked = linked_complaints(store, as_of)
    handling = load_case_handling(store, as_of)

    risks = {risk.assessment.project_id: risk for risk in publication.risks}
    files: Mapping[str, Document] = {}

    def dossier(key: str) -> Document:
        """The dossier of a scored project, or with a case file that of one that is followed."""
        file = {"unscored": files[key]} if key in files else {}
        cited = _records(risks[key], records, facts) if key in risks else {}
        return {
            "facts": facts.get(key, {}),
            "contracts": contracts.get(key, []),
            "money": months.get(key),
            "owed_by_month": owed_series(owed_then.get(key, {})),
            "similar": alike.get(key, []),
            "levers": [_lever(one) for one in levers.get(key, ())],
            "handling": handling.get(key, empty_case_handling()),
            "teams_owed": owed.get(key, []),
            "payroll_teams": _teams_of(stories.get(key, ()), payroll_teams),
            "records": cited,
            "linked": linked.get(key, []),
            **file,
        }

    handled = {
        "matters": _of_region(open_matters(store, as_of), publication),
        "closed": _of_region(closed_cases(store, as_of), publication),
        "unlisted": _of_region(transferred_unlisted(store, as_of), publication),
    }
    followed = (
        unscored_projects([*chain(*handled.values())], risks, facts)
        if publication.header.kind == "project"
        else []
    )
    if flags is None:
        flagged = {one.project_id for one in followed} | projects_with_duties(handled["matters"])
        flags = office_flags(store, as_of, flagged, law_values)
    if followed:
        files = case_files(publication.header, followed, stories, flags)
    register = {
        "as_of": as_of.isoformat(),
        "projects": listed,
        **handled,
        "months": _region_months(store, publication, owed_then, facts),
        "duties": load_legal_duties(store, as_of, handled["matters"], law_values, flags),
        "unlinked": unlinked_complaints(store, as_of, publication.header.region),
        "deposits": {
            part: _of_region(rows, publication)
            for part, rows in load_deposit_advice(store, as_of, deposit_rules).items()
        },
    }
    return Snapshot(Dossiers([*risks, *files], dossier), register)


def _payrolls_of(stories: Mapping[str, Sequence[TimelineItem]]) -> list[str]:
    """Return the payrolls among the events of all projects."""
    events = chain.from_iterable(stories.values())
    return [one.evidence.record_id for one in events if one.evidence.table == "payrolls"]


def _region_months(
    store: RecordStore, publication: Publication, owed: Owed, facts: Mapping[str, Row]
) -> list[Row]:
    places = {key: fact.get("region_code") for key, fact in facts.items()}
    return _of_region(region_months(store, publication.header.as_of, owed, places), publication)


def _teams_of(events: Sequence[TimelineItem], teams: Mapping[str, str]) -> dict[str, str]:
    """Return the team of each payroll among ``events``, by its record_id."""
    found = [one.evidence.record_id for one in events if one.evidence.table == "payrolls"]
    return {record: teams[record] for record in found if record in teams}


def _register_rows(
    store: RecordStore,
    publication: Publication,
    facts: Mapping[str, Row],
    owed: Mapping[str, Sequence[Row]],
) -> list[Document]:
    as_of = publication.header.as_of
    visits = {row.pop("project_id"): row for row in query_rows(store, _VISITS, as_of)}
    unvisited: Row = {"last_inspected_on": None, "last_found_on": None}
    rows = []
    for risk in publication.risks:
        assessment = risk.assessment
        fact = facts.get(assessment.project_id, {})
        visit = visits.get(assessment.project_id, unvisited)
        rows.append(
            {
                "project_id": assessment.project_id,
                **{name: fact.get(name) for name in _FACTS},
                "tier": assessment.tier,
                "probability": assessment.probability,
                "workers": assessment.workers,
                "amount_at_stake": assessment.amount_at_stake,
                "flags": [flag.code for flag in assessment.red_flags],
                "rank": risk.listing.rank if risk.listing else None,
                "progress": _progress(fact, as_of),
                "owed": owed_summary(owed.get(assessment.project_id, ())),
                **{name: to_json_value(value) for name, value in visit.items()},
            }
        )
    return rows


def _progress(fact: Row, as_of: dt.date) -> float | None:
    """Return the elapsed share of the planned duration; above 1 if overrun."""
    if not fact.get("started_on") or not fact.get("planned_end_on"):
        return None
    start, end = (dt.date.fromisoformat(fact[name]) for name in ("started_on", "planned_end_on"))
    return round((as_of - start).days / (end - start).days, 3) if end > start else None


def _records(
    risk: ProjectRisk,
    records: Mapping[tuple[str, str], Mapping[str, Any]],
    facts: Mapping[str, Row],
) -> Document:
    """Return the records by ``table/record_id`` with their ``region``, None if they have none.

    A reason may cite other projects of the contractor, which not every principal may see.
    """
    found = {}
    for table, number in sorted(evidence_keys(risk.assessment)):
        record = records.get((table, number))
        if record is not None:
            place = facts.get(str(record.get("project_id")), {}).get("region_code")
            found[f"{table}/{number}"] = {"region": place, "fields": dict(record)}
    return found


def _of_region(rows: Sequence[Row], publication: Publication) -> list[Row]:
    region = publication.header.region
    return [row for row in rows if (row["region_code"] or "").startswith(region)]


def _lever(effect: LeverEffect) -> Document:
    return {"code": effect.code, "article": effect.article, "probability": effect.probability}
