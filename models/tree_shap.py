"""Exact TreeSHAP of LightGBM trees for many rows at once.

The same values as LightGBM's ``predict(pred_contrib=True)`` and ``shap.TreeExplainer`` with
``feature_perturbation="tree_path_dependent"``, several times faster on a cohort.

What a leaf adds to the contributions of a row depends only on which conditions on its path the row
meets. So each leaf has a table: the conditions not met are the bits of a number, by which the
contributions are looked up. Rows get their numbers on the way down from the root. With z_i the
share of training rows that follow condition i and o_i 1 where the row meets it, the contribution of
i at a leaf of value v is

    v (o_i - z_i) * integral from 0 to 1 of the product over j other than i of
    (o_j t + z_j (1 - t)) dt

which is the sum over subsets with Shapley's weights. The integrand is a polynomial, so
Gauss-Legendre points give it exactly.

Source: Lundberg et al., "From local explanations to global understanding", 2020; the tables are
those of Yang, "Fast TreeSHAP", 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZERO = 1e-35
_MAX_IN_TABLE = 9
"""Longer paths would need too large tables; for them only patterns that occur are computed."""

_MAX_MARKED = 16
"""Patterns of up to so many conditions that occur are found without sorting the rows."""

_VALUES_AT_ONCE = 65_536
"""Values of tables that are computed together; so many stay near the processor."""


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
    """The value of a leaf, its training rows, and its path: the features, and z for each.

    ``table`` has shape (features, patterns); None for a long path.
    """

    value: float
    count: float
    features: tuple[int, ...]
    shares: tuple[float, ...]
    table: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class _Node:
    """A split, the place of its feature on the paths through it, and what is on either side.

    A leaf is its number in :attr:`Tree.leaves`.
    """

    split: _Split
    bit: int
    left: _Node | int
    right: _Node | int


@dataclass(frozen=True)
class Tree:
    """The nodes and leaves of a tree, and the mean of its values over the training rows."""

    root: _Node | int
    leaves: tuple[_Leaf, ...]
    mean: float


def trees_of(booster: Any) -> tuple[Tree, ...]:
    """The trees of a LightGBM booster of numeric features and constant leaves."""
    trees = [_tree(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
    leaves = iter(_with_tables([leaf for tree in trees for leaf in tree.leaves]))
    return tuple(replace(tree, leaves=tuple(islice(leaves, len(tree.leaves)))) for tree in trees)


@dataclass(frozen=True)
class _Rows:
    """Rows to explain, which values are unknown, and their contributions; features come first."""

    columns: NDArray[np.float64]
    unknown: NDArray[np.bool_]
    out: NDArray[np.float64]


def add_contributions(
    trees: Sequence[Tree], values: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Add the contributions of ``trees`` to ``out``, shape (features + 1, rows).

    ``values`` has shape (rows, features); the last row of ``out`` is the base. The contributions of
    a row do not depend on the other rows.
    """
    columns = np.ascontiguousarray(values.T)
    rows = _Rows(columns, np.isnan(columns), out)
    for tree in trees:
        out[-1] += tree.mean
        _add_below(tree.root, tree.leaves, np.zeros(out.shape[1], dtype=np.intp), rows)


def _add_below(
    node: _Node | int, leaves: Sequence[_Leaf], unmet: NDArray[np.intp], rows: _Rows
) -> None:
    """Add the leaves below ``node``; ``unmet`` has the conditions above it that are not met."""
    if isinstance(node, int):
        _add_leaf(leaves[node], unmet, rows.out)
        return
    left = node.split.left(rows.columns, rows.unknown).astype(np.intp) << node.bit
    _add_below(node.left, leaves, unmet | (left ^ (1 << node.bit)), rows)
    _add_below(node.right, leaves, unmet | left, rows)


def _add_leaf(leaf: _Leaf, unmet: NDArray[np.intp], out: NDArray[np.float64]) -> None:
    table = leaf.table
    if table is None and leaf.features:
        found, unmet = _distinct(unmet, len(leaf.features))
        table = _tables([leaf], found)[0]
    for feature, row in zip(leaf.features, () if table is None else table, strict=True):
        out[feature] += row.take(unmet)


