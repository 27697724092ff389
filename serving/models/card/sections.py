"""Sections of a model card, from data stored with the model version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from features.feature_sets import ALL_FEATURES, FEATURE_SETS
from risk.calendar.dates import HORIZON_DAYS
from risk.contract import TABLES
from risk.locale import Language, catalogue, text
from serving.completeness_text import completeness_lines, completeness_table
from training.effect_pictures import BEESWARM, DEPENDENCE, artifact_name
from training.event_counts import SCORECARD_BELOW
from training.monitoring.expiry import expires_on

if TYPE_CHECKING:
    from models.registry import ModelVersion

Document = Mapping[str, Any]
Rows = Sequence[Sequence[str]]

CALIBRATION = "calibration"
TOP_FEATURES = 15
_FEW_EVENTS = 200
_FEW_MONTHS = 6


@dataclass(frozen=True)
class Section:
    """A section: sentences, a table, and sentences below it.

    ``picture`` names the picture that belongs before the table.
    """

    heading: str
    lines: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()
    picture: str = ""


@dataclass(frozen=True)
class CardInput:
    """Input of a card; ``importance`` is the share of each feature in the total gain.

    ``effects`` is the document of :mod:`training.effects`, ``pictures`` are SVG by file name; both
    are empty for versions stored without them.
    """

    version: ModelVersion
    importance: Mapping[str, float]
    effects: Document = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def about(self) -> Document:
        """Data stored with the version."""
        return self.version.about

    @property
    def evidence(self) -> Document:
        """Evidence of the promotion gate; empty for versions stored without it."""
        found: Document = self.about.get("evidence") or {}
        return found


def card_sections(material: CardInput, language: Language) -> list[Section]:
    """Return the sections of the card of a version."""
    writer = CardWriter(language)
    parts = [
        _overview(material, writer),
        _labels(material, writer),
        *_features(material, writer),
        *_effects(material, writer),
        *_metrics(material, writer),
        *_calibration(material, writer),
        *_groups(material, writer),
        *_gate(material, writer),
        _limits(material, writer),
        _history(material, writer),
        _parameters(material, writer),
    ]
    return parts


@dataclass(frozen=True)
class CardWriter:
    """Looks up texts of the ``card`` catalogue in one language."""

    language: Language

    def text(self, key: str, **fields: Any) -> str:
        """Return the text of ``card.<key>``."""
        return text(f"card.{key}", self.language, **fields)

    def heading(self, name: str) -> str:
        """Return the heading of a section."""
        return self.text(f"headings.{name}")

    def format_estimate(self, estimate: Document | None, digits: int = 3) -> str:
        """Return an estimate with its interval, or without one if there are too few events."""
        if not estimate or estimate["value"] is None:
            return self.text("none")
        value = f"{estimate['value']:.{digits}f}"
        if estimate["low"] is None or estimate["high"] is None:
            return self.text("too_few", value=value)
        return self.text(
            "interval",
            value=value,
            low=f"{estimate['low']:.{digits}f}",
            high=f"{estimate['high']:.{digits}f}",
        )

    def code_text(self, key: str, code: str) -> str:
        """Return the text of a code, or the code itself."""
        full = f"{key}.{code}"
        return text(full, self.language) if full in catalogue(self.language) else code


def _overview(material: CardInput, writer: CardWriter) -> Section:
    about, version = material.about, material.version
    span = writer.text("none")
    if about["first_snapshot"]:
        span = writer.text(
            "facts.span_value", first=about["first_snapshot"], last=about["last_snapshot"]
        )
    facts = {
        "kind": writer.code_text("card.kinds", version.kind),
        "trained_at": str(about["trained_at"]),
        "expires_on": str(expires_on(version.trained_at, about["maturity_days"])),
        "span": span,
        "rows": f"{about['rows']:,}",
        "positives": f"{about['positives']:,}",
        "events": f"{about['events']:,}",
        "aliases": writer.text("and_more").join(version.aliases) or writer.text("none"),
        "digest": version.digest,
        "records_digest": str(about["records_digest"]),
    }
    rows = tuple((writer.text(f"facts.{name}"), value) for name, value in facts.items())
    return Section(
        writer.heading("overview"),
        (writer.text("intro"), *_other_counties(about, writer)),
        (writer.text("item"), writer.text("content")),
        rows,
    )


def _other_counties(about: Document, writer: CardWriter) -> tuple[str, ...]:
    """A sentence per county whose model was merged with that of this one."""
    parts = (about.get("shared") or {}).get("parts", ())
    return tuple(writer.text("learnt_from", **part) for part in parts)


def _labels(material: CardInput, writer: CardWriter) -> Section:
    days = material.about["maturity_days"]
    lines = (
        writer.text("labels.positive", horizon=HORIZON_DAYS),
        writer.text("labels.negative", horizon=HORIZON_DAYS),
        writer.text("labels.maturity", horizon=HORIZON_DAYS, days=days),
    )
    found = material.about.get("completeness")
    if not found:
        return Section(writer.heading("labels"), lines)
    headings, rows = completeness_table(found, writer.language)
    more = tuple(completeness_lines(found, writer.language))
    return Section(writer.heading("labels"), (*lines, *more), headings, tuple(rows))


def _features(material: CardInput, writer: CardWriter) -> Iterator[Section]:
    from models.registry import kind_of

    zh = writer.language == "zh"
    asked = FEATURE_SETS[kind_of(material.version.version)]
    used = set(material.importance)
    families = Counter(
        (family.zh if zh else family.en)
        for family in asked.families
        for feature in family.features
        if feature.name in used
    )
    yield Section(
        writer.heading("features"),
        (writer.text("features.count", count=len(used)),),
        (writer.text("features.family"), writer.text("features.number")),
        tuple((name, str(count)) for name, count in families.items()),
    )
    named = {feature.name: feature.zh if zh else feature.en for feature in asked.features}
    top = sorted(material.importance.items(), key=lambda item: (-item[1], item[0]))[:TOP_FEATURES]
    yield Section(
        "",
        (writer.text("features.top", count=len(top)),),
        (
            writer.text("features.feature"),
            writer.text("features.name"),
            writer.text("features.share"),
        ),
        tuple(
            (f"`{name}`", named.get(name, writer.text("features.gone")), f"{share:.1%}")
            for name, share in top
        ),
    )


def _effects(material: CardInput, writer: CardWriter) -> Iterator[Section]:
    """Yield how single features move the scores: the beeswarm, a table, the dependence plots."""
    found = material.effects
    if not found.get("features"):
        return
    named = {feature.name: getattr(feature, writer.language) for feature in ALL_FEATURES}
    span = {name: found[name] for name in ("first", "last", "rows")}
    drawn = artifact_name(BEESWARM, writer.language) in material.pictures
    explained = writer.text("effects.beeswarm") if drawn else writer.text("effects.no_pictures")
    yield Section(
        writer.heading("effects"),
        (writer.text("effects.intro", **span), explained),
        picture=BEESWARM,
    )
    heads = tuple(
        writer.text(key)
        for key in (
            *("features.name", "effects.size"),
            *("effects.of_low", "effects.of_high", "effects.of_unknown"),
        )
    )
    rows = tuple(
        (
            named.get(one["feature"], one["feature"]),
            f"{one['size']:.3f}",
            _moved(one["of_low"], writer, "effects.at_most", one["low"]),
            _moved(one["of_high"], writer, "effects.at_least", one["high"]),
            _moved(one["of_unknown"], writer, "effects.rows", one["unknown"]),
        )
        for one in found["features"]
    )
    yield Section("", (writer.text("effects.table"),), heads, rows)
    if artifact_name(DEPENDENCE, writer.language) in material.pictures:
        yield Section("", (writer.text("effects.dependence"),), picture=DEPENDENCE)


def _moved(contribution: float | None, writer: CardWriter, key: str, bound: float | None) -> str:
    """Return a mean contribution with the values it belongs to."""
    if contribution is None or bound is None:
        return writer.text("none")
    return writer.text(key, contribution=f"{contribution:+.3f}", bound=f"{bound:,.6g}")


def _metrics(material: CardInput, writer: CardWriter) -> Iterator[Section]:
    evidence = material.evidence
    if "figures" not in evidence or not evidence["months"]:
        if material.about["metrics"]:
            rows = tuple(
                (name, f"{value:.4f}") for name, value in material.about["metrics"].items()
            )
            heads = (writer.text("metrics.figure"), writer.text("metrics.value"))
            yield Section(writer.heading("metrics"), (writer.text("metrics.plain"),), heads, rows)
        return
    months, shown = evidence["months"], ("roc_auc", "average_precision", "precision_capacity")
    lines = (
        writer.text(
            "metrics.months",
            first=months[0],
            last=months[-1],
            months=len(months),
            places=evidence["places"],
        ),
        writer.text("metrics.intervals"),
        *_challengers(evidence, writer),
    )
    columns = [writer.text("metrics.contender")]
    columns += [writer.code_text("cli.backtest.figures", name) for name in shown]
    ranked = sorted(
        evidence["figures"].items(),
        key=lambda item: -(item[1]["average_precision"]["value"] or 0.0),
    )
    compared = [
        (
            writer.code_text("cli.backtest.contenders", name),
            *(writer.format_estimate(figures[name]) for name in shown),
        )
        for name, figures in ranked
    ]
    yield Section(writer.heading("metrics"), lines, tuple(columns), tuple(compared))
    own = evidence["figures"]["model"]
    yield Section(
        "",
        (writer.text("metrics.model"),),
        (writer.text("metrics.figure"), writer.text("metrics.value")),
        tuple(
            (writer.code_text("cli.backtest.figures", name), writer.format_estimate(own[name]))
            for name in _ordered(own)
        ),
    )


def _challengers(evidence: Document, writer: CardWriter) -> Iterator[str]:
    """Yield the verdict of the gate on each challenger of the office's own."""
    for name, decision in evidence.get("challengers", {}).items():
        verdict = writer.text("gate.passed" if decision["passed"] else "gate.failed")
        grounds = writer.text(f"challengers.{decision['grounds']}")
        yield writer.text("challengers.verdict", name=name, verdict=verdict, grounds=grounds)


