from __future__ import annotations

import re
import tomllib

import pytest

from risk.locale import LANGUAGES, catalogue
from risk.workspace import Workspace, WorkspaceMissing
from serving.settings import (
    SettingRenamed,
    Settings,
    SettingsInvalid,
    SettingsUnreadable,
    SettingUnknown,
    database_url,
    default_toml,
    load_settings,
)


def _keys(model, prefix=""):
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from _keys(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _write(workspace: Workspace, content: str) -> Workspace:
    workspace.settings_file.write_text(content, encoding="utf-8")
    return workspace


def test_load_settings_of_a_new_workspace_returns_defaults(workspace):
    assert load_settings(workspace) == Settings()
    assert database_url(workspace, Settings()).endswith("office/service.sqlite")


def test_default_toml_has_every_setting_with_its_default():
    uncommented = re.sub(r"^# (?=[a-z_]+ = )", "", default_toml(), flags=re.MULTILINE)
    # The second url is an example; TOML refuses a key twice.
    named = tomllib.loads(uncommented.replace('url = "postgresql', 'example = "postgresql'))
    named["database"].pop("example")
    assert Settings.model_validate(named) == Settings()
    flat = {
        f"{key}.{inner}" if inner else key
        for key, value in named.items()
        for inner in (value if isinstance(value, dict) and value else [""])
    }
    assert flat == set(_keys(Settings))


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_have_a_text_of_allowed_values(language):
    keys = [f"allowed.{key.replace('.', '_')}" for key in _keys(Settings)]
    assert len(keys) > 30
    assert [key for key in keys if key not in catalogue(language)] == []


@pytest.mark.parametrize(
    ("content", "setting", "found"),
    [
        ("[policy]\ncapacity = 0", "policy.capacity", "0"),
        ("[policy]\nrandom_share = 0.9", "policy.random_share", "0.9"),
        ('[policy]\norder = "size"', "policy.order", "size"),
        ("[policy]\nmust_visit = [1]", "policy.must_visit", "1"),
        ("[tiers]\nred = 0.01", "tiers", "0.01, 0.1, 0.05"),
        ("[tiers]\nred = nan", "tiers.red", "nan"),
        ("tiers = 3", "tiers", "3"),
        ('language = "fr"', "language", "fr"),
        ('[database]\nurl = "mysql://x"', "database.url", "mysql"),
        ("[server]\nport = 70000", "server.port", "70000"),
    ],
)
def test_load_settings_names_wrong_and_allowed_values(workspace, content, setting, found):
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(_write(workspace, content))
    for language in LANGUAGES:
        message = caught.value.message(language)
        assert setting in message
        assert found in message
        assert "wagewatch.toml" in message


@pytest.mark.parametrize("content", ["[policy]\ncapcity = 3", "[polcy]", "colour = 1"])
def test_load_settings_refuses_unknown_settings(workspace, content):
    with pytest.raises(SettingUnknown, match="There is no setting"):
        load_settings(_write(workspace, content))


CAMPAIGN = '[campaign]\nstart = "12-01"'


@pytest.mark.parametrize("language", LANGUAGES)
def test_load_settings_names_the_new_name_of_a_renamed_setting(workspace, language):
    with pytest.raises(SettingRenamed) as caught:
        load_settings(_write(workspace, CAMPAIGN))
    message = caught.value.message(language)
    assert all(part in message for part in ("[campaign]", "[[campaigns]]", "wagewatch.toml"))
    assert "2026-11-01" in message


def test_load_settings_names_the_variable_of_a_renamed_setting(workspace, monkeypatch):
    monkeypatch.setenv("WAGEWATCH_CAMPAIGN__START", "12-01")
    with pytest.raises(SettingRenamed, match="WAGEWATCH_CAMPAIGN__START"):
        load_settings(workspace)


def test_load_settings_accepts_the_empty_section_of_older_files(workspace):
    empty = '[campaign]\n# start = "11-01"\n'
    assert load_settings(_write(workspace, empty)) == Settings()


def test_load_settings_refuses_a_file_that_is_not_toml(workspace):
    with pytest.raises(SettingsUnreadable):
        load_settings(_write(workspace, "capacity ="))
    workspace.settings_file.write_bytes("语言 = 1".encode("gb18030"))
    with pytest.raises(SettingsUnreadable):
        load_settings(workspace)


def test_load_settings_requires_a_workspace(tmp_path):
    with pytest.raises(WorkspaceMissing):
        load_settings(Workspace(tmp_path))


def test_environment_overrides_the_settings_file(workspace, monkeypatch):
    _write(workspace, "[policy]\ncapacity = 3\nrest_days = 5")
    monkeypatch.setenv("WAGEWATCH_POLICY__CAPACITY", "7")
    monkeypatch.setenv("WAGEWATCH_POLICY__MUST_VISIT", "a, b")
    monkeypatch.setenv("WAGEWATCH_WORKSPACE", "/elsewhere")
    policy = load_settings(workspace).policy
    assert (policy.capacity, policy.rest_days, policy.must_visit) == (7, 5, ("a", "b"))


def test_load_settings_names_a_wrong_variable(workspace, monkeypatch):
    monkeypatch.setenv("WAGEWATCH_POLICY__CAPACITY", "many")
    with pytest.raises(SettingsInvalid, match="WAGEWATCH_POLICY__CAPACITY"):
        load_settings(workspace)
    monkeypatch.delenv("WAGEWATCH_POLICY__CAPACITY")
    monkeypatch.setenv("WAGEWATCH_POLICY", "{")
    with pytest.raises(SettingsUnreadable):
        load_settings(workspace)
