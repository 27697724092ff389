"""Watchlists as PDF, typeset by Typst in this process without network access."""

from __future__ import annotations

from typing import Any

from risk.locale import Language, text
from serving.documents.typst_compiler import compile_typst
from serving.watchlists import texts
from serving.watchlists.texts import Document


def watchlist_pdf(document: Document, language: Language) -> bytes:
    """Return a list as PDF, A4 landscape. Texts are data of the template, never markup."""
    heads = ("rank", "project", "tier", "workers", "amount_at_stake", "reasons", "checks")
    return compile_typst(
        "serving.watchlists",
        "watchlist",
        {
            "title": text("exports.title", language),
            "lines": [texts.heading(document, language), *texts.warnings(document, language)],
            "heads": [texts.column(name, document, language) for name in heads],
            "rows": [_row(entry, language) for entry in document["entries"]],
            "none": text("exports.none", language),
        },
    )


def _row(entry: Document, language: Language) -> dict[str, Any]:
    amount, workers = entry["amount_at_stake"], entry["workers"]
    return {
        "rank": str(entry["rank"]),
        "project": entry["project_name"],
        "contractor": entry["contractor_name"] or "",
        "id": entry["project_id"],
        "tier": texts.word("tier", entry["tier"], language),
        "colour": entry["tier"],
        "probability": texts.percent(entry["probability"]),
        "workers": "" if workers is None else f"{workers:,}",
        "amount": "" if amount is None else f"{amount:,.0f}",
        "reasons": texts.main_reasons(entry, language),
        "checks": texts.checks(entry, language),
    }
