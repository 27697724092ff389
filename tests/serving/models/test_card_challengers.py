"""The card names the challengers that were judged beside a model, with the gate's verdict."""

from __future__ import annotations

import pytest

from serving.models.card.sections import CardWriter, _challengers


@pytest.mark.parametrize(
    ("grounds", "passed", "said"),
    [
        ("no_worse", True, "Result: passed. It is no worse than the model"),
        ("cannot_tell", False, "Result: not passed. There are too few events"),
        ("worse", False, "It is worse than the model."),
        ("not_calibrated", False, "Its probabilities do not match"),
        ("unfair", False, "A group is warned too little."),
    ],
)
def test_the_verdict_on_a_challenger_is_a_sentence(grounds, passed, said):
    evidence = {"challengers": {"my:model": {"passed": passed, "grounds": grounds}}}
    (line,) = _challengers(evidence, CardWriter("en"))
    assert line.startswith("Challenger my:model: ")
    assert said in line
    assert list(_challengers({}, CardWriter("zh"))) == []
