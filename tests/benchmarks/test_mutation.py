"""The small faults that mutation testing plants."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.mutation.equivalent import change_by, equivalents
from benchmarks.mutation.floors import FLOORS, ROOT, planted
from benchmarks.mutation.operators import Mutant, mutants
from benchmarks.mutation.run import FloorScore, Result, sample, score
from benchmarks.mutation.trial import unaffected

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from generate_mutation import page


def changes(source):
    return [(one.before, one.after) for one in mutants(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", [("<", "<=")]),
        ("x = a >= b", [(">=", ">")]),
        ("x = a == b", [("==", "!=")]),
        ("x = a or b", [("or", "and")]),
        ("x = not a", [("not ", "")]),
        ("x = a not in b", []),
        ("x = a + 1", [("+", "-"), ("1", "2")]),
        ("x = True", [("True", "False")]),
        ("def f(a, /, b, *, c=2 * n):\n    return a", [("2", "3"), ("*", "/")]),
        ("x = min(a, b)", [("min", "max")]),
        ("x = q.where(a, *more).order_by(b.desc())", [("a", "True"), ("desc", "asc")]),
        ("x = desc(a)", []),
        ("x = 'words only'", []),
        ("def f():\n    'WHERE a < 1'\n    return 0", [("0", "1")]),
        ("from a import b", []),
        ("def f(a, *, b): ...", []),
    ],
)
def test_faults_of_python(source, expected):
    assert changes(source) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1 FROM t WHERE a >= b", [("1", "2"), ("a >= b", "TRUE"), (">=", ">")]),
        (
            "FROM t WHERE a <> b AND f(c, (d)) OR e",
            [("a <> b", "TRUE"), ("AND", "OR"), ("AND f(c, (d))", ""), ("OR", "AND")],
        ),
        ("FROM t WHERE NOT paid", [("NOT ", ""), ("NOT paid", "TRUE")]),
        (
            "FROM t JOIN u ON a\n  AND n BETWEEN 5 AND 9\n",
            [
                *(("AND", "OR"), ("AND n BETWEEN 5 AND 9", "")),
                *(("5", "6"), ("5", "4"), ("9", "10"), ("9", "8")),
            ],
        ),
        ("SELECT coalesce(f(x), 0) FROM t", [("0", "1")]),
        ("SELECT CASE WHEN a THEN 0 ELSE b END", [("0", "1")]),
        ("SELECT least(a, avg(b)) FROM t", [("least(", "greatest("), ("avg(", "max(")]),
        ("SELECT DISTINCT a FROM t ORDER BY a, b", [("DISTINCT ", ""), ("", " DESC")]),
        ("SELECT max_by(a, b) FROM t", [("max_by(", "min_by(")]),
        ("SELECT a FROM t UNION ALL FROM u", [("UNION ALL", "UNION")]),
        (
            "SELECT 'cash' AS a, owner_id FROM t",
            [("'cash'", "'other'"), ("owner_id", "contractor_id")],
        ),
        ("FROM t LEFT JOIN u USING (k)", [("LEFT JOIN", "JOIN")]),
        ("FROM t WHERE a IS NULL", [("a IS NULL", "TRUE"), ("IS NULL", "IS NOT NULL")]),
        (
            "SELECT sum(x), count(DISTINCT y) FROM t",
            [("sum(", "max("), ("count(DISTINCT ", "count(")],
        ),
        (
            "FROM t WHERE contractor_id = $1",
            [("contractor_id", "owner_id"), ("contractor_id = $1", "TRUE"), ("=", "<>")],
        ),
        ("FROM t -- WHERE a < 3", []),
        ("FROM t JOIN u ON NOT EXISTS (\n  SELECT 1 FROM v)", [("NOT ", "")]),
    ],
)
def test_faults_of_sql(sql, expected):
    assert changes(f'Q = """{sql}"""') == expected


def test_fields_of_an_f_string_are_left_alone():
    found = changes('Q = f"SELECT {a + 1} FROM t WHERE b < {c}"')
    assert found == [("b < {c}", "TRUE"), ("<", "<=")]


def test_a_mutant_changes_one_place_and_names_its_line():
    source = 'A = 1\nQ = """\nSELECT a\nFROM t JOIN u ON b < c\n"""\n'
    first, second = mutants(source)
    assert (first.line, second.line) == (1, 4)
    assert second.apply(source) == source.replace("<", "<=")


def test_listed_faults_without_effect_are_faults_and_are_not_planted():
    faults = {one.file: set[tuple[str, str]]() for one in equivalents()}
    for file, changes in faults.items():
        source = (ROOT / file).read_text(encoding="utf-8")
        changes |= {change_by(one, source) for one in mutants(source)}
    for entry in equivalents():
        assert [change for change in entry.changes if change not in faults[entry.file]] == []
        assert entry.reason.endswith(".")
    listed = equivalents()[0]
    source = (ROOT / listed.file).read_text(encoding="utf-8")
    remaining = {change_by(one, source) for one in planted(listed.file)}
    assert not remaining & set(listed.changes)


def test_sample_is_the_same_for_a_seed_and_spread_over_files():
    found = {f"f{n}.py": mutants("x = a < b\n" * 50) for n in range(4)}
    chosen = sample(found, 20, seed=1)
    assert chosen == sample(found, 20, seed=1)
    assert chosen != sample(found, 20, seed=2)
    assert len(chosen) == 20
    assert len({file for file, _ in chosen}) == 4


def test_score_counts_by_floor_and_names_survivors_and_faults_that_no_test_executes():
    first, second = Mutant(5, 6, 3, "<", "<="), Mutant(40, 41, 9, "1", "2")
    results = [
        Result("flags", "a.py", second, noticed=False),
        Result("flags", "a.py", first, noticed=True),
        Result("flags", "b.py", first, noticed=False, executed=False),
        Result("flags", "c.py", first, noticed=False, executed=False, undecided="it was killed"),
    ]
    found = score(results)
    survivors, not_executed = ("a.py:9: `1` to `2`",), ("b.py:3: `<` to `<=`",)
    undecided = ("c.py:3: `<` to `<=` (it was killed)",)
    assert found == {"flags": FloorScore(2, 1, survivors, not_executed, undecided)}


def test_each_floor_has_code_and_tests():
    for floor in FLOORS:
        assert floor.files()
        assert floor.test_files()
        assert [one for one in floor.test_files() if not (ROOT / one).is_file()] == []


@pytest.mark.parametrize(
    ("file", "built"),
    [
        ("serving/auth/names.py", ["county", "tracking"]),
        ("models/reasons.py", ["county", "service"]),
        ("risk/contract.py", ["service", "tracking"]),
        (None, ["county", "service", "tracking"]),
    ],
)
def test_what_the_faulty_code_builds_is_built_anew(file, built):
    folders = [Path("/built") / name for name in ("county", "service", "tracking")]
    assert [one.name for one in unaffected(file, folders)] == built


TRIALS = """
import os, sys
from pathlib import Path
from benchmarks.mutation.trial import Outcome, Trial, warm_up

