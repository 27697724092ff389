"""Connections to DuckDB."""

from __future__ import annotations

from typing import Any

import duckdb


def connect(
    path: str = ":memory:", *, read_only: bool = False, **config: Any
) -> duckdb.DuckDBPyConnection:
    """A connection to ``path`` that fetches no extension from the network.

    By default DuckDB downloads one where a path asks for it, ``s3://`` for example;
    nothing here may reach out. Extensions that are installed are loaded as ever.
    """
    connection = duckdb.connect(path, read_only=read_only, config=config)
    # Not part of ``config``: DuckDB refuses a second connection to a file with another one.
    connection.execute("SET GLOBAL autoinstall_known_extensions = false")
    return connection
