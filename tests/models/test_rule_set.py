"""Rule sets of an office: read from TOML, applied to a matrix, refused with all problems."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.rule_set import SHIPPED, RuleSetInvalid, published_rules, read_rule_set, read_rule_sets

RULES = """
name = "县红黄牌规则"

[colours]
yellow = 1.5

[[rules]]
when = { oldest_unpaid_days = ">= 61" }
colour = "red"

[[rules]]
when = { complaints_90d = "> 0", notice_board = "= 0" }
colour = "yellow"

[[rules]]
when = { late_share_12m = "< 0.5" }
points = 0.25
"""


def matrix(**columns):
    names = tuple(feature.name for feature in FEATURE_SETS["project"].features)
    rows = len(next(iter(columns.values())))
    values = np.full((rows, len(names)), np.nan)
    for name, column in columns.items():
        values[:, names.index(name)] = column
    day = np.full(rows, dt.date(2026, 3, 1), dtype="datetime64[D]")
    return Matrix(day, tuple(f"P-{row}" for row in range(rows)), names, values)


def written(tmp_path, text, name="rules.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_points_sum_the_rules_whose_conditions_all_hold(tmp_path):
    rules = read_rule_set(written(tmp_path, RULES))
    rows = matrix(
        oldest_unpaid_days=[60, 61, np.nan, np.nan, 100],
        complaints_90d=[1, 0, 1, 1, 2],
        notice_board=[1, 0, 0, np.nan, 0],
        late_share_12m=[0.4, np.nan, 0.5, 0.5, 0.6],
    )
    assert rules.name == "县红黄牌规则"
    assert rules.points(rows).tolist() == [0.25, 3, 1.5, 0, 4.5]


@pytest.mark.parametrize(
    ("written_as", "below", "at", "above"),
    [
        (">= 2", 0, 1, 1),
        ("<= 2", 1, 1, 0),
        ("> 2", 0, 0, 1),
        ("< 2", 1, 0, 0),
        ("=2", 0, 1, 0),
        (" <=  2.0 ", 1, 1, 0),
    ],
)
def test_conditions_at_their_bound(tmp_path, written_as, below, at, above):
    text = f'name = "x"\n[[rules]]\nwhen = {{ complaints_90d = "{written_as}" }}\npoints = 1\n'
    rules = read_rule_set(written(tmp_path, text))
    rows = matrix(complaints_90d=[1.999, 2, 2.001, np.nan])
    assert rules.points(rows).tolist() == [below, at, above, 0]


def test_all_problems_are_listed_at_once(tmp_path):
    text = """
    name = ""
    owner = "me"
    [[rules]]
    when = { oldest_unpaid_day = ">= 61", complaints_90d = "many" }
    colour = "purple"
    [[rules]]
    points = 1
    colour = "red"
    """
    with pytest.raises(RuleSetInvalid) as refused:
        read_rule_set(written(tmp_path, text))
    keys = [(one.key, one.rule) for one in refused.value.fields["problems"]]
    assert keys == [
        ("unknown_key", 0),
        ("name", 0),
        ("colour", 1),
        ("feature", 1),
        ("condition", 1),
        ("points_or_colour", 2),
        ("when", 2),
    ]
    assert "oldest_unpaid_days" in refused.value.message("en")
    assert "第 1 条规则" in refused.value.message("zh")


@pytest.mark.parametrize(
    ("text", "key", "rule"),
    [
        ("name = ", "file", 0),
        ('name = "x"\nrules = []', "rules", 0),
        ('name = "x"\nkind = "house"\n[[rules]]\npoints = 1', "kind", 0),
        ('name = "x"\ncolours = 3\n[[rules]]\npoints = 1', "colours", 0),
        ('name = "x"\n[[rules]]\nwhen = { complaints_90d = "> 0" }\npoints = nan', "points", 1),
        ('name = "x"\n[[rules]]\nwhen = {}\npoints = 1', "when", 1),
        ('name = "x"\n[[rules]]\nwhen = "always"\npoints = 1', "when", 1),
    ],
)
def test_refused_files(tmp_path, text, key, rule):
    with pytest.raises(RuleSetInvalid) as refused:
        read_rule_set(written(tmp_path, text))
    assert [(one.key, one.rule) for one in refused.value.fields["problems"]] == [(key, rule)]
    assert refused.value.message("zh") != refused.value.message("en")


@pytest.mark.parametrize(("name", "near"), [("unpaid_share", 3), ("zzzzzzzz", 0)])
def test_at_most_three_names_like_an_unknown_one_are_shown(tmp_path, name, near):
    text = f'name = "x"\n[[rules]]\nwhen = {{ {name} = "> 0" }}\npoints = 1\n'
    with pytest.raises(RuleSetInvalid) as refused:
        read_rule_set(written(tmp_path, text))
    (problem,) = refused.value.fields["problems"]
    shown = problem.fields["near"]
    assert shown.count("unpaid") == near
    assert (shown == "–") == (not near)


def test_a_file_that_is_too_long_is_refused_and_not_cut(tmp_path):
    text = RULES + "\n#"
    path = written(tmp_path, text)
    with path.open("ab") as file:
        file.write(b"-" * (1_000_000 - path.stat().st_size))
    assert read_rule_set(path).rules
    with path.open("ab") as file:
        file.write(b"-")
    with pytest.raises(RuleSetInvalid) as refused:
        read_rule_set(path)
    assert [one.key for one in refused.value.fields["problems"]] == ["file"]


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RuleSetInvalid, match="cannot be read"):
        read_rule_set(tmp_path / "none.toml")


def test_rule_sets_of_the_other_kind_are_left_out_and_names_are_unique(tmp_path):
    one = written(tmp_path, RULES)
    employers = SHIPPED / "published_employer.toml"
    assert [found.name for found in read_rule_sets([one, employers], "project")] == ["县红黄牌规则"]
    with pytest.raises(RuleSetInvalid, match="another file") as refused:
        read_rule_sets([one, written(tmp_path, RULES, "again.toml")], "project")
    assert [one.rule for one in refused.value.fields["problems"]] == [0]


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_rule_sets_are_valid_and_cite_a_source(path):
    assert read_rule_set(path).rules
    assert "source = " in path.read_text(encoding="utf-8")


def test_a_published_rule_at_its_edge():
    rows = matrix(
        present_unpaid_share=[0.0999, 0.10], account_open=[1, 0], oldest_unpaid_days=[60, 61]
    )
    assert published_rules("project").points(rows).tolist() == [0, 7]
