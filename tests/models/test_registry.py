"""The registry: challenger, champion, rollback, and files that must be what was registered."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import pytest

from models.calibration import Calibration
from models.promotion_log import (
    ChampionChange,
    ReasonMissing,
    ReasonTooLong,
    as_tag,
    champion_before,
    from_tags,
    require_reason,
)
from models.registered import read_registered
from models.registry import ModelUnknown, NoEarlierChampion, NoModel, Registry, kind_of
from models.scorecard import Scorecard
from models.storage import ModelDamaged
from risk.workspace import Workspace


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    return Registry(Workspace(folder))


def register(registry, intercept):
    model = dataclasses.replace(Scorecard(), calibration=Calibration(1.0, intercept))
    about = {"trained_at": "2025-07-01"}
    return registry.register(model, about, parameters={"p": 1}, metrics={"roc_auc": 0.7})


def test_promote_and_rollback_move_the_champion(registry):
    with pytest.raises(NoModel):
        registry.champion()
    first = register(registry, -1.0)
    assert first.aliases == ("challenger",)
    registry.promote(first.version, who="a", why="first")
    with pytest.raises(NoEarlierChampion):
        registry.rollback(who="a", why="none before")
    second = register(registry, -2.0)
    assert registry.champion()[1].version == first.version
    assert set(registry.promote(second.version, who="b", why="better").aliases) == {
        "champion",
        "challenger",
    }
    assert registry.champion()[0].calibration.intercept == -2.0
    assert registry.rollback(who="c", why="worse on site").version == first.version
    assert registry.champion()[0].calibration.intercept == -1.0
    assert [v.version for v in registry.versions()] == [second.version, first.version]


def test_artifacts_are_those_that_were_registered(registry):
    model = Scorecard()
    stored = {"a.json": "{}", "b.zh.svg": "<svg/>"}
    options = {"parameters": {}, "metrics": {}, "artifacts": stored}
    version = registry.register(model, {"trained_at": "2025-07-01"}, **options).version
    assert registry.artifacts(version, ("a.json", "b.zh.svg", "c.json")) == stored
    assert registry.artifacts(version, ()) == {}
    with pytest.raises(ModelUnknown):
        registry.artifacts("99", ())


def test_unknown_versions_and_damaged_files_are_refused(registry):
    with pytest.raises(ModelUnknown):
        registry.promote("99", who="a", why="b")
    version = register(registry, -3.0)
    for path in registry._workspace.models.rglob("model.json"):
        if "-3.0" in path.read_text():
            path.write_text(path.read_text().replace("-3.0", "-9.0"))
    with pytest.raises(ModelDamaged):
        registry.load(version.version)


@pytest.fixture
def fresh(tmp_path):
    return Registry(Workspace(tmp_path))


def told(registry):
    return [(c.action, c.version, c.before, c.who, c.why) for c in registry.changes()]


def test_changes_are_logged_with_author_and_reason(fresh):
    for version, why in (("1", "第一版"), ("2", "more recall"), ("1", "second thoughts")):
        if len(fresh.versions()) < int(version):
            register(fresh, -float(version))
        fresh.promote(version, who=" 李 ", why=why)
    fresh.rollback(who="王", why="misses known sites")
    assert told(fresh) == [
        ("promoted", "1", None, "李", "第一版"),
        ("promoted", "2", "1", "李", "more recall"),
        ("promoted", "1", "2", "李", "second thoughts"),
        ("rolled_back", "2", "1", "王", "misses known sites"),
    ]
    tags = read_registered(fresh._workspace.tracking, "arrears").tags
    assert sorted(tags) == [f"change_00000{number}" for number in (1, 2, 3, 4)]
    assert [change.at for change in fresh.changes()] == sorted(c.at for c in fresh.changes())
    assert fresh.get("2").changes == fresh.changes()[1:]


def test_rollback_goes_back_one_champion_at_a_time(fresh):
    for number in (1, 2, 3):
        register(fresh, -float(number))
        fresh.promote(str(number), who="a", why="b")
    fresh.promote("3", who="a", why="again")
    assert [fresh.rollback(who="a", why="b").version for _ in range(2)] == ["2", "1"]
    with pytest.raises(NoEarlierChampion):
        fresh.rollback(who="a", why="b")
    fresh.promote("3", who="a", why="after all")
    assert fresh.rollback(who="a", why="b").version == "1"


def test_promote_needs_an_author_and_a_reason(fresh):
    register(fresh, -1.0)
    for who, why in (("", "b"), ("a", ""), ("a", " \n")):
        with pytest.raises(ReasonMissing):
            fresh.promote("1", who=who, why=why)
    for who, why in (("a" * 2001, "b"), ("a", "b" * 2001)):
        with pytest.raises(ReasonTooLong) as refused:
            fresh.promote("1", who=who, why=why)
        assert refused.value.fields == {"length": 2001, "longest": 2000}
    require_reason("a" * 2000, "b" * 2000)
    assert fresh.changes() == ()
    with pytest.raises(NoModel):
        fresh.champion()


def test_a_change_is_stored_as_people_wrote_it():
    """The pages of MLflow show the text of a tag."""
    change = ChampionChange("promoted", "2", None, "李", "第二版", "2025-06-01T00:00:00+00:00")
    key, value = as_tag(change, 7)
    assert (key, from_tags({"other": "", key: value})) == ("change_000007", (change,))
    assert "第二版" in value


def test_of_models_that_stand_in_for_one_key_the_first_counts(registry):
    model = Scorecard()
    about, nothing = {"trained_at": "2025-07-01"}, {"parameters": {}, "metrics": {}}
    first = registry.register(model, about, **nothing, stands_in="key")
    registry.register(model, about, **nothing, stands_in="key")
    registry.register(model, about, **nothing, stands_in="other")
    assert registry.stand_in("key") == first
    assert registry.stand_in("none") is None
    registry.attach(first.version, {"a.html": "甲"})
    registry.attach(first.version, {"b.html": "乙"})
    _, folder = registry.run_of(first.version)
    assert [(folder / f"{name}.html").read_text("utf-8") for name in "ab"] == ["甲", "乙"]
    shutil.rmtree(folder.parent)
    registry.attach(first.version, {"a.html": "丙"})
    assert (folder / "a.html").read_text("utf-8") == "丙"


def test_a_registry_that_was_moved_knows_where_its_models_are(fresh, tmp_path):
    register(fresh, -1.0)
    after = tmp_path / "after"
    for place in (fresh._workspace.tracking, fresh._workspace.models):
        copy = shutil.copytree if place.is_dir() else shutil.copy
        after.mkdir(exist_ok=True)
        copy(place, after / place.name)
    moved = Registry(Workspace(after))
    source = moved._client.get_model_version("arrears", "1").source
    assert source.startswith(moved._workspace.models.resolve().as_uri())


def test_an_empty_registry_names_no_version_and_has_an_origin_of_its_own(fresh):
    with pytest.raises(ModelUnknown) as refused:
        fresh.get("1")
    assert refused.value.fields == {"version": "1", "known": "-"}
    assert (fresh.origin(), len(fresh.origin())) == (fresh.origin(), 32)
    assert (fresh.versions(), fresh.damaged_versions()) == ([], [])
    assert [kind_of(version) for version in ("3", "employer-1")] == ["project", "employer"]


def promoted(*versions):
    return [ChampionChange("promoted", one, None, "a", "b", "") for one in versions]


BACK = ChampionChange("rolled_back", "1", "2", "a", "b", "")


@pytest.mark.parametrize(
    ("changes", "current", "before"),
    [
        ([], None, None),
        (promoted("1"), "1", None),
        (promoted("1", "2"), "2", "1"),
        (promoted("1", "2", "2"), "2", "1"),
        (promoted("1", "2", "1"), "1", "2"),
        ([*promoted("1", "2", "3"), BACK], "2", "1"),
        ([*promoted("1"), BACK], None, None),
        # Logged, but not carried out.
        (promoted("1", "2", "3"), "2", "1"),
        (promoted("1", "2"), "1", None),
        (promoted("1", "2"), "9", None),
    ],
)
def test_the_champion_before_is_that_of_the_changes_carried_out(changes, current, before):
    assert champion_before(changes, current) == before


def test_a_run_stores_more_than_mlflow_takes_at_once(fresh):
    """102 parameters and 101 figures; 100 are taken at once."""
    parameters = {f"p{number}": number for number in range(101)}
    figures = {f"m{number}": 0.5 for number in range(101)}
    april = dt.date(2026, 4, 1)
    with fresh.run("outer", {"a": 1}) as outer, outer.child("inner", {"b": 2}) as inner:
        outer.log_parameters({**parameters, "long": "x" * 6_001})
        outer.log_months({april: figures})
        outer.log_records("d" * 64, 7, 3)
        outer.write("deep/a.txt", "甲")
        outer.write("deep/b.txt", "乙")
    found, nested = (fresh._client.get_run(run.id) for run in (outer, inner))
    assert len(found.data.params) == 102
    assert (found.data.params["p0"], found.data.params["long"]) == ("0", "x" * 6_000)
    assert len(found.data.metrics) == 101
    (figure,) = fresh._client.get_metric_history(outer.id, "month/m0")
    assert (figure.step, figure.value) == (202_604, 0.5)
    assert min(figure.timestamp, found.info.start_time) > 1_700_000_000_000  # milliseconds
    (records,) = found.inputs.dataset_inputs
    assert (records.dataset.name, records.dataset.digest) == ("records", "d" * 36)
    assert records.dataset.profile == '{"num_rows": 7, "num_features": 3}'
    assert ("digest", "d" * 64) in [(tag.key, tag.value) for tag in records.tags]
    assert (found.data.tags["a"], found.info.status) == ("1", "FINISHED")
    assert (nested.data.tags["b"], nested.data.tags["mlflow.parentRunId"]) == ("2", outer.id)
    assert inner.folder == fresh._workspace.models / inner.id / "artifacts"
    assert (outer.folder / "deep" / "b.txt").read_text("utf-8") == "乙"


def test_what_ends_a_run_is_its_tag(fresh):
    with pytest.raises(ZeroDivisionError), fresh.run("r") as run:
        raise ZeroDivisionError
    found = fresh._client.get_run(run.id)
    assert (found.info.status, found.data.tags["error"]) == ("FAILED", "ZeroDivisionError")
