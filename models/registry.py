"""The model registry: MLflow on a SQLite file in the workspace.

The alias ``champion`` marks the version that scores, ``challenger`` the one trained last. MLflow
holds versions, aliases, parameters and metrics. The models themselves are plain files
(:mod:`models.storage`) among the artifacts of their run; scoring reads nothing else. MLflow loads
them too, see :mod:`models.mlflow_flavor`. Every change of champion is logged with its author and
reason.

Only what writes imports MLflow; versions, aliases and tags are read by :mod:`models.registered`.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from models.artifact_paths import move_artifacts
from models.base import ScoringModel
from models.promotion_log import (
    PROMOTED,
    ROLLED_BACK,
    ChampionChange,
    as_tag,
    champion_before,
    from_tags,
    require_reason,
)
from models.registered import RegisteredModel, RegisteredVersion, read_registered
from models.runs import Run, open_run
from models.storage import ArtifactMissing, ModelDamaged, load, read_artifact, save
from risk.errors import WagewatchError
from risk.unit_kinds import KINDS, Kind
from risk.workspace import Workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

_NAMES: Mapping[Kind, str] = {"project": "arrears", "employer": "arrears-employers"}
_PREFIXES: Mapping[Kind, str] = {"project": "", "employer": "employer-"}
CHAMPION = "champion"
CHALLENGER = "challenger"
_MODEL = "model"
"""Folder of the model among the artifacts of its run."""

_STANDS_IN = "stands_in"
_ORIGIN = "origin"


class ModelUnknown(WagewatchError):
    """There is no such version."""

    code = "model_unknown"


class NoModel(WagewatchError):
    """No version has been promoted yet."""

    code = "no_model"


class NoEarlierChampion(WagewatchError):
    """There is no earlier champion to roll back to."""

    code = "no_earlier_champion"


@dataclass(frozen=True)
class ModelVersion:
    """One registered version. ``about`` is the metadata stored with it.

    ``changes`` are those in which it became champion or was replaced, oldest first.
    """

    version: str
    kind: str
    trained_at: dt.date
    digest: str
    aliases: tuple[str, ...]
    about: Mapping[str, Any]
    changes: tuple[ChampionChange, ...] = ()


def kind_of(version: str) -> Kind:
    """The kind of unit that ``version`` scores, from its label.

    >>> kind_of("3"), kind_of("employer-1")
    ('project', 'employer')
    """
    return next((kind for kind in KINDS if version.startswith(_PREFIXES[kind] or " ")), "project")


class Registry:
    """The models of a workspace for one kind of unit.

    Versions are labelled 1, 2, … for projects and employer-1, employer-2, … for employers.
    """

    def __init__(self, workspace: Workspace, kind: Kind = "project") -> None:
        self._workspace = workspace
        self.kind = kind
        self.name = _NAMES[kind]
        self._prefix = _PREFIXES[kind]

    @cached_property
    def _client(self) -> MlflowClient:
        return _client(self._workspace, self.name)

    def register(
        self,
        model: ScoringModel,
        about: Mapping[str, Any],
        *,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        artifacts: Mapping[str, str] = MappingProxyType({}),
        stands_in: str | None = None,
        run: Run | None = None,
        example: Sequence[float] | None = None,
    ) -> ModelVersion:
        """Store ``model`` as the new challenger. ``about`` must hold ``trained_at`` (ISO date).

        ``artifacts`` are texts by file name, covered by the digest; see :meth:`artifact`. A model
        that ``stands_in`` is no challenger, and found again by that key; see :meth:`stand_in`.
        ``run`` is the run that made it, by default one of its own; ``example`` is a row of values
        that shows what the model reads.
        """
        if run is None:
            with self.run(f"{self.name} {about['trained_at']}") as opened:
                return self.register(
                    model,
                    about,
                    parameters=parameters,
                    metrics=metrics,
                    artifacts=artifacts,
                    stands_in=stands_in,
                    run=opened,
                    example=example,
                )
        run.log_parameters(parameters)
        run.log_metrics(metrics)
        folder = run.folder / _MODEL
        digest = save(model, folder, about, artifacts, run.id, example)
        tags = {"digest": digest} | ({_STANDS_IN: stands_in} if stands_in else {})
        made = self._client.create_model_version(
            self.name, source=folder.resolve().as_uri(), run_id=run.id, tags=tags
        )
        run.tag({"model_version": self._label(made.version), "model_digest": digest})
        if stands_in is None:
            self._client.set_registered_model_alias(self.name, CHALLENGER, str(made.version))
        return self.get(self._label(made.version))

    def run(
        self, name: str, tags: Mapping[str, object] = MappingProxyType({})
    ) -> AbstractContextManager[Run]:
        """A run of MLflow called ``name``, see :func:`models.runs.open_run`."""
        return open_run(self._client, self._experiment(), name, self._workspace.models, tags)

    def stand_in(self, key: str) -> ModelVersion | None:
        """The first version registered as standing in under ``key``; None if there is none."""
        entries = self._registered().versions.values()
        numbers = [entry.number for entry in entries if entry.tags.get(_STANDS_IN) == key]
        return self.get(self._label(min(numbers))) if numbers else None

    def origin(self) -> str:
        """A random number that marks what this registry shares with other offices as its own."""
        found = self._registered().tags.get(_ORIGIN)
        if found is None:
            found = secrets.token_hex(16)
            self._client.set_registered_model_tag(self.name, _ORIGIN, found)
        return found

    def promote(self, version: str, *, who: str, why: str) -> ModelVersion:
        """Make ``version`` the champion; :meth:`rollback` undoes it.

        Raises:
            ReasonMissing: ``who`` or ``why`` is blank.
            ReasonTooLong: one of them is too long to store.
            ModelUnknown: there is no such version.
            ModelDamaged: its files are not those that were registered.
        """
        return self._change(PROMOTED, version, who, why)

    def rollback(self, *, who: str, why: str) -> ModelVersion:
        """Make the previous champion the champion again.

        Raises:
            ReasonMissing: ``who`` or ``why`` is blank.
            ReasonTooLong: one of them is too long to store.
            NoEarlierChampion: there is none.
            ModelDamaged: its files are not those that were registered.
        """
        before = champion_before(self.changes(), self._alias(CHAMPION))
        if before is None:
            raise NoEarlierChampion()
        return self._change(ROLLED_BACK, before, who, why)

    def changes(self) -> tuple[ChampionChange, ...]:
        """Every change of champion, oldest first."""
        return from_tags(self._registered().tags)

    def _change(
        self, action: Literal["promoted", "rolled_back"], version: str, who: str, why: str
    ) -> ModelVersion:
        require_reason(who, why)
        self.get(version)  # raises if it is unknown or damaged
        at = dt.datetime.now(dt.UTC).isoformat()
        change = ChampionChange(
            action, version, self._alias(CHAMPION), who.strip(), why.strip(), at
        )
        # The log first: a logged change that is not carried out does the lesser harm.
        key, value = as_tag(change, len(self.changes()) + 1)
        self._client.set_registered_model_tag(self.name, key, value)
        self._client.set_registered_model_alias(self.name, CHAMPION, self._number(version))
        return self.get(version)

    def versions(self) -> list[ModelVersion]:
        """All versions whose files are those that were registered, newest first."""
        return self._checked()[0]

    def damaged_versions(self) -> list[str]:
        """The versions whose files are missing or altered, newest first."""
        return self._checked()[1]

    def _checked(self) -> tuple[list[ModelVersion], list[str]]:
        registered = self._registered()
        found, damaged = [], []
        for number in sorted(registered.versions, reverse=True):
            label = self._label(number)
            try:
                found.append(self._load(registered, label)[1])
            except ModelDamaged:
                damaged.append(label)
        return found, damaged

    def get(self, version: str) -> ModelVersion:
        """One version.

        Raises:
            ModelUnknown: there is no such version.
            ModelDamaged: its files are not those that were registered.
        """
        return self._load(self._registered(), version)[1]

    def champion(self) -> tuple[ScoringModel, ModelVersion]:
        """The model that scores, with its version.

        Raises:
            NoModel: none has been promoted yet.
        """
        version = self._alias(CHAMPION)
        if version is None:
            raise NoModel()
        return self.load(version)

    def champion_version(self) -> str | None:
        """The version of the model that scores, whatever became of its files; None without one."""
        return self._alias(CHAMPION)

    def load(self, version: str) -> tuple[ScoringModel, ModelVersion]:
        """The model of ``version``; its files are checked against the registered digest."""
        return self._load(self._registered(), version)

    def artifact(self, version: str, name: str) -> str:
        """The text of the artifact ``name`` of ``version``.

        Raises:
            ModelUnknown: there is no such version.
            ArtifactMissing: it was registered without it.
            ModelDamaged: its files are not those that were registered.
        """
        entry = self._entry(self._registered(), version)
        return read_artifact(self._folder(entry.run_id), name, entry.tags["digest"])

    def artifacts(self, version: str, names: Sequence[str]) -> dict[str, str]:
        """The texts of those artifacts ``names`` that ``version`` was registered with.

        Raises:
            ModelUnknown: there is no such version.
            ModelDamaged: its files are not those that were registered.
        """
        entry = self._entry(self._registered(), version)
        found = {}
        for name in names:
            with suppress(ArtifactMissing):
                found[name] = read_artifact(self._folder(entry.run_id), name, entry.tags["digest"])
        return found

    def run_of(self, version: str) -> tuple[MlflowRun, Path]:
        """The run of MLflow that made ``version``, and the folder of its artifacts."""
        run = self._entry(self._registered(), version).run_id
        return self._client.get_run(run), self._workspace.models / run / "artifacts"

    def attach(self, version: str, documents: Mapping[str, str]) -> None:
        """Store texts by file name among the artifacts of the run that made ``version``.

        They are for people: the digest of the model does not cover them.
        """
        _, folder = self.run_of(version)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in documents.items():
            (folder / name).write_text(content, encoding="utf-8")

    def _registered(self) -> RegisteredModel:
        return read_registered(self._workspace.tracking, self.name)

    def _entry(self, registered: RegisteredModel, version: str) -> RegisteredVersion:
        """The entry of ``version``; raises ModelUnknown if there is none."""
        found = {self._label(number): entry for number, entry in registered.versions.items()}
        if version not in found:
            known = ", ".join(self._label(number) for number in sorted(registered.versions)) or "-"
            raise ModelUnknown(version=version, known=known)
        return found[version]

    def _load(self, registered: RegisteredModel, version: str) -> tuple[ScoringModel, ModelVersion]:
        """The model of ``version``, checked against its registered digest, with its entry."""
        entry = self._entry(registered, version)
        digest = entry.tags["digest"]
        model, about = load(self._folder(entry.run_id), digest)
        aliases = (a for a, number in registered.aliases.items() if number == entry.number)
        found = ModelVersion(
            version=version,
            kind=model.kind,
            trained_at=dt.date.fromisoformat(str(about["trained_at"])),
            digest=digest,
            aliases=tuple(sorted(aliases)),
            about=about,
            changes=tuple(
                change
                for change in from_tags(registered.tags)
                if version in (change.version, change.before)
            ),
        )
        return model, found

    def _folder(self, run_id: str) -> Path:
        """The folder of the model of a run; one without an MLflow flavor is its whole folder."""
        run = self._workspace.models / run_id
        logged = run / "artifacts" / _MODEL
        return logged if logged.is_dir() else run

    def _alias(self, alias: str) -> str | None:
        version = self._registered().aliases.get(alias)
        return None if version is None else self._label(version)

    def _label(self, number: object) -> str:
        return f"{self._prefix}{number}"

    def _number(self, label: str) -> str:
        return label.removeprefix(self._prefix)

    def _experiment(self) -> str:
        found = self._client.search_experiments(filter_string=f"name='{self.name}'")
        return str(found[0].experiment_id)


def _client(workspace: Workspace, name: str) -> MlflowClient:
    from mlflow import MlflowClient  # takes seconds to import

    # MLflow sets its own level while it is imported.
    logging.getLogger("mlflow").setLevel(logging.WARNING)

    uri = f"sqlite:///{workspace.tracking.resolve()}"
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    artifacts = workspace.models.resolve().as_uri()
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        client.create_experiment(name, artifact_location=artifacts)
    elif experiment.artifact_location != artifacts:
        move_artifacts(workspace.tracking, experiment.artifact_location, artifacts)
    if not client.search_registered_models(f"name='{name}'"):
        client.create_registered_model(name)
    return client
