"""What settings name is refused before anything is scored; a backup holds all of it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from risk.errors import WagewatchError
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.backup.service import back_up, restore
from serving.cli.main import main
from serving.db.database import Database
from serving.monthly.service import MonthRequest
from serving.publishing.context import PublishRequest
from serving.publishing.hooks import HOOKS, publish_context
from serving.publishing.pipeline import publish_watchlist
from serving.publishing.settings_check import check_settings
from serving.settings import Settings, file_settings, load_settings

from ...conftest import thorough

AS_OF = dt.date(2025, 6, 1)
WRONG = {
    '[deposits]\nrules_file = "none.toml"\n': "rule_table_wrong",
    '[law]\nvalues_file = "none.toml"\n': "office_values_wrong",
    '[policy]\nmust_visit = ["no_such_flag"]\n': "flag_unknown",
}
LAW = """
[[values]]
duty = "pay_below_minimum"
name = "monthly_fen"
number = 189000
region = "9901"
from = 2023-02-01
source = "made up"
"""
DEPOSITS = """
[[rules]]
region = "99"
from = 2021-11-01
instrument = "example only"
source = "made up"
certainty = "own_choice"
base_share = 0.02
raised_share = 0.03
look_back_years = 2
lower_share = 0.01
lower_years = 2
exempt_years = 3
several_least = 2
several_share = 0.005
small_below = 3000000
small_years = 1
"""
OUTLINES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "990121", "name": "甲县"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[100, 30], [101, 30], [101, 31], [100, 30]]],
            },
        }
    ],
}


def with_settings(workspace: Workspace, toml: str) -> Settings:
    workspace.settings_file.write_text(toml, encoding="utf-8")
    return load_settings(workspace)


@pytest.mark.parametrize(("toml", "code"), WRONG.items(), ids=WRONG.values())
def test_publishing_refuses_wrong_settings_before_it_scores(copy, toml, code):
    settings = with_settings(copy, toml)
    steps = []
    with (
        RecordStore(copy.records, read_only=True) as store,
        Database(f"sqlite:///{copy.service_database}") as database,
    ):
        context = publish_context(copy, store, database, settings)
        with pytest.raises(WagewatchError) as raised:
            publish_watchlist(
                context, PublishRequest(AS_OF, 8, "", "me", None), lambda *step: steps.append(step)
            )
    assert raised.value.code == code
    assert steps == []


def test_settings_of_a_new_workspace_are_in_order(copy):
    check_settings(copy, with_settings(copy, ""), HOOKS)


def test_the_month_refuses_wrong_settings_before_it_trains(copy):
    from serving.monthly import service

    settings = with_settings(copy, '[deposits]\nrules_file = "none.toml"\n')
    steps = []
    with Database(f"sqlite:///{copy.service_database}") as database:
        request = MonthRequest(as_of=AS_OF, capacity=8, region="", by="me")
        with pytest.raises(WagewatchError) as raised:
            service.make_month(copy, settings, database, request, lambda *step: steps.append(step))
    assert raised.value.code == "rule_table_wrong"
    assert steps == []


@thorough
def test_a_workspace_that_uses_every_file_is_restored_and_publishes(copy, tmp_path):
    files = {
        ("law", "values_file"): ("our_law.toml", LAW),
        ("deposits", "rules_file"): ("our_deposits.toml", DEPOSITS),
        ("map", "outlines_file"): ("ours.geojson", json.dumps(OUTLINES)),
    }
    assert set(files) == set(file_settings())
    toml = ""
    for (section, key), (name, content) in files.items():
        (copy.root / name).write_text(content, encoding="utf-8")
        toml += f'[{section}]\n{key} = "{name}"\n'
    toml += '[places]\n990121 = "甲县"\n[briefing]\noffice = "甲县人力资源和社会保障局"\n'
    with_settings(copy, toml)
    (copy.root / "rules").mkdir()
    rule = 'name = "本县规则"\n[[rules]]\nwhen = { oldest_unpaid_days = ">= 61" }\ncolour = "red"\n'
    (copy.root / "rules" / "ours.toml").write_text(rule, encoding="utf-8")
    with Database(f"sqlite:///{copy.service_database}") as database:
        back_up(copy, database, tmp_path / "all.tar.gz")
    restored = Workspace(tmp_path / "restored")
    restore(tmp_path / "all.tar.gz", restored, None)
    for name, content in files.values():
        assert (restored.root / name).read_text(encoding="utf-8") == content
    assert [path.name for path in restored.rule_sets()] == ["ours.toml"]
    place = ["-w", str(restored.root)]
    assert main([*place, "publish", "--as-of", str(AS_OF), "--capacity", "8"]) == 0
    assert main([*place, "replay", "--as-of", str(AS_OF)]) == 0
