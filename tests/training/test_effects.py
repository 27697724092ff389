"""What single features do to scores: rows of a county, pictures."""

from __future__ import annotations

import json
from dataclasses import asdict
from xml.etree import ElementTree

import numpy as np

from training import effect_pictures
from training.effects import ROWS, SHOWN, Sample, effects, sample_of, to_text

from ..conftest import thorough

NAN = float("nan")


def sample(values, contributions, names=("unpaid_amount",)):
    found = Sample(
        "2025-01-01", "2025-03-01", tuple(names), np.array(values), np.array(contributions)
    )
    return found


def test_the_sample_has_the_contributions_of_late_rows_and_no_project(
    county_training_set, county_trained
):
    matrix, model = county_training_set.matrix, county_trained.model
    found = sample_of(matrix, model)
    assert 0 < len(found.values) <= ROWS
    assert found.last == str(matrix.as_ofs.max())
    assert len(np.unique(matrix.as_ofs[matrix.as_ofs >= np.datetime64(found.first)])) == 12
    sizes = np.abs(found.contributions).mean(axis=0)
    assert len(sizes) == SHOWN
    assert (np.diff(sizes) <= 0).all()
    last = matrix.where(matrix.as_ofs == matrix.as_ofs.max())
    whole = model.contributions(last)[:, [model.columns.index(n) for n in found.features]]
    of_last = {tuple(row) for row in whole} & {tuple(row) for row in found.contributions}
    assert len(of_last) > len(found.values) / 24
    written = to_text(found)
    document = json.loads(written)
    assert document["rows"] == len(found.values)
    assert document["features"] == [asdict(one) for one in effects(found)]
    assert not any(name in written for name in set(matrix.project_ids))


def test_without_the_extra_there_are_no_pictures():
    assert effect_pictures.can_draw() is False  # as the tests are run, see conftest.py
    assert effect_pictures.draw(sample([[1.0]], [[0.1]])) == {}


@thorough
def test_the_pictures_name_the_features_and_are_the_same_each_time(models_drawn):
    rows = np.linspace(0, 9, 40)
    values = np.column_stack([rows, np.where(rows < 3, NAN, rows), rows % 2])
    names = ("unpaid_amount", "oldest_unpaid_days", "no_longer_in_the_catalogue")
    shown = sample(values, np.column_stack([rows - 4, rows / 9, -rows / 20]), names)
    found = effect_pictures.draw(shown)
    assert set(found) == {
        f"{picture}.{language}.svg"
        for picture in ("beeswarm", "dependence")
        for language in ("zh", "en")
    }
    for name, svg in found.items():
        texts = "".join(ElementTree.fromstring(svg).itertext())
        assert ("未付工资金额" in texts) == (".zh." in name)
        assert "no_longer_in" in texts
        assert "<image" in svg
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(2, 1))  # of the caller, who is still drawing
    before = pyplot.get_fignums()
    assert found == effect_pictures.draw(shown)
    assert pyplot.get_fignums() == before
    pyplot.close(figure)
    assert effect_pictures.draw(sample(np.zeros((5, 0)), np.zeros((5, 0)), ())) == {}
    one = effect_pictures.draw(sample(values[:, :1], values[:, :1] - 4))
    assert len(one) == 4
