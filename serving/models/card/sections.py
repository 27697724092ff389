"""A model card as sections of sentences and tables, from what was stored with the version alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.feature_sets import FEATURE_SETS
from risk.calendar.dates import HORIZON_DAYS
from risk.contract import TABLES
from risk.locale import Language, catalogue, text

if TYPE_CHECKING:
    from models.registry import ModelVersion

Document = Mapping[str, Any]
Rows = Sequence[Sequence[str]]

TOP_FEATURES = 15
_FEW_EVENTS = 200
_FEW_MONTHS = 6


@dataclass(frozen=True)
class Section:
    """One part of the card: sentences, then a table, then sentences below it.

    ``plot`` says that the calibration is drawn here.
    """

    heading: str
    lines: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()
    plot: bool = False


@dataclass(frozen=True)
class Material:
    """What a card is made from; ``importance`` is each feature's share of the model's gain."""

    version: ModelVersion
    importance: Mapping[str, float]

    @property
    def about(self) -> Document:
        """What was stored with the version."""
        return self.version.about

    @property
    def evidence(self) -> Document:
        """What the gate was decided on; empty for a version from before evidence was kept."""
        found: Document = self.about.get("evidence") or {}
        return found


def sections(material: Material, language: Language) -> list[Section]:
    """The card of a version, part by part."""
    say = Sayer(language)
    parts = [
        _overview(material, say),
        _labels(material, say),
        *_features(material, say),
        *_metrics(material, say),
        *_calibration(material, say),
        *_groups(material, say),
        *_gate(material, say),
        _limits(material, say),
        _history(material, say),
        _parameters(material, say),
    ]
    return parts


@dataclass(frozen=True)
class Sayer:
    """Finds the card's wording in one language."""

    language: Language

    def __call__(self, key: str, **fields: Any) -> str:
        """The wording of ``card.<key>``."""
        return text(f"card.{key}", self.language, **fields)

    def heading(self, name: str) -> str:
        """The heading of a section."""
        return self(f"headings.{name}")

    def figure(self, one: Document | None, digits: int = 3) -> str:
        """An estimate with its interval, or without one where too few events tell."""
        if not one or one["value"] is None:
            return self("none")
        value = f"{one['value']:.{digits}f}"
        if one["low"] is None or one["high"] is None:
            return self("too_few", value=value)
        return self(
            "interval",
            value=value,
            low=f"{one['low']:.{digits}f}",
            high=f"{one['high']:.{digits}f}",
        )

    def word(self, key: str, code: str) -> str:
        """The wording of a code, or the code itself where there is none."""
        full = f"{key}.{code}"
        return text(full, self.language) if full in catalogue(self.language) else code


def _overview(material: Material, say: Sayer) -> Section:
    about, version = material.about, material.version
    span = say("none")
    if about["first_snapshot"]:
        span = say("facts.span_value", first=about["first_snapshot"], last=about["last_snapshot"])
    facts = {
        "kind": say.word("card.kinds", version.kind),
        "trained_at": str(about["trained_at"]),
        "span": span,
        "rows": f"{about['rows']:,}",
        "positives": f"{about['positives']:,}",
        "events": f"{about['events']:,}",
        "aliases": say("and_more").join(version.aliases) or say("none"),
        "digest": version.digest,
        "records_digest": str(about["records_digest"]),
    }
    rows = tuple((say(f"facts.{name}"), value) for name, value in facts.items())
    return Section(say.heading("overview"), (say("intro"),), (say("item"), say("content")), rows)


def _labels(material: Material, say: Sayer) -> Section:
    days = material.about["maturity_days"]
    lines = (
        say("labels.positive", horizon=HORIZON_DAYS),
        say("labels.negative", horizon=HORIZON_DAYS),
        say("labels.maturity", horizon=HORIZON_DAYS, days=days),
    )
    return Section(say.heading("labels"), lines)


def _features(material: Material, say: Sayer) -> Iterator[Section]:
    from models.registry import kind_of

    zh = say.language == "zh"
    asked = FEATURE_SETS[kind_of(material.version.version)]
    used = set(material.importance)
    families = Counter(
        (family.zh if zh else family.en)
        for family in asked.families
        for feature in family.features
        if feature.name in used
    )
    yield Section(
        say.heading("features"),
        (say("features.count", count=len(used)),),
        (say("features.family"), say("features.number")),
        tuple((name, str(count)) for name, count in families.items()),
    )
    named = {feature.name: feature.zh if zh else feature.en for feature in asked.features}
    top = sorted(material.importance.items(), key=lambda one: (-one[1], one[0]))[:TOP_FEATURES]
    yield Section(
        "",
        (say("features.top", count=len(top)),),
        (say("features.feature"), say("features.name"), say("features.share")),
        tuple(
            (f"`{name}`", named.get(name, say("features.gone")), f"{share:.1%}")
            for name, share in top
        ),
    )


