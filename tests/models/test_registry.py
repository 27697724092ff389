"""The registry: challenger, champion, rollback, and files that must be what was registered."""

from __future__ import annotations

import dataclasses

import pytest

from models.calibration import Calibration
from models.files import ModelDamaged
from models.registry import ModelUnknown, NoEarlierChampion, NoModel, Registry
from models.scorecard import Scorecard
from risk.workspace import Workspace


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    return Registry(Workspace(folder))


def register(registry, intercept):
    model = dataclasses.replace(Scorecard(), calibration=Calibration(1.0, intercept))
    about = {"trained_at": "2025-07-01"}
    return registry.register(model, about, parameters={"p": 1}, metrics={"roc_auc": 0.7})


def test_the_life_of_a_champion(registry):
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


def test_unknown_versions_and_damaged_files_are_refused(registry):
    with pytest.raises(ModelUnknown):
        registry.promote("99", who="a", why="b")
    version = register(registry, -3.0)
    for path in registry._workspace.models.glob("*/model.json"):
        if "-3.0" in path.read_text():
            path.write_text(path.read_text().replace("-3.0", "-9.0"))
    with pytest.raises(ModelDamaged):
        registry.load(version.version)
