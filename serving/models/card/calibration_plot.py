"""The calibration of a version as a drawing."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from risk.locale import Language, text

_INCHES = (5.2, 4.2)
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Type", "Format"))


def calibration_svg(calibration: Mapping[str, Any], language: Language) -> str:
    """Mean probability across, observed rate upwards with its interval, as SVG.

    Letters stay letters, so the reader's own fonts show them.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    bins = [one for one in calibration["bins"] if one["observed"]["value"] is not None]
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "card", "font.size": 10}):
        figure = Figure(figsize=_INCHES, layout="constrained")
        axes = figure.add_subplot()
        said = [one["mean_probability"] for one in bins]
        seen = [one["observed"]["value"] for one in bins]
        top = max([*said, *seen, 0.01, *(one["observed"]["high"] or 0.0 for one in bins)]) * 1.05
        axes.plot([0, top], [0, top], color="#8c959f", linewidth=1, linestyle="--")
        for one in bins:
            low, high = one["observed"]["low"], one["observed"]["high"]
            if low is not None and high is not None:
                axes.plot(
                    [one["mean_probability"]] * 2, [low, high], color="#0969da", linewidth=1.5
                )
        axes.plot(said, seen, color="#0969da", marker="o", markersize=5, linewidth=0)
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        # The words are put in afterwards: measuring them here would need a Chinese font.
        axes.set_xlabel("x-label")
        axes.set_ylabel("y-label")
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata=_NO_METADATA)
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = drawn.replace("x-label", text("card.calibration.said", language))
    return drawn.replace("y-label", text("card.calibration.observed", language))
