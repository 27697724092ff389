"""Pictures of a model's features as shap draws them: a beeswarm, and dependence of the strongest.

shap and matplotlib come with the extra ``analysis``; without it there are no pictures. They are
SVG: the points are one image inside, the labels are text in the fonts of the reader.
"""

from __future__ import annotations

import importlib.util
import io
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from features.feature_sets import ALL_FEATURES
from risk.locale import LANGUAGES, Language, text
from training.effects import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEESWARM, DEPENDENCE = "beeswarm", "dependence"
_DEPENDENCE_SHOWN = 4
_FONTS = ("Noto Sans CJK SC", "SimHei", "Microsoft YaHei", "DejaVu Sans")
_NEEDED = ("shap", "matplotlib")


def can_draw() -> bool:
    """Whether the extra ``analysis`` is installed."""
    return all(importlib.util.find_spec(name) for name in _NEEDED)


def artifact_name(picture: str, language: Language) -> str:
    """The file name of a picture among the artifacts of a model.

    >>> artifact_name(BEESWARM, "zh")
    'beeswarm.zh.svg'
    """
    return f"{picture}.{language}.svg"


def draw(sample: Sample) -> Mapping[str, str]:
    """Both pictures in every language, by file name; none of a model that no feature moves."""
    if not sample.features or not can_draw():
        return {}
    found = {}
    for language in LANGUAGES:
        found[artifact_name(BEESWARM, language)] = _beeswarm(sample, language)
        found[artifact_name(DEPENDENCE, language)] = _dependence(sample, language)
    return found


def _beeswarm(sample: Sample, language: Language) -> str:
    with _figures(language):
        import shap
        from matplotlib import pyplot

        shap.plots.beeswarm(
            _explanation(sample, language, 16 if language == "zh" else 34),
            max_display=len(sample.features),
            plot_size=(7.2, 1.2 + 0.48 * len(sample.features)),
            color_bar=False,
            show=False,
        )
        axes = pyplot.gca()
        axes.set_xlabel(text("card.effects.contribution", language), fontsize=11)
        axes.tick_params("both", labelsize=10)
        _color_bar(axes, language)
        return _svg()


def _dependence(sample: Sample, language: Language) -> str:
    shown = min(_DEPENDENCE_SHOWN, len(sample.features))
    with _figures(language):
        import shap
        from matplotlib import pyplot
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        explanation = _explanation(sample, language, 24 if language == "zh" else 44)
        figure, grid = pyplot.subplots((shown + 1) // 2, 2, figsize=(7.2, 3 * ((shown + 1) // 2)))
        for at, axes in enumerate(grid.flat):
            if at >= shown:
                axes.set_axis_off()
                continue
            one = explanation[:, at]
            shap.plots.scatter(one, ax=axes, show=False, dot_size=10, color="#0969da", hist=True)
            axes.set_xlabel(explanation.feature_names[at], fontsize=10)
            axes.set_ylabel(text("card.effects.contribution_short", language), fontsize=10)
            axes.tick_params("both", labelsize=9)
            axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
        figure.tight_layout()
        return _svg()


def _explanation(sample: Sample, language: Language, width: int) -> Any:
    import numpy as np
    import shap

    named = {feature.name: getattr(feature, language) for feature in ALL_FEATURES}
    labels = [
        "\n".join(textwrap.wrap(named.get(name, name), width, max_lines=2, placeholder="…"))
        for name in sample.features
    ]
    return shap.Explanation(
        sample.contributions,
        base_values=np.zeros(len(sample.values)),
        data=sample.values,
        feature_names=labels,
    )


@contextmanager
def _figures(language: Language) -> Iterator[None]:
    """Draw off screen, with labels as text, and the same file for the same rows."""
    import matplotlib as mpl
    import numpy as np

    mpl.use("Agg")
    from matplotlib import font_manager, pyplot

    installed = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in _FONTS if name in installed]
    options: Any = {
        "font.family": fonts,
        "axes.unicode_minus": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "wagewatch",
    }
    before = np.random.get_state()
    np.random.seed(0)
    with mpl.rc_context(options), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap calls functions that matplotlib deprecates
        others = set(pyplot.get_fignums())
        pyplot.figure()  # shap draws into the current figure, which may be the caller's
        try:
            yield
        finally:
            for number in set(pyplot.get_fignums()) - others:
                pyplot.close(number)
            np.random.set_state(before)


def _color_bar(axes: Axes, language: Language) -> None:
    import shap
    from matplotlib import cm, pyplot

    scale = cm.ScalarMappable(cmap=shap.plots.colors.red_blue)
    scale.set_array([0, 1])
    bar = pyplot.colorbar(scale, ax=axes, ticks=[0, 1], aspect=60)
    bar.set_ticklabels([text(f"card.effects.{end}", language) for end in ("least", "most")])
    bar.set_label(text("card.effects.value", language), size=11, labelpad=0)
    bar.ax.tick_params(labelsize=11, length=0)


def _svg() -> str:
    """The current figure, with its points as one image each."""
    from matplotlib import pyplot
    from matplotlib.collections import Collection

    figure = pyplot.gcf()
    for axes in figure.axes:
        for part in axes.collections:
            if isinstance(part, Collection):
                part.set_rasterized(True)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", dpi=150, bbox_inches="tight", metadata={"Date": None})
    return re.sub(r"^.*?(?=<svg)", "", buffer.getvalue(), flags=re.DOTALL)
