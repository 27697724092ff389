"""Trees of a booster as checked data, so that those of other offices can be read safely.

LightGBM trusts its text format: a child or feature number out of range makes it read outside of
its arrays. So trees that come from elsewhere are read as data and written again as text. Accepted
are numeric splits and constant leaves, which is all that models here hold.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_LEAVES = 64
MAX_TREES = 1_000
MAX_LOG_ODDS = 30.0
"""Bound of a leaf; a probability of 1e-13 is none that anybody has learnt."""

_END = "end of trees"
_HEAD = """\
tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx={last}
objective=cross_entropy
feature_names={names}
feature_infos={infos}
"""

_Node = Annotated[int, Field(ge=-MAX_LEAVES, lt=MAX_LEAVES)]
_Decision = Annotated[int, Field(ge=0, lt=16, multiple_of=2)]
_Count = Annotated[int, Field(ge=0, lt=2**31)]
_LogOdds = Annotated[float, Field(ge=-MAX_LOG_ODDS, le=MAX_LOG_ODDS)]


class SharedTree(BaseModel):
    """One tree, its nodes in LightGBM's order; leaves are the children -1, -2, …

    ``decision_type`` says where unknown values go, ``leaf_count`` and ``internal_count`` how many
    rows were there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    split_feature: tuple[Annotated[int, Field(ge=0)], ...]
    split_gain: tuple[float, ...]
    threshold: tuple[float, ...]
    decision_type: tuple[_Decision, ...]
    left_child: tuple[_Node, ...]
    right_child: tuple[_Node, ...]
    internal_count: tuple[_Count, ...]
    leaf_value: Annotated[tuple[_LogOdds, ...], Field(min_length=1, max_length=MAX_LEAVES)]
    leaf_count: tuple[_Count, ...]

    @model_validator(mode="after")
    def _is_a_tree(self) -> SharedTree:
        """Every list has a value per node or leaf, each is reached once, downwards, and by rows."""
        nodes = len(self.leaf_value) - 1
        names = ("split_feature", "split_gain", "threshold", "decision_type", "left_child",
                 "right_child", "internal_count")  # fmt: skip
        if any(len(getattr(self, name)) != nodes for name in names):
            raise ValueError("nodes")
        if len(self.leaf_count) != nodes + 1:
            raise ValueError("leaves")
        # Explanations divide by the shares of rows that reach a node.
        if nodes and min(*self.internal_count, *self.leaf_count) < 1:
            raise ValueError("counts")
        reached = sorted((*self.left_child, *self.right_child))
        if nodes and reached != [*range(-nodes - 1, 0), *range(1, nodes)]:
            raise ValueError("children")
        for side in (self.left_child, self.right_child):
            if any(0 <= child <= node for node, child in enumerate(side)):
                raise ValueError("children")
        return self


def read_booster(body: str) -> tuple[SharedTree, ...]:
    """The trees of ``body``, a booster fitted here, in LightGBM's text format."""
    _, *blocks = body.split(_END, 1)[0].split("\nTree=")
    return tuple(_tree(_fields(block)) for block in blocks)


def booster_text(trees: Sequence[SharedTree], columns: Sequence[str]) -> str:
    """``trees`` over ``columns`` in LightGBM's text format.

    Raises:
        ValueError: a tree splits on a feature that is not among ``columns``.
    """
    if any(feature >= len(columns) for tree in trees for feature in tree.split_feature):
        raise ValueError("split_feature")
    head = _HEAD.format(
        last=len(columns) - 1, names=" ".join(columns), infos=" ".join(["none"] * len(columns))
    )
    blocks = [_block(number, tree) for number, tree in enumerate(trees)]
    return "\n".join([head, *blocks, _END, ""])


def _block(number: int, tree: SharedTree) -> str:
    zeros = " ".join(["0"] * len(tree.split_feature))
    lines = [f"Tree={number}", f"num_leaves={len(tree.leaf_value)}", "num_cat=0"]
    for name in SharedTree.model_fields:
        lines.append(f"{name}=" + " ".join(repr(value) for value in getattr(tree, name)))
    lines += [f"leaf_weight={' '.join(['0'] * len(tree.leaf_value))}"]
    lines += [f"internal_value={zeros}", f"internal_weight={zeros}", "is_linear=0", "shrinkage=1"]
    return "\n".join(lines) + "\n\n"


def _tree(fields: Mapping[str, str]) -> SharedTree:
    found: dict[str, list[str] | list[float]] = {
        name: fields[name].split() for name in SharedTree.model_fields
    }
    # An infinite threshold parts known values from unknown ones; JSON has no infinity.
    found["threshold"] = [min(float(value), sys.float_info.max) for value in found["threshold"]]
    return SharedTree.model_validate(found)


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines())
    return {name: value.strip() for name, separator, value in pairs if separator}
