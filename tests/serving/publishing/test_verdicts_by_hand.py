"""What a replay and a comparison of versions say, one difference at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, update

from serving.db.append_only import unprotect
from serving.db.engine import writing
from serving.db.tables import PROJECT_RISKS
from serving.publishing.pipeline import _scored_before, in_region, previous_list
from serving.publishing.replay import (
    Replay,
    _differences,
    _settings_then,
    altered_parts,
    redefined_since,
)
from serving.publishing.replay_commands import EXIT_CODES, show_replay
from serving.publishing.replay_comparison import (
    ChangedPath,
    ListDocuments,
    VersionComparison,
    compare_versions,
)
from serving.settings import Settings
from serving.terminal.context import CliContext
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.seal_version import FEATURES_SINCE

FAITHFUL = VersionComparison(
    sealed_version=6, current_version=7, body_verified=True, same_members=True, same_order=True,
    same_probabilities=True, max_probability_difference=0.0, texts=(), numbers=(), fields=(),
    statements=(), flags=(), other=(),
)  # fmt: skip
OTHER = (ChangedPath("cohort", 1),)
FLAGS = (ChangedPath("entries[].red_flags", 1),)


@pytest.mark.parametrize(
    ("changed", "faithful"),
    [
        ({}, True),
        ({"texts": OTHER, "numbers": OTHER, "fields": OTHER, "statements": OTHER}, True),
        ({"flags": FLAGS}, True),
        ({"body_verified": False}, False),
        ({"same_members": False}, False),
        ({"same_order": False}, False),
        ({"other": OTHER}, False),
    ],
)
def test_a_faithful_list_has_its_bytes_members_order_and_figures(changed, faithful):
    assert replace(FAITHFUL, **changed).is_faithful is faithful


@pytest.mark.parametrize(
    ("changed", "by_flags"),
    [
        ({}, True),
        ({"flags": ()}, False),
        ({"body_verified": False}, False),
        ({"same_probabilities": False}, False),
        ({"other": OTHER}, False),
        *(({"other": (ChangedPath(path, 1),)}, True) for path in (
            "entries", "entries[]", "gone", "gone[]", "entries[].rank", "entries[].selection",
            "entries[].draw_probability", "entries[].change.kind", "risks[].listing.rank",
        )),
        ({"other": (ChangedPath("entries[]", 1), ChangedPath("entries[].tier", 1))}, False),
    ],
)  # fmt: skip
def test_a_list_differs_by_flags_where_only_the_selection_follows(changed, by_flags):
    assert replace(FAITHFUL, **{"flags": FLAGS, **changed}).differs_by_flags is by_flags


@pytest.mark.parametrize(
    ("changed", "by_features"),
    [
        ({}, True),
        ({"other": ()}, False),
        ({"body_verified": False}, False),
        ({"sealed_version": FEATURES_SINCE}, False),
        ({"current_version": FEATURES_SINCE - 1, "sealed_version": 1}, False),
        ({"sealed_version": FEATURES_SINCE - 1, "current_version": FEATURES_SINCE + 1}, True),
    ],
)
def test_a_list_differs_by_features_of_an_earlier_definition(changed, by_features):
    base = {"other": OTHER, "sealed_version": 6, "current_version": 7}
    assert replace(FAITHFUL, **{**base, **changed}).differs_by_features is by_features


def lists(**changed):
    """A list of A and B with a risk each, changed at the top."""
    flag = {"code": "late", "fen": 5, "text": {"zh": "欠", "en": "owed"}}
    entry = {"rank": 1, "probability": 0.5, "red_flags": [flag], "values": [1, 2]}
    risk = {"probability": 0.5, "risks_digest": "x"}
    document = {
        "seal_version": 1,
        "risks_digest": "d",
        "cohort": 2,
        "title": {"zh": "名单", "en": "list"},
        "entries": [{**entry, "project_id": "A"}, {**entry, "project_id": "B", "rank": 2}],
        "gone": [{"project_id": "C"}],
    }
    return ListDocuments({**document, **changed}, {"A": dict(risk), "B": dict(risk)})


def entries(**changed):
    first, second = lists().watchlist["entries"]
    return [{**first, **changed}, second]


def flag(**changed):
    return {**lists().watchlist["entries"][0]["red_flags"][0], **changed}


@pytest.mark.parametrize(
    ("after", "category", "paths"),
    [
        (lists(), None, []),
        (lists(seal_version=2, risks_digest="e"), None, []),
        (lists(cohort=3), "other", [("cohort", 1)]),
        (lists(cohort=2 + 1e-6), "numbers", [("cohort", 1)]),
        (lists(cohort=2 + 3e-6), "other", [("cohort", 1)]),
        (lists(cohort="2"), "other", [("cohort", 1)]),
        (lists(title={"zh": "新", "en": "new"}), "texts", [("title.en", 1), ("title.zh", 1)]),
        (lists(title={"zh": "名单", "en": 5}), "other", [("title.en", 1)]),
        (lists(new=1), "fields", [("new", 1)]),
        (lists(gone=[]), "other", [("gone[]", 1)]),
        (lists(entries=entries(rank=9)), "other", [("entries[].rank", 1)]),
        (lists(entries=entries(values=[7, 8])), "other", [("entries[].values[]", 2)]),
        (lists(entries=entries(values=[1])), "other", [("entries[].values", 1)]),
        (lists(entries=entries(values={})), "other", [("entries[].values", 1)]),
        (lists(entries=entries(red_flags=[])), "flags", [("entries[].red_flags", 1)]),
        (lists(entries=entries(red_flags=None)), "flags", [("entries[].red_flags", 1)]),
        (
            lists(entries=entries(red_flags=[flag(fen=6)])),
            "flags",
            [("entries[].red_flags[].fen", 1)],
        ),
        (
            lists(entries=entries(red_flags=[flag(text={"zh": "短", "en": "owed"})])),
            "texts",
            [("entries[].red_flags[].text.zh", 1)],
        ),
        (
            lists(entries=entries(red_flags=[flag(), flag(code="cash")])),
            "flags",
            [("entries[].red_flags", 1)],
        ),
        (lists(entries=entries(project_id="D")), "other", [("entries[]", 2)]),
    ],
)
def test_each_difference_has_its_category_and_path(after, category, paths):
    found = compare_versions(lists(), after, (6, 7), verified=True)
    kinds = ("texts", "numbers", "fields", "statements", "flags", "other")
    shown = {kind: [(one.path, one.count) for one in getattr(found, kind)] for kind in kinds}
    assert {kind: rows for kind, rows in shown.items() if rows} == (
        {category: paths} if category else {}
    )
    assert (found.sealed_version, found.current_version, found.body_verified) == (6, 7, True)


@pytest.mark.parametrize(
    ("probabilities", "difference", "same"),
    [
        ({"A": 0.5, "B": 0.5}, 0.0, True),
        ({"A": 0.5, "B": 0.25}, 0.25, False),
        ({"A": 0.75, "B": 0.5 + 1e-7}, 0.25, False),
        ({"B": 0.5 + 5e-7}, 5e-7, True),
        ({}, 0.0, True),
    ],
)
def test_the_greatest_difference_of_a_probability_counts(probabilities, difference, same):
    risks = {key: {"probability": value} for key, value in probabilities.items()}
    after = ListDocuments(lists().watchlist, risks)
    found = compare_versions(lists(), after, (6, 7), verified=True)
    assert found.max_probability_difference == pytest.approx(difference)
    assert found.same_probabilities is same


@pytest.mark.parametrize(("probability", "same"), [(1e-6, True), (1.01e-6, False)])
def test_probabilities_are_the_same_up_to_a_millionth(probability, same):
    before, after = (
        ListDocuments(lists().watchlist, {"A": {"probability": value}})
        for value in (0.0, probability)
    )
    assert compare_versions(before, after, (6, 7), verified=True).same_probabilities is same


def test_members_and_order_are_told_apart():
    first, second = lists().watchlist["entries"]
    for rows, members, order in (
        ([first, second], True, True), ([second, first], True, False), ([first], False, False),
    ):  # fmt: skip
        found = compare_versions(lists(), lists(entries=rows), (6, 7), verified=False)
        assert (found.same_members, found.same_order) == (members, order)
        assert not found.body_verified


REPLAY = Replay(
    as_of=dt.date(2025, 6, 1), region="", sealed="a", replayed="b", differs=("entries",),
    code_differs=False, history="as_sealed",
)  # fmt: skip
UNLIKE = replace(FAITHFUL, other=OTHER, sealed_version=7, current_version=8)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"replayed": "a"}, "same"),
        ({}, "differs"),
        ({"history": "changed"}, "differs"),
        ({"history": "unknown"}, "cannot_tell"),
        ({"history": "other_history"}, "cannot_tell"),
        ({"comparison": FAITHFUL}, "same"),
        ({"comparison": UNLIKE}, "differs"),
        ({"comparison": UNLIKE, "history": "unknown"}, "cannot_tell"),
        ({"comparison": replace(UNLIKE, body_verified=False), "history": "unknown",
          "altered": ("list",)}, "differs"),
        ({"comparison": replace(UNLIKE, sealed_version=6)}, "cannot_tell"),
        ({"comparison": replace(UNLIKE, flags=FLAGS, other=(ChangedPath("gone", 1),))},
         "cannot_tell"),
        ({"features_missing": "x", "replayed": None}, "cannot_tell"),
        ({"archived": "x.tar.gz", "replayed": None}, "cannot_tell"),
        ({"archived": "x.tar.gz", "replayed": None, "altered": ("list",)}, "differs"),
        ({"features_missing": "x", "replayed": None, "altered": ("P1",)}, "differs"),
        ({"replayed": "a", "altered": ("P1",)}, "differs"),
        ({"redefined": ("payments",)}, "cannot_tell"),
        ({"redefined": ("payments",), "replayed": "a"}, "same"),
        ({"redefined": ("payments",), "altered": ("list",)}, "differs"),
    ],
)  # fmt: skip
def test_verdict_of_a_replay(changed, verdict):
    found = replace(REPLAY, **changed)
    assert found.verdict == verdict
    shown = found.to_document()
    same = found.sealed == found.replayed and not found.altered
    assert (shown["verdict"], shown["same"]) == (verdict, same)
    for name in ("features_missing", "comparison", "archived", "redefined", "altered"):
        assert (name in shown) == bool(getattr(found, name)), name


BY_FLAGS = replace(UNLIKE, flags=FLAGS, other=(ChangedPath("gone", 1),))
CANNOT = "cannot be determined"
PAST_CHANGED = "have since been changed or deleted"


@pytest.mark.parametrize(
    ("changed", "said", "not_said"),
    [
        (
            {"replayed": "a", "differs": ()},
            ["can be reproduced", "digest a"],
            [CANNOT, PAST_CHANGED],
        ),
        ({"code_differs": True}, ["rebuilt b", "another version of the program"], [PAST_CHANGED]),
        ({}, ["published a, rebuilt b", "- entries"], [CANNOT, PAST_CHANGED]),
        ({"history": "changed"}, ["published a, rebuilt b", "- entries", PAST_CHANGED], [CANNOT]),
        ({"history": "changed", "replayed": "a"}, ["can be reproduced"], [PAST_CHANGED]),
        ({"history": "other_history"}, [CANNOT, "not in this record store"], ["rebuilt b"]),
        (
            {"features_missing": "x", "comparison": BY_FLAGS},
            [CANNOT, "some features"],
            ["red flags"],
        ),
        ({"comparison": BY_FLAGS}, [CANNOT, "the rules of red flags"], ["some features"]),
        (
            {"comparison": replace(UNLIKE, sealed_version=6)},
            [CANNOT, "some features"],
            ["seal version"],
        ),
        ({"redefined": ("payments",)}, [CANNOT, "(wage payment)"], ["rebuilt b"]),
        ({"archived": "x.tar.gz"}, [CANNOT, "moved to the file x.tar.gz"], ["rebuilt b"]),
        (
            {"replayed": "a", "altered": ("P1", "list", "risks"), "differs": ("entries",)},
            ["was altered", "(P1, the list, which risks it has)", "can be reproduced", "- entries"],
            [CANNOT, "rebuilt"],
        ),
        (
            {"altered": tuple("ABCDEF")},
            ["(A, B, C, D, E, …)", "published a, rebuilt b"],
            [CANNOT, "F"],
        ),
        ({"comparison": UNLIKE}, ["seal version 7", "Different: cohort (1)"], [CANNOT]),
        ({"comparison": replace(FAITHFUL, texts=OTHER)}, ["Reworded: cohort (1)"], ["Different"]),
    ],
)
def test_what_a_person_reads_of_a_replay(workspace, capsys, changed, said, not_said):
    show_replay(CliContext(workspace, "en"), replace(REPLAY, **changed))
    printed = " ".join(capsys.readouterr().out.split())
    assert [words for words in said if words not in printed] == []
    assert [words for words in not_said if words in printed] == []
    assert ("another version" in printed) == changed.get("code_differs", False)


def test_a_replay_ends_with_a_code_of_its_own_where_it_cannot_tell():
    assert EXIT_CODES == {"same": 0, "differs": 1, "cannot_tell": 3}


@pytest.mark.parametrize(
    ("now", "then", "code_differs", "since"),
    [
        ((), (), True, ()),
        (("payments",), (), False, ("payments",)),
        (("payments", "season"), ("season",), False, ("payments",)),
        (("season",), ("season",), True, ("season",)),
        (("season",), None, False, ("season",)),
        (None, (), True, ()),
    ],
)
def test_families_redefined_since_a_list_was_sealed(now, then, code_differs, since):
    assert redefined_since(now, then, code_differs=code_differs) == since


def test_parts_that_differ_name_the_first_five_projects():
    before = {"cohort": 1, "entries": [{"project_id": name, "rank": 1} for name in "ABCDEF"]}
    assert _differences(before, before) == []
    assert _differences(before, {**before, "cohort": 2}) == ["cohort"]
    moved = [{"project_id": name, "rank": 2} for name in "FEDCBA"]
    assert _differences(before, {"entries": moved}) == ["cohort", "entries (A, B, C, D, E…)"]
    five = [*moved[1:], before["entries"][5]]
    assert _differences(before, {**before, "entries": five}) == ["entries (A, B, C, D, E)"]
    fewer = {**before, "entries": before["entries"][:4]}
    assert _differences(before, fewer) == ["entries (E, F)"]


def test_bytes_are_verified_of_the_list_its_risks_and_their_digest(database, publish):
    publish(dt.date(2025, 6, 1))
    lists_ = WatchlistRepository(database)
    stored = lists_.watchlist(dt.date(2025, 6, 1), "")
    sealed = stored.document()

    def altered(stored=stored, sealed=sealed):
        return altered_parts(lists_, stored, sealed)

    assert altered() == ()
    assert altered(replace(stored, digest="0" * 64)) == ("list",)
    assert altered(sealed={**sealed, "risks_digest": "0" * 64}) == ("risks",)
    of_one = PROJECT_RISKS.c.project_id == "P/000"
    with writing(database.engine).begin() as connection:
        unprotect(connection, PROJECT_RISKS.name)
        connection.execute(update(PROJECT_RISKS).where(of_one).values(body=b"{}"))
    assert altered() == ("P/000",)
    with writing(database.engine).begin() as connection:
        connection.execute(delete(PROJECT_RISKS).where(of_one))
    assert altered() == ("risks",)


def test_rules_of_a_sealed_list_replace_those_of_the_settings():
    rules = {
        "tiers": {"red": 0.6, "orange": 0.4, "yellow": 0.2},
        "policy": {"seed": "7", "rest_days": 11, "random_share": 0.25},
    }
    settings = Settings()
    found = _settings_then(settings, rules)
    assert (found.seed, found.tiers.red, found.policy.rest_days) == (7, 0.6, 11)
    assert found.policy.random_share == 0.25
    assert found.policy.must_visit == settings.policy.must_visit


def test_the_previous_list_is_the_newest_before_of_the_region(database, publish):
    lists_ = WatchlistRepository(database)
    asked = SimpleNamespace(as_of=dt.date(2025, 6, 1), region="")
    assert previous_list(lists_, asked).note() is None
    assert _scored_before(lists_, previous_list(lists_, asked), asked) == {}
    for as_of, region in (("2025-04-01", ""), ("2025-05-01", ""), ("2025-05-15", "99"),
                          ("2025-06-01", "")):  # fmt: skip
        publish(dt.date.fromisoformat(as_of), region)
    found = previous_list(lists_, asked)
    assert found.note().as_of == dt.date(2025, 5, 1)
    scored = _scored_before(lists_, found, asked)
    assert (set(scored), len(scored)) == ({f"P/00{n}" for n in range(6)}, 6)


def test_a_region_without_projects_names_those_there_are():
    from serving.publishing.pipeline import RegionUnknown

    codes = [f"99{number:04d}" for number in range(25)]
    projects = [SimpleNamespace(region_code=code) for code in reversed(codes)]

    class Scored:
        def __init__(self, found):
            self.cohort = SimpleNamespace(projects=found, outlines=lambda: found)

        def within(self, region):
            return Scored([one for one in self.cohort.projects if one.region_code == region])

    whole = Scored(projects)
    asked = SimpleNamespace(region="990003", as_of=dt.date(2025, 6, 1))
    assert in_region(whole, asked).cohort.projects == [projects[21]]
    with pytest.raises(RegionUnknown) as refused:
        in_region(whole, SimpleNamespace(region="42", as_of=dt.date(2025, 6, 1)))
    assert refused.value.fields["available"] == ", ".join(codes[:20])
