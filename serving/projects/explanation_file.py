"""The explanation of one score as a picture (waterfalls) or a Parquet file.

Pictures are drawn by shap, which the extra ``analysis`` installs.
"""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.feature_sets import ALL_FAMILIES, ALL_FEATURES
from risk.locale import Language, text
from serving.errors import CommandError

if TYPE_CHECKING:
    from PIL.Image import Image

Document = Mapping[str, Any]

_SHOWN = 14
"""Bars of a waterfall; the others are added up."""

_FONTS = ("Noto Sans CJK SC", "SimHei", "Microsoft YaHei", "DejaVu Sans")


class ExplanationFormatUnknown(CommandError):
    """The suffix is neither .png nor .parquet. Carries ``found``."""

    code = "explanation_format_unknown"


class AnalysisMissing(CommandError):
    """The extra ``analysis`` is not installed."""

    code = "analysis_missing"


def write_explanation(
    risk: Document, found: Document, path: Path, suffix: str, language: Language
) -> None:
    """Write the contributions ``found`` of the sealed ``risk`` to ``path``.

    Raises:
        ExplanationFormatUnknown: ``suffix`` is neither .png nor .parquet.
        AnalysisMissing: shap, which draws the picture, is not installed.
    """
    if suffix == ".parquet":
        _write_parquet(risk, found, path)
    elif suffix == ".png":
        if importlib.util.find_spec("shap") is None:
            raise AnalysisMissing()
        _write_picture(risk, found, path, language)
    else:
        raise ExplanationFormatUnknown(found=suffix)


def _write_parquet(risk: Document, found: Document, path: Path) -> None:
    """One row per feature; base, calibration and probability are in the schema's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    units = {feature.name: feature.unit for feature in ALL_FEATURES}
    features = found["features"]
    table = pa.table(
        {
            "feature": pa.array([one["name"] for one in features], pa.string()),
            "family": pa.array([one["family"] for one in features], pa.string()),
            "unit": pa.array([units.get(one["name"]) for one in features], pa.string()),
            "value": pa.array([one["value"] for one in features], pa.float64()),
            "contribution": pa.array([one["contribution"] for one in features], pa.float64()),
        }
    )
    about = {
        "project_id": risk["project_id"],
        "as_of": risk["as_of"],
        "model_version": risk["model"]["version"],
        "probability": json.dumps(risk["probability"]),
        "base": json.dumps(found["base"]),
        "slope": json.dumps(found["calibration"]["slope"]),
        "intercept": json.dumps(found["calibration"]["intercept"]),
    }
    pq.write_table(table.replace_schema_metadata(about), path)


def _write_picture(risk: Document, found: Document, path: Path, language: Language) -> None:
    """Two waterfalls, by family above by feature."""
    from PIL import Image

    families = {family.name: family for family in ALL_FAMILIES}
    sums: dict[str, float] = {}
    for one in found["features"]:
        sums[one["family"]] = sums.get(one["family"], 0.0) + one["contribution"]
    names = [getattr(families[name], language) for name in sums]
    parts, features, values = _strongest(found, language)
    about = {"project": risk["project_name"], "as_of": risk["as_of"]}
    pictures = [
        _waterfall(
            list(sums.values()),
            (names, None),
            found["base"],
            text("cli.waterfall.families", language, **about),
        ),
        _waterfall(
            parts,
            (features, values),
            found["base"],
            text("cli.waterfall.features", language, **about),
        ),
    ]
    width = max(one.width for one in pictures)
    whole = Image.new("RGB", (width, sum(one.height for one in pictures)), "white")
    top = 0
    for one in pictures:
        whole.paste(one, (0, top))
        top += one.height
    whole.save(path, "PNG")


def _strongest(found: Document, language: Language) -> tuple[list[float], list[str], list[str]]:
    """Contributions, names and values of the strongest features, the sum of the others last."""
    ranked = sorted(found["features"], key=lambda one: -abs(one["contribution"]))
    shown, others = ranked[:_SHOWN], ranked[_SHOWN:]
    described = {feature.name: getattr(feature, language) for feature in ALL_FEATURES}
    names = [described.get(one["name"], one["name"]) for one in shown]
    unknown = text("cli.waterfall.unknown", language)
    values = [unknown if one["value"] is None else f"{one['value']:,.6g}" for one in shown]
    parts = [one["contribution"] for one in shown]
    if others:
        names.append(text("cli.waterfall.others", language, count=len(others)))
        values.append("")
        parts.append(sum(one["contribution"] for one in others))
    return parts, names, values


def _waterfall(
    contributions: Sequence[float],
    labels: tuple[list[str], list[str] | None],
    base: float,
    title: str,
) -> Image:
    """A waterfall as shap draws it, in log-odds before calibration."""
    import matplotlib as mpl
    import numpy as np
    from PIL import Image

    mpl.use("Agg")
    import shap
    from matplotlib import font_manager, pyplot

    names, values = labels
    explanation = shap.Explanation(
        np.array(contributions),
        base_values=base,
        data=None if values is None else np.array(values, dtype=object),
        feature_names=names,
    )
    installed = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in _FONTS if name in installed]
    with mpl.rc_context({"font.family": fonts, "axes.unicode_minus": False}):
        pyplot.figure()
        try:
            shap.plots.waterfall(explanation, max_display=len(names), show=False)
            pyplot.title(title, fontsize=14)
            buffer = io.BytesIO()
            pyplot.gcf().savefig(buffer, format="png", dpi=100, bbox_inches="tight")
        finally:
            pyplot.close("all")
    return Image.open(buffer).convert("RGB")
