"""Exact TreeSHAP of LightGBM trees for many rows at once.

The same values as LightGBM's ``predict(pred_contrib=True)`` and ``shap.TreeExplainer`` with
``feature_perturbation="tree_path_dependent"``, several times faster on a cohort.

What a leaf adds to the contributions of a row depends only on which conditions on its path the row
meets. So each leaf has a table: the conditions met are the bits of a number, by which the
contributions are looked up. With z_i the share of training rows that
follow condition i and o_i 1 where the row meets it, the contribution of i at a leaf of value v is

    v (o_i - z_i) * integral from 0 to 1 of the product over j other than i of
    (o_j t + z_j (1 - t)) dt

which is the sum over subsets with Shapley's weights. The integrand is a polynomial, so
Gauss-Legendre points give it exactly.

Source: Lundberg et al., "From local explanations to global understanding", 2020; the tables are
those of Yang, "Fast TreeSHAP", 2021.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZERO = 1e-35
_MAX_IN_TABLE = 9
"""Longer paths would need too large tables; for them only patterns that occur are computed."""


@dataclass(frozen=True)
class _Split:
    """One node: left where the value is at most ``threshold``."""

    feature: int
    threshold: float
    unknown_left: bool
    zero_unknown: bool

    def left(self, columns: NDArray[np.float64], unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """True for rows that go left; both arrays have shape (features, rows)."""
        value = columns[self.feature]
        if self.zero_unknown:
            known = np.abs(value) > _ZERO
            return np.where(known, value <= self.threshold, self.unknown_left)
        met: NDArray[np.bool_] = value <= self.threshold
        return met | unknown[self.feature] if self.unknown_left else met


@dataclass(frozen=True)
class _Leaf:
    """The value of a leaf and its path: per feature the splits with the side taken, and z."""

    value: float
    features: tuple[int, ...]
    sides: tuple[tuple[tuple[int, bool], ...], ...]
    shares: tuple[float, ...]
    table: NDArray[np.float64] | None


@dataclass(frozen=True)
class Tree:
    """The splits and leaves of a tree, and the mean of its values over the training rows."""

    splits: tuple[_Split, ...]
    leaves: tuple[_Leaf, ...]
    mean: float


def trees_of(booster: Any) -> tuple[Tree, ...]:
    """The trees of a LightGBM booster of numeric features and constant leaves."""
    return tuple(_tree(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"])


def add_contributions(
    trees: Sequence[Tree], values: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Add the contributions of ``trees`` to ``out``, shape (features + 1, rows).

    ``values`` has shape (rows, features); the last row of ``out`` is the base. The contributions of
    a row do not depend on the other rows.
    """
    columns = np.ascontiguousarray(values.T)
    unknown = np.isnan(columns)
    for tree in trees:
        out[-1] += tree.mean
        left = [split.left(columns, unknown) for split in tree.splits]
        right = [~mask for mask in left]
        for leaf in tree.leaves:
            _add_leaf(leaf, left, right, out)


def _add_leaf(
    leaf: _Leaf,
    left: Sequence[NDArray[np.bool_]],
    right: Sequence[NDArray[np.bool_]],
    out: NDArray[np.float64],
) -> None:
    pattern = np.zeros(out.shape[1], dtype=np.intp)
    for bit, sides in enumerate(leaf.sides):
        met = np.logical_and.reduce([(left if is_left else right)[at] for at, is_left in sides])
        pattern |= met.astype(np.intp) << bit
    table = leaf.table
    if table is None:
        found, pattern = np.unique(pattern, return_inverse=True)
        table = _table(leaf.value, leaf.shares, found)
    for feature, row in zip(leaf.features, table, strict=True):
        out[feature] += row.take(pattern)


def _tree(root: Mapping[str, Any]) -> Tree:
    splits: list[_Split] = []
    leaves = tuple(_leaves(root, (), splits))
    total = sum(count for _, count in leaves)
    mean = sum(leaf.value * count for leaf, count in leaves) / total if total else 0.0
    return Tree(tuple(splits), tuple(leaf for leaf, _ in leaves if leaf.features), mean)


_Path = tuple[tuple[int, bool, float], ...]
"""Per step: index of the split, whether to the left, and the share of rows that go there."""


def _leaves(
    node: Mapping[str, Any], path: _Path, splits: list[_Split]
) -> Iterator[tuple[_Leaf, float]]:
    """All leaves below ``node`` with their number of training rows; appends to ``splits``."""
    if "split_index" not in node:
        yield _leaf(float(node["leaf_value"]), path, splits), float(node.get("leaf_count", 1))
        return
    index = len(splits)
    zero, never = node["missing_type"] == "Zero", node["missing_type"] == "None"
    threshold = float(node["threshold"])
    # LightGBM reads an unknown value as 0 where training saw none.
    unknown_left = threshold >= 0.0 if never else bool(node["default_left"])
    splits.append(_Split(int(node["split_feature"]), threshold, unknown_left, zero))
    for side, goes_left in (("left_child", True), ("right_child", False)):
        child = node[side]
        share = _count(child) / _count(node)
        yield from _leaves(child, (*path, (index, goes_left, share)), splits)


def _count(node: Mapping[str, Any]) -> float:
    return float(node["internal_count"] if "split_index" in node else node["leaf_count"])


def _leaf(value: float, path: _Path, splits: Sequence[_Split]) -> _Leaf:
    sides: dict[int, tuple[tuple[int, bool], ...]] = {}
    shares: dict[int, float] = {}
    for index, goes_left, share in path:
        feature = splits[index].feature
        sides[feature] = (*sides.get(feature, ()), (index, goes_left))
        shares[feature] = shares.get(feature, 1.0) * share
    z = tuple(shares.values())
    few = 0 < len(z) <= _MAX_IN_TABLE
    table = _table(value, z, np.arange(1 << len(z))) if few else None
    return _Leaf(value, tuple(sides), tuple(sides.values()), z, table)


def _table(
    value: float, shares: Sequence[float], patterns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The contribution of each condition for each pattern, shape (conditions, patterns)."""
    count = len(shares)
    points, weights = _POINTS[(count + 1) // 2]
    met = (patterns[None, :] >> np.arange(count)[:, None]) & 1
    share = np.asarray(shares)[:, None, None]
    factors = np.where(met[:, :, None] == 1, points + share * (1 - points), share * (1 - points))
    rest = (factors.prod(axis=0) * weights / factors).sum(axis=2)
    return np.asarray(value * (met - share[:, :, 0]) * rest, dtype=np.float64)


def _points(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points, weights = np.polynomial.legendre.leggauss(count)
    return (points + 1) / 2, weights / 2


_POINTS = {count: _points(count) for count in range(1, 33)}
"""Points and weights on [0, 1]; ``count`` points are exact up to degree 2 count - 1."""