def _metrics(material: Material, say: Sayer) -> Iterator[Section]:
    evidence = material.evidence
    if "figures" not in evidence:
        if material.about["metrics"]:
            rows = tuple(
                (name, f"{value:.4f}") for name, value in material.about["metrics"].items()
            )
            heads = (say("metrics.figure"), say("metrics.value"))
            yield Section(say.heading("metrics"), (say("metrics.plain"),), heads, rows)
        return
    months, shown = evidence["months"], ("roc_auc", "average_precision", "precision_capacity")
    lines = (
        say(
            "metrics.months",
            first=months[0],
            last=months[-1],
            months=len(months),
            places=evidence["places"],
        ),
        say("metrics.intervals"),
    )
    columns = [say("metrics.contender")]
    columns += [say.word("cli.backtest.figures", one) for one in shown]
    ranked = sorted(
        evidence["figures"].items(), key=lambda one: -(one[1]["average_precision"]["value"] or 0.0)
    )
    compared = [
        (say.word("cli.backtest.contenders", name), *(say.figure(figures[one]) for one in shown))
        for name, figures in ranked
    ]
    yield Section(say.heading("metrics"), lines, tuple(columns), tuple(compared))
    own = evidence["figures"]["model"]
    yield Section(
        "",
        (say("metrics.model"),),
        (say("metrics.figure"), say("metrics.value")),
        tuple(
            (say.word("cli.backtest.figures", name), say.figure(own[name]))
            for name in _ordered(own)
        ),
    )


def _ordered(figures: Document) -> list[str]:
    """Figures of the whole ranking first, then those of its top, by what is cut off."""
    whole = [name for name in ("base_rate", "roc_auc", "average_precision") if name in figures]
    return whole + sorted(set(figures) - set(whole), key=lambda name: name.split("_")[::-1])


def _calibration(material: Material, say: Sayer) -> Iterator[Section]:
    found = material.evidence.get("calibration")
    if not found:
        return
    figures = tuple(
        say("colon", name=say.word("cli.backtest.figures", name), value=say.figure(found[name]))
        for name in ("slope", "intercept", "ratio", "brier")
    )
    heads = tuple(say(f"calibration.{name}") for name in ("said", "observed", "rows", "events"))
    rows = tuple(
        (
            f"{one['mean_probability']:.3f}",
            say.figure(one["observed"]),
            str(one["rows"]),
            str(one["observed"]["positives"]),
        )
        for one in found["bins"]
    )
    yield Section(
        say.heading("calibration"), (*figures, say("calibration.caption")), heads, rows, plot=True
    )


def _groups(material: Material, say: Sayer) -> Iterator[Section]:
    found = material.evidence.get("fairness")
    if not found:
        return
    shown = ("selection_rate", "precision", "recall", "calibration")
    heads = [say(f"groups.{name}") for name in ("group", "rows", "events")]
    heads += [text(f"fairness.figures.{name}", say.language) for name in shown]
    rows = tuple(
        (
            group_of(group, say.language),
            str(group["rows"]),
            str(group["events"]),
            *(_compared(group["figures"][name], say) for name in shown),
        )
        for group in found["groups"]
    )
    too_little = _unfair_groups(material, say)
    verdict = (
        say("groups.verdict_unfair", groups=too_little)
        if too_little
        else say("groups.verdict_fair")
    )
    explained = text(
        "fairness.compared",
        say.language,
        comparisons=found["comparisons"],
        level=f"{found['level']:.0%}",
    )
    yield Section(
        say.heading("groups"),
        (verdict, explained, text("fairness.labels", say.language)),
        tuple(heads),
        rows,
    )


def group_of(group: Document, language: Language) -> str:
    """A group with what it is a group of."""
    attribute = text(f"fairness.attributes.{group['attribute']}", language)
    value = group["value"]
    if value is None:
        value = text("fairness.unknown", language)
    elif group["attribute"] in ("contractor_size", "project_size"):
        value = text(f"fairness.sizes.{value}", language)
    elif group["attribute"] != "region" and language == "zh":
        value = TABLES["projects"].field(group["attribute"]).values.get(value, value)
    return text("card.colon", language, name=attribute, value=value)


