"""Runs of MLflow: what a training or a backtest did, as MLflow's own pages show it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.errors import WagewatchError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_AT_ONCE = 100
"""MLflow takes at most this many parameters and tags in one call."""

_LONGEST_PARAMETER = 6_000


@dataclass(frozen=True)
class Run:
    """A run under way in ``experiment``; ``folder`` is where its artifacts are."""

    client: MlflowClient
    experiment: str
    id: str
    folder: Path

    def tag(self, tags: Mapping[str, object]) -> None:
        """Set ``tags``."""
        for name, value in tags.items():
            self.client.set_tag(self.id, name, str(value))

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log ``parameters``, as text of at most 6,000 characters each."""
        from mlflow.entities import Param

        made = [Param(name, str(value)[:_LONGEST_PARAMETER]) for name, value in parameters.items()]
        for start in range(0, len(made), _AT_ONCE):
            self.client.log_batch(self.id, params=made[start : start + _AT_ONCE])

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log figures of the whole run."""
        for name, value in metrics.items():
            self.client.log_metric(self.id, name, value)

    def log_months(self, by_month: Mapping[dt.date, Mapping[str, float]]) -> None:
        """Log figures of single months as ``month/NAME``; the step is the month, as 202604."""
        from mlflow.entities import Metric

        now = _milliseconds()
        figures = [
            Metric(f"month/{name}", value, now, day.year * 100 + day.month)
            for day, metrics in by_month.items()
            for name, value in metrics.items()
        ]
        for start in range(0, len(figures), _AT_ONCE):
            self.client.log_batch(self.id, metrics=figures[start : start + _AT_ONCE])

    def log_records(self, digest: str, rows: int, columns: int) -> None:
        """Log the records behind the run as its dataset; ``digest`` is theirs."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(
            name="records",
            digest=digest[:36],
            source_type="local",
            source='{"uri": "records.duckdb"}',
            profile=f'{{"num_rows": {rows}, "num_features": {columns}}}',
        )
        tags = [InputTag("mlflow.data.context", "training"), InputTag("digest", digest)]
        self.client.log_inputs(self.id, datasets=[DatasetInput(dataset, tags)])

    def write(self, name: str, content: str) -> None:
        """Store ``content`` as the artifact ``name``."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    @contextmanager
    def child(self, name: str, tags: Mapping[str, object] | None = None) -> Iterator[Run]:
        """A run nested in this one, see :func:`open_run`."""
        folder = self.folder.parents[1]
        nested = {"mlflow.parentRunId": self.id, **(tags or {})}
        with open_run(self.client, self.experiment, name, folder, nested) as run:
            yield run


@contextmanager
def open_run(
    client: MlflowClient,
    experiment: str,
    name: str,
    artifacts: Path,
    tags: Mapping[str, object] | None = None,
) -> Iterator[Run]:
    """A run that ends with the block: FINISHED, FAILED on an error, KILLED when interrupted.

    ``artifacts`` is the folder of the experiment's artifacts. A failed run carries the code of the
    error as the tag ``error``.
    """
    made = client.create_run(
        experiment,
        start_time=_milliseconds(),
        run_name=name,
        tags={key: str(value) for key, value in (tags or {}).items()},
    )
    identity = made.info.run_id
    run = Run(client, experiment, identity, artifacts / identity / "artifacts")
    try:
        yield run
    except Exception as error:
        run.tag(
            {"error": error.code if isinstance(error, WagewatchError) else type(error).__name__}
        )
        client.set_terminated(identity, "FAILED")
        raise
    except BaseException:
        client.set_terminated(identity, "KILLED")
        raise
    client.set_terminated(identity, "FINISHED")


def _milliseconds() -> int:
    return int(time.time() * 1000)
