"""Both catalogues are complete, take the same fields and follow the rules of risk.locale."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string

import pytest

from risk.errors import WagewatchError
from risk.locale import LANGUAGES, catalogue, fill

FLOORS = ("risk", "features", "models", "training", "serving")


def fields_of(wording: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(wording) if name}


def all_failures() -> set[type[WagewatchError]]:
    for floor in FLOORS:
        package = importlib.import_module(floor)
        for module in pkgutil.walk_packages(package.__path__, f"{floor}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    found, todo = set(), [WagewatchError]
    while todo:
        children = todo.pop().__subclasses__()
        found.update(children)
        todo.extend(children)
    return {failure for failure in found if failure.__module__.split(".")[0] in FLOORS}


def test_both_languages_have_the_same_keys():
    assert set(catalogue("zh")) == set(catalogue("en"))


# Ten thousand yuan are a unit of their own in Chinese only.
MONEY_KEYS = {"values.wan"}


# One test: to hand out one for each of four thousand keys took longer than to check them all.
def test_both_texts_take_the_same_fields():
    zh, en = map(catalogue, LANGUAGES)
    keys = set(zh) - MONEY_KEYS
    assert len(keys) > 4_000
    assert {
        key: (zh[key], en[key]) for key in keys if fields_of(zh[key]) != fields_of(en[key])
    } == {}


def test_every_error_has_a_text_in_both_languages():
    codes = {failure.code for failure in all_failures() if failure.code != "error"}
    assert len(codes) > 20
    for language in LANGUAGES:
        assert {code for code in codes if f"errors.{code}" not in catalogue(language)} == set()


# Sections whose texts are part of published or archived documents.
SEALED: frozenset[str] = frozenset(
    (
        *("briefing", "campaigns", "card", "deposits", "digest", "elements", "exports", "fairness"),
        *("flags", "notices", "reasons", "simulator", "timeline", "values", "watchlist", "words"),
    )
)

# Fields at the end of a message whose value is a text of its own.
FILLED_IN = ("{detail}", "{hint}", "{problems}", "{reasons}", "{why}")

# The reason stored with a rollback: it is part of the model's history.
STORED = {"cli.rollback_reason"}


def open_keys(*sections: str) -> list[str]:
    """Keys whose texts may change, of ``sections`` or of all."""
    keys = [key for key in catalogue("en") if key.split(".")[0] not in SEALED]
    found = [key for key in keys if not sections or key.split(".")[0] in sections]
    assert len(found) > 3
    return found


def is_sentence(text: str) -> bool:
    return text.rstrip().endswith((".", "?", "!", "。", "？", "！"))


def starts_lower(text: str) -> bool:
    return text[:1].islower()


def test_a_text_is_a_sentence_in_both_languages_or_in_none():
    zh, en = (catalogue(language) for language in LANGUAGES)
    assert [key for key in open_keys() if is_sentence(zh[key]) != is_sentence(en[key])] == []


def test_english_sentences_start_with_a_capital():
    en = catalogue("en")
    sentences = [key for key in open_keys() if is_sentence(en[key])]
    assert len(sentences) > 100
    assert [key for key in sentences if starts_lower(en[key])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_and_problems_are_sentences(language):
    texts = catalogue(language)
    keys = [key for key in open_keys("errors", "problems") if not key.split(".")[1].isdigit()]
    assert len(keys) > 100
    assert [k for k in keys if not is_sentence(texts[k]) and not texts[k].endswith(FILLED_IN)] == []
    assert [key for key in keys if starts_lower(texts[key])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_command_help_is_made_of_capitalised_phrases(language):
    texts = catalogue(language)
    keys = open_keys("help")
    assert len(keys) > 50
    assert [key for key in keys if is_sentence(texts[key])] == []
    if language == "en":
        assert [key for key in keys if starts_lower(texts[key])] == []


def test_allowed_values_are_phrases_in_lower_case():
    en = catalogue("en")
    keys = open_keys("allowed", "parameters")
    assert len(keys) > 30
    assert [key for key in keys if is_sentence(en[key]) or en[key][:1].isupper()] == []


def test_messages_of_the_command_line_start_with_a_capital():
    en = catalogue("en")
    keys = [key for key in open_keys("cli") if key.count(".") == 1 and key not in STORED]
    assert len(keys) > 30
    assert [key for key in keys if starts_lower(en[key])] == []


COMMAND = re.compile(r"wagewatch [a-z]|(?<![\w-])--[a-z]|import --try|records look|pip install")
IN_TERMINALS_ONLY = {
    *(
        "analysis_missing",
        "cannot_listen",
        "inputs_lost",
        "known_on_in_future",
        "no_feature_files",
        "span_empty",
    ),
    *(
        "archive_unknown",
        "nothing_to_judge",
        "race_open",
        "spark_missing",
        "too_few_events",
        "tracking_failed",
    ),
    *("scores_incomplete", "scores_missing", "scores_of_other_cohort", "scores_of_other_features"),
    *("scores_of_other_model", "scores_of_other_records", "scores_unreadable"),
    *("shared_models_of_other_kind", "shared_models_unreadable", "too_few_events_to_share"),
}
"""Errors of commands that no page and no job starts."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_command(language):
    """What names a command has a text of its own for pages."""
    texts = catalogue(language)
    for key, wording in texts.items():
        family, _, code = key.rpartition(".")
        if not COMMAND.search(wording) or code in IN_TERMINALS_ONLY:
            continue
        assert not key.startswith(("pages.", "exports.ranking.offer", "checks.")), key
        shown = {"errors": "pages.failures", "intake.note": "pages.notes"}.get(family)
        assert shown is None or f"{shown}.{code}" in texts, key


