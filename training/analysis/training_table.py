"""The training set as a table: keys, labels and how they were observed, groups, features."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.common_steps import known_rows_step
from features.engines.duckdb import DuckDBEngine
from features.field_metadata import describe_columns
from features.matrix import Matrix
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, dated_within, event_log, expected_labels
from training.dataset.observation import observations_before, observed_labels
from training.dataset.splits import walk_forward_folds
from training.dataset.training_set import require_projects
from training.evaluation.predictions_join import details_at, join_predictions
from training.fit.out_of_time import N_FOLDS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from training.evaluation.predictions import Predictions

KEYS = ("as_of", "project_id")
GROUPS = ("region_code", "sector", "funding", "registered_capital", "contract_amount")
VISIT, COMPLAINT, NONE = "visit", "complaint", "none"

Draws = Mapping[tuple[dt.date, str], float]
"""Stated probabilities of being drawn at random, by as_of and project."""

_REPORTED = """
    SELECT project_id, received_on FROM known_complaints WHERE project_id IS NOT NULL
    UNION SELECT project_id, opened_on FROM known_cases WHERE project_id IS NOT NULL
    ORDER BY 1, 2
"""

_MEANINGS: Mapping[str, tuple[str, str]] = {
    "as_of": ("截至日期", "the features are known strictly before it"),
    "project_id": ("项目编码", "the project, or another unit of its kind"),
    "label": (
        "90 天内有欠薪事件为 1，没有为 0；尚未到期又没有已知事件的为空",
        "1 with an arrears event within 90 days, 0 without; empty where it is not mature yet",
    ),
    "expected_label": (
        "计入未结案件的标签：已知事件为 1，否则为期内未结案件查实的概率；模型按它拟合",
        "1 with a known event, else the chance that an open case is confirmed; models fit this",
    ),
    "mature": (
        "90 天及成熟期是否已过，未过的不用于训练",
        "whether horizon and maturity had ended; other rows are not trained on",
    ),
    "observed": (
        "期内如何得知：visit 检查，complaint 投诉或立案，none 无人查看",
        "how the label was seen within the horizon: a visit, a complaint or case, or none",
    ),
    "observed_label": (
        "经检查或结案查看过的标签；无人查看的为空",
        "the label where a visit or a decided case saw it; else empty",
    ),
    "draw_probability": (
        "名单所载的随机抽中概率；当日没有名单或不在其中的为空",
        "probability of a random visit as stated on the list; empty where no list states one",
    ),
    "fold": (
        "向前检验的第几段，1 起；只用于训练的为空",
        "the walk-forward fold that tests the row, from 1; empty where it is only trained on",
    ),
    "contractor": (
        "施工总承包单位，不明的为项目编码",
        "the general contractor, or the project where it is unknown; resample by it",
    ),
    "region_code": ("行政区划代码", "region code"),
    "sector": ("行业", "sector"),
    "funding": ("投资性质", "funding"),
    "registered_capital": ("施工总承包单位注册资本（元）", "contractor's capital in yuan"),
    "contract_amount": ("合同金额（元）", "contract amount in yuan"),
}


def training_table(
    store: RecordStore,
    dates: Sequence[dt.date],
    known_until: dt.date,
    *,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    draws: Draws = MappingProxyType({}),
) -> pa.Table:
    """One row per unit and date of ``dates``; labels are those known before ``known_until``.

    Columns: as_of, project_id, the labels and how they were observed, fold and groups, then all
    features; the field metadata of each says what it means. Unknown is null.

    Raises:
        NoProjectsKnown: no project was known before the first date.
    """
    require_projects(store, min(dates))
    log = event_log(store, known_until)
    matrix = cached_matrix(store, dates, cache_dir, progress)
    observations = observations_before(store, known_until)
    observed = observed_labels(log, observations, matrix.project_ids, matrix.as_ofs)
    nothing = np.zeros(len(matrix.project_ids))
    details = join_predictions(matrix, details_at(store, dates), nothing, observed, {}, {})
    visits: dict[str, list[Any]] = {}
    for visit in observations.inspections:
        visits.setdefault(visit.project_id, []).append(visit.on)
    columns = {
        **_labels(log, matrix, observed),
        "observed": _ways(matrix, _days(visits), _reported(store, known_until)),
        "draw_probability": _drawn(matrix, draws),
        "fold": _folds(log, matrix),
        **_groups(details),
    }
    return describe_columns(_table(matrix, columns), store.kind)


def _labels(
    log: EventLog, matrix: Matrix, observed: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    event = dated_within(log.days, matrix.project_ids, matrix.as_ofs)
    mature = matrix.as_ofs <= np.datetime64(log.last_mature())
    return {
        "label": np.where(event, 1.0, np.where(mature, 0.0, np.nan)),
        "expected_label": expected_labels(log, matrix.project_ids, matrix.as_ofs),
        "mature": mature,
        "observed_label": observed,
    }


def _ways(
    matrix: Matrix,
    visits: Mapping[str, NDArray[np.datetime64]],
    reported: Mapping[str, NDArray[np.datetime64]],
) -> NDArray[np.object_]:
    visited = dated_within(visits, matrix.project_ids, matrix.as_ofs)
    complained = dated_within(reported, matrix.project_ids, matrix.as_ofs)
    return np.where(visited, VISIT, np.where(complained, COMPLAINT, NONE)).astype(object)


def _reported(store: RecordStore, known_until: dt.date) -> Mapping[str, NDArray[np.datetime64]]:
    """Sorted days of complaints and cases per project, known before ``known_until``."""
    engine = DuckDBEngine(store, [known_until])
    try:
        engine.run([known_rows_step("complaints"), known_rows_step("cases")])
        days: dict[str, list[Any]] = {}
        for project_id, on in engine.rows(_REPORTED):
            days.setdefault(str(project_id), []).append(on)
    finally:
        engine.close()
    return _days(days)


def _days(by_project: Mapping[str, list[Any]]) -> dict[str, NDArray[np.datetime64]]:
    return {
        name: np.array(sorted(day for day in days if day is not None), dtype="datetime64[D]")
        for name, days in by_project.items()
    }


def _drawn(matrix: Matrix, draws: Draws) -> NDArray[np.float64]:
    keys = zip(matrix.as_ofs.astype(object), matrix.project_ids, strict=True)
    return np.array([draws.get(key, np.nan) for key in keys], dtype=np.float64)


def _folds(log: EventLog, matrix: Matrix) -> NDArray[np.float64]:
    """The fold in which each row is tested, among the mature dates; NaN where in none."""
    dates = [day.astype(object) for day in np.unique(matrix.as_ofs)]
    mature = [day for day in dates if day <= log.last_mature()]
    folds = np.full(len(matrix.as_ofs), np.nan)
    for number, fold in enumerate(walk_forward_folds(mature, n_folds=N_FOLDS), start=1):
        folds[np.isin(matrix.as_ofs, np.array(fold.test, dtype="datetime64[D]"))] = number
    return folds


def _groups(details: Predictions) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {"contractor": np.array(details.clusters, dtype=object)}
    for name in GROUPS:
        values = details.attributes[name]
        if name in ("registered_capital", "contract_amount"):  # fen
            values = np.array([np.nan if v is None else float(v) / 100 for v in values])
        found[name] = values
    return found


def _table(matrix: Matrix, columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    import pyarrow as pa

    arrays = {
        "as_of": pa.array(matrix.as_ofs.astype("datetime64[us]"), pa.timestamp("us")),
        "project_id": pa.array(matrix.project_ids, pa.string()),
    }
    for name, values in columns.items():
        arrays[name] = _array(values, whole=name in ("label", "observed_label", "fold"))
    for index, name in enumerate(matrix.columns):
        arrays[name] = _array(matrix.values[:, index])
    table = pa.table(arrays)
    for index, field in enumerate(table.schema):
        if field.name in _MEANINGS:
            zh, en = _MEANINGS[field.name]
            described = field.with_metadata({"meaning_zh": zh, "meaning_en": en})
            table = table.set_column(index, described, table.column(index))
    return table


def _array(values: NDArray[Any], *, whole: bool = False) -> pa.Array:
    """An Arrow array in which NaN is null; ``whole`` numbers are small integers."""
    import pyarrow as pa

    if values.dtype == bool:
        return pa.array(values)
    if values.dtype == object:
        return pa.array(values, pa.string())
    array = pa.array(values, pa.float64(), from_pandas=True)
    return array.cast(pa.int8()) if whole else array
