"""Linkage worked out by hand: shares of names, what is compared, the edges of days and numbers."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from models.linkage import link_complaints
from models.linkage.blocking import CandidatePairs, block, ngrams
from models.linkage.conditional_logit import Weights, fit, probabilities, shipped_weights
from models.linkage.equal_names import NameMatch
from models.linkage.linker import match_probabilities, training_examples
from models.linkage.normalise import core_firm_name, numbers, plain_name, shared_pieces
from models.linkage.similarity import FEATURE_COUNT, PAIR_FEATURES, similarity_features
from models.linkage.snapshot import Candidate, ComplaintText, LinkageSnapshot, read_snapshot

DAY = dt.date(2025, 6, 1)
AS_OF = dt.date(2025, 7, 1)


def days(number):
    return dt.timedelta(days=number)


def said(site="", firm="", workers=None, key="K", project=None):
    return ComplaintText(key, DAY, site, firm, workers, None, None, project)


def project(key="P", names=("云渡小学",), firms=(), **more):
    return Candidate(key, "990101", names, firms, **more)


# Which candidates are compared


def test_ngrams_are_characters_and_pairs():
    assert ngrams("青川路") == {"青", "川", "路", "青川", "川路"}


def test_a_share_is_of_the_weight_of_all_ngrams():
    """Of two candidates 青 is in one, 川 in both, 石 and 石川 in none.

    Weights: log(3 / 1.5), log(3 / 2.5) and log(6) for what nobody has.
    """
    targets = [project("A", ("青",), ("川",)), project("B", ("川",), ("川",))]
    of_one, of_both, unseen = math.log(2), math.log(1.2), math.log(6)
    # 川 is in the name of one project and among the firms of both.
    found = block([said("青石", "石川")], targets)
    assert found.candidates.tolist() == [[0, 1]]
    assert found.site == pytest.approx(np.array([[of_one / (of_one + 2 * unseen), 0]]))
    assert found.firm == pytest.approx(np.array([[of_both / (of_both + 2 * unseen)] * 2]))


def test_twenty_candidates_are_compared_those_of_an_equal_name_first():
    alike = [project(str(number)) for number in range(25)]
    assert block([said("云渡小学")], alike).candidates.tolist() == [list(range(20))]
    match = NameMatch((3,), "equal")
    assert block([said("云渡小学")], alike, 2, [match]).candidates.tolist() == [[3, 0]]
    assert block([said()], alike, 2, [match]).candidates.tolist() == [[3, -1]]


@pytest.mark.parametrize(
    ("usual", "unusual"),
    [
        ({"started_on": DAY + days(30)}, {"started_on": DAY + days(31)}),
        ({"completed_on": DAY - days(180)}, {"completed_on": DAY - days(181)}),
        ({}, {"started_on": DAY + days(31)}),
        ({}, {"completed_on": DAY - days(181)}),
    ],
)
def test_projects_long_before_or_after_come_last(usual, unusual):
    found = block([said("云渡小学")], [project("A", **unusual), project("B", **usual)])
    assert found.candidates.tolist() == [[1, 0]]
    assert found.site == pytest.approx(np.ones((1, 2)))


def test_what_one_complaint_shares_is_not_left_to_the_next():
    targets = [project("A", firms=("青川",)), project("B", ("石桥",), ("槐埠",))]
    asked = [said("云渡小学", "青川"), said("石桥", "槐埠"), said("云渡小学"), said("", "青川")]
    assert block(asked, targets).candidates.tolist() == [[0, -1], [1, -1], [0, -1], [0, -1]]
    assert block(asked, targets).firm == pytest.approx(np.array([[1, 0]] * 2 + [[0, 0], [1, 0]]))


def test_a_whole_name_counts_0_6_where_the_project_was_not_under_way():
    """Five n-grams of seven are in both names, of weight log(1.2), two in one, of weight log(2).

    The part of the name has a share of 0.91 / (0.91 + 1.39) = 0.397, which is less than 0.6.
    """
    whole = project("A", completed_on=DAY - days(181))
    found = block([said("云渡小学")], [project("B", ("云渡小",)), whole])
    assert found.candidates.tolist() == [[1, 0]]
    assert found.site == pytest.approx(np.array([[1, 0.397]]), abs=0.001)


# What is compared of a pair


def features(complaint, candidate):
    pairs = CandidatePairs(np.array([[0, -1]]), np.array([[0.5, 0]]), np.array([[0.25, 0]]))
    (found,) = similarity_features([complaint], [candidate], pairs)
    assert not found[1].any()
    assert not found[0, len(PAIR_FEATURES) :].any()
    assert not found[2, : len(PAIR_FEATURES)].any()
    named = {name: value for name, value in zip(PAIR_FEATURES, found[0], strict=False) if value}
    return named, found[2, len(PAIR_FEATURES) :].tolist()


def test_names_are_compared_whole_and_in_part():
    """石桥湾小学 has all its five characters among the seven: 2 * 5 / 12; a part 2 * 3 / 8."""
    firms = ("槐埠路桥有限公司", "青川建设集团有限公司")
    found, none = features(
        said("石桥湾小学", "青川建设"), project(names=("石桥湾中心小学",), firms=firms)
    )
    assert found == pytest.approx(
        {
            "site_ratio": 10 / 12,
            "site_partial": 0.75,
            "site_found": 0.5,
            "firm_ratio": 1,
            "firm_partial": 1,
            "firm_found": 0.25,
            "firm_same": 1,
            "both_found": 0.125,
        }
    )
    assert none == [1, 0, 0]


def test_a_part_of_a_name_is_not_the_name():
    found, _ = features(said("云渡", "青川"), project(firms=("青川建设",)))
    ratios = {name: value for name, value in found.items() if not name.endswith("found")}
    assert ratios == pytest.approx(
        {"site_ratio": 4 / 6, "site_partial": 1, "firm_ratio": 4 / 6, "firm_partial": 1}
    )


def test_what_is_not_named_is_like_nothing():
    found, none = features(said(), project(names=(), firms=()))
    assert (found, none) == (
        {"site_found": 0.5, "firm_found": 0.25, "both_found": 0.125},
        [1, 1, 1],
    )
    assert features(said(firm="王老板"), project())[1] == [1, 1, 1]
    found, none = features(said("云渡小学"), project())
    assert (found["site_same"], "firm_same" in found, none) == (1, False, [1, 0, 1])


@pytest.mark.parametrize(
    ("site", "names", "other", "unsaid"),
    [
        ("云渡小区", ("云渡小区",), False, False),
        ("云渡小区二期", ("云渡小区",), True, False),
        ("云渡小区", ("云渡小区一期",), False, True),
        ("云渡小区二期", ("云渡小区一期",), True, True),
        ("云渡小区二期", ("云渡小区一期", "云渡小区二期"), False, True),
        ("", ("云渡小区一期",), False, False),
        ("食堂14号", ("食堂36号",), True, False),
        ("食堂14号", ("食堂",), False, False),
        ("食堂14号", ("食堂36号", "食堂14号"), False, False),
        ("食堂14号", ("食堂36号", "食堂"), False, False),
        ("食堂", ("食堂36号",), False, False),
    ],
)
def test_another_phase_or_number_is_seen(site, names, other, unsaid):
    found, _ = features(said(site), project(names=names))
    assert ("other_stage" in found, "unsaid_stage" in found) == (other, unsaid)


@pytest.mark.parametrize(
    ("workers", "more", "expected"),
    [
        (None, {}, set()),
        (None, {"started_on": DAY}, set()),
        (None, {"started_on": DAY + days(1)}, {"not_begun"}),
        (None, {"completed_on": DAY - days(180)}, set()),
        (None, {"completed_on": DAY - days(181)}, {"long_over"}),
        (30, {"max_present": 30}, set()),
        (31, {"max_present": 30}, {"too_many"}),
        (31, {}, set()),
        (None, {"max_present": 30}, set()),
    ],
)
def test_days_and_heads_that_do_not_fit_are_seen(workers, more, expected):
    found, _ = features(said("云渡小学", workers=workers), project(**more))
    assert found.keys() & {"not_begun", "long_over", "too_many"} == expected


def test_numerals_with_ten_and_numbers_of_nothing_but_zeros():
    assert plain_name("云渡二十一标") == "云渡21标"
    assert plain_name("云渡十标") == "云渡10标"
    assert numbers("云渡000号") == {"0"}
    assert [core_firm_name(name) for name in ("王青", "王青川")] == ["", "王青川"]


@pytest.mark.parametrize(
    ("text", "name", "pieces"),
    [
        ("石桥湾小学工地", "模拟·石桥湾中心小学教学楼0012号", ("石桥湾", "小学")),
        ("云渡小学", "Ⅲ云渡小学", ("云渡小学",)),  # 3 characters where it is normalised
        ("云渡2期", "云渡（二期）", ("云渡", "二期")),
        ("云甲渡", "云渡", ()),  # one character by itself says nothing
    ],
)
def test_shared_pieces_are_as_the_name_writes_them(text, name, pieces):
    assert shared_pieces(text, name) == pieces


# Probabilities and weights


def test_chances_are_odds_of_those_who_are_there():
    """Odds of 2, 3 (offset) and 1; without the second 2 to 1."""
    parts = np.zeros((2, 3, FEATURE_COUNT))
    parts[:, 0, 0] = 1
    real = np.array([[True, True, True], [True, False, True]])
    weights = Weights((math.log(2), *[0.0] * (FEATURE_COUNT - 1)), 0)
    for more in (0, 800):
        found = probabilities(parts, real, weights, np.array([0, math.log(3), 0]) + more)
        assert found == pytest.approx(np.array([[2 / 6, 3 / 6, 1 / 6], [2 / 3, 0, 1 / 3]]))


@pytest.mark.parametrize("first", [0, 10])
def test_only_an_equal_name_under_way_leaves_no_others(first):
    """One of two is yet to begin, whichever comes first; without the other anyone may be meant."""
    days_of = (first, 10 - first)
    equal = [project(str(ahead), started_on=DAY + days(ahead)) for ahead in days_of]
    others = [project("C", ("云渡小学东楼",))]
    for targets, left in ((equal, False), ([one for one in equal if one.key == "10"], True)):
        _, (chances,) = match_probabilities(
            [said("云渡小学")], [*targets, *others], shipped_weights("project")
        )
        assert (chances[-2] > 0) == left


def test_a_weight_balances_the_prior_and_what_happened():
    """One candidate chosen: 20 w = 1 / (1 + exp(w)); from 1 on: 20 (w - 1) = 1 / (1 + exp(w)).

    Three chosen under a prior of strength 1: w = 3 / (1 + exp(w)), which is 3 / (1 + 2.4102).
    """
    parts = np.zeros((1, 2, FEATURE_COUNT))
    parts[0, 0, 0] = 1
    real, chosen = np.array([[True, True]]), np.array([[True, False]])
    rest = (0.0,) * (FEATURE_COUNT - 1)
    assert fit(parts, real, chosen) == Weights((0.0247, *rest), 1)
    found = fit(parts, real, chosen, start=Weights((1.0, *rest), 9))
    assert found == Weights((1.0133, *rest), 1)
    thrice = [np.repeat(one, 3, axis=0) for one in (parts, real, chosen)]
    assert fit(*thrice, prior_strength=1.0) == Weights((0.8797, *rest), 3)
    assert fit(parts[:0], real[:0], chosen[:0]) == Weights((0.0, *rest), 0)
    fewer = [np.insert(one, 1, 0, axis=1) for one in (parts, real, chosen)]  # nobody in between
    assert fit(*fewer) == Weights((0.0247, *rest), 1)


def snapshot(complaints, **more):
    given = {"builders": {}, "respondents": {}, **more}
    projects = [project("A"), project("B", ("石桥小学",))]
    firms = [Candidate(key, None, (), (name,)) for key, name in (("X", "青川"), ("Y", "澄原"))]
    return LinkageSnapshot(complaints, projects, firms, **given)


def test_examples_are_complaints_with_names_and_a_project():
    """T144 has the remainder 100: the first whose project is not withheld, T1476 the last."""
    asked = [
        said("云渡小学", key="T144", project="A"),
        said("云渡小学", key="T1476", project="A"),
        said("石桥小学", key="T144", project="B"),
        said("云渡小学", key="T144"),
        said(key="T144", project="A"),
        said(firm="王老板", key="T144", project="A"),
    ]
    _, real, right = training_examples(snapshot(asked), "project")
    assert [row[-1] for row in right.tolist()] == [False, True, False, True]
    # The withheld one is no candidate; 小学 is shared, so that each finds both projects.
    assert real.tolist() == [
        [True, True, True], [False, True, True], [True, True, True], [False, False, True],
    ]  # fmt: skip
    assert right.tolist() == [
        [True, False, False], [False, False, True], [True, False, False], [False, False, True],
    ]  # fmt: skip


def test_a_firm_is_meant_if_it_answered_the_case_else_if_it_builds():
    asked = [
        said(firm="青川", key="T144", project="A"),
        said("青川", "王老板", key="T144", project="A"),
        said("青川", "青川", workers=3, key="T533", project="A"),
    ]
    more = {"builders": {"A": frozenset("X")}, "respondents": {"T533": "Y"}}
    parts, real, right = training_examples(snapshot(asked, **more), "organisation")
    assert real.tolist() == [[True, False, True]] * 2
    assert right.tolist() == [[True, False, False], [False, False, True]]
    site = [place for place, name in enumerate(PAIR_FEATURES) if name.startswith("site")]
    assert not parts[:, 0, site].any()


# From records to candidates


def complaint(world, key, received, known=None, **more):
    row = {"complaint_id": key, "received_on": str(received), "known_at": str(known or received)}
    world.add("complaints", **{**row, **more})


def test_complaints_of_a_year_are_linked_and_those_of_three_are_learnt_from(world):
    """One on the first day and one a day before it; learnt from only if a project is named."""
    world.project("P1", project_name="云渡小学")
    for number, ago in enumerate((365, 366)):
        complaint(world, f"U{number}", AS_OF - days(ago), project_text="云渡小学")
    complaint(world, "U2", AS_OF - days(1), AS_OF, project_text="云渡小学")
    for number, ago in enumerate((1095, 1096)):
        named = {"project_text": "云渡小学", "project_id": "P1"}
        complaint(world, f"L{number}", AS_OF - days(ago), **named)
    found = link_complaints(world.store, AS_OF)
    assert [one.complaint.complaint_id for one in found.complaints] == ["U0"]
    assert found.project_weights.learnt_from == 1
    assert found.organisation_weights == shipped_weights("organisation")
    longer = link_complaints(world.store, AS_OF, days=1096)
    assert [one.complaint.complaint_id for one in longer.complaints] == ["U1", "U0"]
    assert longer.project_weights.learnt_from == 2


@pytest.mark.parametrize(
    ("more", "under_way"),
    [
        ({"started_on": DAY}, True),
        ({"started_on": DAY + days(1)}, False),
        ({"started_on": None}, None),
        ({"started_on": DAY - days(9), "completed_on": DAY}, True),
        ({"started_on": DAY - days(9), "completed_on": DAY - days(1)}, False),
    ],
)
def test_a_candidate_says_whether_it_was_under_way(world, more, under_way):
    world.project("P1", project_name="云渡小学", **more)
    complaint(world, "U", DAY, project_text="云渡小学")
    ((best,),) = (one.projects for one in link_complaints(world.store, AS_OF).complaints)
    assert (best.under_way, best.likeness, best.unique) == (under_way, "equal", True)


def test_candidates_of_the_name_come_first_and_at_most_five(world):
    for number in range(6):
        world.project(f"P{number}", project_name="云渡小学", contractor_id="C")
    world.project("Q", project_name="云渡小学工程")
    for number, name in enumerate(("青川水利水电建设有限公司", "青川路桥公司")):
        known = f"2024-01-0{number + 1}"
        world.add("organizations", org_id="C", org_name=name, known_at=known)
    complaint(world, "U", DAY, project_text="云渡小学", employer_text="青川路桥")
    (found,) = link_complaints(world.store, AS_OF).complaints
    assert [one.key for one in found.projects] == ["P0", "P1", "P2", "P3", "P4"]
    first = found.projects[0]
    assert (first.name, first.site_words, first.likeness) == ("云渡小学", ("云渡小学",), "equal")
    assert (first.firm, first.firm_words) == ("青川路桥公司", ("青川路桥",))
    assert (first.unique, first.probability) == (False, pytest.approx(1 / 6, abs=0.01))
    (few,) = link_complaints(world.store, AS_OF, most=2).complaints
    assert [one.key for one in few.projects] == ["P0", "P1"]


def test_an_equal_name_comes_before_a_more_probable_one(world):
    """P1 is yet to begin, and the firm is that of P2."""
    world.project("P1", project_name="云渡小学", started_on=str(DAY + days(30)))
    world.project("P2", project_name="云渡小学东楼", contractor_id="C")
    world.add("organizations", org_id="C", org_name="青川建设", known_at="2024-01-01")
    complaint(world, "U", DAY, project_text="云渡小学", employer_text="青川建设")
    (found,) = link_complaints(world.store, AS_OF).complaints
    first, second = found.projects
    assert [(one.key, one.likeness) for one in (first, second)] == [("P1", "equal"), ("P2", None)]
    assert first.probability < second.probability
    assert {len(str(one.probability)) for one in found.projects} == {6}  # four decimals


def test_the_more_probable_come_first_and_the_improbable_are_not_shown(world):
    """P0 is long over; 石桥路桥厂 shares nothing but 桥."""
    over = str(DAY - days(181))
    world.project("P0", project_name="云渡小学", completed_on=over)
    world.project("P1", project_name="云渡小学")
    world.project("P2", project_name="石桥路桥厂")
    complaint(world, "U", DAY, project_text="云渡小学东桥")
    (found,) = link_complaints(world.store, AS_OF).complaints
    assert [one.key for one in found.projects] == ["P1", "P0"]
    assert [one.likeness for one in found.projects] == [None, None]


def test_a_snapshot_has_what_was_known_the_day_before(world):
    """Changes known on the day itself are still to come; former names stay names."""
    today, before = str(AS_OF), str(AS_OF - days(1))
    world.project("P1", project_name="旧名", contractor_id="C", owner_id="O", known_at="2024-01-01")
    world.project("P1", project_name="新名", contractor_id="C", owner_id="O", known_at=before)
    world.project("P1", project_name="来名", contractor_id="D", known_at=today)
    world.project("P2", known_at=today)
    again = "2024-01-01"
    world.project("P1", project_name="旧名", contractor_id="O", known_at=again)
    for org, name, known in (
        *(("C", "甲", again), ("C", "甲", before), ("C", "未", today)),
        ("S", "乙", before),
    ):
        world.add("organizations", org_id=org, org_name=name, region_code="42", known_at=known)
    contracts = (
        ("K1", "P1", "S", None, before),
        ("K2", "P1", None, "丙", before),
        ("K3", "P1", "D", "丁", today),
        ("K4", "P9", "D", "戊", before),
    )
    for key, of, contractor, name, known in contracts:
        world.add(
            "contracts",
            contract_id=key,
            project_id=of,
            contractor_id=contractor,
            contractor_name=name,
            known_at=known,
        )
    for day, group, present, known in (
        ("2025-05-01", "a", 3, before),
        ("2025-05-01", "b", 4, before),
        ("2025-04-01", "a", 6, before),
        ("2025-03-01", "a", 90, today),
    ):
        row = {"contract_id": group, "project_id": "P1", "period": day}
        world.add("attendance", workers_present=present, known_at=known, **row)
    for key, of, org, known in (
        ("1", "U1", "C", before),
        ("2", "U1", "S", before),
        ("3", "U2", "C", today),
    ):
        world.add("cases", case_id=key, complaint_id=of, org_id=org, known_at=known)
    found = read_snapshot(world.store, AS_OF, DAY)
    start = dt.date(2024, 1, 1)
    assert found.projects == [
        Candidate("P1", "420300101", ("新名", "旧名"), ("丙", "乙", "甲"), start, None, 7)
    ]
    assert found.organisations == [
        Candidate("C", "42", (), ("甲",)),
        Candidate("S", "42", (), ("乙",)),
    ]
    assert found.builders == {"P1": {"C", "O", "S"}}
    assert found.respondents == {"U1": "S"}


def test_a_snapshot_has_complaints_from_a_day_on_without_links_people_made(world):
    complaint(world, "U3", DAY, workers=4, amount_claimed=500, text="三人")
    complaint(world, "U2", DAY, project_text="云渡", employer_text="青川", project_id="P1")
    complaint(world, "U1", DAY - days(1))
    complaint(world, "U4", DAY, AS_OF)
    complaint(world, "U5", DAY, project_id="P1")  # with a project and no name: nothing to learn
    complaint(world, "U6", DAY, employer_text="青川", project_id="P1")
    world.add(
        "links",
        complaint_id="U3",
        decision="linked",
        project_id="P1",
        decided_on=str(DAY),
        known_at=str(DAY),
    )
    found = read_snapshot(world.store, AS_OF, DAY).complaints
    assert found == [
        ComplaintText("U2", DAY, "云渡", "青川", None, None, None, "P1"),
        ComplaintText("U3", DAY, "", "", 4, 500, "三人", None),
        ComplaintText("U6", DAY, "", "青川", None, None, None, "P1"),
    ]