warm_up(["hypothesis.strategies"])
sys.modules["hypothesis.strategies"].characters().validate()  # as tests of the project do

copy, base = Path(sys.argv[1]), Path(sys.argv[2])


def tried(number, faulty, limit=60):
    pid = Trial(copy, ("tests/test_age.py",), faulty, (), limit).start(base / str(number))
    return Outcome.of(*os.waitpid(pid, 0), base / str(number))


age = copy / "risk/age.py"
print(tried(0, None))
print(tried(1, "risk/other.py"))
age.write_text(age.read_text().replace(">=", ">"))
print(tried(2, "risk/age.py"))
age.write_text("while True: pass")
print(tried(3, "risk/age.py", limit=1))
"""


def test_a_trial_says_what_the_tests_say_and_whether_the_fault_was_executed(tmp_path):
    copy = tmp_path / "copy"
    for folder in ("risk", "tests"):
        (copy / folder).mkdir(parents=True)
    (copy / "risk/__init__.py").touch()
    options = '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n'
    (copy / "pyproject.toml").write_text(options)
    (copy / "risk/age.py").write_text("def adult(age):\n    return age >= 18\n")
    (copy / "risk/other.py").write_text("A = 1\n")
    test = "from risk.age import adult\n\n\ndef test_adult():\n    assert adult(18)\n"
    (copy / "tests/test_age.py").write_text(test)
    command = [sys.executable, "-c", TRIALS, str(copy), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    said = [
        re.match(r"Outcome\(passed=(\w+), executed=(\w+), failed=([^,]+)", one).groups()
        for one in done.stdout.splitlines()
    ]
    assert said == [
        ("True", "True", "None"),
        ("True", "False", "None"),
        ("False", "True", "'tests/test_age.py'"),
        ("False", "True", "None"),
    ]


RUN = """
import sys
from pathlib import Path
from benchmarks.mutation import desk, run
from benchmarks.mutation.floors import Floor

