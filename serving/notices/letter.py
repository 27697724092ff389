"""A notice as an official letter, for rendering to DOCX, HTML and PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from risk.locale import Language, text
from serving.documents.model import Block, Cell, Document, Heading, Paragraph, Table
from serving.formatting import code_label, format_date, table_label
from serving.notices.elements_text import element_texts

Payload = Mapping[str, Any]


def build_letter(package: Payload, language: Language) -> Document:
    """Return the letter of a payload that has its ``number`` and ``sender``."""

    def say(key: str, **fields: Any) -> str:
        return text(f"notices.{key}", language, **fields)

    project = package["project"]
    blocks: list[Block] = [
        Paragraph(
            say(
                "opening",
                project=project["project_name"],
                code=project["project_id"],
                # The list of a date knows what came in before it.
                as_of=format_date(_day_before(package["as_of"]), language),
                articles=say("comma").join(package["articles"]),
            )
        ),
        Heading(1, 1, say("headings.project")),
        _facts(project, language),
        Heading(1, 2, say("headings.found")),
        *_findings(package, language),
        *_parts(package, language),
        Heading(1, 3, say("headings.asked")),
        Paragraph(package["asked"][language]),
        Paragraph(_answer(package, language)),
        Paragraph(package["limits"][language]),
    ]
    return Document(
        title=say("title", project=project["project_name"]),
        office=package["sender"],
        issue=say("number", year=package["sent_on"][:4], number=package["number"]),
        addressee=say(f"departments.{package['department']}"),
        date=dt.date.fromisoformat(package["sent_on"]),
        blocks=tuple(blocks),
        annex_title="",
        annex=(),
        notice=say("sealed"),
    )


def render_letter(package: Payload, kind: str, language: Language) -> bytes:
    """Render the letter as ``docx``, ``html`` or ``pdf``."""
    from serving.documents.formats import RENDERERS

    return RENDERERS[kind](build_letter(package, language), language)


def _day_before(day: str) -> dt.date:
    return dt.date.fromisoformat(day) - dt.timedelta(days=1)


def _answer(package: Payload, language: Language) -> str:
    """Return the request for an answer; older payloads lack ``answer_planned``."""
    key = "answer" if package.get("answer_planned", True) else "answer_unplanned"
    by = format_date(package["answer_by"], language)
    return text(f"notices.{key}", language, days=package["answer_working_days"], day=by)


def _facts(project: Payload, language: Language) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, value in project.items():
        shown: Cell = value
        if value is not None and name in ("sector", "funding"):
            shown = code_label(f"projects.{name}", value, language)
        elif value is not None and name == "contract_amount":
            shown = text("notices.yuan", language, amount=f"{value:,.2f}")
        elif value is not None and name == "labour_cost_share":
            shown = f"{value:.1%}"
        rows.append((_label(name, language), shown))
    heads = (text("notices.columns.fact", language), text("notices.columns.value", language))
    caption = text("notices.captions.project", language)
    return Table(caption, heads, tuple(rows), widths=(1.0, 2.2))


_PARTIES = {"owner_name": "owner", "contractor_name": "general_contractor"}


def _label(name: str, language: Language) -> str:
    """Return the name of a fact; parties are named by their role."""
    from serving.formatting import field_label

    if name in _PARTIES:
        return code_label("organizations.org_kind", _PARTIES[name], language)
    return field_label("projects", name, language)


def _findings(package: Payload, language: Language) -> list[Block]:
    blocks: list[Block] = []
    for finding in package["findings"]:
        known = max((ref["known_at"] for ref in finding["evidence"]), default=None)
        refs = text("notices.comma", language).join(
            f"{table_label(ref['table'], language)} {ref['record_id']}"
            for ref in finding["evidence"]
        )
        key = "finding" if known else "finding_bare"
        blocks.append(
            Paragraph(
                text(
                    f"notices.{key}",
                    language,
                    article=finding["article_label"][language],
                    finding=finding["finding"][language],
                    records=refs,
                    known=format_date(known, language),
                )
            )
        )
    for element in package["elements"]:
        words = element_texts(element, language)
        blocks.append(Paragraph(text("notices.element", language, **words)))
    return blocks


def _parts(package: Payload, language: Language) -> list[Block]:
    made: Mapping[str, Callable[[Payload], tuple[Cell, ...]]] = {
        "contracts": lambda r: (
            r["name"] or code_label("contracts.contractor_kind", r["kind"], language),
            _written(r["written"], language),
            _money(r["amount"]),
            r["signed_on"],
        ),
        "transfers": lambda r: (r["month"], _money(r["due"]), _money(r["transferred"])),
        "accounts": lambda r: (r["account_id"], r["bank"], r["opened_on"], r["closed_on"]),
        "cases": lambda r: (
            r["case_id"],
            code_label("cases.status", r["status"], language),
            r["opened_on"],
            r["workers"],
            _money(r["amount_owed"]),
            _money(r["amount_recovered"]),
        ),
        "orders": lambda r: (
            r["inspection_id"],
            r["inspected_on"],
            r["workers_owed"],
            _money(r["amount_owed"]),
            r["rectify_by"],
        ),
    }
    blocks: list[Block] = []
    for name, row in made.items():
        if package.get(name):
            heads = tuple(text(f"notices.columns.{name}", language).split("|"))
            rows = tuple(row(entry) for entry in package[name])
            blocks.append(Table(text(f"notices.captions.{name}", language), heads, rows))
    return blocks


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


def _written(written: bool | None, language: Language) -> str | None:
    if written is None:
        return None
    return text(f"pages.{'yes' if written else 'no'}", language)
