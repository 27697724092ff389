"""A package as an official letter; Word, HTML and PDF are renderings of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from risk.locale import Language, text
from serving.documents.model import Block, Cell, Grid, Heading, Paper, Paragraph
from serving.formatting import coded, day, table_name
from serving.notices.elements_text import element_words

Document = Mapping[str, Any]


def letter(package: Document, language: Language) -> Paper:
    """The letter of a package that has its ``number`` and ``sender``."""

    def say(key: str, **fields: Any) -> str:
        return text(f"notices.{key}", language, **fields)

    project = package["project"]
    blocks: list[Block] = [
        Paragraph(
            say(
                "opening",
                project=project["project_name"],
                code=project["project_id"],
                as_of=day(package["as_of"], language),
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
    return Paper(
        title=say("title", project=project["project_name"]),
        office=package["sender"],
        issue=say("number", year=package["sent_on"][:4], number=package["number"]),
        addressee=say(f"departments.{package['department']}"),
        dated=dt.date.fromisoformat(package["sent_on"]),
        blocks=tuple(blocks),
        annex_title="",
        annex=(),
        notice=say("sealed", digest=package["list_digest"][:16]),
    )


def as_file(package: Document, kind: str, language: Language) -> bytes:
    """The letter as ``docx``, ``html`` or ``pdf``."""
    from serving.documents.formats import FORMATS

    return FORMATS[kind](letter(package, language), language)


def _answer(package: Document, language: Language) -> str:
    """By when an answer is asked for; letters made before this was kept say nothing of the plan."""
    key = "answer" if package.get("answer_planned", True) else "answer_unplanned"
    by = day(package["answer_by"], language)
    return text(f"notices.{key}", language, days=package["answer_working_days"], day=by)


def _facts(project: Document, language: Language) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    for name, value in project.items():
        shown: Cell = value
        if value is not None and name in ("sector", "funding"):
            shown = coded(f"projects.{name}", value, language)
        elif value is not None and name == "contract_amount":
            shown = f"{value:,.2f}"
        elif value is not None and name == "labour_cost_share":
            shown = f"{value:.1%}"
        rows.append((_label(name, language), shown))
    heads = (text("notices.columns.fact", language), text("notices.columns.value", language))
    caption = text("notices.captions.project", language)
    return Grid(caption, heads, tuple(rows), widths=(1.0, 2.2))


_PARTIES = {"owner_name": "owner", "contractor_name": "general_contractor"}


def _label(name: str, language: Language) -> str:
    """What a fact is called; a party by what it is, not by its code's heading."""
    from serving.formatting import heading

    if name in _PARTIES:
        return coded("organizations.org_kind", _PARTIES[name], language)
    return heading("projects", name, language)


def _findings(package: Document, language: Language) -> list[Block]:
    blocks: list[Block] = []
    for one in package["findings"]:
        known = max((ref["known_at"] for ref in one["evidence"]), default=None)
        refs = text("notices.comma", language).join(
            f"{table_name(ref['table'], language)} {ref['record_id']}" for ref in one["evidence"]
        )
        key = "finding" if known else "finding_bare"
        blocks.append(
            Paragraph(
                text(
                    f"notices.{key}",
                    language,
                    title=one["title"][language],
                    article=one["article_label"][language],
                    finding=one["finding"][language],
                    records=refs,
                    known=day(known, language),
                )
            )
        )
    for element in package["elements"]:
        words = element_words(element, language)
        blocks.append(Paragraph(text("notices.element", language, **words)))
    return blocks


def _parts(package: Document, language: Language) -> list[Block]:
    made: Mapping[str, Callable[[Document], tuple[Cell, ...]]] = {
        "contracts": lambda r: (
            r["name"] or coded("contracts.contractor_kind", r["kind"], language),
            _written(r["written"], language),
            _money(r["amount"]),
            r["signed_on"],
        ),
        "transfers": lambda r: (r["month"], _money(r["due"]), _money(r["transferred"])),
        "accounts": lambda r: (r["account_id"], r["bank"], r["opened_on"], r["closed_on"]),
        "cases": lambda r: (
            r["case_id"],
            coded("cases.status", r["status"], language),
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
            rows = tuple(row(one) for one in package[name])
            blocks.append(Grid(text(f"notices.captions.{name}", language), heads, rows))
    return blocks


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


def _written(written: bool | None, language: Language) -> str | None:
    if written is None:
        return None
    return text(f"pages.{'yes' if written else 'no'}", language)
