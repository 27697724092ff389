"""The teams of a month add up; where one of them leaves a number out, the month has none."""

from __future__ import annotations

import pytest

COUNTS = ("workers_present", "workers_registered", "workers_with_contract")
CODES = ("workers_unregistered", "workers_without_contract")
TEAMS = {
    "whole": ((10, 4, 3), (5, 5, 2)),
    "one present unknown": ((10, 4, 3), (None, 5, 2)),
    "one registered unknown": ((10, 4, 3), (5, None, 2)),
    "one with contract unknown": ((10, 4, 3), (5, 5, None)),
}
"""Present, registered and with a contract, by team."""


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()
    for name, teams in TEAMS.items():

        def scene(site, teams=teams):
            site.add("projects")
            for number, team in enumerate(teams):
                counts = dict(zip(COUNTS, team, strict=True))
                site.add("attendance", contract_id=number, **counts)

        scene.__name__ = name
        scenes(scene)
    flags = scenes.flags(codes=CODES)
    names = ("covered", "people")
    return {
        name: {code: tuple(one.values[n] for n in names) for code, one in by_code.items()}
        for name, by_code in flags.items()
    }


def test_teams_of_a_month_are_added_up(found):
    assert found == {
        "whole": {"workers_unregistered": (9, 15), "workers_without_contract": (5, 9)},
        "one present unknown": {"workers_without_contract": (5, 9)},
        "one registered unknown": {},
        "one with contract unknown": {"workers_unregistered": (9, 15)},
    }
