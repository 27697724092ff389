"""A standalone cluster of Spark on loopback: a master and two workers, each its own process."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[1]
_PACKAGE = "org.apache.spark.deploy"
_STARTED = re.compile(r"Starting Spark master at (spark://\S+)")
_DEADLINE = 120


class SparkCluster:
    """The running processes; executors of an application are started by the workers."""

    def __init__(self, folder: Path, options: str) -> None:
        """Start it; logs and scratch files go to ``folder``, ``options`` are those of each JVM."""
        import pyspark

        home = Path(pyspark.__file__).parent
        self._folder, self._options = folder, options
        self._class = str(home / "bin" / "spark-class")
        self._environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_DAEMON_JAVA_OPTS": options,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_NO_DAEMONIZE": "1",
            "SPARK_CONF_DIR": str(folder),
        }
        self._started: list[subprocess.Popen[bytes]] = []
        log = self._start("master", f"{_PACKAGE}.master.Master", "--port", "0", "--webui-port", "0")
        self.address = self._said(log, _STARTED)
        self._workers = 0
        self.workers = [self.start_worker() for _ in range(2)]

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start another worker. It has more cores than applications ask of it, so that several can
        run at a time."""
        self._workers += 1
        name = f"worker-{self._workers}"
        log = self._start(
            *(name, f"{_PACKAGE}.worker.Worker", "--cores", "8", "--memory", "16g"),
            *("--webui-port", "0", "--work-dir", str(self._folder / name), self.address),
        )
        self._said(log, re.compile("(Successfully registered with master)"))
        return self._started[-1]

    def settings(self) -> dict[str, str]:
        """The configuration of an application with one executor on each worker."""
        return {
            "spark.master": self.address,
            "spark.driver.host": HOST,
            "spark.driver.bindAddress": HOST,
            "spark.driver.memory": "1g",
            "spark.driver.extraJavaOptions": self._options,
            "spark.executor.memory": "600m",
            "spark.executor.extraJavaOptions": self._options,
            "spark.executor.cores": "1",
            "spark.cores.max": "2",
            "spark.executorEnv.PYTHONPATH": str(ROOT),
            "spark.sql.shuffle.partitions": "2",
        }

    def stop(self) -> None:
        """Stop all processes."""
        for process in reversed(self._started):
            process.kill()
            process.wait()

    def _start(self, name: str, *line: str) -> Path:
        log = self._folder / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [self._class, line[0], "--host", HOST, *line[1:]],
                env=self._environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
            )
        self._started.append(process)
        return log

    def _said(self, log: Path, pattern: re.Pattern[str]) -> str:
        end = time.monotonic() + _DEADLINE
        while time.monotonic() < end:
            found = pattern.search(log.read_text("utf-8", "replace"))
            if found:
                return found[1]
            time.sleep(0.1)
        raise AssertionError(f"{log.name}: {log.read_text('utf-8', 'replace')[-2000:]}")


@contextmanager
def spark_cluster(folder: Path, options: str) -> Iterator[SparkCluster]:
    """A cluster that is stopped at the end."""
    cluster = SparkCluster(folder, options)
    try:
        yield cluster
    finally:
        cluster.stop()
