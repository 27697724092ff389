"""Remarks on the scoring model that are sealed with a list, as fields and as its note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from risk.locale import LANGUAGES, Language, text
from serving.completeness_text import completeness_note
from serving.watchlists.document import LocalizedText, ModelInfo, ModelRemarks
from training.event_counts import SCORECARD_BELOW

if TYPE_CHECKING:
    from risk.unit_kinds import Kind
    from serving.publishing.used_model import UsedModel


def model_info(
    model: UsedModel,
    kind: Kind = "project",
    *,
    with_remarks: bool = True,
    with_events_needed: bool = True,
) -> ModelInfo:
    """Return the model with its note; without remarks only a scorecard has one.

    Without the events needed a scorecard's note is that of older seals.
    """
    remarks = model_remarks(model) if with_remarks else None
    notes = {
        one: text("exports.model_notes.gap", one).join(
            [
                *_sentences(model, remarks, kind, one),
                *_on_scorecard(model, one, with_events_needed=with_events_needed),
            ]
        )
        for one in LANGUAGES
    }
    note = LocalizedText(notes["zh"], notes["en"]) if notes["en"] else None
    return ModelInfo(model.name, model.version, model.kind, note, remarks)


def model_remarks(model: UsedModel) -> ModelRemarks:
    """Return the remarks that follow from the metadata stored with ``model``."""
    about = model.about
    gate = (about.get("evidence") or {}).get("gate") or {}
    stand_in = about.get("stand_in")
    return ModelRemarks(
        instead_of=stand_in["instead_of"] if stand_in else None,
        lost_tables=tuple(stand_in["tables"]) if stand_in else (),
        lost_features=len(stand_in["features"]) if stand_in else 0,
        stale_since=model.stale_since,
        rejected=tuple(about.get("rejected") or ()),
        failed_checks=tuple(
            check["name"]
            for check in gate.get("checks", ())
            if not (check["passed"] or check.get("undecided"))
        ),
        redefined=model.redefined,
    )


def _sentences(
    model: UsedModel, remarks: ModelRemarks | None, kind: Kind, language: Language
) -> Iterator[str]:
    def say(key: str, **fields: object) -> str:
        return text(f"exports.model_notes.{key}", language, **fields)

    if remarks is not None:
        yield from _on_inputs(remarks, say, language)
        for other in remarks.rejected:
            name = say(f"kinds.{other['kind']}")
            yield say("rejected", kind=name, checks=_checks(other["failed"], language))
        if remarks.failed_checks:
            yield say("failed", checks=_checks(remarks.failed_checks, language))
        if remarks.redefined is None:
            yield say("definitions_unknown")
        elif remarks.redefined:
            yield say("redefined", families=family_names(remarks.redefined, kind, language))
        completeness = model.about.get("completeness")
        if completeness and completeness["notable"]:
            yield completeness_note(completeness, language)


def _on_scorecard(
    model: UsedModel, language: Language, *, with_events_needed: bool
) -> Iterator[str]:
    if model.kind != "scorecard":
        return
    if not with_events_needed:
        yield text("exports.scorecard_note", language, events=model.events)
    elif model.events < SCORECARD_BELOW:
        key = "exports.scorecard_few" if model.events else "exports.scorecard_none"
        yield text(key, language, events=model.events, least=SCORECARD_BELOW)
    else:
        yield text("exports.scorecard_used", language)


def _on_inputs(remarks: ModelRemarks, say: Any, language: Language) -> Iterator[str]:
    if remarks.stale_since:
        yield say("stale", day=remarks.stale_since)
    if remarks.instead_of is None:
        return
    fields = {"instead_of": remarks.instead_of, "features": remarks.lost_features}
    if not remarks.lost_tables:
        yield say("columns_lost", **fields)
        return
    tables = _joined((_table(one, say, language) for one in remarks.lost_tables), language)
    yield say("stand_in", tables=tables, **fields)


def _table(one: Mapping[str, Any], say: Any, language: Language) -> str:
    name = text(f"check.tables.{one['table']}", language)
    if one["newest"] is None:
        return str(say("gone", table=name))
    return str(say("stopped", table=name, newest=one["newest"]))


def _checks(names: Iterable[str], language: Language) -> str:
    return _joined((text(f"card.gate.checks.{name}", language) for name in names), language)


def family_names(names: Iterable[str], kind: Kind, language: Language) -> str:
    """Return the families in words."""
    from features.feature_sets import FEATURE_SETS

    by_name = {family.name: family for family in FEATURE_SETS[kind].families}
    found = [by_name[name] for name in names if name in by_name]
    return _joined((one.zh if language == "zh" else one.en for one in found), language)


def _joined(words: Iterable[str], language: Language) -> str:
    return text("notices.comma", language).join(words)
