"""Loads a stored model for ``mlflow.pyfunc``; copied into the folder of every model.

It needs numpy, pandas and lightgbm only, so that a model can be used where Wagewatch is not
installed. It reads JSON and LightGBM's text format and runs no code from them. It computes in the
same order of operations as :mod:`models.arrears`, :mod:`models.logistic` and
:mod:`models.scorecard`, so the probabilities are the same to the bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASE = "base"
"""Name of the last column of contributions: the raw score of no contribution."""


class PyfuncModel:
    """The model in ``folder``, as ``mlflow.pyfunc`` uses it."""

    def __init__(self, folder: Path) -> None:
        self._description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self.columns: list[str] = self._description["columns"]
        self._boosters = [_booster(folder, n) for n in range(self._description["boosters"])]

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Probabilities, shape (rows,), in the order of the rows of the frame ``model_input``.

        With ``params={"contributions": True}`` a frame of the SHAP values of every feature and of
        ``base``, in log-odds before calibration; the sum of a row is its raw score.
        """
        values = model_input[self.columns].to_numpy(dtype=np.float64)
        if params and params.get("contributions"):
            import pandas as pd

            names = [*self.columns, BASE]
            return pd.DataFrame(self._contributions(values), columns=names, index=model_input.index)
        calibration = self._description["calibration"]
        scaled = calibration["slope"] * self._raw(values) + calibration["intercept"]
        return 1.0 / (1.0 + np.exp(-scaled))

    def _raw(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        kind = self._description["kind"]
        if kind == "scorecard":
            card = _card(self._description)
            return np.asarray(_points(card, values).sum(axis=1) * card["log_odds_per_point"])
        if kind == "logistic":
            return np.asarray(self._contributions(values).sum(axis=1))
        scores = [b.predict(values, raw_score=True, num_threads=1) for b in self._boosters]
        return self._mean(scores)

    def _contributions(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        kind = self._description["kind"]
        if kind == "scorecard":
            return _card_contributions(_card(self._description), values)
        if kind == "logistic":
            return self._logistic(values)
        parts = [b.predict(values, pred_contrib=True, num_threads=1) for b in self._boosters]
        return self._mean(parts)

    def _mean(self, parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        weights = self._description.get("weights")
        if not weights:
            return np.asarray(np.mean(parts, axis=0))
        return np.asarray(np.average(parts, axis=0, weights=weights))

    def _logistic(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        model = self._description["logistic"]
        ranks = _ranks(values, model["edges"])
        weights, typical = np.array(model["weights"]), np.array(model["typical"])
        base = model["intercept"] + float((weights * typical).sum())
        parts = np.hstack([(ranks - typical) * weights, np.full((len(ranks), 1), base)])
        if card := model.get("scorecard"):
            place = [self.columns.index(name) for name in card["columns"]]
            parts[:, [*place, -1]] += _card_contributions(_card(card), values[:, place])
        return parts


def _load_pyfunc(path: str) -> PyfuncModel:
    return PyfuncModel(Path(path))


def _booster(folder: Path, number: int) -> Any:
    import lightgbm as lgb

    return lgb.Booster(model_file=str(folder / "boosters" / str(number) / "model.txt"))


def _card(description: Mapping[str, Any]) -> dict[str, Any]:
    names = ("columns", "typical_points", "log_odds_per_point", "lines")
    return {name: description[name] for name in names}


def _points(card: Mapping[str, Any], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points per row and column; an unknown value has none."""
    points = np.zeros_like(values)
    for line in card["lines"]:
        column = card["columns"].index(line["feature"])
        known = ~np.isnan(values[:, column])
        numbers = np.nan_to_num(values[:, column])
        if line["at_least"] is not None:
            met = known & (numbers >= line["at_least"])
        else:
            met = known & (numbers <= line["at_most"])
        points[:, column] += line["points"] * met
    return points


def _card_contributions(
    card: Mapping[str, Any], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    typical = np.array(card["typical_points"] or np.zeros(len(card["columns"])))
    typical *= card["log_odds_per_point"]
    parts = _points(card, values) * card["log_odds_per_point"] - typical
    return np.column_stack([parts, np.full(len(parts), typical.sum())])


def _ranks(values: NDArray[np.float64], edges: list[list[float]]) -> NDArray[np.float64]:
    """The ranks of ``values`` among the training values, in [-1, 1]; unknown values the median."""
    ranks = np.zeros(values.shape)
    for column, marks in enumerate(edges):
        if len(marks) > 1:
            known = np.nan_to_num(values[:, column], nan=float(np.median(marks)))
            ranks[:, column] = np.interp(known, marks, np.linspace(-1, 1, len(marks)))
    return ranks
