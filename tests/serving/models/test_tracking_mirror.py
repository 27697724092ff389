"""The MLflow of the settings: copied to after a training; a failure or a lost variable is said."""

from __future__ import annotations

from serving.models.tracking_mirror import VARIABLE, mirror
from serving.settings import Settings, TrackingSettings


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
