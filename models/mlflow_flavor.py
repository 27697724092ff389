"""Describes a stored model as an MLflow Model: flavors, signature, example, requirements.

``mlflow.pyfunc.load_model`` loads it through :mod:`models.pyfunc_loader`, of which the folder holds
a copy; ``mlflow.lightgbm.load_model`` loads each booster in ``boosters/0``, ``boosters/1`` and so
on. Written as plain JSON, which is YAML too: MLflow's own writer needs pandas and may pickle.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models import pyfunc_loader
from models.base import ScoringModel

DESCRIPTION = "MLmodel"
LOADER = "wagewatch_loader_v1"
"""Name of the copied module; a changed loader needs another, since Python keeps modules by name."""

CONTRIBUTIONS = "contributions"

_PACKAGES = ("lightgbm", "numpy", "pandas")
_ASSUMED = {"pandas": ">=3.0"}
"""Requirements on packages that Wagewatch itself runs without."""


def describe(
    folder: Path, model: ScoringModel, run_id: str, example: Sequence[float] | None = None
) -> None:
    """Write ``MLmodel`` and what it refers to into ``folder``, which holds the stored ``model``.

    ``example`` is a row of values for the input example, one per column; NaN is unknown.
    """
    (folder / "code").mkdir(exist_ok=True)
    shutil.copyfile(str(pyfunc_loader.__file__), folder / "code" / f"{LOADER}.py")
    boosters = sorted((folder / "boosters").glob("*"))
    for booster in boosters:
        _write_json(booster / DESCRIPTION, _head(run_id) | {"flavors": _lightgbm("model.txt")})
    requirements = _requirements()
    _write_environment(folder, requirements)
    row = list(example) if example is not None else [math.nan] * len(model.columns)
    sample = {
        "columns": list(model.columns),
        "data": [[None if math.isnan(value) else value for value in row]],
    }
    _write_json(folder / "input_example.json", sample)
    _write_json(folder / "serving_input_example.json", {"dataframe_split": sample})
    document = _head(run_id) | {
        "flavors": {
            "python_function": {
                "loader_module": LOADER,
                "code": "code",
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "python_version": platform.python_version(),
            },
            **(_lightgbm("boosters/0/model.txt") if len(boosters) == 1 else {}),
        },
        "signature": _signature(model.columns),
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
            "pandas_orient": "split",
        },
    }
    _write_json(folder / DESCRIPTION, document)


def scorecard_lines(columns: Sequence[str], lines: Any) -> list[dict[str, Any]]:
    """The scorecard's lines over ``columns`` as plain values, for the loader."""
    return [
        {"feature": name, **{key: asdict(line)[key] for key in ("points", "at_least", "at_most")}}
        for name, line in lines
        if name in columns
    ]


def _head(run_id: str) -> dict[str, Any]:
    return {
        "artifact_path": "model",
        "run_id": run_id,
        "model_uuid": uuid.uuid4().hex,
        "mlflow_version": importlib.metadata.version("mlflow-skinny"),
    }


def _lightgbm(data: str) -> dict[str, Any]:
    return {
        "lightgbm": {
            "data": data,
            "model_class": "lightgbm.basic.Booster",
            "lgb_version": importlib.metadata.version("lightgbm"),
            "code": None,
        }
    }


def _signature(columns: Sequence[str]) -> Mapping[str, str]:
    inputs = [{"type": "double", "name": name, "required": True} for name in columns]
    params = [{"name": CONTRIBUTIONS, "type": "boolean", "default": False, "shape": None}]
    return {
        "inputs": json.dumps(inputs),
        "outputs": json.dumps([{"type": "double", "required": True}]),
        "params": json.dumps(params),
    }


def _requirements() -> list[str]:
    mlflow = f"mlflow=={importlib.metadata.version('mlflow-skinny')}"
    return [mlflow, *(name + _version(name) for name in _PACKAGES)]


def _version(package: str) -> str:
    return _ASSUMED.get(package) or f"=={importlib.metadata.version(package)}"


def _write_environment(folder: Path, requirements: Sequence[str]) -> None:
    (folder / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    python = platform.python_version()
    _write_json(
        folder / "conda.yaml",
        {
            "name": "mlflow-env",
            "channels": ["conda-forge"],
            "dependencies": [f"python={python}", "pip", {"pip": list(requirements)}],
        },
    )
    _write_json(
        folder / "python_env.yaml",
        {
            "python": python,
            "build_dependencies": ["pip"],
            "dependencies": ["-r requirements.txt"],
        },
    )


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
