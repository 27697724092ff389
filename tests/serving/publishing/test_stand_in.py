"""Publishing where inputs of the champion are gone: another model scores, and the list says so."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import numpy as np
import pytest

from features.matrix import compute
from models.registry import Registry
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.cli.main import main
from serving.db.database import Database
from serving.publishing.context import PublishRequest
from serving.publishing.hooks import publish_context
from serving.publishing.pipeline import publish_watchlist
from serving.publishing.replay import replay
from serving.publishing.scoring import score_cohort, score_probabilities
from serving.publishing.used_model import used_model
from serving.scores.spark_output import InputsLost, _require_features, _require_feeds
from serving.settings import load_settings
from serving.watchlists.schemas import Watchlist
from serving.watchlists.texts import warnings
from training.dataset.labels import dated_within, event_log

from ...conftest import SIMULATED_UNTIL, thorough

AS_OF = dt.date(2025, 5, 1)


def _quiet(step, share):
    pass


@pytest.fixture
def without_payments(copy):
    """The office, whose payments stopped two months before the list."""
    with RecordStore(copy.records) as store:
        store.connection.execute("DELETE FROM payments WHERE known_at >= '2025-03-01'")
    return copy


@thorough
def test_a_list_without_payments_is_scored_without_them_and_says_so(without_payments, capsys):
    office = without_payments
    with (
        Database(f"sqlite:///{office.root / 'service.sqlite'}") as database,
        RecordStore(office.records, read_only=True) as store,
    ):
        context = publish_context(office, store, database, load_settings(office))
        done = publish_watchlist(context, PublishRequest(AS_OF, 8, "", "test"), _quiet)
        stored = context.lists.watchlist(AS_OF, "")
        assert replay(context, AS_OF, "", _quiet).same
        again = score_probabilities(office, store, AS_OF, _quiet)
        month_later = score_probabilities(office, store, AS_OF + dt.timedelta(days=31), _quiet)
    registry = Registry(office)
    champion = registry.champion()[1]
    found = Watchlist.model_validate(stored.document())
    assert found.model.remarks.instead_of == champion.version
    assert [one.table for one in found.model.remarks.lost_tables] == ["payments"]
    assert found.model.version == done.model.version == again.model.version != champion.version
    assert month_later.model.version == done.model.version, "what it was fitted on is the same"
    assert "payments (latest 2025-02-" in found.model.note.en
    assert found.model.note.zh in warnings(stored.document(), "zh")
    model, version = registry.load(found.model.version)
    assert not {"late_share", "unpaid_share_3m"} & set(model.columns)
    assert version.aliases == (), "neither champion nor challenger"
    capsys.readouterr()
    assert main(["-w", str(office.root), "models", "card", found.model.version]) == 0
    assert f"代替第 {champion.version} 版评分" in capsys.readouterr().out
    assert main(["-w", str(office.root), "check", "--as-of", str(AS_OF), "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert "inputs_lost" in report["reasons"]
    assert [one["table"] for one in report["lost"]["feeds"]] == ["payments"]


@thorough
def test_without_labels_the_scorecard_of_what_is_left_has_the_rate_of_training(copy):
    with RecordStore(copy.records) as store:
        for table in ("cases", "inspections"):
            store.connection.execute(f"DELETE FROM {table}")
        about = Registry(copy).champion()[1].about
        scored = score_cohort(copy, store, AS_OF, _quiet)
    assert (scored.model.kind, scored.model.events) == ("scorecard", 0)
    probabilities = [project.probability for project in scored.cohort.outlines()]
    assert np.mean(probabilities) == pytest.approx(about["positives"] / about["rows"])


def test_a_scorecard_in_its_place_counts_the_events_that_are_known(copy):
    with RecordStore(copy.records) as store:
        store.connection.execute("DELETE FROM payments")
        store.connection.execute("DELETE FROM cases")
        store.connection.execute(
            """DELETE FROM inspections WHERE arrears_found AND inspection_id NOT IN (
                 SELECT inspection_id FROM inspections
                 WHERE arrears_found AND inspected_on BETWEEN '2024-01-01' AND '2024-09-30'
                 ORDER BY inspected_on, inspection_id LIMIT 1)"""
        )
        scored = score_cohort(copy, store, AS_OF, _quiet)
    assert (scored.model.kind, scored.model.events) == ("scorecard", 1)


def test_scoring_that_cannot_fit_refuses_where_inputs_are_gone(without_payments):
    office = without_payments
    used = used_model(Registry(office), Registry(office).champion()[1])
    with RecordStore(office.records, read_only=True) as store:
        with pytest.raises(InputsLost, match="payments"):
            _require_feeds(office, store, used, AS_OF)
        engine = compute(store, [AS_OF])  # answers the queries that Spark is asked
        try:
            with pytest.raises(InputsLost, match="payments"):
                _require_features(office, engine, used, AS_OF)
        finally:
            engine.close()


def test_a_list_of_employers_without_operations_is_scored_without_them(copy):
    with RecordStore(copy.records) as store:
        store.connection.execute("DELETE FROM operations")
        scored = score_cohort(copy, store.for_kind("employer"), AS_OF, _quiet)
    stand_in = scored.model.about["stand_in"]
    assert stand_in["instead_of"] == Registry(copy, "employer").champion()[1].version
    assert [one["table"] for one in stand_in["tables"]] == ["operations"]
    assert "contractor_tax_ratio" in stand_in["features"]
    assert scored.model.version.startswith("employer-")


@thorough
@pytest.mark.parametrize("gone", ["TRUE", "known_at >= '2025-07-01'"])
def test_probabilities_match_the_rate_when_payments_are_gone(county_office, tmp_path, gone):
    office, as_of = Workspace(tmp_path / "county"), dt.date(2025, 9, 1)
    shutil.copytree(county_office.root, office.root)
    trained = Registry(office).champion()[1].version
    with RecordStore(office.records) as store:
        store.connection.execute(f"DELETE FROM payments WHERE {gone}")
        champion, used = (
            score_probabilities(office, store, as_of, _quiet, version)
            for version in (trained, None)
        )
        days = event_log(store, SIMULATED_UNTIL).days
    names = list(used.by_project)
    came = dated_within(days, names, np.full(len(names), np.datetime64(as_of))).mean()
    ratios = [np.mean([*one.by_project.values()]) / came for one in (champion, used)]
    assert used.model.about["stand_in"]["instead_of"] == trained
    assert 0.67 < ratios[1] < 1.5, ratios
    # Wages that are not paid any more look like arrears to the champion.
    assert gone == "TRUE" or ratios[0] > ratios[1] + 0.1, ratios