def _ordered(figures: Document) -> list[str]:
    """Figures of the whole ranking first, then those of its top, by what is cut off."""
    whole = [name for name in ("base_rate", "roc_auc", "average_precision") if name in figures]
    return whole + sorted(set(figures) - set(whole), key=lambda name: name.split("_")[::-1])


def _calibration(material: CardInput, writer: CardWriter) -> Iterator[Section]:
    found = material.evidence.get("calibration")
    if not found:
        return
    figures = tuple(
        writer.text(
            "colon",
            name=writer.code_text("cli.backtest.figures", name),
            value=writer.format_estimate(found[name]),
        )
        for name in ("slope", "intercept", "ratio", "brier")
    )
    heads = tuple(
        writer.text(f"calibration.{name}") for name in ("said", "observed", "rows", "events")
    )
    rows = tuple(
        (
            f"{row['mean_probability']:.3f}",
            writer.format_estimate(row["observed"]),
            str(row["rows"]),
            str(row["observed"]["positives"]),
        )
        for row in found["bins"]
    )
    yield Section(
        writer.heading("calibration"),
        (*figures, writer.text("calibration.caption")),
        heads,
        rows,
        picture=CALIBRATION,
    )


def _groups(material: CardInput, writer: CardWriter) -> Iterator[Section]:
    found = material.evidence.get("fairness")
    if not found:
        return
    shown = ("selection_rate", "precision", "recall", "calibration")
    heads = [writer.text(f"groups.{name}") for name in ("group", "rows", "events")]
    heads += [text(f"fairness.figures.{name}", writer.language) for name in shown]
    rows = tuple(
        (
            group_label(group, writer.language),
            str(group["rows"]),
            str(group["events"]),
            *(_compared(group["figures"][name], writer) for name in shown),
        )
        for group in found["groups"]
    )
    too_little = unfair_groups(material.evidence, writer)
    verdict = (
        writer.text("groups.verdict_unfair", groups=too_little)
        if too_little
        else writer.text("groups.verdict_fair")
    )
    explained = text(
        "fairness.compared",
        writer.language,
        comparisons=found["comparisons"],
        level=f"{found['level']:.0%}",
    )
    yield Section(
        writer.heading("groups"),
        (verdict, explained, text("fairness.labels", writer.language)),
        tuple(heads),
        rows,
    )


