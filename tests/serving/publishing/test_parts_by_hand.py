"""Parts of a publication: the note on its model, its rates, what stands in, what is stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest

from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE
from serving.db.pagination import PageRequest
from serving.events.repository import list_events
from serving.indicators.repository import CountyRates
from serving.models.repository import list_models
from serving.publishing import inputs
from serving.publishing.context import PublishContext, PublishRequest
from serving.publishing.pipeline import county_rates
from serving.publishing.publication_builder import PreviousList, _head, _Risks
from serving.publishing.remarks import model_info
from serving.publishing.repository import store_publication
from serving.publishing.timeline import ITEMS_PER_PROJECT
from serving.publishing.used_model import UsedModel, used_model
from serving.settings import Settings
from serving.watchlists.repository import WatchlistRepository

from ..conftest import PUBLISHED_AT, make_extras

JUNE = dt.date(2025, 6, 1)


def note(language, **about):
    return getattr(model_info(UsedModel("arrears", "3", "logistic", 12, about)).note, language)


def test_note_names_tables_or_columns_that_are_gone():
    table = {"table": "payments", "newest": None}
    gone = {"instead_of": "2", "tables": [table], "features": ["a", "b", "c"]}
    info = model_info(UsedModel("arrears", "3", "logistic", 12, {"stand_in": gone}))
    assert (info.remarks.instead_of, info.remarks.lost_features) == ("2", 3)
    assert info.remarks.lost_tables == (table,)
    assert model_info(UsedModel("a", "3", "logistic", 12, {})).remarks.lost_features == 0
    with_table = note("zh", stand_in=gone)
    with_columns = note("zh", stand_in={**gone, "tables": []})
    assert "工资发放" in with_table
    assert "工资发放" not in with_columns
    assert with_columns != with_table
    stopped = {**gone, "tables": [{**table, "newest": "2025-03-04"}]}
    assert "2025-03-04" in note("zh", stand_in=stopped)


@pytest.mark.parametrize(
    ("version", "has_remarks", "names_events"),
    [(4, False, True), (5, True, True), (6, True, True), (7, True, False)],
)
def test_a_note_is_that_of_the_version_of_the_seal(version, has_remarks, names_events):
    """Older seals have the events of every scorecard, the present one those of too few."""
    made = _head(
        SimpleNamespace(
            request=PublishRequest(JUNE, 5, "", "李"),
            scored=SimpleNamespace(
                model=UsedModel("arrears", "3", "scorecard", 12_345),
                cohort=SimpleNamespace(projects=(1, 2), missing_feeds=()),
            ),
            settings=Settings(), kind="project", law_values=(), records_digest="d",
            previous=PreviousList(None, None), seal_version=version,
        ),
        "probability",
    )  # fmt: skip
    assert (made.model.remarks is not None) is has_remarks
    assert ("12345" in made.model.note.en) is names_events
    assert made.cohort == 2


def test_note_names_families_in_its_language():
    used = UsedModel("arrears", "3", "logistic", 12, {}, redefined=("payments",))
    info = model_info(used)
    from features.feature_sets import FEATURE_SETS

    family = next(one for one in FEATURE_SETS["project"].families if one.name == "payments")
    assert (family.zh in info.note.zh, family.en in info.note.zh) == (True, False)
    assert (family.zh in info.note.en, family.en in info.note.en) == (False, True)


def test_the_same_list_is_stored_once(database, publication):
    sealed = publication(JUNE).seal()

    def store(one, **options):
        return store_publication(
            database, one, published_at=PUBLISHED_AT, published_by="李", **options
        )

    def stored():
        """The events, models and audit entries there are."""
        log = list_audit_entries(database.engine, OFFICE, PageRequest(10)).items
        of_list = [one.list_digest for one in log].count(sealed.watchlist.digest)
        events = list_events(database.engine, OFFICE, PageRequest(50)).items
        return len(events), len(list_models(database.engine)), of_list

    first = store(sealed, extras=make_extras())
    after_first = stored()
    again = store(sealed, extras=make_extras())
    assert stored() == after_first
    assert (after_first[0] > 0, after_first[1:]) == (True, (1, 1))
    assert (first.new, again.new) == (True, False)
    assert first.digest == again.digest == sealed.watchlist.digest
    assert store(publication(dt.date(2025, 7, 1)).seal()).new
    lists = WatchlistRepository(database).summaries(OFFICE)
    assert [one.as_of for one in lists] == [dt.date(2025, 7, 1), JUNE]


def test_risks_are_in_the_order_of_project_id_whatever_that_of_the_cohort():
    b, a = (SimpleNamespace(project_id=name) for name in "ba")
    assert [one.project_id for one in _Risks(None, (b, a), {})._projects] == ["a", "b"]
    # Projects that are read one by one are in order already.
    assert _Risks(None, [a, b], {})._projects == [a, b]


def test_a_previous_list_is_known_by_document_and_digest():
    document = {"as_of": "2025-05-01", "entries": []}
    assert PreviousList(document, "d").note().as_of == dt.date(2025, 5, 1)
    assert PreviousList(document, None).note() is None
    assert PreviousList(None, "d").note() is None
    assert PreviousList(None, None).entries() == []


def test_rates_are_of_the_last_two_years(world):
    """A project begun in 2022 without an account, in each month from June 2023 to May 2025."""
    world.project("P1", started_on="2022-01-01", known_at="2022-01-02")
    world.add("accounts", account_id="A", project_id="P1", opened_on="2022-02-01",
              known_at="2022-02-02")  # fmt: skip
    found = [one for one in county_rates(world.store, JUNE, 0) if one.region_code == "420300"]
    months = sorted(one.month for one in found if "special_account" in one.rates)
    assert (months[0], months[-1], len(months)) == (dt.date(2023, 6, 1), dt.date(2025, 5, 1), 24)
    assert isinstance(found[0], CountyRates)


def test_office_values_of_a_past_list_stand_in(workspace):
    context = PublishContext(workspace, None, None, Settings(), None)
    assert context.office_values() == ()
    assert replace(context, law_values=()).office_values() == ()
    assert replace(context, law_values=("x",)).office_values() == ("x",)


def test_a_model_has_the_events_it_was_trained_on():
    registry = SimpleNamespace(name="arrears")
    for about, events in (({"events": "7"}, 7), ({}, 0)):
        version = SimpleNamespace(version="3", kind="logistic", about=about)
        assert used_model(registry, version) == UsedModel("arrears", "3", "logistic", events, about)


@pytest.mark.parametrize(
    ("lost", "may_replace", "expected"),
    [
        (None, True, "as it was"),
        ({"matters": False}, True, "as it was"),
        ({"matters": True, "is_everything": True}, True, "stale since 2025-04-02"),
        ({"matters": True, "is_everything": True}, False, "stale since 2025-04-02"),
        ({"matters": True, "is_everything": False}, False, "as it was"),
        ({"matters": True, "is_everything": False}, True, "another"),
    ],
)
def test_a_model_is_replaced_where_it_leans_on_what_is_gone(
    workspace, monkeypatch, lost, may_replace, expected
):
    import models.registry
    import training.stand_in

    version = SimpleNamespace(version="3", kind="logistic", about={})
    other = SimpleNamespace(version="4", kind="logistic", about={})
    registry = SimpleNamespace(name="arrears", get=lambda _: version)
    feeds = [SimpleNamespace(newest=day) for day in (None, dt.date(2025, 3, 1), None,
                                                     dt.date(2025, 4, 2))]  # fmt: skip
    found = None if lost is None else SimpleNamespace(feeds=feeds, **lost)
    monkeypatch.setattr(models.registry, "Registry", lambda *_: registry)
    monkeypatch.setattr(inputs, "lost_at", lambda *_: found)
    monkeypatch.setattr(training.stand_in, "find_or_train", lambda *_: other)
    used = UsedModel("arrears", "3", "logistic", 12)
    records = SimpleNamespace(as_of=JUNE, matrix=None)
    made = inputs.with_inputs_left(
        workspace, SimpleNamespace(kind="project"), records, used,
        may_replace=may_replace, progress=None,
    )  # fmt: skip
    said = {"3": "as it was", "4": "another"}[made.version]
    assert (f"stale since {made.stale_since}" if made.stale_since else said) == expected


def test_limits_and_defaults():
    assert ITEMS_PER_PROJECT == 30
    asked = PublishRequest(JUNE, 5, "", "李")
    assert (asked.order, asked.count_all_flags, asked.scores) == (None, False, None)
