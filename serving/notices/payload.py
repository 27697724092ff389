"""Payload of a notice: the part of a published list that concerns one department."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from risk.calendar.working_days import add_working_days
from risk.departments import Department, departments
from risk.legal_elements import elements_of
from risk.locale import LANGUAGES, text
from serving.errors import ApiError
from serving.notices.elements_text import element_to_dict

Document = Mapping[str, Any]

MOST_MONTHS = 12
_CASE_FIELDS = (
    *("case_id", "status", "opened_on", "confirmed_on", "transferred_on"),
    *("workers", "amount_owed", "amount_recovered"),
)
_INSPECTION_FIELDS = (
    *("inspection_id", "inspected_on", "workers_owed", "amount_owed", "rectify_by"),
)


class NothingToNotify(ApiError):
    """The records show nothing that concerns the department."""

    code = "nothing_to_notify"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def message(self, language: Any = "en") -> str:
        """Return the message in ``language``."""
        fields = {**self.fields}
        fields["why"] = text(f"notices.refused.{fields['why']}", language)
        fields["department"] = text(f"notices.departments.{fields['department']}", language)
        return text(f"errors.{self.code}", language, **fields)


def build_payload(
    department: str, risk: Document, dossier: Document | None, list_digest: str, sent_on: dt.date
) -> dict[str, Any]:
    """Build the payload for ``department`` on a project as of a list; money in yuan.

    ``risk`` is the sealed risk, ``dossier`` the snapshot stored with it (None: there is none).
    ``answer_planned`` is False if the holiday plan of a year up to ``answer_by`` was not known.

    Raises:
        NothingToNotify: the department does not supervise the project, or no finding concerns it.
    """
    to = departments()[department]
    found = dossier or {}
    facts = found.get("facts") or {}
    flags = [flag for flag in risk["red_flags"] if flag["code"] in to.flags]
    elements = _elements(to, risk, found)
    if not to.supervises(facts.get("sector"), facts.get("funding")):
        why = "unknown_facts" if _unknown(to, facts) else "not_its_own"
        raise NothingToNotify(department=department, project_id=risk["project_id"], why=why)
    if not flags or (to.elements and not _suspected(elements)):
        raise NothingToNotify(department=department, project_id=risk["project_id"], why="nothing")
    answer_by = add_working_days(sent_on, to.answer_working_days)
    return {
        "department": department,
        "articles": list(to.articles),
        "as_of": risk["as_of"],
        "list_digest": list_digest,
        "sent_on": sent_on.isoformat(),
        "answer_by": answer_by.day.isoformat(),
        "answer_working_days": to.answer_working_days,
        "answer_planned": answer_by.planned,
        "project": {name: _fact(name, facts) for name in to.facts},
        "findings": [_finding(flag) for flag in flags],
        "elements": elements,
        **_parts(to, found),
        "asked": {la: text(f"notices.asked.{department}", la) for la in LANGUAGES},
        "limits": {la: text("notices.limits", la) for la in LANGUAGES},
        "missing_feeds": list(risk["missing_feeds"]),
    }


def seal(package: Document) -> tuple[bytes, str]:
    """Return the payload as canonical JSON bytes, and their SHA-256."""
    body = json.dumps(package, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return body, hashlib.sha256(body).hexdigest()


def _unknown(to: Department, facts: Document) -> bool:
    return bool(
        (to.sectors and facts.get("sector") is None)
        or (to.funding and facts.get("funding") is None)
    )


def _fact(name: str, facts: Document) -> Any:
    value = facts.get(name)
    return value / 100 if name == "contract_amount" and value is not None else value


def _finding(flag: Document) -> dict[str, Any]:
    kept = ("code", "article", "article_label", "title", "finding")
    return {**{name: flag[name] for name in kept}, "evidence": list(flag["evidence"])}


def _elements(to: Department, risk: Document, found: Document) -> list[dict[str, Any]]:
    if not to.elements:
        return []
    as_of = dt.date.fromisoformat(risk["as_of"])
    elements = elements_of("crime", found.get("handling"), risk["region_code"], as_of)
    return [element_to_dict(element) for element in elements]


def _suspected(elements: list[dict[str, Any]]) -> bool:
    """Whether the records show all elements they can show, and contradict none."""
    by = {element["code"]: element["standing"] for element in elements}
    needed = ("arrears_confirmed", "order_made", "deadline_passed")
    return all(by[code] == "shown" for code in needed) and "otherwise" not in by.values()


def _parts(to: Department, found: Document) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if "contracts" in to.parts:
        parts["contracts"] = [_contract(contract) for contract in found.get("contracts") or ()]
    if "transfers" in to.parts:
        parts["transfers"] = _transfers(found.get("money"))
    handling = found.get("handling") or {}
    if "accounts" in to.parts:
        parts["accounts"] = [dict(account) for account in handling.get("accounts", ())]
    if "cases" in to.parts:
        parts["cases"] = [_kept(case, _CASE_FIELDS) for case in handling.get("cases", ())]
        parts["orders"] = [
            _kept(inspection, _INSPECTION_FIELDS)
            for inspection in handling.get("inspections", ())
            if inspection["arrears_found"]
        ]
    return parts


def _contract(contract: Document) -> dict[str, Any]:
    # A natural person as contractor is not named; what matters is that it is a person.
    named = {**contract, "name": contract["name"] if contract["kind"] == "company" else None}
    kept = ("id", "parent", "name", "kind", "written", "amount", "signed_on")
    return _kept(named, kept)


def _transfers(money: Document | None) -> list[dict[str, Any]]:
    """Return labour cost due and transferred in the last months with any due, in yuan."""
    if not money:
        return []
    rows = zip(money["months"], money["transfer_due"], money["transferred"], strict=True)
    return [
        {"month": month, "due": due / 100, "transferred": None if paid is None else paid / 100}
        for month, due, paid in rows
        if due is not None
    ][-MOST_MONTHS:]


def _kept(row: Document, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: row[name] / 100 if name.startswith("amount") and row.get(name) else row.get(name)
        for name in names
    }