def group_label(group: Document, language: Language) -> str:
    """Return the label of a group: attribute and value."""
    attribute = text(f"fairness.attributes.{group['attribute']}", language)
    value = group["value"]
    if value is None:
        value = text("fairness.unknown", language)
    elif group["attribute"] in ("contractor_size", "project_size"):
        value = text(f"fairness.sizes.{value}", language)
    elif group["attribute"] != "region" and language == "zh":
        value = TABLES["projects"].field(group["attribute"]).values.get(value, value)
    return text("card.colon", language, name=attribute, value=value)


def _compared(figure: Document, writer: CardWriter) -> str:
    shown = writer.format_estimate(figure["value"])
    if not figure["outside"]:
        return shown
    return f"{shown} **{text('fairness.' + figure['outside'], writer.language)}**"


def unfair_groups(evidence: Document, writer: CardWriter) -> str:
    """Return the groups that the gate found warned too little, joined; empty if there are none."""
    checks = evidence.get("gate", {}).get("checks", [])
    found = [
        group
        for check in checks
        if check["name"] == "fairness"
        for group in check["figures"]["groups"]
    ]
    return writer.text("and_more").join(
        writer.text(
            "groups.unfair_one",
            attribute=text(f"fairness.attributes.{group['attribute']}", writer.language),
            group=group["value"] or text("fairness.unknown", writer.language),
            figure=text(f"fairness.figures.{group['figure']}", writer.language),
        )
        for group in found
    )


def _gate(material: CardInput, writer: CardWriter) -> Iterator[Section]:
    gate = material.evidence.get("gate")
    if not gate:
        return
    result = writer.text("gate.passed" if gate["passed"] else "gate.failed")
    lines = (result, writer.code_text("card.gate.grounds", gate["grounds"]))
    heads = tuple(writer.text(f"gate.{name}") for name in ("check", "result", "figures"))
    rows = tuple(
        (
            writer.code_text("card.gate.checks", check["name"]),
            writer.text(_result_of(check)),
            _rests_on(check["figures"], writer),
        )
        for check in gate["checks"]
    )
    yield Section(writer.heading("gate"), lines, heads, rows)


