"""Names given letter by letter: they come first, and numbers tell projects apart."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.linkage.conditional_logit import shipped_weights
from models.linkage.equal_names import NameIndex
from models.linkage.linker import match_probabilities
from models.linkage.normalise import numbers, phases, plain_name
from models.linkage.snapshot import Candidate, ComplaintText

DAY = dt.date(2025, 6, 1)


def project(key, name, firms=(), **days):
    return Candidate(key, "990101", (name,), firms, **{"started_on": dt.date(2024, 1, 1), **days})


def ranking(site, names, firm=""):
    """The names by probability, and the probabilities."""
    targets = [
        one if isinstance(one, Candidate) else project(f"P{n:03}", one)
        for n, one in enumerate(names)
    ]
    complaint = ComplaintText("T", DAY, site, firm, None, None, None, None)
    pairs, likely = match_probabilities([complaint], targets, shipped_weights("project"))
    found = [
        (float(p), targets[n].names[0])
        for p, n in zip(likely[0, :-1], pairs.candidates[0], strict=True)
        if n >= 0
    ]
    return sorted(found, reverse=True)


FAMILIES = [
    ["夹河镇小学食堂14号", "夹河镇小学食堂36号", "夹河镇小学食堂107号"],
    ["上津镇安置房一标段", "上津镇安置房二标段", "上津镇安置房三标段", "上津镇安置房十二标段"],
    ["羊尾镇河堤整治一期", "羊尾镇河堤整治二期", "羊尾镇河堤整治十一期"],
    ["观音镇2号楼", "观音镇3号楼", "观音镇12号楼"],
    ["香口镇污水管网", "香口镇污水管网工程"],
    ["云渡小区东区", "云渡小区西区", "云渡小区"],
    [f"云渡镇通村公路{n}号" for n in range(1, 61)],
]


@pytest.mark.parametrize("names", FAMILIES, ids=lambda names: names[0])
def test_the_project_named_letter_by_letter_comes_first_and_no_other_ties(names):
    for name in names if len(names) < 10 else names[::20]:
        first, *others = ranking(name, names)
        assert first[1] == name
        assert first[0] > 0.9
        assert all(p == 0 for p, _ in others)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("夹河镇小学食堂（14号）项目部", "夹河镇小学食堂14号"),
        ("夹河镇小学食堂１４＃", "夹河镇小学食堂14号"),
        ("夹河小学食堂14号", "夹河镇小学食堂14号"),
        ("上津镇安置房第2标段工地", "上津镇安置房二标段"),
        ("上津镇安置房12标", "上津镇安置房十二标段"),
        ("羊尾镇河堤整治Ⅱ期", "羊尾镇河堤整治二期"),
        ("羊尾镇河堤整治工程 一期", "羊尾镇河堤整治一期"),
    ],
)
def test_spellings_of_a_name_find_it(said, name):
    family = next(names for names in FAMILIES if name in names)
    assert ranking(said, family)[0][1] == name


def test_a_name_without_the_number_ties_all_that_have_one():
    found = ranking("夹河镇小学食堂", FAMILIES[0])
    assert len({round(p, 6) for p, _ in found}) == 1
    assert found[0][0] < 0.34


def test_a_number_nobody_has_is_less_likely_than_none():
    assert sum(p for p, _ in ranking("夹河镇小学食堂15号", FAMILIES[0])) < 0.5


def test_an_equal_name_outranks_a_similar_one_with_the_same_firm():
    names = [
        project("A", "香口镇污水管网"),
        project("B", "香口镇污水管网工程", ("青川建设集团有限公司",)),
    ]
    assert ranking("香口镇污水管网", names, "青川建设集团")[0][1] == "香口镇污水管网"


def test_the_phase_under_way_stays_beside_an_equal_name_long_completed():
    names = [
        project("A", "云渡小区", completed_on=dt.date(2019, 1, 1), started_on=dt.date(2017, 1, 1)),
        project("B", "云渡小区二期"),
    ]
    assert min(p for p, _ in ranking("云渡小区", names)) > 0


@pytest.mark.parametrize(
    ("said", "known", "found"),
    [
        ("云渡镇小学", ["云渡镇小学", "云渡小学"], ((0,), "equal")),
        ("云渡镇小学", ["云渡乡小学"], None),  # another place
        ("云渡小学", ["云渡乡小学", "云渡镇小学"], ((0, 1), "nearly")),
        ("云渡镇小学工程", ["云渡镇小学"], ((0,), "nearly")),
        ("云渡镇小学", ["云渡镇小学", "云渡镇小学"], ((0, 1), "equal")),  # twins
        ("小区", ["小区"], None),  # says too little
        ("河东桥", ["河东桥"], ((0,), "equal")),
        ("河东镇桥", ["河东桥"], ((0,), "nearly")),
        ("河东镇", ["河东"], None),
        ("工地", ["项目部"], None),
        ("", [""], None),
    ],
)
def test_find_prefers_equal_names_to_nearly_equal_ones(said, known, found):
    match = NameIndex([(name,) for name in known]).find(said)
    assert (match and (match.candidates, match.likeness)) == found


@given(st.text(alphabet="云渡镇工程项目公司1号二期标段()（） #十第", max_size=12))
def test_plain_name_is_stable(name):
    assert plain_name(f"（{name}）") == plain_name(name)
    match = NameIndex([(name,)]).find(name)
    assert match is None or (match.candidates, match.likeness) == ((0,), "equal")


def test_numbers_and_phases_of_names():
    assert numbers("云渡小区14号2栋") == {"14", "2"}
    assert numbers("云渡小区二十一号楼") == {"21"}
    assert numbers("云渡镇小学0014") == {"14"}
    assert numbers("十堰路小学") == frozenset()
    assert phases("云渡小区十一期") == {"11期"}
