"""Lists from scores in a folder: the same list, or a refusal that says what does not fit."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.cache.dependencies import feature_definitions
from models.cohort_scores_spark import _schema, _to_row
from models.registry import Registry
from models.scores_manifest import MANIFEST, ScoresManifest, definitions_digest, parse_manifest
from models.written_scores import ScoresOfOtherCohort
from risk.flags import MUST_VISIT, RULES, StagedFlags, read_law
from risk.flags.duckdb_tables import DuckDBTables
from risk.flags.engine import rule_sql
from risk.flags.snapshot import create_snapshot
from risk.flags.written import FLAGS_FOLDER, flags_digest
from risk.indicators import rates_by_place
from risk.store.known_query import WrittenRowsMissing
from risk.store.settled import settled_sql
from risk.store.store import RecordStore
from serving.cli.main import main
from serving.publishing.dossier_queries import DOSSIERS_FOLDER, RATE_MONTHS, dossier_queries
from serving.publishing.scoring import score_cohort
from serving.publishing.timeline import timelines_of
from serving.publishing.written_scores import (
    ScoresIncomplete,
    ScoresMissing,
    ScoresOfOtherFeatures,
    ScoresOfOtherModel,
    ScoresOfOtherRecords,
    ScoresUnreadable,
    take_scores,
    written_flags,
    written_queries,
)
from serving.snapshot.owed_by_month import OwedByMonth
from serving.snapshot.payment_history import load_payment_history
from serving.snapshot.wages_owed import load_owed_teams

from ..conftest import LISTS

AS_OF = LISTS[1]
BOARD = "notice_board_missing"
QUERIES = dossier_queries("project", 0)


def _row(project, values, parts, levers):
    return {
        "project_id": project.project_id,
        "as_of": AS_OF,
        "raw": project.raw,
        "probability": project.probability,
        "tier": "blue",
        "model": "not read",
        "reasons": [_to_row(reason, "project") for reason in project.reasons],
        "workers": project.workers,
        "amount": project.amount_at_stake,
        "values": [None if np.isnan(value) else value for value in values],
        "contributions": parts.tolist(),
        "levers": [asdict(lever) for lever in levers],
    }


@pytest.fixture(scope="module")
def scored(office):
    with RecordStore(office.records, read_only=True) as store:
        yield score_cohort(office, store, AS_OF, lambda *_: None)


@pytest.fixture(scope="module")
def written(office, scored, tmp_path_factory):
    """A folder as Spark writes it, in two files whose projects are not in order."""
    folder = tmp_path_factory.mktemp("it's scores")
    place = folder / f"as_of={AS_OF}"
    place.mkdir()
    values, parts = scored.cohort.explained.answers.features(np.arange(len(scored.cohort.projects)))
    levers = [scored.cohort.levers[one.project_id] for one in scored.cohort.projects]
    cohort = list(zip(scored.cohort.projects, values, parts, levers, strict=True))
    for number in range(2):
        rows = [_row(*one) for one in reversed(cohort[number::2])]
        table = pa.Table.from_pylist(rows, schema=_schema()).drop_columns(["as_of"])
        pq.write_table(table, place / f"part-{number}.parquet")
    with RecordStore(office.records, read_only=True) as store:
        manifest = ScoresManifest(
            model=scored.model.version,
            model_digest=Registry(office).get(scored.model.version).digest,
            features=definitions_digest(feature_definitions(store)),
            records=store.digest(AS_OF),
            projects=len(cohort),
            flags=flags_digest(AS_OF, read_law()),
            dossiers={query.name: query.digest(AS_OF) for query in QUERIES},
        )
        _write_flags(store, place)
        for query in QUERIES:
            for table in query.reads:
                store.rows(f"CREATE TEMP TABLE {table.name} AS {table.sql(AS_OF)}")
            _write_rows(store.connection, query.sql(AS_OF), place / DOSSIERS_FOLDER / query.name)
    (place / MANIFEST).write_text(manifest.to_json())
    return folder


def _write_flags(store, place):
    """The rows of each rule, as Spark writes them."""
    cursor = store.cursor()
    create_snapshot(DuckDBTables(cursor), AS_OF, None, read_law(), settled_sql(store, AS_OF))
    for rule in (rule for rule in RULES if "project" in rule.kinds):
        _write_rows(cursor, rule_sql(rule), place / FLAGS_FOLDER / rule.code)


def _write_rows(connection, sql, folder):
    folder.mkdir(parents=True)
    to = str(folder / "part-0.parquet").replace("'", "''")
    connection.execute(f"COPY ({sql}) TO '{to}' (FORMAT parquet)")


@pytest.fixture
def changed(written, tmp_path):
    """A copy of that folder, to be changed; yields the folder of the date."""
    made = tmp_path / "scores"
    shutil.copytree(written, made)
    return made / f"as_of={AS_OF}"


@pytest.fixture(scope="module")
def take(office):
    def taken(folder):
        with RecordStore(office.records, read_only=True) as store:
            return take_scores(office, store, AS_OF, str(folder))

    return taken


def test_taken_scores_equal_those_scored_here_to_the_bit(office, written, scored, monkeypatch):
    for module in ("risk.store.staged", "models.cohort_scores"):
        monkeypatch.setattr(f"{module}.AT_ONCE", 7)
    every = np.arange(len(scored.cohort.projects))
    with RecordStore(office.records, read_only=True) as store:
        found = take_scores(office, store, AS_OF, str(written))
        assert found.model == scored.model
        assert found.cohort.missing_feeds == scored.cohort.missing_feeds
        assert list(found.cohort.projects) == list(scored.cohort.projects)
        assert dict(found.cohort.levers) == dict(scored.cohort.levers)
        of_both = (each.cohort.explained.answers.features(every) for each in (found, scored))
        for one, other in zip(*of_both, strict=True):
            assert np.array_equal(one, other, equal_nan=True)
        assert any(found.cohort.levers.values())
        assert any(reason.evidence for reason in found.cohort.projects[0].reasons)


def test_publishing_from_scores_seals_the_list_already_sealed(copy, written, capsys):
    line = ["-w", str(copy.root), "--lang", "en", "publish", "--as-of", str(AS_OF)]
    assert main([*line, "--capacity", "8", "--scores", str(written)]) == 0
    assert "was published before; nothing changed" in capsys.readouterr().out


@pytest.fixture(scope="module")
def flags_of(office):
    """All flags by project, from a folder or, without one, from the records."""

    def found(folder=None):
        with RecordStore(office.records, read_only=True) as store:
            law = read_law()
            written = folder and written_flags(str(folder), AS_OF, law)
            staged = StagedFlags(store, AS_OF, MUST_VISIT, law, written)
            assert {key: tuple(f.code for f in staged.of([key])[key]) for key in staged.codes} == (
                staged.codes
            )
            return staged.of(sorted(staged.codes))

    return found


def test_flags_are_read_where_they_were_written(flags_of, written, changed):
    expected = flags_of()
    assert flags_of(written) == expected
    emptied = changed / FLAGS_FOLDER / BOARD / "part-0.parquet"
    pq.write_table(pq.read_table(emptied).slice(0, 0), emptied)
    without = {
        key: tuple(flag for flag in flags if flag.code != BOARD) for key, flags in expected.items()
    }
    assert flags_of(changed.parent) == {key: flags for key, flags in without.items() if flags}
    assert without != expected


def test_flags_of_other_rules_are_not_read(changed):
    for flags in ("0" * 64, None):
        manifest = parse_manifest((changed / MANIFEST).read_text())
        (changed / MANIFEST).write_text(replace(manifest, flags=flags).to_json())
        assert written_flags(str(changed.parent), AS_OF, read_law()) is None


def test_flags_of_a_rule_that_are_not_there_are_refused(flags_of, changed):
    shutil.rmtree(changed / FLAGS_FOLDER / BOARD)
    with pytest.raises(WrittenRowsMissing, match=BOARD):
        flags_of(changed.parent)


@pytest.fixture
def dossiers_of(office, scored):
    """What is read by project, by the name of its query; from a folder or the records."""
    keys = [one.project_id for one in scored.cohort.projects]

    def found(folder=None):
        with RecordStore(office.records, read_only=True) as store:
            written = written_queries(str(folder), AS_OF, QUERIES) if folder else {}
            read = {
                "timelines": timelines_of(store, AS_OF, keys, written),
                "money": load_payment_history(store, AS_OF, keys, written),
                "teams_owed": load_owed_teams(store, AS_OF, keys, written),
                "owed_by_month": OwedByMonth(store, AS_OF, written).of(keys),
                "rates": rates_by_place(store, AS_OF, RATE_MONTHS, written=written),
            }
            return {name: dict(rows) for name, rows in read.items()}

    return found


def test_rows_of_dossiers_are_read_where_they_were_written(dossiers_of, written, changed):
    expected = dossiers_of()
    assert list(expected) == [query.name for query in QUERIES]
    assert all(expected.values())
    assert dossiers_of(written) == expected
    for query in QUERIES:
        file = changed / DOSSIERS_FOLDER / query.name / "part-0.parquet"
        pq.write_table(pq.read_table(file).slice(0, 0), file)
    assert dossiers_of(changed.parent) == {name: {} for name in expected}


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_rows_of_other_queries_are_not_read(changed, digest):
    digests = digest and {query.name: digest for query in QUERIES}
    manifest = parse_manifest((changed / MANIFEST).read_text())
    (changed / MANIFEST).write_text(replace(manifest, dossiers=digests).to_json())
    assert written_queries(str(changed.parent), AS_OF, QUERIES) == {}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_rows_that_are_not_there_are_refused(changed, query):
    shutil.rmtree(changed / DOSSIERS_FOLDER / query.name)
    with pytest.raises(WrittenRowsMissing, match=query.name):
        written_queries(str(changed.parent), AS_OF, QUERIES)


def test_digest_of_a_query_changes_with_the_day():
    for query in QUERIES:
        assert query.digest(AS_OF) == query.digest(AS_OF) != query.digest(LISTS[0])


def test_digest_of_flags_changes_with_the_law_and_the_day():
    law = read_law()
    fewer = replace(law, values=law.values[1:])
    digests = [flags_digest(AS_OF, law), flags_digest(AS_OF, fewer), flags_digest(LISTS[0], law)]
    assert len(set(digests)) == 3
    assert flags_digest(AS_OF, law) == digests[0]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("model", "2", ScoresOfOtherModel),
        ("model_digest", "0" * 64, ScoresOfOtherModel),
        ("features", "0" * 64, ScoresOfOtherFeatures),
        ("records", "0" * 64, ScoresOfOtherRecords),
    ],
)
def test_scores_made_of_something_else_are_refused(take, changed, field, value, error):
    manifest = parse_manifest((changed / MANIFEST).read_text())
    (changed / MANIFEST).write_text(replace(manifest, **{field: value}).to_json())
    with pytest.raises(error) as failed:
        take(changed.parent)
    assert str(changed) in str(failed.value)
    if error is ScoresOfOtherRecords:
        digests = (failed.value.fields["found"], failed.value.fields["records"])
        assert digests == (value[:12], manifest.records[:12])


def test_scores_of_a_part_of_the_cohort_are_refused(take, changed):
    (changed / "part-0.parquet").unlink()
    with pytest.raises(ScoresOfOtherCohort, match="must be the same"):
        take(changed.parent)


def test_scores_without_a_manifest_are_refused(take, changed):
    (changed / MANIFEST).unlink()
    with pytest.raises(ScoresMissing, match="no whole scores of 2025-04-01"):
        take(changed.parent)


def test_a_manifest_without_scores_is_refused(take, changed):
    for part in changed.glob("*.parquet"):
        part.unlink()
    with pytest.raises(ScoresMissing, match="no whole scores of 2025-04-01"):
        take(changed.parent)


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"format": 2}), json.dumps({"format": 1})])
def test_a_manifest_of_another_format_is_refused(take, changed, text):
    (changed / MANIFEST).write_text(text)
    with pytest.raises(ScoresUnreadable, match=MANIFEST):
        take(changed.parent)


def test_a_damaged_file_of_scores_is_refused(take, changed):
    (changed / "part-1.parquet").write_text("not Parquet")
    with pytest.raises(ScoresUnreadable, match="part-1"):
        take(changed.parent)


@pytest.fixture
def sized(changed):
    """That copy with the sizes of its files in the manifest, as Spark writes it."""
    manifest = parse_manifest((changed / MANIFEST).read_text())
    files = {
        path.relative_to(changed).as_posix(): path.stat().st_size
        for path in changed.rglob("*.parquet")
    }
    (changed / MANIFEST).write_text(replace(manifest, files=files).to_json())
    return changed


def test_whole_files_are_taken(take, sized):
    (sized / ".part-0.parquet.crc").write_bytes(b"crc")
    assert take(sized.parent).model.version


RATES = f"{DOSSIERS_FOLDER}/{QUERIES[-1].name}/part-0.parquet"


@pytest.mark.parametrize(
    "name", ["part-1.parquet", f"{FLAGS_FOLDER}/{BOARD}/part-0.parquet", RATES]
)
def test_files_that_were_lost_cut_short_or_left_by_other_scores_are_refused(take, sized, name):
    """Without a part of the red flags a list would lack visits that the law asks for."""
    file = sized / name
    whole = file.read_bytes()
    older = file.with_name("part-older.parquet")
    for change, refused in (
        (lambda: file.write_bytes(whole[:-7]), file),
        (file.unlink, file),
        (lambda: (file.write_bytes(whole), older.write_bytes(whole)), older),
    ):
        change()
        with pytest.raises(ScoresIncomplete) as failed:
            take(sized.parent)
        assert failed.value.fields["path"] == str(refused)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("model", 1), ("records", None), ("features", ["x"]), ("projects", "60")),
        *(("flags", 3), ("dossiers", ["x"]), ("files", "all")),
    ],
)
def test_a_manifest_with_values_of_another_kind_is_refused(take, changed, field, value):
    document = json.loads((changed / MANIFEST).read_text())
    (changed / MANIFEST).write_text(json.dumps({**document, field: value}))
    with pytest.raises(ScoresUnreadable, match=field):
        take(changed.parent)
