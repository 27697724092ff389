"""Fitting and evaluation on a public data set: food inspections of the City of Chicago.

Usage: python -m benchmarks.chicago MODEL_DATA.parquet --out FILE.md

The City of Chicago published 18,712 food inspections of 2011 to 2014 with its own model's score and
its split in time (repository Chicago/food-inspections-evaluation, MIT licence). An inspection is a
row here, a critical violation the event. Everything is fitted before the first test day; the test
inspections are then reordered by each score, on the same days. The city's score depends much on
which inspector goes, so models are shown with the inspectors as columns and without.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.backtest import row
from features.matrix import Matrix
from models.arrears import hyperparameters_for
from models.logistic import LogisticHyperparameters
from serving.models.backtest_text import shown
from training.dataset.labels import EventLog
from training.dataset.observation import Inspection
from training.dataset.training_set import TrainingSet
from training.evaluation.bootstrap import Estimate, bootstrap_weights, estimate
from training.evaluation.calibration import calibration_report
from training.evaluation.predictions import Predictions
from training.evaluation.report import bootstrap_metrics, precision_among_others
from training.evaluation.visit_reordering import ReorderedVisits, reorder_within
from training.fit.fit import fit
from training.fit.out_of_time import AnyHyperparameters

EPOCH = dt.date(1970, 1, 1)
KNOWN_BEFORE = (
    *("pastFail", "pastCritical", "pastSerious", "pastMinor", "timeSinceLast", "firstRecord"),
    *("ageAtInspection", "consumption_on_premises_incidental_activity"),
    *("tobacco_retail_over_counter", "package_goods", "limited_business_license"),
    *("outdoor_patio", "public_place_of_amusement", "childrens_services_facility_license"),
    *("tavern", "regulated_business_license", "filling_station", "caterers_liquor_license"),
    *("mobile_food_license", "heat_burglary", "heat_garbage", "heat_sanitation"),
    *("precipIntensity", "temperatureMax", "windSpeed", "humidity"),
)
FIGURES = ("roc_auc", "average_precision", "precision_10pct", "recall_20pct")


def main() -> None:
    """Fit all models and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.write_text(document(pd.read_parquet(options.data)), encoding="utf-8")


def document(data: pd.DataFrame) -> str:
    """The whole document as Markdown."""
    data = data.sort_values(["Inspection_Date", "Inspection_ID"]).reset_index(drop=True)
    test = data[data["Test"].fillna(False)]
    first = day(int(test["Inspection_Date"].min()))
    earlier = data[data["Inspection_Date"] < test["Inspection_Date"].min()]
    scores, probability = {"the city's score": test["score"].to_numpy(dtype=float)}, {}
    for suffix, inspectors in (("", True), (" without inspectors", False)):
        training_set = training_set_of(earlier, first, inspectors=inspectors)
        cohort = matrix_of(test, first, inspectors=inspectors)
        models: dict[str, AnyHyperparameters] = {
            "trees": hyperparameters_for(float(training_set.target.sum())),
            "logistic regression": LogisticHyperparameters(),
        }
        for name, hyperparameters in models.items():
            model = fit(training_set, hyperparameters).model
            scores[name + suffix] = model.raw(cohort)
            probability[name + suffix] = model.calibration.probability(scores[name + suffix])
    scores["last visit found something"] = np.sign(test["pastCritical"].to_numpy(dtype=float))
    scores["random order"] = np.zeros(len(test))
    predictions = join_predictions(test, first, scores, probability)
    return tables(predictions, visits_of(test), first, day(int(test["Inspection_Date"].max())))


