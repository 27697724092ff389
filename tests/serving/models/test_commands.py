"""What an office asks of its models on the command line: backtest, card, promotion, check."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace

import pytest

from features.feature_sets import FEATURE_SETS
from models.registry import Registry
from models.rule_set import SHIPPED, read_rule_set
from models.shared_models import SharedModels, read_shared_models
from risk.sources.pull_log import LoggedPull, log_pull
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.cli.main import main
from serving.models.card.render import render_card
from serving.models.card.sections import CardInput
from serving.settings import default_toml

from ...conftest import thorough

_GUIZHOU = SHIPPED / "guizhou_minimum_wage.toml"
_OWN = f"own_rules/{read_rule_set(_GUIZHOU).name}"

pytestmark = thorough  # the README's walk runs the same commands


@pytest.fixture(scope="module")
def office(county_office, tmp_path_factory):
    """A county's workspace with a trained model, and with settings for the commands."""
    workspace = Workspace(tmp_path_factory.mktemp("believing") / "office")
    shutil.copytree(county_office.root, workspace.root)
    workspace.settings_file.write_text(default_toml(), encoding="utf-8")
    return workspace


@pytest.fixture
def call(office, capsys):
    """Runs a command in the office and gives (exit code, standard output)."""

    def run(*arguments, lang="en"):
        code = main(["-w", str(office.root), "--lang", lang, *arguments])
        return code, capsys.readouterr().out

    return run


def test_backtest_prints_text_and_json(call):
    span = ("--from", "2025-04-01", "--to", "2025-04-01", "--capacity", "10")
    code, said = call("backtest", *span, "--json", "--rules", str(_GUIZHOU))
    assert code == 0
    document = json.loads(said)
    assert set(document["contenders"]) == {
        "model", "logistic", "scorecard", "rules", "last_inspection", "random", _OWN
    }  # fmt: skip
    model = document["contenders"]["model"]
    figures = model["figures"]
    assert {"roc_auc", "average_precision", "precision_capacity", "lift_10pct"} <= set(figures)
    assert document["contenders"]["random"]["figures"]["roc_auc"]["value"] == 0.5
    assert model["reliability"]["brier"]["value"] > 0
    assert 0 < model["labelled"]["capacity"] <= 1
    assert set(document["gain"]["ways"]) == {"model", "rules", "made", _OWN}
    assert set(document["model_ahead_of"][_OWN]) >= {"average_precision"}
    assert document["same_visits_reordered"][_OWN]["visits"] >= 0
    assert document["fairness"]["groups"]
    assert document["random_visits"]["visits"] >= 0


def test_backtest_output_is_readable(call, office):
    """In Chinese; that both catalogues have the same texts is tested without a backtest."""
    own = office.root / "rules" / "county.toml"
    own.parent.mkdir(exist_ok=True)
    own.write_text(
        'name = "县红牌规则"\n[[rules]]\nwhen = { complaints_90d = ">= 1" }\ncolour = "red"\n',
        encoding="utf-8",
    )
    code, said = call("backtest", "--from", "2025-04-01", "--to", "2025-04-01", lang="zh")
    assert code == 0
    own.unlink()
    for word in ("随机顺序", "欠薪", "与本单位规则“县红牌规则”相比"):
        assert word in said


