"""The tests behind group fairness worked out on paper: chances, sides and effects of clusters."""

from __future__ import annotations

import dataclasses
from math import comb

import numpy as np
import pytest

from training.evaluation.bootstrap import Estimate
from training.evaluation.fairness import (
    FIGURES,
    LEVEL,
    Fairness,
    Group,
    GroupFigure,
    _relative,
    _with_chance,
    fairness,
    unfair_figures,
)
from training.evaluation.groups import Membership, memberships
from training.evaluation.hypothesis_tests import (
    RateSample,
    design_effect,
    holm_correction,
    noncentral_hypergeometric_tails,
    p_value,
)
from training.evaluation.predictions import MODEL, Predictions

from .test_fairness import exact_tails

NOTHING = Estimate(0.5, None, None, 12)
ATTRIBUTES = ("region_code", "sector", "registered_capital", "contract_amount")


def one_month(scores, labels, funding, chances):
    """A row per project, each of its own contractor, with nothing known of it but its funding."""
    rows = len(labels)
    names = tuple(f"P{row}" for row in range(rows))
    labels, nothing = np.array(labels, dtype=float), np.full(rows, np.nan)
    attributes = dict.fromkeys(ATTRIBUTES, np.full(rows, None, dtype=object))
    return Predictions(
        *(np.full(rows, np.datetime64("2025-04-01")), names, names, labels, labels),
        *({MODEL: np.array(scores, dtype=float)}, {MODEL: np.array(chances, dtype=float)}),
        {**attributes, "funding": np.array(funding, dtype=object)},
        *(nothing, nothing),
    )


def at_least(count, draws, share):
    return sum(
        comb(draws, k) * share**k * (1 - share) ** (draws - k) for k in range(count, draws + 1)
    )


def test_chances_of_a_group_that_owes_half_as_often():
    """Forty of government and twenty private projects with ten events each.

    Eleven are listed, all with an event: two of government, nine private. Promised were ten events
    of government and two private ones.
    """
    labels = [1] * 10 + [0] * 30 + [1] * 10 + [0] * 10
    scores = [9, 9] + [1] * 8 + [2] * 30 + [9] * 9 + [1] + [2] * 10
    funding = ["government"] * 40 + ["private"] * 20
    found = fairness(one_month(scores, labels, funding, [0.25] * 40 + [0.1] * 20), 11)
    # Two of ten found, to nine of ten: government may have half of that, odds of 9 : 11 to 9 : 1.
    recall = 2 * exact_tails(2, 10, 11, 10, 1 / 11)[0]
    # Private projects owe twice as often and may have four of ten: odds of 2 : 3 to 1 : 4.
    others_recall = 2 * exact_tails(9, 10, 11, 10, 8 / 3)[1]
    # Ten of twenty events at 2 of 11 places, and at 10 of 12 promised.
    places, promised = 2 * at_least(10, 20, 2 / 11), 2 * at_least(10, 20, 2 / 12)
    expected = holm_correction([places, 1, recall, promised, places, 1, others_recall, promised])
    government, private = found.groups
    figures = [group.figures[name] for group in (government, private) for name in FIGURES]
    assert [one.chance for one in figures] == pytest.approx(expected)
    assert found.comparisons == 8
    assert [government.figures[name].outside for name in FIGURES] == ["low", None, None, "high"]
    assert [private.figures[name].outside for name in FIGURES] == ["high", None, None, "low"]


def test_groups_with_too_few_events_are_no_comparisons():
    labels = ([1] * 9 + [0] * 9) * 2
    found = fairness(one_month(labels, labels, ["a"] * 18 + ["b"] * 18, [0.5] * 36), 5)
    assert (found.comparisons, len(found.groups)) == (0, 2)


def test_a_chance_of_exactly_the_level_is_not_outside():
    figure = GroupFigure(NOTHING, 0.5, 0.5, 0.001, "low")
    assert _with_chance(figure, LEVEL).outside is None
    below = _with_chance(figure, float(np.nextafter(LEVEL, 0)))
    assert (below.outside, below.chance) == ("low", float(np.nextafter(LEVEL, 0)))
    assert _with_chance(figure, None) == GroupFigure(NOTHING, 0.5, 0.5, None, None)


def test_a_rest_that_owes_nothing_lowers_no_reference():
    assert _relative(np.float64(0.2), np.float64(0.0)) == 1.0
    assert _relative(np.float64(0.2), np.float64(0.8)) == 0.25


def test_an_unfair_figure_says_its_chance():
    figures = {one: GroupFigure(NOTHING, 0.5, 0.5, None, None) for one in FIGURES}
    figures["recall"] = GroupFigure(NOTHING, 0.6, 0.6, 0.01, "low")
    group = Group("funding", "private", None, 40, 12, NOTHING, NOTHING, figures)
    (found,) = unfair_figures(Fairness(MODEL, 20, 0.05, 4, (group,)))
    assert (found.attribute, found.value, found.chance) == ("funding", "private", 0.01)


def test_townships_are_nine_digits_of_longer_codes():
    codes = np.array(["420300101001", "420300101002", "420300102001", None], dtype=object)
    given = one_month([1] * 4, [0] * 4, ["a"] * 4, [0.1] * 4)
    given = dataclasses.replace(given, attributes={**given.attributes, "region_code": codes})

    def regions(given) -> list[Membership]:
        return [one for one in memberships(given) if one.attribute == "region"]

    found = {one.value: one.rows.tolist() for one in regions(given)}
    assert found == {
        "420300101": [True, True, False, False],
        "420300102": [False, False, True, False],
        None: [False, False, False, True],
    }
    codes[2] = "420301102001"
    assert [one.value for one in regions(given)] == [None, "420300", "420301"]