def _distinct(patterns: NDArray[np.intp], bits: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The patterns that occur, ascending, and the place among them of each row's."""
    if bits > _MAX_MARKED:
        return np.unique(patterns, return_inverse=True)
    occurs = np.zeros(1 << bits, dtype=np.bool_)
    occurs[patterns] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[patterns]


def _tree(root: Mapping[str, Any]) -> Tree:
    leaves: list[_Leaf] = []
    top = _grown(root, {}, leaves)
    total = sum(leaf.count for leaf in leaves)
    mean = sum(leaf.value * leaf.count for leaf in leaves) / total if total else 0.0
    return Tree(top, tuple(leaves), mean)


def _grown(node: Mapping[str, Any], path: Mapping[int, float], leaves: list[_Leaf]) -> _Node | int:
    """The nodes from ``node`` on; appends to ``leaves``.

    ``path`` has the features above it, in order, and the share of training rows that met the
    conditions of each.
    """
    if "split_index" not in node:
        value, count = float(node["leaf_value"]), float(node.get("leaf_count", 1))
        leaves.append(_Leaf(value, count, tuple(path), tuple(path.values())))
        return len(leaves) - 1
    split = _split(node)
    left, right = (
        _grown(node[side], {**path, split.feature: _share(node, side, path, split)}, leaves)
        for side in ("left_child", "right_child")
    )
    return _Node(split, [*path, split.feature].index(split.feature), left, right)


def _split(node: Mapping[str, Any]) -> _Split:
    zero, never = node["missing_type"] == "Zero", node["missing_type"] == "None"
    threshold = float(node["threshold"])
    # LightGBM reads an unknown value as 0 where training saw none.
    unknown_left = threshold >= 0.0 if never else bool(node["default_left"])
    return _Split(int(node["split_feature"]), threshold, unknown_left, zero)


def _share(node: Mapping[str, Any], side: str, path: Mapping[int, float], split: _Split) -> float:
    """The share of rows that meet the condition of ``side`` and earlier ones on its feature."""
    return path.get(split.feature, 1.0) * (_count(node[side]) / _count(node))


def _count(node: Mapping[str, Any]) -> float:
    return float(node["internal_count"] if "split_index" in node else node["leaf_count"])


def _with_tables(leaves: Sequence[_Leaf]) -> list[_Leaf]:
    """``leaves``, those with few features with their tables; made together where as many have."""
    found = list(leaves)
    for count in range(1, _MAX_IN_TABLE + 1):
        places = [place for place, leaf in enumerate(leaves) if len(leaf.features) == count]
        at_once = max(1, _VALUES_AT_ONCE // (count << count))
        for start in range(0, len(places), at_once):
            part = places[start : start + at_once]
            tables = _tables([leaves[place] for place in part], np.arange(1 << count))
            for place, table in zip(part, tables, strict=True):
                found[place] = replace(leaves[place], table=table)
    return found


def _tables(leaves: Sequence[_Leaf], patterns: NDArray[np.intp]) -> NDArray[np.float64]:
    """The contribution of each condition for each pattern, shape (leaves, conditions, patterns).

    All ``leaves`` have equally many conditions.
    """
    values = np.asarray([leaf.value for leaf in leaves])[:, None, None]
    shares = np.asarray([leaf.shares for leaf in leaves])[:, :, None]
    count = shares.shape[1]
    met = ((patterns >> np.arange(count)[:, None]) & 1) ^ 1
    points = zip(*_POINTS[(count + 1) // 2], strict=True)
    integral = sum(_at_point(shares, met, point, weight) for point, weight in points)
    return np.asarray(values * (met - shares) * integral, dtype=np.float64)


def _at_point(
    shares: NDArray[np.float64], met: NDArray[np.intp], point: float, weight: float
) -> NDArray[np.float64]:
    """The integrand at ``point``, times ``weight``."""
    factors = shares * (1 - point) + met * point
    return np.asarray(factors.prod(axis=1, keepdims=True) * weight / factors)


def _points(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points, weights = np.polynomial.legendre.leggauss(count)
    return (points + 1) / 2, weights / 2


_POINTS = {count: _points(count) for count in range(1, 33)}
"""Points and weights on [0, 1]; ``count`` points are exact up to degree 2 count - 1."""
