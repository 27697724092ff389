"""Watchlists and project risks as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from risk.locale import Language, text
from serving.documents.text_table import format_table, strip_control_characters
from serving.watchlists import texts
from serving.watchlists.texts import Document

_HEADINGS = (
    "rank",
    "project",
    "contractor_name",
    "tier",
    "probability",
    "selection",
    "reasons",
    "red_flags",
    "change",
)


def watchlist_table(document: Document, language: Language) -> str:
    """Return a list as a table below a heading."""
    lines = [texts.heading(document, language), *texts.warnings(document, language)]
    headings = [texts.column(name, document, language) for name in _HEADINGS]
    rows = [_row(entry, language) for entry in document["entries"]]
    if document.get("kind", "project") != "project":
        place = _HEADINGS.index("contractor_name")
        headings, *rows = [one[:place] + one[place + 1 :] for one in (headings, *rows)]
    lines.append(
        format_table(headings, rows, right=(0, headings.index(_chance(document, language))))
    )
    if document["gone"]:
        gone = (f"{item['project_name']} ({item['project_id']})" for item in document["gone"])
        lines.append(
            strip_control_characters(text("exports.gone", language, projects=", ".join(gone)))
            + "\n"
        )
    return "\n".join(lines)


def _chance(document: Document, language: Language) -> str:
    return texts.column("probability", document, language)


def risk_text(document: Document, language: Language) -> str:
    """Return the figures, reasons, red flags and timeline of a project."""
    parts = [*_figures(document, language), *texts.warnings(document, language), ""]
    parts += _section("red_flags", _flags(document, language), language)
    parts += _section("reasons", _reasons(document, language), language)
    parts += _section("timeline", _timeline(document, language), language)
    return strip_control_characters("\n".join(parts)) + "\n"


def _row(entry: Document, language: Language) -> list[str]:
    return [
        str(entry["rank"]),
        f"{entry['project_name']}\n{entry['project_id']}",
        entry["contractor_name"] or "",
        texts.word("tier", entry["tier"], language),
        texts.percent(entry["probability"]),
        texts.word("selection", entry["selection"], language),
        "\n".join([*texts.main_reasons(entry, language), *_guess(entry, language)]),
        "\n".join(texts.flag_titles(entry, language)),
        texts.change(entry, language),
    ]


def _figures(document: Document, language: Language) -> list[str]:
    stake, owed = document["amount_at_stake"], document.get("amount_owed")
    listing = document["listing"]
    unknown = text("exports.unknown", language)
    return [
        f"{document['project_name']} ({document['project_id']})",
        text(
            "exports.figures",
            language,
            as_of=document["as_of"],
            probability=texts.percent(document["probability"]),
            tier=texts.word("tier", document["tier"], language),
            model=texts.model_name(document, language),
        ),
        text(
            "exports.stakes",
            language,
            contractor=document["contractor_name"] or unknown,
            workers=unknown if document["workers"] is None else document["workers"],
            owed=unknown if owed is None else f"{owed:,.2f}",
            amount=unknown if stake is None else f"{stake:,.2f}",
        ),
        _place(listing, language),
        *_guess(document, language),
    ]


def _guess(document: Document, language: Language) -> list[str]:
    """Return a warning if none of the kind was ever inspected."""
    note = texts.unlike_note(document, language)
    return [note] if note else []


def _place(listing: Document | None, language: Language) -> str:
    if listing is None:
        return text("exports.not_listed", language)
    selection = texts.word("selection", listing["selection"], language)
    return text("exports.listed", language, rank=listing["rank"], selection=selection)


def _section(name: str, lines: Iterator[str], language: Language) -> list[str]:
    found = list(lines) or [f"  {text('exports.none', language)}"]
    return [text(f"exports.sections.{name}", language), *found, ""]


def _reasons(document: Document, language: Language) -> Iterator[str]:
    for reason in texts.stated_reasons(document):
        sign = "exports.raises" if reason["contribution"] > 0 else "exports.lowers"
        yield f"  {text(sign, language)}  {reason['text'][language]}"
        yield from _evidence(reason, language)


def _flags(document: Document, language: Language) -> Iterator[str]:
    for flag in texts.flags_by_grade(document):
        grade = text(f"flags.grades.{flag['grade']}", language)
        yield f"  [{grade}] {flag['title'][language]} ({flag['article_label'][language]})"
        yield f"      {flag['finding'][language]}"
        yield f"      {text('exports.check', language, check=flag['check'][language])}"
        yield from _evidence(flag, language)


def _evidence(statement: Document, language: Language) -> Iterator[str]:
    if statement["evidence"]:
        records = ", ".join(f"{e['table']} {e['record_id']}" for e in statement["evidence"])
        yield f"      {text('exports.evidence', language, records=records)}"


def _timeline(document: Document, language: Language) -> Iterator[str]:
    for item in document["timeline"]:
        yield f"  {item['date']}  {item['text'][language]}"
