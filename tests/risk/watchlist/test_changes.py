from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from risk.tiers import Tier
from risk.watchlist import ChangeKind, ListedEntry, compare

contributions = st.none() | st.dictionaries(
    st.sampled_from(["payments", "transfers", "complaints"]), st.floats(-3, 3), max_size=3
)


@st.composite
def lists(draw):
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    return [
        ListedEntry(name, rank, Tier.RED, 0.5, draw(contributions))
        for rank, name in enumerate(names, start=1)
    ]


def entry(project_id, rank, **families):
    return ListedEntry(project_id, rank, Tier.ORANGE, 0.1, families or None)


@given(lists(), lists())
def test_compare_has_one_change_per_entry_and_the_rest_gone(old, new):
    found = compare(old, new)
    assert [change.project_id for change in found.entries] == [item.project_id for item in new]
    listed_now = {item.project_id for item in new}
    assert [change.project_id for change in found.gone] == [
        item.project_id for item in old if item.project_id not in listed_now
    ]
    assert all(change.kind is ChangeKind.GONE for change in found.gone)


@given(lists())
def test_compare_of_a_list_with_itself_is_the_same(listed):
    found = compare(listed, reversed(listed))
    assert {change.kind for change in found.entries} <= {ChangeKind.SAME}
    assert {change.reason for change in found.entries} <= {None}
    assert found.gone == ()


@given(lists(), lists())
def test_compare_is_reversible(old, new):
    there = {change.project_id: change.kind for change in compare(old, new).entries}
    back = {change.project_id: change.kind for change in compare(new, old).entries}
    assert there.keys() == {item.project_id for item in new}
    assert back.keys() == {item.project_id for item in old}
    opposite = {ChangeKind.UP: ChangeKind.DOWN, ChangeKind.DOWN: ChangeKind.UP}
    for name in there.keys() & back.keys():
        assert back[name] == opposite.get(there[name], there[name])


@given(lists(), lists())
def test_compare_gives_a_reason_in_the_direction_of_the_move(old, new):
    before = {item.project_id: item.contributions for item in old}
    now = {item.project_id: item.contributions for item in new}
    changes = compare(old, new).entries
    assert len(changes) == len(new)
    for change in changes:
        if change.reason is not None:
            move = now[change.project_id][change.reason] - before[change.project_id][change.reason]
            assert (move > 0) == (change.kind is ChangeKind.UP)


def test_compare_gives_the_family_with_the_largest_change():
    old = [entry("A", 2, payments=0.1, transfers=0.5), entry("B", 1, payments=2.0, transfers=0.5)]
    new = [entry("A", 1, payments=0.9, transfers=0.7), entry("B", 2, payments=0.5, transfers=2.5)]
    up, down = compare(old, new).entries
    assert (up.kind, up.from_rank, up.to_rank, up.reason) == ("up", 2, 1, "payments")
    assert (down.kind, down.from_rank, down.to_rank, down.reason) == ("down", 1, 2, "payments")


def test_compare_gives_no_reason_if_only_others_moved():
    old = [entry("B", 1, payments=1.0), entry("A", 2, payments=1.0)]
    new = [entry("A", 1, payments=0.8)]
    assert compare(old, new).entries[0].reason is None


def test_compare_breaks_ties_by_name_and_ignores_unknown_families():
    old = [entry("A", 2, transfers=0.0, payments=0.0)]
    new = [entry("A", 1, transfers=1.0, payments=1.0, season=9.0)]
    assert compare(old, new).entries[0].reason == "payments"


def test_compare_without_contributions_gives_no_reason():
    assert compare([entry("A", 2)], [entry("A", 1, payments=1.0)]).entries[0].reason is None


def test_compare_gives_new_and_gone_a_reason_if_scored_on_both_sides():
    old, new = [entry("A", 1, payments=1.0)], [entry("B", 1, transfers=2.0)]
    bare = compare(old, new)
    assert [change.reason for change in (*bare.entries, *bare.gone)] == [None, None]
    found = compare(
        old, new, scored_before={"B": {"transfers": 0.0}}, scored_now={"A": {"payments": -1.0}}
    )
    assert (found.entries[0].kind, found.entries[0].reason) == ("new", "transfers")
    assert (found.gone[0].kind, found.gone[0].reason) == ("gone", "payments")


def test_compare_gives_ranks_and_tiers_of_both_lists_and_the_gone_by_their_rank():
    old = [
        ListedEntry("A", 3, Tier.RED, 0.9),
        ListedEntry("C", 2, Tier.BLUE, 0.1),
        ListedEntry("B", 1, Tier.BLUE, 0.1),
    ]
    new = [ListedEntry("D", 2, Tier.YELLOW, 0.2), ListedEntry("A", 1, Tier.ORANGE, 0.4)]
    found = compare(old, new)

    def moves(changes):
        return [(one.project_id, one.from_rank, one.to_rank) for one in changes]

    assert moves(found.entries) == [("A", 3, 1), ("D", None, 2)]
    assert moves(found.gone) == [("B", 1, None), ("C", 2, None)]
    tiers = {one.project_id: (one.from_tier, one.to_tier) for one in (*found.entries, *found.gone)}
    assert tiers == {
        **{"A": (Tier.RED, Tier.ORANGE), "D": (None, Tier.YELLOW)},
        **dict.fromkeys("BC", (Tier.BLUE, None)),
    }


def test_a_family_that_did_not_move_is_no_reason():
    old, new = [entry("A", 2, payments=1.0)], [entry("A", 1, payments=1.0)]
    assert compare(old, new).entries[0].reason is None


def test_sealed_contributions_come_before_those_of_the_scores():
    old, new = [entry("A", 2, payments=0.0)], [entry("A", 1, payments=1.0)]
    scores = {"scored_before": {"A": {"season": 0.0}}, "scored_now": {"A": {"season": 9.0}}}
    assert compare(old, new, **scores).entries[0].reason == "payments"
