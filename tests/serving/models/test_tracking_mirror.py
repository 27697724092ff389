"""The MLflow of the settings: copied to after a training; a failure or a lost variable is said."""

from __future__ import annotations

from models.registry import Registry
from serving.cli.main import main
from serving.models.tracking_mirror import VARIABLE, mirror
from serving.settings import Settings, TrackingSettings

from ...conftest import thorough


def settings(uri):
    return Settings(tracking=TrackingSettings(uri=uri))


def test_a_variable_that_has_no_effect_is_named(office, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert mirror(office, settings(""), "1", "project", "en") is None
    monkeypatch.setenv(VARIABLE, "http://mlflow.example")
    assert VARIABLE in mirror(office, settings(""), "1", "project", "en")


def test_a_model_is_copied_or_the_failure_is_said(copy, tmp_path):
    uri = f"sqlite:///{tmp_path}/there.sqlite"
    said = mirror(copy, settings(uri), "1", "project", "en")
    assert said == f"Model 1 copied to {uri}: version 1 of arrears"
    failed = mirror(copy, settings("sqlite:////proc/none/there.sqlite"), "1", "project", "en")
    assert "could not be written to" in failed


@thorough
def test_a_promotion_and_a_rollback_move_the_aliases_there_too(copy, tmp_path, capsys):
    from mlflow import MlflowClient

    uri = f"sqlite:///{tmp_path}/there.sqlite"
    written = copy.settings_file.read_text(encoding="utf-8")
    assert written.count("[tracking]\n") == 1
    settings_file = written.replace("[tracking]\n", f'[tracking]\nuri = "{uri}"\n')
    copy.settings_file.write_text(settings_file, encoding="utf-8")
    registry = Registry(copy)
    model, first = registry.champion()
    registry.register(model, first.about, parameters={}, metrics={})
    command = ["-w", str(copy.root), "--lang", "en", "models"]
    assert main([*command, "promote", "2", "--why", "a test"]) == 0
    there = MlflowClient(tracking_uri=uri, registry_uri=uri)
    assert aliases(there) == {"champion": "1", "challenger": "1"}
    assert there.get_model_version("arrears", "1").tags["wagewatch.version"] == "2"
    assert main([*command, "rollback", "--why", "as before"]) == 0
    assert "Model 1 copied to" in capsys.readouterr().err
    assert aliases(there) == {"champion": "2", "challenger": "1"}
    assert there.get_model_version("arrears", "2").tags["wagewatch.version"] == "1"


def aliases(client):
    found = client.get_registered_model("arrears").aliases
    return {alias: str(version) for alias, version in found.items()}
