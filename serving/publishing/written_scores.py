"""Takes the scores that Spark wrote to a folder instead of scoring again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from risk.store.known_query import KnownQuery, Written, written_rows_sql
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.errors import CommandError
from serving.publishing.dossier_queries import DOSSIERS_FOLDER
from serving.publishing.scoring import Scored, model_at

if TYPE_CHECKING:
    from models.scores_manifest import ScoresManifest
    from risk.flags import Law
    from risk.flags.rule import Rule


class ScoresMissing(CommandError):
    """The folder holds no whole scores of that date."""

    code = "scores_missing"


class ScoresUnreadable(CommandError):
    """A file of the scores cannot be read."""

    code = "scores_unreadable"


class ScoresIncomplete(CommandError):
    """A file is missing, of another size, or left from other scores."""

    code = "scores_incomplete"


class ScoresOfOtherModel(CommandError):
    """Another model gave the scores than the one that scores now."""

    code = "scores_of_other_model"


class ScoresOfOtherFeatures(CommandError):
    """The features behind the scores are defined otherwise in this release or with these wages."""

    code = "scores_of_other_features"


class ScoresOfOtherRecords(CommandError):
    """The scores were made of other records than those of the workspace."""

    code = "scores_of_other_records"


def take_scores(workspace: Workspace, store: RecordStore, as_of: dt.date, folder: str) -> Scored:
    """The cohort of ``as_of`` with the scores in ``folder``, as the champion gave them.

    Raises:
        ScoresMissing, ScoresIncomplete, ScoresUnreadable: they are not there or not whole.
        ScoresOfOtherModel, ScoresOfOtherFeatures, ScoresOfOtherRecords, ScoresOfOtherCohort: they
            were not made of what the list would be made of.
        NoModel, ModelFromLater: there is no model to have given them.
    """
    import duckdb

    from features.cache.dependencies import feature_definitions, redefined_families
    from models.registry import Registry
    from models.scores_manifest import definitions_digest
    from models.written_scores import written_cohort

    place = _place(folder, as_of)
    found = _manifest(place, as_of)
    model, used = model_at(workspace, store.kind, as_of)
    digest = Registry(workspace, store.kind).get(used.version).digest
    if (found.model, found.model_digest) != (used.version, digest):
        raise ScoresOfOtherModel(path=str(place), found=found.model, champion=used.version)
    if found.features != definitions_digest(feature_definitions(store)):
        raise ScoresOfOtherFeatures(path=str(place))
    records = store.digest(as_of)
    if found.records != records:
        raise ScoresOfOtherRecords(path=str(place), found=found.records[:12], records=records[:12])
    _require_whole(place, found.files)
    files = sorted(place.glob("*.parquet"))
    if not files:
        raise ScoresMissing(path=str(place), as_of=as_of)
    try:
        cohort = written_cohort(store, model, as_of, files)
    except duckdb.Error as error:
        raise ScoresUnreadable(path=str(place), detail=str(error).splitlines()[0]) from error
    redefined = redefined_families(store, used.about.get("feature_definitions"))
    return Scored(cohort, replace(used, redefined=redefined))


def written_flags(folder: str, as_of: dt.date, law: Law) -> Callable[[Rule], str] | None:
    """SQL of the rows of each rule in ``folder``, whose scores were taken.

    None if there are none, or if they were found by other rules or under other law: flags are then
    found here.

    Raises:
        ScoresMissing, ScoresUnreadable: there is no manifest.
        WrittenRowsMissing: those of a rule are not there, when it is asked for.
    """
    from risk.flags.written import flags_digest, written_rows_sql

    place = _place(folder, as_of)
    if _manifest(place, as_of).flags != flags_digest(as_of, law):
        return None
    return lambda rule: written_rows_sql(place, rule)


def written_queries(folder: str, as_of: dt.date, queries: Iterable[KnownQuery]) -> Written:
    """SQL of the rows of ``queries`` in ``folder``, whose scores were taken.

    Those that were not written, or are defined otherwise in this release, are left out: they are
    then run here.

    Raises:
        ScoresMissing, ScoresUnreadable: there is no manifest.
        WrittenRowsMissing: it names rows that are not there.
    """
    place = _place(folder, as_of)
    found = _manifest(place, as_of).dossiers or {}
    return {
        query.name: written_rows_sql(place / DOSSIERS_FOLDER / query.name)
        for query in queries
        if found.get(query.name) == query.digest(as_of)
    }


def _require_whole(place: Path, files: Mapping[str, int] | None) -> None:
    """Check that the Parquet files are those that were written; a copy may have lost or mixed some.

    Raises:
        ScoresIncomplete: they are not.
    """
    if files is None:
        return
    found = {
        path.relative_to(place).as_posix(): path.stat().st_size
        for path in place.rglob("*.parquet")
        if not path.name.startswith(".")
    }
    for name in sorted(files.keys() | found.keys()):
        if found.get(name) != files.get(name):
            sizes = {"found": found.get(name, 0), "expected": files.get(name, 0)}
            raise ScoresIncomplete(path=str(place / name), **sizes)


def _place(folder: str, as_of: dt.date) -> Path:
    return Path(folder.removeprefix("file://")) / f"as_of={as_of.isoformat()}"


def _manifest(place: Path, as_of: dt.date) -> ScoresManifest:
    from models.scores_manifest import MANIFEST, parse_manifest

    try:
        found = parse_manifest((place / MANIFEST).read_text("utf-8"))
    except FileNotFoundError as error:
        raise ScoresMissing(path=str(place), as_of=as_of) from error
    except (OSError, ValueError) as error:
        raise ScoresUnreadable(path=str(place / MANIFEST), detail=str(error)) from error
    return found
