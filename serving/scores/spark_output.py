"""Features and scores computed with Spark, from a records folder to an output folder."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from risk.progress import Progress
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from serving.errors import CommandError
from serving.ingest.temporary_store import holds_feeds
from serving.version import code_version

if TYPE_CHECKING:
    from features.engines.spark import SparkEngine
    from risk.flags import Law, Value
    from risk.minimum_wage import MinimumWage
    from risk.store.known_query import KnownQuery
    from risk.store.store import RecordStore
    from risk.tiers import Tiers
    from serving.publishing.used_model import UsedModel


@dataclass(frozen=True)
class Parts:
    """What is written with scores: red flags, and the rows of ``queries``."""

    flags: bool = False
    queries: Sequence[KnownQuery] = ()


_SCORES_ALONE = Parts()


class InputsLost(CommandError):
    """Inputs that the model leans on are gone, so its scores would be too low or too high."""

    code = "inputs_lost"


def require_folder(out: str) -> None:
    """Check that ``out`` does not ask for a single file that Spark does not write.

    Raises:
        TableFormatUnknown: it ends in .csv or another suffix than that of Parquet.
    """
    from serving.scores.table_file import TableFormatUnknown, table_format

    if "://" not in out and not out.endswith("/") and table_format(Path(out)) == "csv":
        raise TableFormatUnknown(found=".csv", path=out)


@contextmanager
def records_for_spark(
    records: str | None, store: Callable[[], AbstractContextManager[RecordStore]]
) -> Iterator[str]:
    """Yield the exported folder ``records``, or a temporary export of what ``store`` opens.

    Raises:
        SparkMissing: PySpark or Java is not installed; nothing was written.
        RecordsFolderFailed: it cannot be written.
    """
    from features.engines.spark_session import require_spark

    require_spark()
    if records is not None and not holds_feeds(records):
        yield records
        return
    from risk.store.parquet_export import export_records

    with tempfile.TemporaryDirectory(prefix="wagewatch-") as place:
        folder = Path(place) / "records"
        with store() as opened:
            export_records(opened, folder)
        yield str(folder)


def write_features(
    records: str,
    as_ofs: Sequence[dt.date],
    out: str,
    kind: Kind,
    progress: Progress,
    wages: Sequence[MinimumWage] | None = None,
) -> int:
    """Write the feature matrix to ``OUT/as_of=YYYY-MM-DD/part-*.parquet``; return the row count.

    Raises:
        SparkMissing: PySpark or Java is not installed.
        SparkFailed, SparkExecutorLost: Spark did not start or did not finish.
        SparkExecutorsDiffer: an executor has another Python or other packages.
        RecordsFolderEmpty: there is no such folder, or no records in it.
    """
    from features.feature_sets import FEATURE_SETS
    from features.matrix import matrix_sql

    with _computed(records, as_ofs, kind, progress, wages) as engine:
        engine.write(matrix_sql(FEATURE_SETS[kind].families, ordered=False), _address(out))
        return _units(engine)


def write_scores(
    workspace: Workspace,
    records: str,
    as_of: dt.date,
    out: str,
    *,
    kind: Kind,
    tiers: Tiers,
    progress: Progress,
    values: Sequence[Value] = (),
    also: Parts = _SCORES_ALONE,
) -> tuple[int, UsedModel]:
    """Score the cohort to ``OUT/as_of=YYYY-MM-DD/part-*.parquet``; return row count and model.

    What is ``also`` written, of all running projects, goes to the folder of that date; ``values``
    are the office's own legal values. A manifest names what the files were made of; it is written
    last.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
        NoProjectsKnown: nothing is known before ``as_of``.
        InputsLost: inputs that the model leans on are gone; fitting without them needs the store.
        SparkMissing, SparkFailed, RecordsFolderEmpty: as :func:`write_features`.
    """
    from features.engines.spark_digest import digest_on_spark
    from features.engines.spark_paths import file_sizes, write_text
    from features.feature_sets import FEATURE_SETS
    from models.cohort_scores_spark import score_cohort_on_spark
    from models.registry import Registry
    from models.scores_manifest import MANIFEST, ScoresManifest
    from risk.flags import read_law
    from risk.flags.minimum_wages import minimum_wages
    from risk.flags.office_values import add_values
    from risk.flags.written import flags_digest
    from serving.publishing.scoring import model_at

    model, used = model_at(workspace, kind, as_of)
    law, wages = add_values(read_law(), values), minimum_wages(values)
    check = partial(_require_feeds, workspace, used=used, as_of=as_of)
    with _computed(records, [as_of], kind, progress, wages, check) as engine:
        units = _require_features(workspace, engine, used, as_of)
        engine.run([FEATURE_SETS[kind].stakes])
        scores = score_cohort_on_spark(engine, model, f"{used.kind} {used.version}", tiers)
        engine.write_frame(scores, _address(out))
        place = f"{_address(out)}/as_of={as_of.isoformat()}"
        _write_parts(engine, as_of, law, also, place, progress)
        manifest = ScoresManifest(
            model=used.version,
            model_digest=Registry(workspace, kind).get(used.version).digest,
            features=_definitions(kind, wages),
            records=digest_on_spark(engine, as_of),
            projects=units,
            flags=flags_digest(as_of, law) if also.flags else None,
            dossiers={query.name: query.digest(as_of) for query in also.queries},
            files=file_sizes(engine.session, place),
        )
        write_text(engine.session, f"{place}/{MANIFEST}", manifest.to_json())
    return units, used


def _write_parts(
    engine: SparkEngine, as_of: dt.date, law: Law, also: Parts, place: str, progress: Progress
) -> None:
    """Write what is ``also`` written to the folder ``place``."""
    from features.engines.spark_flags import write_flags
    from features.engines.spark_queries import write_queries
    from serving.publishing.dossier_queries import DOSSIERS_FOLDER

    if also.flags:
        progress("red flags", 1.0)
        write_flags(engine, as_of, law, place)
    if also.queries:
        progress("dossiers", 1.0)
        write_queries(engine, as_of, also.queries, f"{place}/{DOSSIERS_FOLDER}")


def _definitions(kind: Kind, wages: Sequence[MinimumWage] | None) -> str:
    """The digest of the feature definitions of this release, which a store gives."""
    from features.cache.dependencies import feature_definitions
    from models.scores_manifest import definitions_digest
    from risk.store.store import RecordStore

    with RecordStore(":memory:") as store:
        store.minimum_wages = wages
        return definitions_digest(feature_definitions(store.for_kind(kind)))


@contextmanager
def _computed(
    records: str,
    as_ofs: Sequence[dt.date],
    kind: Kind,
    progress: Progress,
    wages: Sequence[MinimumWage] | None,
    check: Callable[[SparkEngine], None] = lambda engine: None,
) -> Iterator[SparkEngine]:
    """Yield an engine that has run all steps; ``check`` sees it before the first."""
    from features.engines.spark import SparkEngine
    from features.engines.spark_probe import probe_executors
    from features.engines.spark_session import spark_session
    from features.feature_sets import FEATURE_SETS
    from features.matrix import steps_with_evidence

    todo = steps_with_evidence(FEATURE_SETS[kind].families)
    done: list[str] = []

    def on_step(step: str) -> None:
        done.append(step)
        progress(step, len(done) / len(todo))

    with spark_session() as session:
        probe_executors(session, "serving.version:code_version", code_version())
        engine = SparkEngine(_address(records), as_ofs, kind=kind, session=session, wages=wages)
        check(engine)
        engine.run(todo, on_step)
        yield engine
        engine.close()


def _require_feeds(
    workspace: Workspace, records: RecordStore | SparkEngine, used: UsedModel, as_of: dt.date
) -> None:
    """Check that no table that the model leans on is gone or has stopped.

    It needs the records alone, so it is asked before hours of computing on a cluster.

    Raises:
        InputsLost: there is one.
    """
    _require(workspace, records, used, as_of, 0, {})


def _require_features(
    workspace: Workspace, engine: SparkEngine, used: UsedModel, as_of: dt.date
) -> int:
    """Return the number of units; check that the features that the model leans on have values.

    Raises:
        NoProjectsKnown: there are no units.
        InputsLost: some features have no values.
    """
    from features.feature_sets import FEATURE_SETS
    from features.matrix import matrix_sql
    from training.dataset.training_set import NoProjectsKnown

    if not _units(engine):
        raise NoProjectsKnown(as_of=as_of)
    families = FEATURE_SETS[engine.kind].families
    names = [feature.name for family in families for feature in family.features]
    counts = ", ".join(f"count({name})" for name in names)
    units, *known = engine.rows(
        f"SELECT count(*), {counts} FROM ({matrix_sql(families, ordered=False)}) features"
    )[0]
    by_name = {name: int(str(count)) for name, count in zip(names, known, strict=True)}
    _require(workspace, engine, used, as_of, int(str(units)), by_name)
    return int(str(units))


def _require(
    workspace: Workspace,
    records: RecordStore | SparkEngine,
    used: UsedModel,
    as_of: dt.date,
    units: int,
    known: Mapping[str, int],
) -> None:
    from models.registry import Registry
    from serving.publishing.inputs import trained_on
    from training.monitoring.lost_inputs import newest_days

    registry = Registry(workspace, records.kind)
    found = trained_on(registry, registry.get(used.version))
    if found is None:
        return
    newest = newest_days(records.rows, records.kind, as_of)
    lost = found.lost_inputs(records.kind, as_of, newest, units, known)
    if lost.matters:
        tables = ", ".join(one.table for one in lost.feeds)
        raise InputsLost(version=used.version, tables=tables or "-", features=len(lost.features))


def _units(engine: SparkEngine) -> int:
    return int(str(engine.rows("SELECT count(*) FROM cohort")[0][0]))


def _address(path: str) -> str:
    """Return ``path`` as a URL; without a scheme it is a path of the local file system.

    >>> _address("s3://records/2025")
    's3://records/2025'
    >>> _address("/data/records")
    'file:///data/records'
    """
    return path if "://" in path else f"file://{Path(path).resolve()}"
