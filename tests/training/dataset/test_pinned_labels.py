"""Labels, observations, dates and folds worked out by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.catalogue import Step
from features.engines.duckdb import DuckDBEngine
from features.matrix import Matrix
from risk.calendar.dates import add_months
from training.dataset.completeness import AgeBand, Completeness
from training.dataset.delays import Curve, Delays
from training.dataset.labels import (
    TRAINING_MONTHS,
    EventLog,
    OpenCases,
    _add_to_made_ids,
    event_log,
    expected_labels,
    horizon_labels,
    training_dates,
)
from training.dataset.labels_sql import course_steps, label_steps
from training.dataset.observation import Inspection, observations_before, observed_labels
from training.dataset.splits import Fold, walk_forward_folds
from training.dataset.training_set import (
    NoProjectsKnown,
    build_training_set,
    events_within,
    require_projects,
    training_labels,
    training_set_from_matrix,
)

DAY = dt.date(2025, 5, 1)


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


def first_of(*months):
    return [dt.date.fromisoformat(f"{month}-01") for month in months]


def test_a_horizon_begins_on_the_day_itself_and_ends_before_the_ninetieth():
    """1 February 2025 and 89 days are 1 May; the open case with the best chance counts."""
    log = EventLog(
        *(DAY, {"P": days("2025-02-01")}, 30),
        {"Q": OpenCases(days("2025-02-01", "2025-02-03", "2025-03-01"), np.array([0.2, 0.6, 0.4]))},
    )
    as_ofs = days("2024-11-03", "2024-11-04", "2025-02-01", "2025-02-02")
    assert training_labels(log, ["P"] * 4, as_ofs).tolist() == [0, 1, 1, 0]
    assert expected_labels(log, ["P"] * 4, as_ofs).tolist() == [0, 1, 1, 0]
    assert expected_labels(log, ["Q"] * 4, as_ofs).tolist() == [0, 0.2, 0.6, 0.6]
    later = days("2025-02-03", "2025-02-04", "2025-03-01", "2025-03-02")
    assert expected_labels(log, ["Q"] * 4, later).tolist() == [0.6, 0.4, 0.4, 0]
    assert expected_labels(log, ["R"] * 4, as_ofs).tolist() == [0] * 4


def test_labels_of_other_horizons():
    """The event is 31 days after 1 January: in days 30 to 59, not in 0 to 30 nor in 32 to 59."""
    log = EventLog(DAY, {"P": days("2025-02-01")}, 30)
    matrix = Matrix(days("2025-01-01"), ("P",), (), np.zeros((1, 0)))
    for first, last, expected in ((30, 60, 1), (0, 31, 0), (0, 32, 1), (31, 32, 1), (32, 60, 0)):
        assert horizon_labels(log, matrix, first_day=first, last_day=last) == [expected]


def test_events_of_a_code_are_events_of_the_id_before_it():
    events = {"made": [dt.date(2025, 1, 2)], "code": first_of("2025-01", "2025-02"), "other": []}
    _add_to_made_ids(events, {"made": "code", "new": "code", "unused": "unknown"})
    assert events["made"] == [dt.date(2025, 1, 1), dt.date(2025, 1, 2), dt.date(2025, 2, 1)]
    assert events["new"] == events["code"] == first_of("2025-01", "2025-02")
    assert set(events) == {"made", "new", "code", "other"}


def test_the_last_complete_month_waits_for_nine_tenths_of_the_events():
    """A horizon of 90 days, then 30 of maturity or 100 until nine tenths are known."""
    known = Delays(True, 100, 20)
    assert EventLog(DAY, {}, 30, delays=known).last_complete() == DAY - dt.timedelta(days=190)
    assert EventLog(DAY, {}, 120, delays=known).last_complete() == DAY - dt.timedelta(days=210)
    assert EventLog(DAY, {}, 30, delays=known).last_mature() == DAY - dt.timedelta(days=120)


def test_the_first_event_is_the_earliest_of_all_projects():
    log = EventLog(DAY, {"A": days("2024-05-01"), "B": days("2024-03-02", "2024-06-01")}, 30)
    assert log.first_event() == dt.date(2024, 3, 2)
    assert EventLog(DAY, {}, 30).first_event() is None


def test_training_dates_begin_with_the_horizon_of_the_first_event():
    """From 1 January 2024 to 31 March are 90 days, to 30 March 89."""
    for event, first in (("2024-03-31", "2024-01"), ("2024-03-30", "2024-01")):
        found = training_dates(EventLog(DAY, {"P": days(event)}, 30))
        assert found[0] == first_of(first)[0]
    found = training_dates(EventLog(DAY, {"P": days("2024-04-01")}, 30))
    assert found[0] == dt.date(2024, 2, 1)


def test_training_dates_are_six_years_however_long_the_wait():
    """The horizon of 1 December 2023 and a wait of 400 days end on 4 April 2025."""
    log = EventLog(DAY, {"P": days("2010-01-01")}, 400)
    assert training_dates(log, months=3) == first_of("2023-10", "2023-11", "2023-12")
    whole = training_dates(log)
    assert (len(whole), whole[0], whole[-1]) == (72, *first_of("2018-01", "2023-12"))
    assert TRAINING_MONTHS == 72


def test_events_of_the_span_of_training():
    """From 1 January to the end of the horizon of 1 February, which 2 May is not in."""
    log = EventLog(
        *(DAY, {"A": days("2024-12-31", "2025-01-01", "2025-05-01"), "B": days("2025-05-02")}, 30)
    )
    assert events_within(log, first_of("2025-02", "2025-01")) == 2
    assert events_within(log, first_of("2024-12", "2025-02")) == 3
    assert events_within(log, []) == 0


def test_a_training_set_has_the_rows_of_its_dates():
    """P owes on 20 January, so that it is in the horizons from November on.

    The open case of A, of 30 January, lies 90 days after 1 November.
    """
    log = EventLog(
        *(dt.date(2025, 6, 1), {"P": days("2025-01-20")}, 30),
        {"A": OpenCases(days("2025-01-30"), np.array([0.3]))},
    )
    months = [add_months(dt.date(2024, 9, 1), number) for number in range(10)]
    as_ofs = np.repeat(np.array(months, dtype="datetime64[D]"), 2)
    matrix = Matrix(as_ofs, ("A", "P") * 10, ("x",), np.arange(20.0)[:, None])
    found = training_set_from_matrix(log, matrix)
    assert found.dates == tuple(first_of("2024-11", "2024-12", "2025-01", "2025-02"))
    assert found.matrix.values[:, 0].tolist() == [4, 5, 6, 7, 8, 9, 10, 11]
    assert found.target.tolist() == [0, 1, 0, 1, 0, 1, 0, 0]
    assert found.expected.tolist() == [0, 1, 0.3, 1, 0.3, 1, 0, 0]
    assert found.events == 1
    part = found.where(np.arange(8) == 4)
    assert (part.matrix.values.tolist(), part.expected.tolist()) == ([[8.0]], [0.3])
    assert (part.dates, part.events, part.target.tolist()) == (found.dates, 1, [0])
    without = training_set_from_matrix(EventLog(dt.date(2025, 6, 1), {}, 30), matrix)
    assert (without.dates, without.events) == ((), 0)
    assert without.matrix.values[:, 0].tolist() == [18, 19]
    assert without.target.tolist() == without.expected.tolist() == [0, 0]


def test_without_events_the_training_set_is_the_cohort_of_the_day(world):
    world.project(known_at="2024-06-30")
    with pytest.raises(NoProjectsKnown):
        require_projects(world.store, dt.date(2024, 6, 30))
    found = build_training_set(world.store, dt.date(2024, 7, 1))
    assert (found.dates, found.matrix.project_ids) == ((), ("P1",))
    assert found.matrix.as_ofs.astype(str).tolist() == ["2024-07-01"]


def test_observed_are_inspections_and_decided_cases(world):
    """Of visits of one day one was drawn and one found arrears; later versions are not known."""
    visits = (
        ("I1", "P2", "2025-03-02", "special", False),
        ("I2", "P1", "2025-03-05", "random", False),
        ("I3", "P1", "2025-03-05", "special", True),
        ("I4", "P1", "2025-02-01", "random", False),
    )
    for number, project, on, kind, found in visits:
        world.add("inspections", inspection_id=number, project_id=project, inspected_on=on,
                  kind=kind, arrears_found=found, known_at=on)  # fmt: skip
    cases = (("P1", "unfounded"), ("P3", "confirmed"), ("P4", "accepted"), ("P5", "filed"),
             (None, "closed"))  # fmt: skip
    for number, (project, status) in enumerate(cases):
        world.add("cases", case_id=f"C{number}", project_id=project, opened_on="2025-01-09",
                  known_at="2025-02-09", status=status)  # fmt: skip
    world.add("inspections", inspection_id="I5", project_id="P6", inspected_on="2025-04-30",
              known_at="2025-05-01")  # fmt: skip
    found = observations_before(world.store, DAY)
    assert {name: on.astype(str).tolist() for name, on in found.days.items()} == {
        "P1": ["2025-01-09", "2025-02-01", "2025-03-05"],
        "P2": ["2025-03-02"],
        "P3": ["2025-01-09"],
    }
    assert found.inspections == (
        Inspection("P1", dt.date(2025, 2, 1), True, False),
        Inspection("P2", dt.date(2025, 3, 2), False, False),
        Inspection("P1", dt.date(2025, 3, 5), True, True),
    )
    drawn = {name: on.astype(str).tolist() for name, on in found.random_inspection_days().items()}
    assert drawn == {"P1": ["2025-02-01", "2025-03-05"]}


def test_an_open_case_leaves_an_observed_label_unknown(world):
    """P1 was visited and has an open case, P2 and P3 were visited, P3 owes, nobody was at P4."""
    for number in (1, 2, 3):
        world.add("inspections", inspection_id=f"I{number}", project_id=f"P{number}",
                  inspected_on="2025-03-01", known_at="2025-03-01")  # fmt: skip
    observations = observations_before(world.store, DAY)
    log = EventLog(
        *(DAY, {"P3": days("2025-03-20")}, 30),
        {"P1": OpenCases(days("2025-03-09"), np.array([0.01]))},
    )
    found = observed_labels(log, observations, ["P1", "P2", "P3", "P4"], days(*["2025-02-01"] * 4))
    assert np.array_equal(found, [np.nan, 0, 1, np.nan], equal_nan=True)


def test_folds_are_cut_from_the_second_half():
    """Twenty months from June 2024: tests of three, three and four months after the tenth.

    1 January lies 90 days before 1 April 2025, so the first fold may learn from it.
    """
    months = [add_months(dt.date(2024, 6, 1), number) for number in range(20)]
    found = walk_forward_folds(months[::-1], n_folds=3)
    spans = [(10, 13, 8), (13, 16, 11), (16, 20, 14)]
    assert found == [
        Fold(tuple(months[:train]), tuple(months[start:stop])) for start, stop, train in spans
    ]
    # The first fold of sixteen months learns from six of them, that of fifteen from five.
    months = [add_months(dt.date(2024, 1, 1), number) for number in range(16)]
    assert [len(one.train) for one in walk_forward_folds(months, n_folds=2)] == [6, 10]
    assert [len(one.train) for one in walk_forward_folds(months[:15], n_folds=2)] == [9]


def test_more_folds_than_dates_have_one_date_each():
    few = first_of("2024-01", "2024-02", "2024-03", "2024-04")
    found = walk_forward_folds(few, n_folds=5, min_train_dates=0, gap_days=0)
    assert [(len(one.train), one.test) for one in found] == [(2, (few[2],)), (3, (few[3],))]


def bands(*counts):
    """Bands with so many cases and so many of them undecided."""
    return tuple(AgeBand(0, 1, *one) for one in counts)


@pytest.mark.parametrize(
    ("counts", "slow", "notable"),
    [
        # Undecided of 91 to 730 days: five of 49 are more than a tenth, of 50 they are not.
        ([(9, 9), (9, 9), (20, 2), (20, 2), (9, 1), (9, 9)], False, True),
        ([(9, 9), (9, 9), (20, 2), (20, 2), (10, 1), (9, 9)], False, False),
        ([(9, 9), (9, 9), (20, 2), (20, 2), (0, 0), (9, 9)], False, False),  # four
        ([(9, 9), (9, 9), (0, 0), (0, 0), (0, 0), (9, 9)], True, True),
    ],
)
def test_many_undecided_cases_of_past_years_are_notable(counts, slow, notable):
    found = Completeness(DAY, bands(*counts), 0, 0, True, 100, 20, slow)
    assert found.notable is notable
    assert found.to_document()["notable"] is notable


COHORT = Step(
    "cohort",
    """
    SELECT DATE '2025-01-01' + CAST(back AS INTEGER) AS as_of, project_id
    FROM (VALUES (0), (1)) d(back), (VALUES ('A'), ('B'), ('C'), ('D'), ('E'), ('F'),
          ('G'), ('H')) p(project_id)
    """,
)


def test_labels_in_sql_by_hand(world):
    """As of 1 and 2 January, of 1 May 2025; the horizons end on 1 and 2 April.

    A owes on 1 January, and owed before, B on 1 April; C became known on 1 May. The case of D has
    119 days, E has two open ones, of 29 and 30 days, that of F has a date of knowledge that
    measures nothing, that of G was unfounded, and H has two of the same horizons.
    """
    for name in "ABCDEFGH":
        world.project(name)
    for name, on, known in (
        ("A", "2025-01-01", "2025-01-09"),
        ("A", "2024-12-01", "2025-01-09"),
        ("B", "2025-04-01", "2025-04-09"),
        ("C", "2025-02-01", "2025-05-01"),
    ):
        world.add("inspections", inspection_id=f"{name}{on}", project_id=name, inspected_on=on,
                  arrears_found=True, known_at=known)  # fmt: skip
    cases = (("D", "D", "2025-01-02"), ("E1", "E", "2025-04-01"), ("E2", "E", "2025-04-02"))
    cases += (("H1", "H", "2025-01-02"), ("H2", "H", "2025-03-15"), ("G", "G", "2025-03-15"))
    for number, project, on in cases:
        world.add("cases", case_id=number, project_id=project, opened_on=on, known_at=on,
                  status="filed")  # fmt: skip
    world.add("cases", case_id="F", project_id="F", opened_on="2025-02-01", known_at="2025-02-01",
              status="filed", dated_by="import")  # fmt: skip
    world.add("cases", case_id="G", project_id="G", opened_on="2025-03-15", known_at="2025-03-30",
              status="unfounded")  # fmt: skip
    later = np.repeat([0.5, 0.25, 0.125], [31, 88, 5])
    delays = Delays(True, 29, confirmed_later=Curve(np.zeros(len(later)), later))
    engine = DuckDBEngine(world.store, [dt.date(2025, 1, 1), dt.date(2025, 1, 2)])
    try:
        engine.run([COHORT, *course_steps(DAY), *label_steps(DAY, delays)])
        found = engine.rows(
            "SELECT project_id, day(as_of), label, expected, mature FROM labels ORDER BY 1, 2"
        )
        engine.run(label_steps(DAY, Delays()))
        unmeasured = engine.rows("SELECT DISTINCT expected FROM labels WHERE label = 0")
    finally:
        engine.close()
    # A horizon and 30 days before 1 May is 1 January: the second is not mature.
    assert [(one[:2], one[4]) for one in found if one[0] == "A"] == [
        (("A", 1), True),
        (("A", 2), False),
    ]
    told = {one[:2]: (one[2], float(one[3])) for one in found}
    assert told == {
        **{("A", 1): (1, 1.0), ("A", 2): (0, 0.0)},
        **{("B", 1): (0, 0.0), ("B", 2): (1, 1.0)},
        **{("C", 1): (0, 0.0), ("C", 2): (0, 0.0)},
        **{("D", 1): (0, 0.125), ("D", 2): (0, 0.125)},
        # On 1 April, 90 days after 1 January, nothing of E counts; a day later its older case.
        **{("E", 1): (0, 0.0), ("E", 2): (0, 0.5)},
        **{("F", 1): (0, 0.0), ("F", 2): (0, 0.0)},
        **{("G", 1): (0, 0.0), ("G", 2): (0, 0.0)},
        # The case of 47 days has the better chance.
        **{("H", 1): (0, 0.25), ("H", 2): (0, 0.25)},
    }
    assert unmeasured == [(0.0,)]


def test_the_log_has_the_open_cases_of_each_project_in_order(world):
    """Ten cases, half unfounded after 15 days, half confirmed after 20; three open ones of P2.

    The day of knowledge of one of these measures nothing.
    """
    for number in range(10):
        case = {"case_id": f"A{number}", "project_id": "P1", "opened_on": "2025-01-01"}
        world.add("cases", **case, status="filed", known_at="2025-01-01")
        status, known = ("unfounded", "16") if number < 5 else ("confirmed", "21")
        world.add("cases", **case, status=status, known_at=f"2025-01-{known}")
    for number, on in (("C", "2025-04-20"), ("B", "2025-04-14")):
        world.add("cases", case_id=number, project_id="P2", opened_on=on, known_at=on,
                  status="accepted")  # fmt: skip
    world.add("cases", case_id="D", project_id="P2", opened_on="2025-04-10",
              known_at="2025-04-10", status="accepted", dated_by="import")  # fmt: skip
    found = event_log(world.store, DAY).undecided
    assert set(found) == {"P2"}
    assert found["P2"].days.astype(str).tolist() == ["2025-04-14", "2025-04-20"]
    curve = event_log(world.store, DAY).delays.confirmed_later
    assert found["P2"].chances.tolist() == curve.at(np.array([17, 11]))[1].tolist()
    assert found["P2"].chances[0] > found["P2"].chances[1]