desk.ROOT, desk.WORKERS = Path(sys.argv[1]), 1
desk._PARTS, desk._FILES = ("risk", "tests"), ("pyproject.toml",)
run.FLOORS = (Floor("ages", ("risk/age.py",), ("tests",)),)
sys.exit(run.main(["--minutes", "1"]))
"""
TEST_OF_AGE = """
import os, pathlib, signal, time
from risk.age import adult

def test_adult():
    assert adult(18)
"""
STOP_THE_RUN = """
    pathlib.Path("../../copies").write_text(os.getcwd())
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
"""
BREAK_PYTEST = """
from pathlib import Path

def pytest_sessionstart():
    if {condition}:
        raise ValueError("broken by " + "hand")
"""


def run_of_one_fault(root, test=TEST_OF_AGE, conftest=""):
    """Run the mutants of a project whose only fault is `>` for `>=`."""
    for folder in ("risk", "tests"):
        (root / folder).mkdir()
    (root / "risk/__init__.py").touch()
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (root / "risk/age.py").write_text(
        "ADULT = '18'\n\n\ndef adult(n):\n    return n >= int(ADULT)\n"
    )
    (root / "tests/test_age.py").write_text(test)
    (root / "tests/conftest.py").write_text(conftest)
    command = [sys.executable, "-c", RUN, str(root)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("'>=' not in Path('risk/age.py').read_text()", ["ages: 1 of 1 noticed"]),
        (
            "(begun := Path({root!r}) / 'begun').exists() or begun.touch()",
            [
                "ages: 0 of 0 noticed",
                "  undecided: risk/age.py:5: `>=` to `>`"
                " (pytest ended with 3: ValueError: broken by hand)",
            ],
        ),
    ],
)
def test_a_fault_that_breaks_pytest_is_noticed_if_pytest_works_without_it(
    tmp_path, condition, said
):
    found = condition.replace("{root!r}", repr(str(tmp_path)))
    done = run_of_one_fault(tmp_path, conftest=BREAK_PYTEST.replace("{condition}", found))
    assert (done.stdout.splitlines(), done.returncode) == (said, 0)


def test_a_run_that_is_stopped_ends_its_trials_and_removes_its_copies(tmp_path):
    where = str(tmp_path / "copies")
    stop = STOP_THE_RUN.replace('"../../copies"', repr(where))
    done = run_of_one_fault(tmp_path, test=TEST_OF_AGE + stop)
    assert done.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in done.stderr
    copy = Path((tmp_path / "copies").read_text())
    assert copy.name == "copy0"
    assert not copy.parent.exists()


def test_page_shows_the_score_and_the_survivors():
    stored = {
        "commit": "abc1234",
        "measured_on": "2026-01-02",
        "seed": 7,
        "floors": {
            "flags": {
                **{"planted": 4, "noticed": 3, "survivors": ["a.py:9: `1` to `2`"]},
                "not_executed": ["b.py:3: `<` to `<=`"],
                "undecided": ["c.py:3: `<` to `<=` (it was killed)"],
            }
        },
    }
    text = page(stored)
    assert "Measured on 2026-01-02 at commit `abc1234`, seed 7." in text
    assert "| flags | 4 | 3 | 75% |" in text
    assert "- a.py:9: `1` to `2`" in text
    assert "that no test executes: flags\n\n- b.py:3: `<` to `<=`" in text
    assert "else ended the trial: flags\n\n- c.py:3: `<` to `<=` (it was killed)" in text


def test_page_without_a_score():
    assert "No score is stored yet." in page({})
