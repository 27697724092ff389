"""Replay of lists of an older seal version: the bytes verify, what changed is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from models.base import FeaturesMissing
from models.registry import Registry
from models.scorecard import Scorecard
from risk.flags.office_values import from_document
from risk.locale import LANGUAGES
from risk.store.store import RecordStore
from serving.db.append_only import unprotect
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.tables import PROJECT_RISKS, WATCHLISTS
from serving.publishing.context import PublishRequest
from serving.publishing.hooks import publish_context
from serving.publishing.pipeline import collect_inputs
from serving.publishing.publication_builder import build_publication
from serving.publishing.replay import LIST, _sealed_flags, replay
from serving.publishing.replay_commands import show_replay
from serving.publishing.replay_comparison import ListDocuments, compare_versions
from serving.publishing.repository import store_publication
from serving.settings import load_settings
from serving.terminal.context import CliContext
from serving.watchlists.archived import ListArchived
from serving.watchlists.document import EvidenceRef, LocalizedText, SealedFlag
from serving.watchlists.schemas import Watchlist
from serving.watchlists.seal_version import FEATURES_SINCE, FLAGS_SINCE, SEAL_VERSION

from ...conftest import thorough
from ..conftest import LISTS, PUBLISHED_AT, make_publication

AS_OF = LISTS[0]
NEXT = SEAL_VERSION + 1


def _quiet(step, share):
    assert 0 <= share <= 1, step


@pytest.fixture
def context(office, tmp_path):
    """A context over the records of the office and an empty service database."""
    with (
        Database(f"sqlite:///{tmp_path / 'service.sqlite'}") as database,
        RecordStore(office.records, read_only=True) as store,
    ):
        yield publish_context(office, store, database, load_settings(office))


@pytest.fixture(scope="module")
def inputs(office, tmp_path_factory):
    """What the list of the office is built from, read once for all tests."""
    path = tmp_path_factory.mktemp("inputs") / "service.sqlite"
    with (
        Database(f"sqlite:///{path}") as database,
        RecordStore(office.records, read_only=True) as store,
    ):
        yield _collected(publish_context(office, store, database, load_settings(office)))


def _collected(context):
    return collect_inputs(context, PublishRequest(AS_OF, 8, "", "test"), _quiet)


def _store(
    context,
    inputs,
    change=lambda assessment: assessment,
    version=SEAL_VERSION,
    model: str | None = None,
):
    """Publish the list of ``inputs``, the assessment of its first project changed by ``change``.

    It names the version ``model`` as its own if that is given.
    """
    made = build_publication(replace(inputs, seal_version=version))
    first = made.entries[0].assessment.project_id
    entries, risks = (
        tuple(
            replace(item, assessment=change(item.assessment))
            if item.assessment.project_id == first
            else item
            for item in items
        )
        for items in (made.entries, made.risks)
    )
    head = replace(made.header, seal_version=version)
    if model is not None:
        head = replace(head, model=replace(head.model, version=model))
    sealed = replace(made, header=head, entries=entries, risks=risks).seal()
    store_publication(context.database, sealed, published_at=PUBLISHED_AT, published_by="test")


def _reworded(assessment):
    first, *others = assessment.reasons
    return replace(
        assessment, reasons=(replace(first, text=LocalizedText("旧的措辞", first.text.en)), *others)
    )


def test_replay_of_the_current_version_compares_digests_only(context, inputs):
    _store(context, inputs)
    done = replay(context, AS_OF, "", _quiet)
    assert (done.same, done.succeeded, done.comparison) == (True, True, None)
    names = ["as_of", "code_differs", "differs", "history", "region", "replayed", "same", "sealed"]
    assert sorted(done.to_document()) == [*names, "verdict"]


@thorough
def test_replay_has_the_definitions_of_the_time_of_publishing(context, inputs):
    model = replace(inputs.scored.model, redefined=("payments",))
    made = build_publication(replace(inputs, scored=replace(inputs.scored, model=model)))
    store_publication(context.database, made.seal(), published_at=PUBLISHED_AT, published_by="test")
    assert "has changed since" in made.header.model.note.en
    assert replay(context, AS_OF, "", _quiet).same


@thorough
def test_replay_of_an_older_version_names_reworded_texts(context, inputs, office, capsys):
    _store(context, inputs, _reworded)
    done = replay(context, AS_OF, "", _quiet, current=NEXT)
    found = done.comparison
    assert (done.same, done.succeeded) == (False, True)
    assert (found.sealed_version, found.current_version, found.body_verified) == (
        SEAL_VERSION,
        NEXT,
        True,
    )
    assert (found.same_members, found.same_order, found.same_probabilities) == (True, True, True)
    assert {one.path: one.count for one in found.texts} == {
        "entries[].reasons[].text.zh": 1,
        "risks[].reasons[].text.zh": 1,
    }
    assert (found.numbers, found.fields, found.other) == ((), (), ())
    document = json.loads(json.dumps(done.to_document(), default=str))
    assert document["comparison"]["texts"][0] == {"path": "entries[].reasons[].text.zh", "count": 1}
    for language in LANGUAGES:
        show_replay(CliContext(office, language), done)
    printed = capsys.readouterr().out
    assert printed.count("entries[].reasons[].text.zh") == len(LANGUAGES)
    assert f"seal version {SEAL_VERSION}" in printed
    same_version = replay(context, AS_OF, "", _quiet)
    assert (same_version.succeeded, same_version.comparison) == (False, None)


def _with_a_flag_of_earlier_rules(assessment):
    words = LocalizedText("旧规则", "an earlier rule")
    flag = SealedFlag("earlier_rule", "9", words, words, words, words,
                      (EvidenceRef("projects", "P1", AS_OF),))  # fmt: skip
    return replace(assessment, red_flags=(*assessment.red_flags, flag))


@pytest.mark.parametrize("version", [pytest.param(1, marks=thorough), FLAGS_SINCE - 1])
def test_replay_of_a_list_under_earlier_rules_has_its_flags(context, inputs, version):
    _store(context, inputs, _with_a_flag_of_earlier_rules, version=version)
    done = replay(context, AS_OF, "", _quiet)
    found = done.comparison
    assert (done.same, done.succeeded, done.verdict) == (False, True, "same")
    assert (found.sealed_version, found.current_version) == (version, SEAL_VERSION)
    assert (found.texts, found.numbers, found.flags, found.other) == ((), (), (), ())


def test_flags_of_a_list_under_the_present_rules_are_found_again():
    assert _sealed_flags(None, {"seal_version": FLAGS_SINCE}, SEAL_VERSION) is None


@thorough
def test_replay_has_the_legal_values_of_the_office_at_the_time(context):
    given = {"duty": "pay_below_minimum", "name": "monthly_fen", "number": 1e9, "to": None}
    value = from_document({**given, "region": "99", "from": "2020-01-01", "source": "by hand"})
    _store(context, _collected(replace(context, law_values=(value,))))
    sealed = context.lists.watchlist(AS_OF).document()
    assert Watchlist.model_validate(sealed).rules.law[0].number == 1e9
    codes = {flag["code"] for entry in sealed["entries"] for flag in entry["red_flags"]}
    assert "pay_below_minimum" in codes
    assert context.office_values() == ()
    assert replay(context, AS_OF, "", _quiet).same


@thorough
def test_replay_of_an_older_version_fails_if_its_bytes_were_changed(
    context, inputs, office, capsys
):
    _store(context, inputs)
    stored = context.lists.watchlist(AS_OF)
    with writing(context.database.engine).begin() as connection:
        unprotect(connection, "watchlists")
        body = stored.body.replace(b'"missing_feeds"', b'"missing_feedz"').replace(
            b'"missing_feedz"', b'"missing_feeds" '
        )
        connection.execute(update(WATCHLISTS).values(body=body))
    done = replay(context, AS_OF, "", _quiet, current=NEXT)
    assert not done.comparison.body_verified
    assert not done.succeeded
    assert done.comparison.other == ()
    show_replay(CliContext(office, "en"), done)
    assert "NOT match the digests" in capsys.readouterr().out


def test_replay_of_the_current_version_finds_what_was_altered(context, inputs, office, capsys):
    """The records give the list again, to the digest, but that is not what readers see."""
    _store(context, inputs)
    shown = json.loads(context.lists.watchlist(AS_OF).body)
    shown["entries"][0]["probability"] = 0.01
    changed = shown["entries"][0]["project_id"]
    with writing(context.database.engine).begin() as connection:
        for table in (WATCHLISTS, PROJECT_RISKS):
            unprotect(connection, table.name)
        connection.execute(update(WATCHLISTS).values(body=json.dumps(shown).encode()))
        of_one = PROJECT_RISKS.c.project_id == changed
        connection.execute(update(PROJECT_RISKS).where(of_one).values(body=b"{}"))
    done = replay(context, AS_OF, "", _quiet)
    assert done.replayed == done.sealed
    assert (done.same, done.verdict) == (False, "differs")
    assert done.altered == (changed, LIST)
    assert done.differs == (f"entries ({changed})",)
    show_replay(CliContext(office, "en"), done)
    assert f"does not match its digests ({changed}, the list)" in capsys.readouterr().out


def test_replay_cannot_tell_where_projects_that_it_needs_were_archived(
    context, inputs, monkeypatch
):
    _store(context, inputs)

    def rebuild(*_):
        raise ListArchived(as_of=AS_OF, file="x.tar.gz")

    monkeypatch.setattr("serving.publishing.replay._rebuild", rebuild)
    done = replay(context, AS_OF, "", _quiet)
    assert (done.verdict, done.archived, done.replayed) == ("cannot_tell", "x.tar.gz", None)


def _documents(publication=None):
    sealed = (publication or make_publication()).seal()
    risks = {key: json.loads(risk.body) for key, risk in sealed.risks.items()}
    return ListDocuments(json.loads(sealed.watchlist.body), risks)


def _compared(change):
    before, after = _documents(), _documents()
    change(after.watchlist, after.risks)
    return compare_versions(before, after, (1, 2), verified=True)


def test_compare_versions_of_equal_lists_finds_nothing():
    found = _compared(lambda watchlist, risks: None)
    assert found.is_faithful
    assert found.max_probability_difference == 0
    assert (found.texts, found.numbers, found.fields, found.other) == ((), (), (), ())


def test_compare_versions_tolerates_rounding():
    def round_otherwise(watchlist, risks):
        watchlist["entries"][0]["probability"] += 1e-9
        risks["P/000"]["probability"] += 1e-9

    found = _compared(round_otherwise)
    assert found.is_faithful
    assert found.same_probabilities
    assert 0 < found.max_probability_difference < 1e-8
    assert [one.path for one in found.numbers] == ["entries[].probability", "risks[].probability"]


def test_compare_versions_names_fields_of_one_version():
    def extend(watchlist, risks):
        for entry in watchlist["entries"]:
            entry["new"] = 1
        del watchlist["cohort"]

    found = _compared(extend)
    assert found.is_faithful
    assert [(one.path, one.count) for one in found.fields] == [("cohort", 1), ("entries[].new", 4)]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("probability", lambda w, r: r["P/000"].update(probability=0.7)),
        ("tier", lambda w, r: w["entries"][0].update(tier="blue")),
        ("cohort", lambda w, r: r.pop("P/005")),
        ("order", lambda w, r: w["entries"].reverse()),
        ("member", lambda w, r: w["entries"].pop()),
    ],
)
def test_compare_versions_fails_for_other_content(name, change):
    found = _compared(change)
    assert not found.is_faithful
    assert found.same_members == (name != "member")
    assert found.same_order == (name not in ("order", "member"))
    assert found.same_probabilities == (name != "probability")


def test_compare_versions_allows_other_facts_and_flags():
    """Reasons may name other facts and red flags follow the law, the figures stay."""

    def restate(watchlist, risks):
        first = watchlist["entries"][0]
        first["reasons"][0].update(feature="unpaid_share_12m", value=0.3, evidence=[])
        first["red_flags"].clear()

    found = _compared(restate)
    assert found.is_faithful
    assert {one.path for one in found.statements} == {
        "entries[].reasons[].feature",
        "entries[].reasons[].value",
        "entries[].reasons[].evidence",
    }
    assert [one.path for one in found.flags] == ["entries[].red_flags"]


def test_compare_versions_says_if_only_flags_changed_the_selection():
    def reselect(watchlist, risks):
        watchlist["entries"][0].update(selection="must", red_flags=[])
        risks["P/000"]["listing"]["selection"] = "must"

    found = _compared(reselect)
    assert not found.is_faithful
    assert found.differs_by_flags

    def reprice(watchlist, risks):
        reselect(watchlist, risks)
        watchlist["entries"][0]["tier"] = "blue"

    assert not _compared(reprice).differs_by_flags


def _with_a_removed_feature(workspace):
    """The version of a model that reads a feature this program does not compute."""
    registry = Registry(workspace)
    about = registry.champion()[1].about
    older = Scorecard(columns=("listed", "winter_share"))
    return registry.register(older, about, parameters={}, metrics={}).version


@pytest.mark.parametrize(
    ("version", "verdict"), [(FEATURES_SINCE - 1, "cannot_tell"), (SEAL_VERSION, None)]
)
def test_replay_of_a_list_whose_model_reads_a_removed_feature(
    copy, inputs, version, verdict, capsys
):
    model = _with_a_removed_feature(copy)
    with (
        Database(f"sqlite:///{copy.root / 'other.sqlite'}") as database,
        RecordStore(copy.records, read_only=True) as store,
    ):
        context = publish_context(copy, store, database, load_settings(copy))
        _store(context, inputs, version=version, model=model)
        if verdict is None:
            with pytest.raises(FeaturesMissing, match="winter_share"):
                replay(context, AS_OF, "", _quiet)
            return
        done = replay(context, AS_OF, "", _quiet)
    assert (done.verdict, done.replayed, done.features_missing) == (verdict, None, "winter_share")
    show_replay(CliContext(copy, "en"), done)
    assert "features were replaced" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("versions", "verified", "expected"),
    [
        ((1, FEATURES_SINCE), True, True),
        ((FEATURES_SINCE - 1, FEATURES_SINCE), True, True),
        ((FEATURES_SINCE, FEATURES_SINCE + 1), True, False),
        ((1, FEATURES_SINCE), False, False),
    ],
)
def test_figures_of_lists_with_features_of_earlier_definitions_show_nothing(
    versions, verified, expected
):
    before, after = _documents(), _documents()
    after.risks["P/000"].update(probability=0.7)
    found = compare_versions(before, after, versions, verified=verified)
    assert not found.is_faithful
    assert found.differs_by_features is expected
    same = compare_versions(before, _documents(), versions, verified=verified)
    assert not same.differs_by_features
