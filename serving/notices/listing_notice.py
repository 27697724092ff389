"""Notice of an intended listing on the sanction list, as a draft for the office to complete.

It states the cases and orders on record, the rule, and the right to object; it decides nothing. It
is made only where the records show what they can show of the elements and contradict none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from risk.legal_elements import elements_of
from risk.locale import Language, text
from risk.statutory_deadlines import stage_deadline
from serving.documents.model import Document, Heading, Paragraph, Table
from serving.errors import ApiError
from serving.formatting import code_label, format_date

NEEDED = ("arrears_confirmed", "order_made", "deadline_passed")
"""Elements that records can show and must."""

_CONFIRMED = ("confirmed", "transferred")


class ListingNotShown(ApiError):
    """The records do not show the elements of a listing; fields: ``project_id``, ``missing``."""

    code = "listing_not_shown"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def message(self, language: Language = "en") -> str:
        """Return the message with the titles of the missing elements."""
        codes = str(self.fields["missing"]).split(", ")
        titles = [text(f"elements.{code}.title", language) for code in codes]
        missing = text("notices.comma", language).join(titles)
        return text(f"errors.{self.code}", language, **{**self.fields, "missing": missing})


@dataclass(frozen=True)
class ListingCase:
    """What the notice is made of: a list's document of the project, its dossier, office and day."""

    document: Mapping[str, Any]
    dossier: Mapping[str, Any]
    office: str
    on: dt.date


def listing_notice(case: ListingCase, language: Language) -> Document:
    """Return the notice to the unit of the newest confirmed case.

    Raises:
        ListingNotShown: an element is not shown, or the records show the contrary of one.
    """
    _require_shown(case)

    def say(key: str, **fields: Any) -> str:
        return text(f"notices.listing.{key}", language, **fields)

    document, handling = case.document, case.dossier["handling"]
    tables = (_cases(handling, language), _orders(handling, language))
    term = stage_deadline("listing", "objection", case.on, case.on)
    known = dt.date.fromisoformat(document["as_of"]) - dt.timedelta(days=1)
    return Document(
        title=say("title"),
        office=case.office,
        issue="",
        addressee=_unit(case),
        date=case.on,
        blocks=(
            Paragraph(
                say(
                    "opening",
                    project=document["project_name"],
                    code=document["project_id"],
                    as_of=format_date(known, language),
                )
            ),
            Heading(1, 1, say("facts")),
            *(table for table in tables if table.rows),
            Heading(1, 2, say("basis")),
            Paragraph(say("rule")),
            Heading(1, 3, say("rights")),
            Paragraph(say("objection", days=term.days)),
            Paragraph(say("limits")),
        ),
        annex_title="",
        annex=(),
        notice=say("draft"),
    )


def render_listing_notice(case: ListingCase, kind: str, language: Language) -> bytes:
    """Render the notice as ``docx``, ``html`` or ``pdf``."""
    from serving.documents.formats import RENDERERS

    return RENDERERS[kind](listing_notice(case, language), language)


def _require_shown(case: ListingCase) -> None:
    as_of = dt.date.fromisoformat(case.document["as_of"])
    handling, region = case.dossier.get("handling"), case.document["region_code"]
    found = {one.code: one.standing for one in elements_of("listing", handling, region, as_of)}
    missing = [code for code in NEEDED if found.get(code) != "shown"]
    missing += [code for code, standing in found.items() if standing == "otherwise"]
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        raise ListingNotShown(project_id=case.document["project_id"], missing=names)


def _unit(case: ListingCase) -> str:
    """Return the unit of the newest confirmed case, or the general contractor of the project."""
    facts = case.dossier.get("facts") or {}
    confirmed = [row for row in case.dossier["handling"]["cases"] if row["status"] in _CONFIRMED]
    org = confirmed[-1]["org_id"] if confirmed else None
    if org is None or org == facts.get("contractor_id"):
        return str(facts.get("contractor_name") or facts.get("contractor_id") or org or "")
    return str(org)


def _cases(handling: Mapping[str, Any], language: Language) -> Table:
    rows = [
        (
            row["case_id"],
            code_label("cases.status", row["status"], language),
            row["opened_on"],
            row["workers"],
            _yuan(row["amount_owed"]),
            _yuan(row["amount_recovered"]),
        )
        for row in handling["cases"]
        if row["status"] in _CONFIRMED
    ]
    heads = tuple(text("notices.columns.cases", language).split("|"))
    return Table(text("notices.captions.cases", language), heads, tuple(rows))


def _orders(handling: Mapping[str, Any], language: Language) -> Table:
    rows = [
        (
            row["inspection_id"],
            row["inspected_on"],
            row["workers_owed"],
            _yuan(row["amount_owed"]),
            row["rectify_by"],
        )
        for row in handling["inspections"]
        if row["arrears_found"] and not row["rectified_on"]
    ]
    heads = tuple(text("notices.columns.orders", language).split("|"))
    return Table(text("notices.captions.orders", language), heads, tuple(rows))


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100
