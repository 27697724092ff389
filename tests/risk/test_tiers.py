from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.tiers import DEFAULT_TIERS, Tier, Tiers, TiersOutOfOrder

ORDER = [Tier.BLUE, Tier.YELLOW, Tier.ORANGE, Tier.RED]
share = st.floats(0, 1)
thresholds = st.lists(st.floats(1e-9, 1), min_size=3, max_size=3).map(
    lambda found: Tiers(*sorted(found, reverse=True))
)


@given(thresholds, share, share)
def test_a_higher_probability_never_has_a_lower_tier(tiers, one, other):
    low, high = sorted((one, other))
    assert ORDER.index(tiers.tier_of(low)) <= ORDER.index(tiers.tier_of(high))


@given(thresholds)
def test_a_threshold_belongs_to_the_tier_it_opens(tiers):
    assert tiers.tier_of(tiers.red) is Tier.RED
    assert tiers.tier_of(tiers.yellow) is not Tier.BLUE
    assert tiers.tier_of(0.0) is Tier.BLUE


@pytest.mark.parametrize(
    ("probability", "tier"),
    [(1.0, "red"), (0.2, "red"), (0.19, "orange"), (0.1, "orange"), (0.05, "yellow"), (0, "blue")],
)
def test_the_default_thresholds(probability, tier):
    assert DEFAULT_TIERS.tier_of(probability) == tier


@pytest.mark.parametrize(
    "found",
    [
        (0.1, 0.2, 0.05),
        (0.2, 0.1, 0),
        (0.2, 0.1, -0.1),
        (1.1, 0.1, 0.05),
        (float("nan"), 0.1, 0.05),
    ],
)
def test_thresholds_out_of_order_are_refused_in_both_languages(found):
    with pytest.raises(TiersOutOfOrder) as refused:
        Tiers(*found)
    assert isinstance(refused.value, ValueError)
    assert str(found[0]) in refused.value.message("zh")
    assert str(found[0]) in refused.value.message("en")