def test_backtest_refuses_an_invalid_rule_set_before_any_work(call, tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('name = "x"\n[[rules]]\nwhen = { complaints = "> 0" }\n', encoding="utf-8")
    span = ("--from", "2025-04-01", "--to", "2025-04-01")
    assert call("backtest", *span, "--rules", str(path))[0] == 1


def test_backtest_refuses_a_span_without_labels(call, capsys):
    code, _ = call("backtest", "--from", "2026-01-01", "--to", "2026-01-01")
    assert code == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_card_command_contains_all_sections(call, office, lang, tmp_path):
    code, card = call("models", "card", "1", lang=lang)
    assert code == 0
    wanted = {
        "zh": ("# 模型卡", "## 标签", "## 校准", "## 分组公平", "## 已知局限", "本系统模型"),
        "en": ("# Model card", "## Labels", "## Calibration", "## Groups", "## Known limitations"),
    }[lang]
    for words in wanted:
        assert words in card
    assert sum(one.name in card for one in FEATURE_SETS["project"].features) > 5
    page = tmp_path / "card.html"
    assert call("models", "card", "1", "--out", str(page), lang=lang)[0] == 0
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert "<table" in html
    assert "http" not in html.split("</style>")[1].replace("http://www.w3.org", "")


def test_card_of_a_model_judged_on_no_month(call, office):
    found = Registry(office).get("1")
    evidence = {**found.about["evidence"], "months": []}
    version = replace(found, about={**found.about, "evidence": evidence})
    card = render_card(CardInput(version, {}), "en", "md")
    assert "## Metrics" in card
    assert "2025" not in card.split("## Metrics")[1].split("\n## ")[0]


def test_promote_requires_a_reason_and_rollback_undoes(call, office):
    registry = Registry(office)
    model, first = registry.champion()
    second = registry.register(model, first.about, parameters={}, metrics={})
    registry.promote(second.version, who="test", why="the same model again")
    assert call("models", "promote", "1", "--by", "Li")[0] == 1
    assert call("models", "promote", "1", "--by", "Li <b>", "--why", "known | sites")[0] == 0
    card = call("models", "card", "1")[1]
    assert "Li &lt;b>" in card
    assert "known \\| sites" in card
    code, said = call("models", "rollback")
    assert code == 0
    assert "2" in said
    assert call("models", "card", "9")[0] == 1
    # The other tests check the trained version, which has a profile of its features.
    registry.promote(first.version, who="test", why="as before")


def test_check_fine_exits_with_zero(call):
    code, said = call("check", "--as-of", "2025-08-01")
    assert (code, said.splitlines()[0][:3]) == (0, "OK:")
    assert "Outlook" in said


def test_check_names_the_feed_that_stopped(call, office):
    kept = office.records.with_suffix(".kept")
    shutil.copy(office.records, kept)
    try:
        with RecordStore(office.records) as store:
            store.connection.execute("DELETE FROM attendance WHERE known_at >= '2025-07-01'")
        code, said = call("check", "--as-of", "2025-08-01", lang="zh")
        assert code == 3
        assert "数据中断" in said
        assert "考勤" in said
        document = json.loads(call("check", "--as-of", "2025-08-01", "--json")[1])
        assert document["verdict"] == "look"
        assert document["feeds"][0]["table"] == "attendance"
    finally:
        shutil.move(kept, office.records)


def test_check_names_the_source_that_stopped(call, office):
    kept, began = office.records.with_suffix(".kept"), dt.datetime(2025, 7, 1, tzinfo=dt.UTC)
    settings = office.settings_file.read_text(encoding="utf-8")
    shutil.copy(office.records, kept)
    try:
        with office.settings_file.open("a", encoding="utf-8") as file:
            file.write('\n[sources.platform]\nkind = "realname"\nevery = "1d"\n')
        with RecordStore(office.records) as store:
            came = {"units": 1, "rows": {"payrolls": 7}, "files": 0, "refused_units": 0}
            log_pull(store, LoggedPull("platform", began, began, "complete", came, {}))
            none, late = {**came, "units": 0, "rows": {}}, began + dt.timedelta(days=20)
            error = {"zh": "密钥不对。", "en": "Wrong secret."}
            log_pull(store, LoggedPull("platform", late, late, "interrupted", none, error))
        code, said = call("check", "--as-of", "2025-08-01", lang="zh")
        assert code == 3
        assert (
            "数据源中断：platform 自 2025-07-01 起没有成功取数（提供 工资表）。密钥不对。请先检查"
            in said
        )
        document = json.loads(call("check", "--as-of", "2025-08-01", "--json")[1])
        assert [one["name"] for one in document["sources"]] == ["platform"]
        assert document["reasons"] == ["feed_stopped"]
    finally:
        shutil.move(kept, office.records)
        office.settings_file.write_text(settings, encoding="utf-8")


def test_check_asks_for_retraining_after_a_ban_on_cash(call, office):
    kept = office.records.with_suffix(".kept")
    shutil.copy(office.records, kept)
    try:
        with RecordStore(office.records) as store:
            cash = "FROM payments WHERE channel = 'cash' AND known_at >= '2025-02-01'"
            # A store is never written over: the rows are told anew, and the old ones go.
            store.rows(
                "INSERT INTO payments SELECT * REPLACE"
                f" ('bank' AS channel, nextval('arrivals') AS arrival) {cash}"
            )
            store.rows(f"DELETE {cash}")
        assert call("check", "--as-of", "2025-08-01")[0] == 4
    finally:
        shutil.move(kept, office.records)


def test_export_merge_and_train_on_the_model_of_another_county(office, call, tmp_path):
    out = tmp_path / "own.json"
    asked = ("models", "export", "--as-of", "2025-07-01", "--out", str(out), "--office", "甲县")
    assert call(*asked)[0] == 0
    own = read_shared_models(out)
    assert own.parts[0].origin == Registry(office).origin()
    other = own.parts[0].model_copy(update={"origin": "e" * 32, "office": "乙县"})
    (tmp_path / "other.json").write_text(SharedModels(parts=(other,)).to_text())
    both = tmp_path / "both.json"
    merging = ("models", "merge", str(out), str(tmp_path / "other.json"), "--out", str(both))
    code, said = call(*merging)
    assert code == 0
    assert "甲县" in said
    assert "乙县" in said
    code, said = call("train", "--as-of", "2025-07-01", "--shared", str(both))
    assert code == 0
    version = Registry(office).versions()[0]
    assert [part["office"] for part in version.about["shared"]["parts"]] == ["乙县"]
    assert "乙县" in call("models", "card", version.version)[1]