def tables(
    predictions: Predictions, visits: list[Inspection], first: dt.date, last: dt.date
) -> str:
    """The evaluation of each score on the test inspections."""
    weights = bootstrap_weights(predictions.clusters)
    events = float(predictions.labels.sum())
    heads = ["order by", "ROC AUC", "average precision", "precision at 10 %", "recall at 20 %"]
    heads += ["days sooner", "found in the first half", "slope", "mean probability / rate"]
    rows = []
    for name in predictions.scores:
        drawn = bootstrap_metrics(predictions, name, len(predictions.labels) // 10, weights)
        debiased = {"average_precision": precision_among_others(predictions, name)}
        cells = [
            with_interval(estimate(drawn[f], events, debiased=debiased.get(f))) for f in FIGURES
        ]
        moved: ReorderedVisits = reorder_within(
            predictions, visits, [(first, last + dt.timedelta(days=1))], name
        )
        cells += [with_interval(moved.days_sooner, 2), with_interval(moved.first_half)]
        if name in predictions.probability:
            calibration = calibration_report(
                predictions.probability[name], predictions.labels, weights[1:]
            )
            cells += [with_interval(calibration.slope, 2), with_interval(calibration.ratio, 2)]
        rows.append(row([name, *cells, *[""] * (len(heads) - 1 - len(cells))]))
    made = reorder_within(
        predictions, visits, [(first, last + dt.timedelta(days=1))], "random order"
    )
    about = (
        f"{len(predictions.labels):,} inspections from {first} to {last},"
        f" {events:.0f} with a critical violation; {made.made_first_half.value:.3f} of these came"
        " in the first half as really made. 95 % intervals by resampling businesses."
    )
    lines = [row(heads), row(["---"] * len(heads)), *rows]
    return "\n\n".join([about, "\n".join(lines)]) + "\n"


def training_set_of(data: pd.DataFrame, known_until: dt.date, *, inspectors: bool) -> TrainingSet:
    """The earlier inspections as training set, the inspections of a month under one date."""
    matrix = matrix_of(data, None, inspectors=inspectors)
    target = data["criticalFound"].to_numpy(dtype=float)
    dates = tuple(one.astype(object) for one in np.unique(matrix.as_ofs))
    return TrainingSet(
        EventLog(known_until, {}, 0), dates, matrix, target, target, int(target.sum())
    )


def matrix_of(data: pd.DataFrame, as_of: dt.date | None, *, inspectors: bool) -> Matrix:
    """The columns known before an inspection; its month as date, or ``as_of`` for all."""
    frame = data[list(KNOWN_BEFORE)].astype(float)
    if inspectors:
        frame = frame.join(pd.get_dummies(data["Inspector_Assigned"], dtype=float))
        for colour in ("blue", "brown", "green", "orange", "purple", "yellow"):
            if colour not in frame:
                frame[colour] = 0.0
        frame = frame[[*KNOWN_BEFORE, *sorted(set(frame) - set(KNOWN_BEFORE))]]
    if as_of is None:
        days = data["Inspection_Date"].to_numpy(dtype="int64").astype("datetime64[D]")
        as_ofs = days.astype("datetime64[M]").astype("datetime64[D]")
    else:
        as_ofs = np.repeat(np.array([as_of], dtype="datetime64[D]"), len(data))
    return Matrix(as_ofs, ids(data), tuple(frame), frame.to_numpy())


def join_predictions(
    data: pd.DataFrame,
    first: dt.date,
    scores: dict[str, NDArray[np.float64]],
    probability: dict[str, NDArray[np.float64]],
) -> Predictions:
    """The test inspections as rows of one list; the business is the cluster."""
    labels = data["criticalFound"].to_numpy(dtype=float)
    nothing = np.full(len(data), np.nan)
    return Predictions(
        as_ofs=np.repeat(np.array([first], dtype="datetime64[D]"), len(data)),
        project_ids=ids(data),
        clusters=tuple(data["Business_ID"].astype(str)),
        labels=labels,
        observed=labels,
        scores=scores,
        probability=probability,
        attributes={},
        workers=nothing,
        amount=nothing,
    )


def visits_of(data: pd.DataFrame) -> list[Inspection]:
    """The test inspections in the order in which they were made."""
    return [
        Inspection(name, day(int(on)), False, bool(found))
        for name, on, found in zip(
            ids(data), data["Inspection_Date"], data["criticalFound"], strict=True
        )
    ]


def ids(data: pd.DataFrame) -> tuple[str, ...]:
    """The identifiers of the inspections."""
    return tuple(f"{number:.0f}" for number in data["Inspection_ID"])


def day(number: int) -> dt.date:
    """Days since 1970 as a date."""
    return EPOCH + dt.timedelta(days=number)


def with_interval(figure: Estimate, digits: int = 3) -> str:
    """A figure with its interval."""
    return shown(figure, "en", digits)


if __name__ == "__main__":
    main()