def sample(counts, exposures, group, clusters=None, *, enough=True, bounded=True):
    """Rows of which the first ``group`` are the group's; each its own cluster by default."""
    rows = len(counts)
    return RateSample(
        *(np.array(counts, dtype=float), np.array(exposures, dtype=float), np.arange(rows) < group),
        np.arange(rows) if clusters is None else np.array(clusters),
        *(enough, bounded),
    )


def test_nothing_is_tested_without_events_or_exposure():
    ones = [1.0] * 4
    assert p_value(sample(ones, ones, 2, enough=False)) == (None, None)
    for counts, exposures in (([0, 0, 1, 0], [0, 0, 1, 1]), ([1, 0, 0, 0], [1, 1, 0, 0])):
        assert p_value(sample(counts, exposures, 2)) == (None, None)
    # One row and no event is enough to test, and so is an event without any place.
    assert p_value(sample([0, 1, 1], [1, 1, 1], 1)) == (pytest.approx(2 / 3), "low")
    assert p_value(sample([1, 1, 1, 1], [1, 1, 1, 0], 3, bounded=False)) == (0.0, "low")
    assert p_value(sample([5, 1], [1, 1], 1, bounded=False))[0] is not None
    assert p_value(sample([1, 5], [1, 1], 1, bounded=False))[0] is not None


def test_rates_of_one_event():
    """None of it in nine tenths of the exposure: 1 - 0.9, on the low side."""
    rare = sample([0, 1], [9, 1], 1, bounded=False)
    assert p_value(rare) == (pytest.approx(0.2), "low")
    other = sample([1, 0], [1, 9], 1, bounded=False)
    assert p_value(other) == (pytest.approx(0.2), "high")


def test_a_rate_is_tested_against_a_multiple_of_the_rest_of_it():
    """Seven of twelve events in a quarter of the rows: at twice the rate 2 of 5 fall there."""
    twice = sample([1] * 7 + [0] * 3 + [1] * 5 + [0] * 25, [1] * 40, 10, bounded=False)
    assert p_value(twice, 2.0, 2.0) == (pytest.approx(2 * at_least(7, 12, 0.4)), "high")


def test_shares_at_and_beyond_the_whole():
    """Five of ten against ten of ten; twice a share of one half is all, and of more than all."""
    parts = sample([1] * 5 + [0] * 5 + [1] * 10, [1] * 20, 10)
    tail = comb(10, 5) / comb(20, 15)
    assert p_value(parts) == (pytest.approx(2 * tail), "low")
    half = sample([1] * 10 + [1, 0] * 5, [1] * 20, 10)
    assert p_value(half, 1.0, 2.0) == (1.0, "high")
    # Against the rest's share itself ten of ten are far too many.
    assert p_value(half)[0] == pytest.approx(2 * comb(10, 5) / comb(20, 15))


def test_rows_of_one_contractor_count_as_fewer():
    # Of two contractors one has an event in both rows, the other in none: each is one row.
    owing = sample([1, 1, 0, 0, 1, 0, 1, 0], [1] * 8, 4, [0, 0, 1, 1, 2, 3, 4, 5])
    assert design_effect(owing) == pytest.approx(2)
    # The rest like that, and the group not: (1 + 2) / (1 + 1).
    turned = sample([1, 0, 1, 0, 1, 1, 0, 0], [1] * 8, 4, [2, 3, 4, 5, 0, 0, 1, 1])
    assert design_effect(turned) == pytest.approx(1.5)
    # An event in one row of each: that adds nothing to the spread of the contractors.
    even = sample([1, 0, 1, 0, 1, 0, 1, 0], [1] * 8, 4, [0, 0, 1, 1, 2, 2, 3, 3])
    assert design_effect(even) == 1


def test_where_nothing_varies_each_contractor_is_one_row():
    every = sample([1] * 10, [1] * 10, 10, [0] * 5 + [1] * 5)
    assert design_effect(every) == 5
    halves = sample([0.5] * 2, [0.5] * 2, 2, [0, 0])
    assert design_effect(halves) == 2
    assert design_effect(sample([0, 0], [0, 0], 1)) == 1
    # The group does not vary, the rest does: (1 + 1) / (4 * 0.25) of a pair of contractors.
    rest = sample([1] * 4 + [1, 1, 0, 0], [1] * 8, 4, [0, 0, 1, 1, 2, 2, 3, 3])
    assert design_effect(rest) == pytest.approx(2)


def test_variation_below_one_row_counts():
    """Four quarters of a place at two contractors: at one both with an event, at the other one.

    A rate of 3/4, so deviations of 1/16 three times and of -3/16: by contractor 1/8 and -1/8, or
    1/32 to 3/64. The rest, two halves of a place: 1/8 to 1/8. Together 5/32 to 11/64.
    """
    exposures = [0.25] * 4 + [0.5] * 2
    parts = sample([0.25] * 3 + [0, 0.5, 0], exposures, 4, [0, 0, 1, 1, 2, 3])
    assert design_effect(parts) == 1
    # With both events of quarters at one contractor the group alone has twice the spread.
    other = sample([0.25, 0.25, 0, 0, 0.5, 0], exposures, 4, [0, 0, 1, 1, 2, 3])
    assert design_effect(other) == pytest.approx(2)


def test_margins_of_one_more_than_there_are_leave_no_chance():
    assert noncentral_hypergeometric_tails(2, 3, 8, 4, 1.0) == (1.0, 1.0)
    assert noncentral_hypergeometric_tails(3, 3, 7, 4, 1.0) == (1.0, 1.0)
