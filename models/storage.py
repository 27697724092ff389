"""Save and load models as plain files: LightGBM text and one JSON file, with a digest over all.

Nothing is pickled, so loading a model runs no code from its files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models import mlflow_flavor
from models.arrears import ArrearsModel
from models.base import ScoringModel
from models.calibration import Calibration
from models.logistic import LogisticModel
from models.scorecard import LINES, Scorecard
from risk.errors import WagewatchError

_DESCRIPTION = "model.json"
_ARTIFACTS = "papers"
_BOOSTERS = "boosters"
_WRITTEN_BY_MLFLOW = ("registered_model_meta",)
_COMPILED = "__pycache__"
"""Of the loader, where MLflow loads the model in place; our own loading runs no code."""

_LOG_ODDS_PER_POINT_BEFORE = 0.35
"""Of scorecards stored without it."""


class ArtifactMissing(WagewatchError):
    """The model was stored without this artifact."""

    code = "paper_missing"


class ModelDamaged(WagewatchError):
    """The files of the model are missing or not those that were registered."""

    code = "model_damaged"


def save(
    model: ScoringModel,
    folder: Path,
    about: Mapping[str, Any],
    artifacts: Mapping[str, str] = MappingProxyType({}),
    run_id: str | None = None,
    example: Sequence[float] | None = None,
) -> str:
    """Write ``model`` and its metadata ``about`` into ``folder``; returns the digest.

    ``artifacts`` are further texts by file name, such as the profile of the training data. With a
    ``run_id`` the folder is an MLflow Model too, with the row ``example`` as its input example.
    """
    folder.mkdir(parents=True, exist_ok=True)
    boosters = model.boosters if isinstance(model, ArrearsModel) else ()
    weights = model.weights if isinstance(model, ArrearsModel) else ()
    for number, body in enumerate(boosters):
        (folder / _BOOSTERS / str(number)).mkdir(parents=True, exist_ok=True)
        _booster_file(folder, number).write_text(body, encoding="utf-8")
    description = {
        "kind": model.kind,
        "columns": list(model.columns),
        "boosters": len(boosters),
        **({"weights": list(weights)} if weights else {}),
        "calibration": {
            "slope": model.calibration.slope,
            "intercept": model.calibration.intercept,
        },
        "typical_points": list(model.typical) if isinstance(model, Scorecard) else [],
        **(_scorecard_to_json(model) if isinstance(model, Scorecard) else {}),
        "logistic": _logistic_to_json(model) if isinstance(model, LogisticModel) else {},
        "about": dict(about),
    }
    body = json.dumps(description, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    (folder / _DESCRIPTION).write_text(body + "\n", encoding="utf-8")
    for name, content in artifacts.items():
        (folder / _ARTIFACTS).mkdir(exist_ok=True)
        (folder / _ARTIFACTS / name).write_text(content, encoding="utf-8")
    if run_id is not None:
        mlflow_flavor.describe(folder, model, run_id, example)
    return digest(folder)


def read_artifact(folder: Path, name: str, expected_digest: str) -> str:
    """The artifact ``name`` of the model in ``folder``.

    Raises:
        ModelDamaged: files are missing or differ from ``expected_digest``.
        ArtifactMissing: the model was stored without it.
    """
    if digest(folder) != expected_digest:
        raise ModelDamaged(path=str(folder))
    path = folder / _ARTIFACTS / name
    if not path.is_file():
        raise ArtifactMissing(name=name)
    return path.read_text(encoding="utf-8")


def load(folder: Path, expected_digest: str | None = None) -> tuple[ScoringModel, dict[str, Any]]:
    """The model in ``folder`` and its metadata.

    Raises:
        ModelDamaged: files are missing or differ from ``expected_digest``.
    """
    description_file = folder / _DESCRIPTION
    if not description_file.is_file() or expected_digest not in (None, digest(folder)):
        raise ModelDamaged(path=str(folder))
    description = json.loads(description_file.read_text(encoding="utf-8"))
    calibration = Calibration(**description["calibration"])
    about: dict[str, Any] = description["about"]
    if description["kind"] == "scorecard":
        return _scorecard_from_json(description, calibration), about
    if description["kind"] == "logistic":
        return _logistic_from_json(description, calibration), about
    texts = [
        _booster_file(folder, number).read_text(encoding="utf-8")
        for number in range(description["boosters"])
    ]
    weights = tuple(description.get("weights", ()))
    columns = tuple(description["columns"])
    return ArrearsModel(columns, tuple(texts), calibration, weights=weights), about


def _booster_file(folder: Path, number: int) -> Path:
    before = folder / f"booster_{number}.txt"  # of models without an MLflow flavor
    return before if before.is_file() else folder / _BOOSTERS / str(number) / "model.txt"


def _scorecard_to_json(model: Scorecard) -> dict[str, Any]:
    """The fields of ``model``; its ``lines`` are for MLflow's loader, which has no catalogue."""
    return {
        "unit": model.unit,
        "log_odds_per_point": model.log_odds_per_point,
        "lines": mlflow_flavor.scorecard_lines(model.columns, LINES[model.unit]),
    }


def _scorecard_from_json(description: Mapping[str, Any], calibration: Calibration) -> Scorecard:
    return Scorecard(
        calibration,
        tuple(description["typical_points"]),
        unit=description.get("unit", "project"),
        columns=tuple(description["columns"]),
        log_odds_per_point=description.get("log_odds_per_point", _LOG_ODDS_PER_POINT_BEFORE),
    )


def _offset_to_json(card: Scorecard) -> dict[str, Any]:
    """A scorecard inside a regression, whose own calibration counts alone."""
    return {
        **_scorecard_to_json(card),
        "typical_points": list(card.typical),
        "columns": list(card.columns),
    }


def _logistic_to_json(model: LogisticModel) -> dict[str, Any]:
    return {
        "edges": [list(marks) for marks in model.edges],
        "weights": list(model.weights),
        "typical": list(model.typical),
        "intercept": model.intercept,
        **({"scorecard": _offset_to_json(model.scorecard)} if model.scorecard else {}),
    }


def _logistic_from_json(description: Mapping[str, Any], calibration: Calibration) -> LogisticModel:
    parts = description["logistic"]
    return LogisticModel(
        columns=tuple(description["columns"]),
        edges=tuple(tuple(marks) for marks in parts["edges"]),
        weights=tuple(parts["weights"]),
        typical=tuple(parts["typical"]),
        intercept=parts["intercept"],
        calibration=calibration,
        scorecard=_scorecard_from_json(parts["scorecard"], Calibration())
        if parts.get("scorecard")
        else None,
    )


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files of the model in ``folder``.

    Models without an MLflow flavor have the former digest, over those files that are read.
    """
    if not (folder / mlflow_flavor.DESCRIPTION).is_file():
        return _former_digest(folder)
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if name.name not in _WRITTEN_BY_MLFLOW and _COMPILED not in name.parts:
            body = path.read_bytes()
            total.update(f"{name.as_posix()}\0{len(body)}\0".encode() + body)
    return total.hexdigest()


def _former_digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in [*sorted(folder.glob("*")), *sorted(folder.glob(f"{_ARTIFACTS}/*"))]:
        if path.is_file() and _is_model_file(path):
            total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _is_model_file(path: Path) -> bool:
    named = path.name == _DESCRIPTION or path.name.startswith("booster_")
    return named or path.parent.name == _ARTIFACTS
