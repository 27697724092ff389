"""Shipped words of worker-level sheets."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files


def words(section: str) -> Mapping[str, Sequence[str]]:
    """Lists of one section of ``words.toml``."""
    return _document()[section]


@cache
def _document() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = files("risk.intake.worker_sheets").joinpath("words.toml").read_text("utf-8")
    return tomllib.loads(text)
