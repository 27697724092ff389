"""Texts for the codes in sealed documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from risk.flags.grades import COUNTED, GRADES, Grade, grade_of
from risk.locale import Language, catalogue, text
from serving.watchlists.ranking import ranking_notes, ranking_of

Document = Mapping[str, Any]

SHOWN_REASONS = 2
_OF_RECORDS = ("未见", "记录", "登记", "No ", "Not ", "ecorded", "egistered", "on record")
"""Words of titles that speak of the records only."""


def word(kind: str, code: str, language: Language) -> str:
    """Return the text of a code of ``kind`` (tier, selection, change); the code itself if unknown.

    A sealed list may hold codes of another version of the program.
    """
    key = f"exports.{kind}.{code}"
    return text(key, language) if key in catalogue(language) else code


def percent(share: float | None) -> str:
    """Return a share as a percentage with one decimal; empty for None."""
    return "" if share is None else f"{share:.1%}"


def main_reasons(entry: Document, language: Language, most: int = SHOWN_REASONS) -> list[str]:
    """Return the ``most`` weightiest facts: those of red flags by grade, then those of the model.

    If there are none, the result says so.
    """
    found = [*facts(entry, language), *factors(entry, language)][:most]
    return found or [text("exports.no_facts", language)]


def facts(entry: Document, language: Language) -> list[str]:
    """Return what the records show of the red flags, people and money first, without papers."""
    return [flag["finding"][language] for flag in stated_flags(flags_by_grade(entry))]


def stated_flags(graded: Sequence[Document]) -> list[Document]:
    """Return those of the red flags by grade whose facts are stated: all but papers."""
    return [flag for flag in graded if flag["grade"] != Grade.PAPERS]


def factors(entry: Document, language: Language) -> list[str]:
    """Return the facts that raise the model's score, strongest first.

    Reasons that state none, and all of version 1, are left out: they cannot be argued.
    """
    stated = [
        reason
        for reason in entry["reasons"]
        if reason["contribution"] > 0 and reason.get("basis") == "fact"
    ]
    stated.sort(key=lambda reason: -reason["contribution"])
    return [reason["text"][language] for reason in stated]


def stated_reasons(document: Document) -> list[Document]:
    """Return the reasons that state a fact or what was not reported, strongest first."""
    shown = ("fact", "not_reported")
    return [reason for reason in document["reasons"] if reason.get("basis") in shown]


def flags_by_grade(entry: Document) -> list[dict[str, Any]]:
    """Return the red flags with their ``grade``, most serious grade first.

    Flags of version 1 were sealed without one and get that of today.
    """
    graded = [
        {**flag, "grade": flag.get("grade") or grade_of(flag["code"])}
        for flag in entry["red_flags"]
    ]
    return sorted(graded, key=lambda flag: GRADES.index(Grade(flag["grade"])))


def counted_flags(entry: Document) -> list[dict[str, Any]]:
    """Return the red flags that count as signs of arrears: people and money."""
    return [flag for flag in flags_by_grade(entry) if flag["grade"] in COUNTED]


def flag_titles(entry: Document, language: Language) -> list[str]:
    """Return the titles of the red flags about people and money."""
    return [flag_title(flag, language) for flag in counted_flags(entry)]


def flag_title(flag: Document, language: Language, state: str | None = None) -> str:
    """Return the title of a red flag, as suspected until a visit confirms it.

    What the office itself recorded (complaints, orders) and what is said to be missing from the
    records is not a suspicion.
    """
    title: str = flag["title"][language]
    by_office = (flag.get("grade") or grade_of(flag["code"])) == Grade.PEOPLE
    if state == "confirmed" or by_office or any(word in title for word in _OF_RECORDS):
        return title
    return text("exports.suspected", language, title=title)


def checks(entry: Document, language: Language) -> list[str]:
    """Return what to check on site for the red flags, those about papers in passing."""
    return [
        text("exports.in_passing", language, check=flag["check"][language])
        if flag["grade"] == Grade.PAPERS
        else flag["check"][language]
        for flag in flags_by_grade(entry)
    ]


def change(entry: Document, language: Language) -> str:
    """Return the change since the previous list, with the rank there."""
    note = entry["change"]
    label = word("change", note["kind"], language)
    if note["from_rank"] is None or note["kind"] == "new":
        return label
    return text("exports.change_from", language, change=label, rank=note["from_rank"])


def unlike(entry: Document, language: Language) -> str:
    """Return "yes" if none of the kind was ever inspected, else an empty text."""
    return text("exports.yes", language) if entry.get("unlike_inspected") else ""


def unlike_note(entry: Document, language: Language) -> str:
    """Return what of the kind was never inspected, and with how many it was compared."""
    found = entry.get("unlike")
    if not entry.get("unlike_inspected"):
        return ""
    if found is None:  # sealed before the kind was
        return text("exports.unlike_inspected", language)
    if found.get("township"):
        return text("exports.unlike.employer", language, **found)
    names = [
        text(f"exports.unlike.{name}", language, value=_kind_word(name, found[name], language))
        for name in ("sector", "funding", "size")
    ]
    kind = text("notices.comma", language).join(names)
    return text("exports.unlike.project", language, kind=kind, inspected=found["inspected"])


def _kind_word(name: str, code: str | None, language: Language) -> str:
    from risk.contract import TABLES

    if code is None:
        return text("exports.unknown", language)
    if name == "size":
        return word("unlike.sizes", code, language)
    values = TABLES["projects"].field(name).values
    return values.get(code, code) if language == "zh" else code.replace("_", " ")


def column(name: str, document: Document, language: Language) -> str:
    """Return the heading of a column for the kind of unit listed."""
    own = f"exports.{document.get('kind', 'project')}_columns.{name}"
    key = own if own in catalogue(language) else f"exports.columns.{name}"
    return text(key, language)


def joined(parts: Sequence[str], language: Language) -> str:
    """Return several texts joined for one cell, without their full stops."""
    return ("；" if language == "zh" else "; ").join(part.rstrip("。.") for part in parts)


def heading(document: Document, language: Language) -> str:
    """Return one line with date, region and model of a list."""
    return text(
        "exports.heading",
        language,
        as_of=document["as_of"],
        region=document["region"] or text("exports.everywhere", language),
        entries=len(document["entries"]),
        cohort=document["cohort"],
        model=model_name(document, language),
    )


def model_name(document: Document, language: Language) -> str:
    """Return kind and version of the model of a document."""
    model = document["model"]
    return f"{word('model', model['kind'], language)} {model['version']}"


def warnings(document: Document, language: Language) -> list[str]:
    """Return warnings about the figures: too little to rank, scorecard used, feeds missing."""
    found = []
    if "entries" in document:
        found += ranking_notes(document.get("ranking") or ranking_of(document), language)
    if document["model"]["note"]:
        found.append(document["model"]["note"][language])
    if document["missing_feeds"]:
        names = [_table_name(name, language) for name in document["missing_feeds"]]
        tables = text("notices.comma", language).join(names)
        found.append(text("exports.missing_feeds", language, tables=tables))
    return found


def _table_name(table: str, language: Language) -> str:
    from risk.contract import TABLES

    return TABLES[table].zh if language == "zh" and table in TABLES else table
