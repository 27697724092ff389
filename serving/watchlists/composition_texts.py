"""The composition of a list in words: names of its groups, reasons and red flags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from features.feature_sets import FEATURE_SETS
from risk.locale import Language, text
from risk.unit_kinds import Kind
from serving.documents.text_table import format_table, strip_control_characters
from serving.formatting import code_label, format_yuan
from serving.watchlists import texts
from serving.watchlists.schemas import Composition, GroupShare, ReasonCount, Stability

Document = Mapping[str, Any]
_GROUPS = ("attribute", "group", "scored", "expected", "listed", "proportionate")
_REASONS = ("entries", "urgent", "workers", "amount_owed", "red_flags", "factors")


def group_label(share: GroupShare, language: Language, place: Callable[[str], str] = str) -> str:
    """Return the name of a group; ``place`` returns that of a region."""
    if share.group is None:
        return text("exports.unknown", language)
    if share.attribute == "region":
        return place(share.group)
    if share.attribute == "size":
        return text(f"exports.unlike.sizes.{share.group}", language)
    return code_label(f"projects.{share.attribute}", share.group, language)


def reasons_text(
    counts: Sequence[ReasonCount], names: Mapping[str, str], language: Language
) -> str:
    """Return reasons with the number of their entries, most frequent first."""
    parts = [f"{names.get(one.code, one.code)} {one.entries}" for one in counts]
    return text("notices.comma", language).join(parts)


def feature_names(kind: Kind, language: Language) -> Mapping[str, str]:
    """Return the names of the features of a kind of unit."""
    return {
        feature.name: feature.zh if language == "zh" else feature.en
        for feature in FEATURE_SETS[kind].features
    }


def flag_names(flags: Sequence[Document], language: Language) -> Mapping[str, str]:
    """Return the titles of red flags by code, as suspicions."""
    return {flag["code"]: texts.flag_title(flag, language) for flag in flags}


def stability_text(found: Stability | None, language: Language) -> str:
    """Return what a list shares with the previous one."""
    if found is None:
        return text("exports.composition.no_previous", language)
    lines = [
        text(
            "exports.composition.remaining",
            language,
            previous=found.previous,
            entries=found.entries,
            remaining=found.remaining,
        )
    ]
    if found.compared and found.shared is not None:
        lines.append(
            text(
                "exports.composition.same_reasons",
                language,
                compared=found.compared,
                first=found.same_first,
                shared=f"{found.shared:.0%}",
            )
        )
    return ("" if language == "zh" else " ").join(lines)


def composition_text(document: Document, found: Composition, language: Language) -> str:
    """Return the composition of a list for the terminal."""
    heads = [text(f"exports.composition.{name}", language) for name in _GROUPS]
    groups = [_group_row(one, language) for one in found.groups]
    by = text(f"exports.composition.by.{found.reasons_by}", language)
    columns = [by, *(text(f"exports.composition.{name}", language) for name in _REASONS)]
    parts = [
        texts.heading(document, language),
        format_table(heads, groups, right=(2, 3, 4, 5))
        if groups
        else text("exports.composition.no_groups", language),
        format_table(columns, list(_reason_rows(document, found, language)), right=(1, 2, 3, 4)),
        stability_text(found.stability, language),
    ]
    return strip_control_characters("\n".join(parts)) + "\n"


def _group_row(share: GroupShare, language: Language) -> list[str]:
    return [
        text(f"exports.composition.attributes.{share.attribute}", language),
        group_label(share, language),
        str(share.scored),
        f"{share.expected:.1f}",
        str(share.listed),
        f"{share.proportionate:.1f}",
    ]


def _reason_rows(document: Document, found: Composition, language: Language) -> Iterator[list[str]]:
    features = feature_names(found.kind, language)
    every = [flag for entry in document["entries"] for flag in entry["red_flags"]]
    flags = flag_names(every, language)
    unknown = text("exports.unknown", language)
    for one in found.reasons:
        yield [
            one.group or unknown,
            str(one.entries),
            str(one.urgent),
            unknown if one.workers is None else str(one.workers),
            unknown if one.amount_owed is None else format_yuan(one.amount_owed, language),
            reasons_text(one.red_flags, flags, language),
            reasons_text(one.reasons, features, language),
        ]