@pytest.mark.parametrize("family", ["failures", "notes"])
def test_texts_of_pages_take_fields_of_the_error(family):
    texts = catalogue("zh")
    usual = {"failures": "errors", "notes": "intake.note"}[family]
    for key in (key for key in texts if key.startswith(f"pages.{family}.")):
        other = texts.get(f"{usual}.{key.rpartition('.')[2]}", "")
        assert fields_of(texts[key]) <= fields_of(other), key


# Sections of pages, briefings and letters; messages of the terminal say "2 row(s)".
NUMBERED = ("briefing", "campaigns", "deposits", "links", "notices", "pages")
_BETWEEN = r"(?:(?!of |and |no |from |that |with |has |holds |project |order )[a-z-]+ ){0,2}"
OF_ONE = re.compile(
    rf"(?<![\d.,-])1 {_BETWEEN}(?:cases|complaints|contracts|contractors|days|disputes|employers"
    r"|entries|events|files|groups|inspections|lists|matters|months|orders|owners|people|projects"
    r"|records|rows|tables|teams|times|units|visits|watchlists|workers|years)\b"
)
"""One and a noun in the plural, with at most two words between them."""
AGREES = re.compile(r"(?<![\d.,-])1 (?:more |of them |[a-z]+ )?(?:are|were|have|concern)\b")
NEVER_ONE = {
    "briefing.charts.places_first": "said of twelve places",
    "briefing.key_partly": "projects that share a score are two at least",
    "briefing.key_unranked": "projects that share a score are two at least",
    "pages.briefings.done": "a period",
    "pages.campaign.groups": "of 10 and of 50",
    "pages.failures.list_archived": "a date",
    "pages.figures.odds.employer": "of 10 or of 100",
    "pages.figures.odds.project": "of 10 or of 100",
    "pages.matter.group": "of 10 and of 50",
    "pages.owed_teams": "said of two teams at least",
}


def test_english_numbers_agree_with_their_nouns():
    en = catalogue("en")
    keys = [key for key in en if key.split(".")[0] in NUMBERED and key not in NEVER_ONE]
    said = {key: fill(en[key], **dict.fromkeys(fields_of(en[key]), 1)) for key in keys}
    assert len(said) > 900
    assert {k: t for k, t in said.items() if OF_ONE.search(t) or AGREES.search(t)} == {}


def test_two_forms_differ_and_are_for_english_alone():
    forms = {
        key: [spec for _, _, spec, _ in string.Formatter().parse(wording) if spec and "|" in spec]
        for key, wording in catalogue("en").items()
    }
    assert sum(map(bool, forms.values())) > 50
    for key, specs in forms.items():
        assert all(len(set(spec.split("|"))) == 2 for spec in specs), key
    assert not any(re.search(r"\{\w+:[^}]*\|", wording) for wording in catalogue("zh").values())
