"""One booster grown by several machines, each on its own part of the feature files.

For more rows than one machine holds even as bins (a byte per value, see ``docs/scale.md``). The
engine is LightGBM's own: every machine builds histograms of its rows, they are added up over TCP,
and all end with the same trees. It needs no cluster software; a Spark or Dask executor may be one
of the machines. Source: G. Ke et al., "LightGBM", 2017, data-parallel learning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import lightgbm as lgb

from models.arrears import Hyperparameters
from risk.errors import WagewatchError
from training.dataset.parquet_dataset import FeatureFiles, dataset_from
from training.fit.out_of_time import directions_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MINUTES_TO_MEET = 5
_TREES_END = "end of trees"


class TooFewFiles(WagewatchError):
    """There are fewer feature files than machines, so one would have none to learn from."""

    code = "too_few_files"


@dataclass(frozen=True)
class Meeting:
    """Who grows together: ``machines`` as "address:port", in the same order everywhere.

    ``place`` says which of them this one is, counted from 0.
    """

    machines: tuple[str, ...]
    place: int

    def parameters(self) -> dict[str, Any]:
        """LightGBM's parameters for it."""
        return {
            "tree_learner": "data",
            "machines": ",".join(self.machines),
            "num_machines": len(self.machines),
            "local_listen_port": int(self.machines[self.place].rpartition(":")[2]),
            "time_out": _MINUTES_TO_MEET,
            "pre_partition": True,
        }


def share_of(files: FeatureFiles, meeting: Meeting) -> FeatureFiles:
    """This machine's part of ``files``: they are dealt in turn.

    So every machine has files of all dates: each finds the bins of some features, for all, from its
    own rows.

    Raises:
        TooFewFiles: some machine would get none.
    """
    count = len(meeting.machines)
    if len(files.files) < count:
        raise TooFewFiles(files=len(files.files), machines=count)
    return replace(files, files=files.files[meeting.place :: count])


def grow_together(
    files: FeatureFiles,
    label: str | NDArray[Any],
    *,
    recipe: Hyperparameters,
    rounds: int,
    seed: int,
    meeting: Meeting,
) -> str:
    """The text of the booster all machines of ``meeting`` grow; each calls this with its ``files``.

    ``label`` as :func:`training.dataset.parquet_dataset.dataset_from` takes it. Waits up to five
    minutes for the others. The trees are the same on all machines (:func:`trees_of`); the
    parameters written below them differ in the machine's own port.
    """
    parameters = recipe.parameters(directions_of(files.columns), seed) | meeting.parameters()
    booster = lgb.train(parameters, dataset_from(files, label), num_boost_round=rounds)
    text: str = booster.model_to_string()
    booster.free_network()
    return text


def trees_of(text: str) -> str:
    """The part of a booster's text that decides its scores."""
    return text.partition(_TREES_END)[0]
