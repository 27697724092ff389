"""The entry of a model in a public register of algorithms, from the data stored with the model.

It answers what such registers ask (purpose, legal basis, human oversight, data, performance, risks;
compare the Dutch Algorithm Register's publication standard and the UK Algorithmic Transparency
Recording Standard). What only the office knows is left for it to fill in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from features.feature_sets import FEATURE_SETS
from risk.calendar.dates import HORIZON_DAYS
from risk.contract import TABLES
from risk.locale import Language
from risk.unit_kinds import Kind
from serving.models.card.render import Format, html_page, markdown
from serving.models.card.sections import CardWriter, Section, known_limits, unfair_groups
from training.monitoring.expiry import expires_on

_TO_FILL = ("office", "contact", "supplier", "impact_assessment")
_FIGURES = ("roc_auc", "average_precision", "precision_capacity")


@dataclass(frozen=True)
class RegisteredModel:
    """A model to be entered. ``kind`` is that of the model, ``unit`` the kind of unit it scores.

    ``about`` is the data stored with the version; ``in_use`` says whether it is the champion.
    """

    version: str
    kind: str
    unit: Kind
    trained_at: dt.date
    about: Mapping[str, Any]
    in_use: bool


def render_register_entry(model: RegisteredModel, language: Language, form: Format) -> str:
    """Return the register entry of a model as Markdown or a self-contained HTML page."""
    writer = CardWriter(language)
    title = writer.text("register.title", version=model.version)
    body = markdown(title, _sections(model, writer))
    return body if form == "md" else html_page(title, body, language)


def _sections(model: RegisteredModel, writer: CardWriter) -> list[Section]:
    heads = (writer.text("item"), writer.text("content"))
    rows = tuple(
        (writer.text(f"register.items.{name}"), text) for name, text in _rows(model, writer)
    )
    limits = tuple(f"- {limit}" for limit in known_limits(model.kind, model.about, writer))
    return [
        Section("", (writer.text("register.intro"),), heads, rows),
        Section(writer.heading("limits"), limits),
    ]


def _rows(model: RegisteredModel, writer: CardWriter) -> Iterator[tuple[str, str]]:
    about = model.about
    for name in _TO_FILL[:2]:
        yield name, writer.text("register.to_fill")
    yield "status", writer.text("register.in_use" if model.in_use else "register.not_in_use")
    yield "purpose", writer.text(f"register.purposes.{model.unit}", horizon=HORIZON_DAYS)
    yield "legal_basis", writer.text("register.legal_basis")
    yield "decision", writer.text("register.decision")
    yield "oversight", writer.text("register.oversight")
    yield "data", _feeds(model, writer)
    yield "personal_data", writer.text("register.personal_data")
    yield (
        "method",
        writer.text(
            "register.method",
            kind=writer.code_text("card.kinds", model.kind),
            features=len(FEATURE_SETS[model.unit].features),
            rows=f"{about['rows']:,}",
            events=f"{about['events']:,}",
        ),
    )
    yield "performance", _performance(about, writer)
    yield "fairness", _fairness(about, writer)
    yield (
        "validity",
        writer.text(
            "register.validity",
            trained_at=model.trained_at,
            expires_on=expires_on(model.trained_at, about["maturity_days"]),
        ),
    )
    yield "remedy", writer.text("register.remedy")
    for name in _TO_FILL[2:]:
        yield name, writer.text("register.to_fill")


def _feeds(model: RegisteredModel, writer: CardWriter) -> str:
    missing = set(model.about.get("missing_feeds") or ())
    used = [name for name in FEATURE_SETS[model.unit].feeds() if name not in missing]
    names = [TABLES[name].zh if writer.language == "zh" else name for name in used]
    return writer.text("and_more").join(names) or writer.text("none")


def _performance(about: Mapping[str, Any], writer: CardWriter) -> str:
    evidence = about.get("evidence") or {}
    months, figures = evidence.get("months"), evidence.get("figures")
    if not months or not figures:
        return writer.text("register.not_measured")
    parts = [writer.text("register.measured", months=len(months), last=months[-1])]
    own = figures["model"]
    shown = [(name, own[name]) for name in _FIGURES if name in own]
    if found := evidence.get("calibration"):
        shown.append(("ratio", found["ratio"]))
    parts += [
        writer.text(
            "colon",
            name=writer.code_text("cli.backtest.figures", name),
            value=writer.format_estimate(estimate),
        )
        for name, estimate in shown
    ]
    return writer.text("register.semicolon").join(parts)


def _fairness(about: Mapping[str, Any], writer: CardWriter) -> str:
    evidence = about.get("evidence") or {}
    if not evidence.get("fairness"):
        return writer.text("register.not_measured")
    found = unfair_groups(evidence, writer)
    if found:
        return writer.text("groups.verdict_unfair", groups=found)
    return writer.text("groups.verdict_fair")