def _result_of(check: Document) -> str:
    if check.get("undecided"):
        return "undecided"
    return "yes" if check["passed"] else "no"


def _rests_on(figures: Document, writer: CardWriter) -> str:
    parts = []
    for name, value in figures.items():
        if name == "months" or value in ([], None):
            continue
        if isinstance(value, Mapping) and "value" in value:
            shown = writer.format_estimate(value)
        elif isinstance(value, list) and value and isinstance(value[0], int | float):
            shown = " – ".join(f"{bound:g}" for bound in value)
        elif isinstance(value, list):
            shown = str(len(value))
        else:
            shown = f"{value:.3f}" if isinstance(value, float) else str(value)
        parts.append(
            writer.text("colon", name=writer.code_text("card.gate.names", name), value=shown)
        )
    return writer.text("and_more").join(parts)


def _limits(material: CardInput, writer: CardWriter) -> Section:
    return Section(
        writer.heading("limits"),
        tuple(
            f"- {limit}" for limit in known_limits(material.version.kind, material.about, writer)
        ),
    )


def _scorecard_limit(events: int) -> str:
    if events >= SCORECARD_BELOW:
        return "scorecard"
    return "scorecard_few" if events else "scorecard_none"


def known_limits(kind: str, about: Document, writer: CardWriter) -> Iterator[str]:
    """Return the known limits of a model of ``kind`` from the data stored with it."""
    evidence: Document = about.get("evidence") or {}
    events, rows, positives = about["events"], about["rows"], about["positives"]
    if about.get("stand_in"):
        yield _stand_in(about["stand_in"], writer)
    if kind == "scorecard":
        limit = _scorecard_limit(events)
        yield writer.text(f"limits.{limit}", events=events, least=SCORECARD_BELOW)
    elif events < _FEW_EVENTS:
        yield writer.text("limits.few_events", events=events)
    yield writer.text("limits.unlabelled")
    yield writer.text("limits.horizon", horizon=HORIZON_DAYS)
    if positives:
        yield writer.text(
            "limits.balance", share=f"{positives / rows:.1%}", positives=positives, rows=rows
        )
    else:
        yield writer.text("limits.balance_none")
    missing = about.get("missing_feeds") or []
    if missing:
        named = [TABLES[name].zh if writer.language == "zh" else name for name in missing]
        yield writer.text("limits.missing_feeds", tables=writer.text("and_more").join(named))
    if about["too_good"]:
        names = [str(feature["feature"]) for feature in about["too_good"]]
        yield writer.text("limits.too_good", features=writer.text("and_more").join(names))
    months = evidence.get("months") or []
    if not months:
        yield writer.text("limits.no_later_time")
    elif len(months) < _FEW_MONTHS:
        yield writer.text("limits.few_months", months=len(months))
    groups = (evidence.get("fairness") or {}).get("groups", [])
    few = sum(all(f["chance"] is None for f in group["figures"].values()) for group in groups)
    if few:
        yield writer.text("limits.groups_too_few", groups=few)
    if unfair_groups(evidence, writer):
        yield writer.text("limits.unfair")
    if evidence.get("gate") and not evidence["gate"]["passed"]:
        yield writer.text("limits.not_passed")


def _stand_in(found: Document, writer: CardWriter) -> str:
    names = (text(f"check.tables.{one['table']}", writer.language) for one in found["tables"])
    return writer.text(
        "limits.stand_in",
        as_of=found["as_of"],
        instead_of=found["instead_of"],
        tables=writer.text("and_more").join(names) or writer.text("none"),
        features=len(found["features"]),
    )


def _history(material: CardInput, writer: CardWriter) -> Section:
    changes = material.version.changes
    if not changes:
        return Section(writer.heading("history"), (writer.text("history.none"),))
    heads = tuple(writer.text(f"history.{name}") for name in ("at", "action", "who", "why"))
    rows = tuple(
        (
            change.at[:19].replace("T", " "),
            writer.text(
                f"history.{change.action}",
                version=change.version,
                before=writer.text("history.version", version=change.before)
                if change.before
                else writer.text("history.nobody"),
            ),
            change.who,
            change.why,
        )
        for change in changes
    )
    return Section(writer.heading("history"), (), heads, rows)


def _parameters(material: CardInput, writer: CardWriter) -> Section:
    rows = tuple((f"`{name}`", str(value)) for name, value in material.about["parameters"].items())
    return Section(
        writer.heading("parameters"), (), (writer.text("item"), writer.text("content")), rows
    )
