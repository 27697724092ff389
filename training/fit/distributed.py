"""Distributed training of one booster, each machine on its own part of the feature files.

For more rows than one machine holds even as bins (a byte per value, see ``docs/howto/scale.md``).
This is LightGBM's data-parallel learner: every machine builds histograms of its rows, which are
summed over TCP, and all machines end with the same trees. It needs no cluster software; a machine
may be a Spark or Dask executor. Source: G. Ke et al., "LightGBM", 2017, data-parallel learning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import lightgbm as lgb

from models.arrears import Hyperparameters
from risk.errors import WagewatchError
from training.dataset.parquet_dataset import FeatureFiles, parquet_dataset
from training.fit.out_of_time import directions_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TIMEOUT_MINUTES = 5
_TREES_END = "end of trees"


class TooFewFiles(WagewatchError):
    """There are fewer feature files than machines, so one machine would have no rows."""

    code = "too_few_files"


@dataclass(frozen=True)
class Cluster:
    """The machines of a distributed training, and the rank of this one.

    ``machines`` are "address:port" in the same order on all of them; ``rank`` counts from 0.
    """

    machines: tuple[str, ...]
    rank: int

    def parameters(self) -> dict[str, Any]:
        """The network parameters of LightGBM."""
        return {
            "tree_learner": "data",
            "machines": ",".join(self.machines),
            "num_machines": len(self.machines),
            "local_listen_port": int(self.machines[self.rank].rpartition(":")[2]),
            "time_out": _TIMEOUT_MINUTES,
            "pre_partition": True,
        }


def files_of_rank(files: FeatureFiles, cluster: Cluster) -> FeatureFiles:
    """This machine's part of ``files``, assigned round-robin.

    Thus every machine has files of all dates. Each machine finds the bins of some of the features,
    for all machines, from its own rows.

    Raises:
        TooFewFiles: some machine would get none.
    """
    count = len(cluster.machines)
    if len(files.files) < count:
        raise TooFewFiles(files=len(files.files), machines=count)
    return replace(files, files=files.files[cluster.rank :: count])


def fit_distributed(
    files: FeatureFiles,
    label: str | NDArray[Any],
    *,
    hyperparameters: Hyperparameters,
    rounds: int,
    seed: int,
    cluster: Cluster,
) -> str:
    """Fit a booster together with the other machines of ``cluster`` and return its text.

    Every machine calls this with its own ``files``. ``label`` as for
    :func:`training.dataset.parquet_dataset.parquet_dataset`. Waits up to five minutes for the other
    machines. The trees (:func:`trees_of`) are the same on all machines; the parameters written
    below them differ in the port.
    """
    parameters = (
        hyperparameters.parameters(directions_of(files.columns), seed) | cluster.parameters()
    )
    booster = lgb.train(parameters, parquet_dataset(files, label), num_boost_round=rounds)
    text: str = booster.model_to_string()
    booster.free_network()
    return text


def trees_of(text: str) -> str:
    """The part of a booster's text that determines its scores."""
    return text.partition(_TREES_END)[0]