def _compared(figure: Document, say: Sayer) -> str:
    shown = say.figure(figure["value"])
    if not figure["outside"]:
        return shown
    return f"{shown} **{text('fairness.' + figure['outside'], say.language)}**"


def _unfair_groups(material: Material, say: Sayer) -> str:
    checks = material.evidence.get("gate", {}).get("checks", [])
    found = [
        group for one in checks if one["name"] == "fairness" for group in one["figures"]["groups"]
    ]
    return say("and_more").join(
        say(
            "groups.unfair_one",
            attribute=text(f"fairness.attributes.{one['attribute']}", say.language),
            group=one["value"] or text("fairness.unknown", say.language),
            figure=text(f"fairness.figures.{one['figure']}", say.language),
        )
        for one in found
    )


def _gate(material: Material, say: Sayer) -> Iterator[Section]:
    gate = material.evidence.get("gate")
    if not gate:
        return
    result = say("gate.passed" if gate["passed"] else "gate.failed")
    lines = (result, say.word("card.gate.grounds", gate["grounds"]))
    heads = tuple(say(f"gate.{name}") for name in ("check", "result", "figures"))
    rows = tuple(
        (
            say.word("card.gate.checks", one["name"]),
            say("yes" if one["passed"] else "no"),
            _rests_on(one["figures"], say),
        )
        for one in gate["checks"]
    )
    yield Section(say.heading("gate"), lines, heads, rows)


def _rests_on(figures: Document, say: Sayer) -> str:
    parts = []
    for name, value in figures.items():
        if name == "months" or value in ([], None):
            continue
        if isinstance(value, Mapping) and "value" in value:
            shown = say.figure(value)
        elif isinstance(value, list) and value and isinstance(value[0], int | float):
            shown = " – ".join(f"{one:g}" for one in value)
        elif isinstance(value, list):
            shown = str(len(value))
        else:
            shown = f"{value:.3f}" if isinstance(value, float) else str(value)
        parts.append(say("colon", name=say.word("card.gate.names", name), value=shown))
    return say("and_more").join(parts)


def _limits(material: Material, say: Sayer) -> Section:
    return Section(say.heading("limits"), tuple(f"- {one}" for one in _known_limits(material, say)))


def _known_limits(material: Material, say: Sayer) -> Iterator[str]:
    about, evidence = material.about, material.evidence
    events, rows, positives = about["events"], about["rows"], about["positives"]
    if material.version.kind == "scorecard":
        yield say("limits.scorecard", events=events)
    elif events < _FEW_EVENTS:
        yield say("limits.few_events", events=events)
    yield say("limits.unlabelled")
    yield say("limits.horizon", horizon=HORIZON_DAYS)
    if positives:
        yield say("limits.balance", share=f"{positives / rows:.1%}", positives=positives, rows=rows)
    else:
        yield say("limits.balance_none")
    missing = about.get("missing_feeds") or []
    if missing:
        named = [TABLES[name].zh if say.language == "zh" else name for name in missing]
        yield say("limits.missing_feeds", tables=say("and_more").join(named))
    if about["too_good"]:
        names = [str(one["feature"]) for one in about["too_good"]]
        yield say("limits.too_good", features=say("and_more").join(names))
    months = evidence.get("months") or []
    if not months:
        yield say("limits.no_later_time")
    elif len(months) < _FEW_MONTHS:
        yield say("limits.few_months", months=len(months))
    groups = (evidence.get("fairness") or {}).get("groups", [])
    few = sum(all(f["chance"] is None for f in group["figures"].values()) for group in groups)
    if few:
        yield say("limits.groups_too_few", groups=few)
    if _unfair_groups(material, say):
        yield say("limits.unfair")
    if evidence.get("gate") and not evidence["gate"]["passed"]:
        yield say("limits.not_passed")


def _history(material: Material, say: Sayer) -> Section:
    changes = material.version.changes
    if not changes:
        return Section(say.heading("history"), (say("history.none"),))
    heads = tuple(say(f"history.{name}") for name in ("at", "action", "who", "why"))
    rows = tuple(
        (
            one.at[:19].replace("T", " "),
            say(
                f"history.{one.action}",
                version=one.version,
                before=say("history.version", version=one.before)
                if one.before
                else say("history.nobody"),
            ),
            one.who,
            one.why,
        )
        for one in changes
    )
    return Section(say.heading("history"), (), heads, rows)


def _parameters(material: Material, say: Sayer) -> Section:
    rows = tuple((f"`{name}`", str(value)) for name, value in material.about["parameters"].items())
    return Section(say.heading("parameters"), (), (say("item"), say("content")), rows)
