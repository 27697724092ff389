"""The slope chart of ranks."""

from __future__ import annotations

from serving.watchlists.rank_moves import MOST, rank_moves


def entry(number, rank, kind, old=None):
    return {
        "project_id": f"P/{number}",
        "project_name": f"模拟{number}",
        "rank": rank,
        "change": {"kind": kind, "from_rank": old},
    }


def test_moves_have_the_heights_of_their_ranks():
    gone = {
        "project_id": "P/9",
        "project_name": "模拟9",
        "change": {"from_rank": 2, "kind": "gone"},
    }
    found = rank_moves([entry(1, 1, "up", 3), entry(2, 2, "new")], [gone])
    up, new, left = found.moves
    assert (up.old_y, up.new_y) == (74, 30)
    assert (new.old_y, new.new_y) == (None, 52)
    assert (left.old_y, left.new_y, left.new) == (52, None, None)
    assert found.height == 30 + 22 * 3 + 10


def test_ranks_beyond_the_drawn_ones_are_left_out_but_in_the_table():
    entries = [entry(1, 1, "up", MOST + 5), entry(2, MOST + 1, "down", 1)]
    found = rank_moves(entries, [])
    (move,) = found.moves
    assert (move.old, move.old_y, move.new_y) == (MOST + 5, None, 30)


def test_a_first_list_has_no_moves():
    assert rank_moves([entry(1, 1, "new")], []) is None
    assert rank_moves([], []) is None
