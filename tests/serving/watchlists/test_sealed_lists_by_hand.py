"""Which of six sealed lists a query finds: day, region, kind of unit and order of sealing."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from benchmarks.publications import publication
from benchmarks.registers import snapshot
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.tables import LIST_ARCHIVES, WATCHLISTS
from serving.publishing.repository import store_publication
from serving.watchlists.archived import ListArchived
from serving.watchlists.document import EntryChange, RemovedEntry
from serving.watchlists.list_part import ListPart
from serving.watchlists.repository import (
    AlreadyPublished,
    NothingPublished,
    NotPublished,
    ProjectNotScored,
    WatchlistRepository,
    closest_list,
    insert_publication,
    list_id,
    list_rows,
)
from serving.watchlists.snapshot_repository import (
    has_register,
    load_case_file,
    load_dossier,
    load_register,
    load_register_part,
)

from ..conftest import make_extras

APRIL, MAY, JUNE, JULY = (dt.date(2025, month, 1) for month in (4, 5, 6, 7))
EAST = Principal("e", "e", Role.SUPERVISOR, "990101")
WEST = Principal("w", "w", Role.SUPERVISOR, "990102")
COUNTY = Principal("c", "c", Role.SUPERVISOR, "9901")
ELSEWHERE = Principal("x", "x", Role.SUPERVISOR, "8801")
LISTS = (
    # as_of, region, kind, listed, scored; in the order of sealing
    (MAY, "", "project", 2, 3),
    (JUNE, "", "employer", 1, 2),
    (JUNE, "9901", "project", 1, 5),
    (JUNE, "", "project", 2, 3),
    (APRIL, "990102", "project", 1, 4),
    (APRIL, "990102", "employer", 2, 3),
)


def _made(number):
    as_of, region, kind, listed, cohort = LISTS[number]
    made = publication(as_of, listed=listed, cohort=cohort, region=region)
    model = replace(made.header.model, version=str(number + 1))
    gone = tuple(
        RemovedEntry(name, name, EntryChange("gone", 1)) for name in ("P-00001", "P-00002", "P-X")
    )
    return replace(made, header=replace(made.header, kind=kind, model=model), gone=gone)


@pytest.fixture(scope="module")
def stored(sqlite_template, tmp_path_factory):
    """A file with the lists; that of the county in June and that of employers in April have no
    register.
    """
    path = tmp_path_factory.mktemp("lists") / "service.sqlite"
    shutil.copyfile(sqlite_template, path)
    with Database(f"sqlite:///{path}") as database:
        for number, (as_of, *_) in enumerate(LISTS):
            made = _made(number)
            found = snapshot(made)
            found.register["matters"] = [{"list": number + 1}]
            dossiers = {
                key: {**found.dossiers[key], "id": key, "list": number + 1}
                for key in found.dossiers
            }
            # A case file at each of two places, and one of a project without a place.
            for key, place in (("X-1", "990101"), ("X-2", None)):
                case = {"region_code": place, "id": key, "list": number + 1}
                dossiers[key] = {"unscored": case}
            found = replace(found, dossiers=dossiers)
            extras = replace(make_extras(), snapshot=found) if number in (0, 1, 3, 4) else None
            _store(database, made, as_of, extras)
    return path


def _store(database, made, day, extras=None):
    moment = dt.datetime.combine(day, dt.time(8), dt.UTC)
    store_publication(database, made.seal(), published_at=moment, published_by="x", extras=extras)


@pytest.fixture
def database(stored, tmp_path):
    path = tmp_path / "service.sqlite"
    shutil.copyfile(stored, path)
    with Database(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def empty(sqlite_template, tmp_path):
    path = tmp_path / "service.sqlite"
    shutil.copyfile(sqlite_template, path)
    with Database(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def lists(database):
    return WatchlistRepository(database)


@pytest.fixture
def employers(database):
    return WatchlistRepository(database, "employer")


def _version(sealed):
    """The number of a list, which is the version of its model."""
    return None if sealed is None else int(sealed.document()["model"]["version"])


def test_lists_come_by_date_and_region_as_far_as_they_overlap(lists, employers):
    def found(repository, *asked):
        return [int(one.model_version) for one in repository.summaries(*asked)]

    assert found(lists) == [4, 3, 1, 5]
    assert found(employers) == [2, 6]
    assert found(lists, OFFICE, "") == [4, 1]
    assert found(lists, OFFICE, "9901") == [3]
    assert found(lists, EAST) == [4, 3, 1]
    assert found(lists, WEST) == [4, 3, 1, 5]
    assert found(employers, EAST) == [2]
    first = lists.summaries()[0]
    assert (first.capacity, first.entries, first.cohort, first.kind) == (2, 2, 3, "project")
    assert (first.published_by, first.archive) == ("x", None)
    assert first.published_at == dt.datetime(2025, 6, 1, 8, tzinfo=dt.UTC)


def test_the_closest_list_is_of_the_own_region_or_the_widest_of_the_newest_day(lists):
    summaries = lists.summaries()
    closest = [closest_list(summaries, one) for one in (COUNTY, OFFICE, EAST, WEST)]
    assert [int(one.model_version) for one in closest] == [3, 4, 4, 4]
    assert closest_list([summaries[0], summaries[2]], EAST) == summaries[0]
    assert closest_list([], OFFICE) is None


def test_newest_day_number_and_presence_are_of_the_kind(database, lists, employers):
    assert (lists.latest_as_of(), employers.latest_as_of()) == (JUNE, JUNE)
    assert lists.generation() == employers.generation() == 6
    assert [one.has_any(who) for one in (lists, employers) for who in (EAST, ELSEWHERE)] == [
        *(True, True),
        *(True, True),
    ]


def test_presence_and_newest_day_without_a_list_of_the_kind(empty):
    repository = WatchlistRepository(empty)
    assert (repository.latest_as_of(), repository.generation()) == (None, 0)
    assert not repository.has_any(OFFICE)
    _store(empty, _made(4), APRIL)
    assert repository.has_any(WEST)
    assert repository.has_any(COUNTY)
    assert not repository.has_any(EAST)
    employers = WatchlistRepository(empty, "employer")
    assert not employers.has_any(WEST)
    assert employers.latest_as_of() is None


@pytest.mark.parametrize(
    ("as_of", "region", "version"),
    [(None, "", 4), (MAY, "", 1), (JUNE, "", 4), (JUNE, "9901", 3), (None, "990102", 5)],
)
def test_a_list_is_that_of_day_and_region(lists, as_of, region, version):
    assert _version(lists.watchlist(as_of, region)) == version


def test_a_list_that_is_not_there_names_those_that_are(lists, employers):
    assert (
        _version(employers.watchlist(None)),
        _version(employers.watchlist(APRIL, "990102")),
    ) == (*(2, 6),)
    for asked, wanted, available in (
        ((APRIL,), "2025-04-01", "2025-06-01/*, 2025-06-01/9901, 2025-05-01/*, 2025-04-01/990102"),
        ((None, "990102", EAST), "latest", "2025-06-01/*, 2025-06-01/9901, 2025-05-01/*"),
    ):
        with pytest.raises(NotPublished) as raised:
            lists.watchlist(*asked)
        assert raised.value.fields["as_of"] == wanted
        assert raised.value.fields["region"] == ("990102" if "990102" in asked else "*")
        assert raised.value.fields["available"] == available


@pytest.mark.parametrize(("more", "last"), [(8, "2025-04-01/990102"), (9, "…")])
def test_twelve_lists_are_named(database, more, last):
    with writing(database.engine).begin() as connection:
        row = connection.execute(select(WATCHLISTS).where(WATCHLISTS.c.id == 1)).one()
        same = {name: value for name, value in row._mapping.items() if name != "id"}
        days = [JULY + dt.timedelta(day) for day in range(1, more + 1)]
        rows = [{**same, "as_of": day, "digest": f"{day}"} for day in days]
        connection.execute(insert(WATCHLISTS), rows)
    with pytest.raises(NotPublished) as raised:
        WatchlistRepository(database).watchlist(JULY)
    named = raised.value.fields["available"].split(", ")
    assert (len(named), named[-1]) == (more + 4, last)


def test_ids_grow_in_the_order_of_sealing(database, lists, employers):
    assert [lists.sealed_id(as_of, region) for as_of, region, *_ in LISTS] == [1, 4, 3, 4, 5, 5]
    assert [employers.sealed_id(as_of, region) for as_of, region, *_ in LISTS] == [
        *(None, 2, None, 2, 6, 6),
    ]
    with database.engine.connect() as connection:
        assert [list_id(connection, _made(number).header) for number in range(6)] == [
            *range(1, 7),
        ]


def test_the_previous_list_is_the_newest_of_region_and_kind_before(lists, employers):
    for asked, version in (
        ((JUNE, ""), 1),
        ((MAY, ""), None),
        ((JULY, ""), 4),
        ((JULY, "9901"), 3),
        ((JUNE, "9901"), None),
    ):
        assert _version(lists.previous(*asked)) == version, asked
    assert _version(lists.previous(JULY, "", sealed_before=4)) == 1
    assert _version(lists.previous(JULY, "", sealed_before=5)) == 4
    assert lists.previous(JULY, "", sealed_before=1) is None
    assert _version(employers.previous(JULY, "")) == 2


def test_the_risk_of_a_project_is_of_its_newest_list_or_of_that_of_the_day(lists):
    for asked, version in (
        (("P-00000",), 4),
        (("P-00004",), 3),
        (("P-00003",), 3),
        (("P-00000", MAY), 1),
        (("P-00003", APRIL), 5),
        (("P-00002", APRIL), 6),
        (("P-00002", None, WEST), 4),
    ):
        assert _version(lists.project_risk(*asked)) == version, asked
    for asked, error in (
        (("P-00004", MAY), ProjectNotScored),
        (("P-00000", JULY), NotPublished),
        (("P-00002", None, EAST), ProjectNotScored),
        (("P-00000", APRIL, EAST), NotPublished),
    ):
        with pytest.raises(error) as raised:
            lists.project_risk(*asked)
        if error is NotPublished:
            assert raised.value.fields["available"].startswith("2025-06-01, 2025-05-01")
    with pytest.raises(ProjectNotScored) as raised:
        lists.project_risk("P-9")
    assert raised.value.fields["as_of"] == JUNE


def test_the_past_scores_of_a_project_say_where_it_was_listed(lists):
    found = [(int(one.model_version), one.rank) for one in lists.score_history("P-00001")]
    assert found == [(4, 2), (3, None), (2, None), (1, 2), (6, 2), (5, None)]
    assert [int(one.model_version) for one in lists.score_history("P-00004")] == [3]
    for asked in (("P-9",), ("P-00002", EAST)):
        with pytest.raises(ProjectNotScored):
            lists.score_history(*asked)


def test_scores_are_the_newest_of_each_project_in_the_region(lists):
    names = ["P-00001", "P-00002", "P-00003", "P-00004"]

    def found(*asked):
        return {key: int(one.model_version) for key, one in lists.scores(*asked).items()}

    assert found(names, None) == {"P-00001": 4, "P-00002": 4, "P-00003": 3, "P-00004": 3}
    assert found(names[:2], MAY) == {"P-00001": 1, "P-00002": 1}
    assert found(names, APRIL) == {"P-00001": 6, "P-00002": 6, "P-00003": 5}
    assert found(names, None, WEST) == {"P-00002": 4}
    assert found(names, JULY) == {}


def test_a_score_of_a_day_whose_list_was_archived_is_refused(database, lists):
    """The list of May lost what it says of P-00004, perhaps: it holds three projects."""
    _archive(database, 1)
    assert set(lists.scores(["P-00001", "P-00001"], MAY)) == {"P-00001"}
    for asked in (["P-00004"], ["P-00001", "P-00004"]):
        with pytest.raises(ListArchived):
            lists.scores(asked, MAY)
    with pytest.raises(ListArchived):
        lists.project_risk("P-9", MAY)
    with pytest.raises(ProjectNotScored):
        lists.project_risk("P-9")
    assert lists.scores(["P-9"], JUNE) == {}
    assert lists.scores(["P-9"], None) == {}


def _archive(database, number):
    row = {
        **{"watchlist_id": number, "step": "archived", "path": "/somewhere/list.zip"},
        **{"digest": "0" * 64, "at": dt.datetime(2025, 8, 1, tzinfo=dt.UTC), "by": "x"},
    }
    with writing(database.engine).begin() as connection:
        connection.execute(insert(LIST_ARCHIVES), [row])


def test_the_risks_of_a_list_are_those_of_day_region_and_kind(lists, employers):
    for repository, asked, version, scored in (
        (lists, (JUNE, ""), 4, 3),
        (lists, (JUNE, "9901"), 3, 5),
        (lists, (MAY, ""), 1, 3),
        (employers, (JUNE, ""), 2, 2),
        (employers, (APRIL, "990102"), 6, 3),
    ):
        risks = repository.project_risks(*asked)
        assert {_version(one) for one in risks.values()} == {version}
        assert sorted(risks) == [f"P-{number:05d}" for number in range(scored)]
        assert _version(repository.risk_of_list("P-00001", *asked)) == version
        assert repository.risk_of_list("P-00009", *asked) is None
    assert lists.project_risks(MAY, "9901") == {}


def test_what_an_archived_list_lacks_is_refused_and_of_no_other_list(database, lists, employers):
    _archive(database, 2)
    assert lists.risk_of_list("P-9", JUNE, "") is None
    assert len(lists.project_risks(JUNE, "")) == 3
    assert employers.risk_of_list("P-9", APRIL, "990102") is None
    with pytest.raises(ListArchived):
        employers.risk_of_list("P-9", JUNE, "")
    with pytest.raises(ListArchived):
        employers.project_risks(JUNE, "")
    assert [one.archive for one in lists.summaries()] == [None] * 4
    assert [one.archive for one in employers.summaries()] == ["list.zip", None]


def test_a_list_is_inserted_once(database):
    sealed = _made(3).seal()
    other = replace(_made(3), entries=()).seal()
    moment = dt.datetime(2025, 6, 2, tzinfo=dt.UTC)
    with writing(database.engine).begin() as connection:
        assert insert_publication(connection, sealed, list_rows(sealed), moment, "y") is None
        with pytest.raises(AlreadyPublished) as raised:
            insert_publication(connection, other, list_rows(other), moment, "y")
        assert (raised.value.fields["as_of"], raised.value.fields["region"]) == (JUNE, "*")
        new = publication(JULY, listed=1, cohort=1).seal()
        assert insert_publication(connection, new, list_rows(new), moment, "y") == 7


def test_parts_of_a_list_are_its_own(database, lists, employers):
    for repository in (lists, employers):
        for one in repository.summaries():
            part = ListPart(database, one, OFFICE)
            assert int(part.head["model"]["version"]) == int(one.model_version)
            assert part.total == one.entries
    part = ListPart(database, lists.summaries()[0], OFFICE)
    found = [one["project_id"] for one in part.entries([], [], 9)]
    assert sorted(found) == ["P-00000", "P-00001"]
    assert part.among(["P-00001", "P-00002"]) == {"P-00001"}
    assert part.regions() == {"P-00000": "990100", "P-00001": "990101"}


def test_projects_that_are_gone_are_seen_in_their_region(database, lists):
    """P-X is of no region that is known: who may see the whole list sees it."""
    inspector = replace(OFFICE, role=Role.INSPECTOR)
    of_office, of_county, *_ = lists.summaries()
    for summary, principal, names in (
        (of_office, OFFICE, ["P-00001", "P-00002", "P-X"]),
        (of_office, inspector, ["P-00001", "P-00002", "P-X"]),
        (of_office, EAST, ["P-00001"]),
        (of_office, COUNTY, ["P-00001", "P-00002"]),
        (of_county, COUNTY, ["P-00001", "P-00002", "P-X"]),
        (of_county, replace(COUNTY, role=Role.INSPECTOR), ["P-00001", "P-00002"]),
        (of_county, WEST, ["P-00002"]),
    ):
        gone = ListPart(database, summary, principal).head["gone"]
        assert [one["project_id"] for one in gone] == names


def test_registers_are_those_of_day_region_and_kind(database, lists, employers):
    def matters(*asked):
        found = load_register(database.engine, *asked)
        return None if found is None else [one["list"] for one in found.document["matters"]]

    assert (matters(MAY), matters(JUNE), matters(JUNE, "", OFFICE, "employer")) == ([1], [4], [2])
    assert matters(JUNE, "9901") is None
    assert matters(JULY) is None
    assert matters(MAY, "", EAST) == [1]
    summaries = [*lists.summaries(), *employers.summaries()]
    assert [has_register(database.engine, one) for one in summaries] == [
        *(True, False, True, True),
        *(True, False),
    ]
    parts = [load_register_part(database.engine, one, OFFICE, "matters") for one in summaries]
    assert [[row["list"] for row in part] for part in parts] == [[4], [], [1], [5], [2], []]
    assert load_register_part(database.engine, summaries[0], OFFICE, "no such part") == ()
    assert (matters(APRIL, "990102", WEST), matters(APRIL, "990102", EAST)) == ([5], None)
    for who, rows in ((WEST, [{"list": 5}]), (COUNTY, [{"list": 5}]), (EAST, ())):
        assert load_register_part(database.engine, summaries[3], who, "matters") == rows


def test_dossiers_and_case_files_are_of_project_day_and_region(database):
    def of(load, *asked):
        found = load(database.engine, *asked)
        return None if found is None else (found["id"], found["list"])

    # Of the lists of June that of projects was sealed last.
    assert of(load_dossier, "P-00000", JUNE, OFFICE) == ("P-00000", 4)
    assert of(load_dossier, "P-00001", JUNE, OFFICE) == ("P-00001", 4)
    assert of(load_dossier, "P-00001", MAY, OFFICE) == ("P-00001", 1)
    assert of(load_dossier, "P-00001", MAY, EAST) == ("P-00001", 1)
    assert of(load_dossier, "P-00001", MAY, WEST) is None
    assert of(load_dossier, "P-00009", MAY, OFFICE) is None
    assert of(load_case_file, "X-1", None, OFFICE) == ("X-1", 4)
    assert of(load_case_file, "X-1", MAY, EAST) == ("X-1", 1)
    assert of(load_case_file, "X-1", None, WEST) is None
    assert of(load_case_file, "X-2", None, OFFICE) == ("X-2", 4)
    assert of(load_case_file, "X-2", None, COUNTY) is None
    assert of(load_case_file, "P-00000", None, OFFICE) is None


def test_the_register_of_an_archived_list_is_refused_and_of_no_other(database, lists, employers):
    _archive(database, 3)
    _archive(database, 2)
    assert load_register(database.engine, JUNE) is not None
    assert load_register(database.engine, JUNE, "8801") is None
    assert load_register(database.engine, APRIL, "990102", OFFICE, "employer") is None
    with pytest.raises(ListArchived):
        load_register(database.engine, JUNE, "9901")
    with pytest.raises(ListArchived):
        load_register_part(database.engine, employers.summaries()[0], OFFICE, "matters")


def test_without_a_list_nothing_is_published(empty):
    repository = WatchlistRepository(empty)
    for ask in (
        lambda: repository.watchlist(None),
        lambda: repository.project_risk("P"),
        lambda: repository.score_history("P"),
    ):
        with pytest.raises(NothingPublished):
            ask()
