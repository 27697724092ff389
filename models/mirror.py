"""Copies registered models to another MLflow: a server, a database or a folder.

The registry of the workspace stays the one that decides; nothing is read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.registry import CHALLENGER, CHAMPION, Registry
from risk.errors import WagewatchError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_ORIGIN, _VERSION, _DIGEST = "wagewatch.origin", "wagewatch.version", "digest"
_MODEL = "model"
_AT_ONCE = 100


class TrackingFailed(WagewatchError):
    """The other MLflow could not be written to. Carries ``uri`` and ``detail``."""

    code = "tracking_failed"


@dataclass(frozen=True)
class Pushed:
    """The version there; ``new`` is False if it was there already."""

    name: str
    version: str
    new: bool


def push(registry: Registry, version: str, uri: str) -> Pushed:
    """Copy ``version`` with its run and artifacts to ``uri``, and set the aliases as they are here.

    Pushing again copies nothing twice. Addresses may carry credentials; messages do not.

    Raises:
        ModelUnknown: there is no such version here.
        ModelDamaged: its files are not those that were registered.
        TrackingFailed: the other MLflow cannot be reached or refuses.
    """
    entry = registry.get(version)
    try:
        there = _client(uri, registry.name)
        found = _pushed_before(there, registry, version)
        number = found or _copy(there, registry, version, entry.digest)
        for alias in (CHAMPION, CHALLENGER):
            if alias in entry.aliases:
                there.set_registered_model_alias(registry.name, alias, number)
    except WagewatchError:
        raise
    except Exception as error:
        detail = f"{type(error).__name__}: {error}".splitlines()[0].replace(uri, shown(uri))
        raise TrackingFailed(uri=shown(uri), detail=detail[:300]) from error
    return Pushed(registry.name, number, found is None)


def shown(uri: str) -> str:
    """``uri`` without user and password.

    >>> shown("http://me:secret@mlflow.example/x")
    'http://mlflow.example/x'
    """
    scheme, mark, rest = uri.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"


def artifacts_beside(uri: str) -> str | None:
    """Where artifacts of a SQLite database go: next to it. MLflow would use the current folder.

    >>> artifacts_beside("sqlite:////data/mlflow.sqlite")
    'file:///data/mlartifacts'
    >>> artifacts_beside("https://mlflow.example") is None
    True
    """
    scheme, mark, path = uri.partition("sqlite:///")
    if scheme or not mark:
        return None
    return (Path(path).resolve().parent / "mlartifacts").as_uri()


def _client(uri: str, name: str) -> MlflowClient:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    if not client.search_registered_models(f"name='{name}'"):
        client.create_registered_model(name)
    return client


def _pushed_before(there: MlflowClient, registry: Registry, version: str) -> str | None:
    origin = registry.origin()
    for entry in there.search_model_versions(f"name='{registry.name}'"):
        if (entry.tags.get(_ORIGIN), entry.tags.get(_VERSION)) == (origin, version):
            return str(entry.version)
    return None


def _copy(there: MlflowClient, registry: Registry, version: str, digest: str) -> str:
    run, artifacts = registry.run_of(version)
    identity = _copy_run(there, registry.name, run)
    if artifacts.is_dir():
        there.log_artifacts(identity, str(artifacts))
    there.set_terminated(identity, run.info.status)
    tags = {_ORIGIN: registry.origin(), _VERSION: version, _DIGEST: digest}
    source = f"{there.get_run(identity).info.artifact_uri}/{_MODEL}"
    made = there.create_model_version(registry.name, source=source, run_id=identity, tags=tags)
    return str(made.version)


def _copy_run(there: MlflowClient, name: str, run: Run) -> str:
    from mlflow.entities import Param, RunTag

    found = there.get_experiment_by_name(name)
    if found:
        experiment = found.experiment_id
    else:
        place = artifacts_beside(there.tracking_uri)
        experiment = there.create_experiment(name, artifact_location=place)
    own = {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")}
    made = there.create_run(experiment, start_time=run.info.start_time, run_name=run.info.run_name)
    identity: str = made.info.run_id
    tags: list[Any] = [RunTag(key, value) for key, value in own.items()]
    params: list[Any] = [Param(key, value) for key, value in run.data.params.items()]
    for start in range(0, max(len(tags), len(params)), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        there.log_batch(identity, params=params[part], tags=tags[part])
    for key, value in run.data.metrics.items():
        there.log_metric(identity, key, value)
    return identity
