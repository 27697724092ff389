"""Importing LightGBM without the packages that only its scikit-learn and plotting faces use.

LightGBM imports scikit-learn, pandas, Dask and Matplotlib where they are installed, which takes
four times as long as its own library; it runs without them. The command ``wagewatch`` passes it
nothing but arrays, so it calls :func:`import_lightgbm_alone` first. Programs that import these
packages as a library get the whole of LightGBM.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_FACES = ("sklearn", "pandas", "dask", "matplotlib")


def import_lightgbm_alone() -> None:
    """Let the first import of LightGBM in this process leave out the packages of its faces."""
    if "lightgbm" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.machinery.PathFinder):
    """Finds LightGBM, with a loader that hides :data:`_FACES` while it runs."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of LightGBM itself, None for every other module."""
        if fullname != "lightgbm":
            return None
        spec = super().find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _without_faces(spec.loader.exec_module)  # type: ignore[method-assign]
        return spec


def _without_faces(execute: Any) -> Any:
    def run(module: ModuleType) -> None:
        with _hidden(_FACES):
            execute(module)

    return run


@contextmanager
def _hidden(names: Sequence[str]) -> Iterator[None]:
    """Let imports of ``names`` fail in the block, except of those imported before."""
    hidden = [name for name in names if name not in sys.modules]
    # An entry of None makes an import raise ModuleNotFoundError.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
