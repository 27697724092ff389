"""The tutorial runs as it stands, on a simulated county, and is short."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from risk.calendar.dates import HORIZON_DAYS, add_months
from risk.workspace import Workspace
from serving.settings import default_toml
from training.metrics import log_loss

from ...conftest import thorough

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tutorials" / "data-science.md"


def program() -> str:
    """The Python blocks of the page, one after the other."""
    return "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))


def test_the_tutorial_is_one_program_of_fewer_than_eighty_lines():
    written = program()
    compile(written, str(PAGE), "exec")
    assert 40 < len([line for line in written.splitlines() if line.strip()]) < 80


@thorough
@pytest.mark.filterwarnings("ignore")
def test_the_tutorial_runs(county_office, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    shutil.copytree(county_office.root, workspace.root)
    workspace.settings_file.write_text(default_toml(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(program(), str(PAGE), "exec"), names)
    assert (tmp_path / "beeswarm.png").stat().st_size > 10_000
    assert (tmp_path / "calibration.png").stat().st_size > 5_000
    assert min(names["scores"]["test_roc_auc"]) > 0.5
    recompute_one_month(names["report"], names["truth"].to_numpy())


def recompute_one_month(report, labels):
    """Every figure of a month in the evidence of the backtest, with scikit-learn from the labels
    of the training set (events reached by hand: scikit-learn knows no visits).
    """
    predicted, found = report.walk.predictions, report.reports["model"]
    assert (predicted.labels == labels).all()
    assert 0 < labels.sum() < len(labels)
    score, chance = predicted.scores["model"], predicted.probability["model"]
    figures = {name: one.value for name, one in found.figures.items()}
    assert figures["roc_auc"] == pytest.approx(metrics.roc_auc_score(labels, score), abs=1e-12)
    area = metrics.average_precision_score(labels, score)
    assert figures["average_precision"] == pytest.approx(area, abs=1e-12)
    lengths = {"capacity": report.capacity}
    lengths |= {f"{part}pct": round(part / 100 * len(labels)) for part in (5, 10, 20)}
    for cut, length in lengths.items():
        tied = found.ties[f"precision_{cut}"]
        assert tied.worst == tied.best  # no tie across the end of the list
        listed = np.zeros(len(labels))
        listed[np.argsort(-score, kind="stable")[:length]] = 1
        precision = metrics.precision_score(labels, listed)
        assert figures[f"precision_{cut}"] == pytest.approx(precision, abs=1e-12)
        recall = metrics.recall_score(labels, listed)
        assert figures[f"recall_{cut}"] == pytest.approx(recall, abs=1e-12)
        assert figures[f"lift_{cut}"] == pytest.approx(precision / labels.mean(), abs=1e-9)
    reliability = found.reliability
    assert reliability.ratio.value == pytest.approx(chance.sum() / labels.sum(), abs=1e-9)
    brier = metrics.brier_score_loss(labels, chance)
    assert reliability.brier.value == pytest.approx(brier, abs=1e-9)
    odds = np.log(chance / (1 - chance)).reshape(-1, 1)
    line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(odds, labels)
    assert reliability.slope.value == pytest.approx(line.coef_[0, 0], abs=1e-3)
    assert reliability.intercept.value == pytest.approx(line.intercept_[0], abs=1e-3)
    assert log_loss(chance, labels) == pytest.approx(metrics.log_loss(labels, chance), abs=1e-12)
    assert report.gain.ways["model"]["events"].value == events_reached(report, score)


def events_reached(report, score):
    """Events within the horizon of the projects first in ``score``, as many as were visited."""
    predicted = report.walk.predictions
    (month,) = predicted.months()
    following = add_months(month, 1)
    inside = {
        one.project_id
        for one in report.walk.observations.inspections
        if month <= one.on < following and one.project_id in predicted.project_ids
    }
    first, stop = np.datetime64(month), np.datetime64(month) + HORIZON_DAYS
    reached = 0
    for row in np.argsort(-score, kind="stable")[: len(inside)]:
        events = report.walk.log.days.get(predicted.project_ids[row], [])
        reached += sum(first <= np.datetime64(day) < stop for day in events)
    return reached
