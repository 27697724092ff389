"""A signal family is complete in its own file: matrix, scorecard, counterfactuals, employers."""

from __future__ import annotations

import datetime as dt

from features.catalogue import Duty, EmployerUse, Family, Feature, Points, Step
from features.feature_sets import ALL_FAMILIES, FEATURE_SETS
from features.matrix import feature_matrix
from models.counterfactuals import LEVERS, levers_of
from models.scorecard import LINES, lines_of
from risk.unit_kinds import KINDS

CANTEEN = Family(
    name="canteen",
    zh="食堂",
    en="canteen",
    features=(
        Feature(
            name="canteen_closed",
            unit="yes/no",
            window="as of the date",
            source=("projects",),
            direction=1,
            zh="工地食堂停业",
            en="the canteen is closed",
            unknown_zh="未填",
            unknown_en="not filled in",
            duty=Duty("canteen_open", article="99"),
            compliant_value=0.0,
            scorecard=(Points(1, "an example", at_least=1),),
            employers=EmployerUse(en="its canteen is closed"),
        ),
    ),
    steps=(
        Step(
            "canteen_family",
            "SELECT as_of, project_id, CASE WHEN project_id = 'P1' THEN 1 ELSE 0 END"
            " AS canteen_closed FROM cohort",
        ),
    ),
)


def test_a_new_family_needs_no_other_registration(world):
    world.project("P1")
    world.project("P2")
    families = (*FEATURE_SETS["project"].families, CANTEEN)
    matrix = feature_matrix(world.store, [dt.date(2024, 7, 1)], families=families)
    assert matrix.project_ids == ("P1", "P2")
    assert matrix.select_columns(["canteen_closed"]).values.tolist() == [[1.0], [0.0]]
    lever = levers_of(families)[-1]
    assert (lever.code, lever.article, dict(lever.met)) == (
        *("canteen_open", "99", {"canteen_closed": 0.0}),
    )
    assert lines_of(families)[-1] == ("canteen_closed", CANTEEN.features[0].scorecard[0])


def test_for_employers_replaces_wording_and_scorecard():
    (feature,) = CANTEEN.for_employers().features
    assert (feature.zh, feature.en) == ("工地食堂停业", "its canteen is closed")
    assert feature.source == ("organizations",)
    assert feature.scorecard == ()


def test_levers_and_scorecard_lines_are_those_of_the_catalogue():
    assert levers_of(ALL_FAMILIES) == LEVERS
    for kind in KINDS:
        assert lines_of(FEATURE_SETS[kind].families) == LINES[kind]
    with_duty = [one for family in ALL_FAMILIES for one in family.features if one.duty]
    assert len(with_duty) == sum(len(lever.met) for lever in LEVERS) > 0
    assert all(one.compliant_value is not None for one in with_duty)
