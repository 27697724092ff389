"""A backtest report as sentences and tables, for the terminal and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from features.feature_sets import FEATURE_SETS
from risk.contract import TABLES
from risk.locale import Language, text
from risk.unit_kinds import Kind
from training.evaluation.ablation import FamilyEffect
from training.evaluation.ablation import as_document as worths_document
from training.evaluation.backtest import Backtest, as_document
from training.evaluation.baselines import OWN_RULES
from training.evaluation.bootstrap import MIN_EVENTS_FOR_INTERVAL, Estimate
from training.evaluation.challengers import CHALLENGER
from training.evaluation.fairness import FIGURES as GROUP_FIGURES
from training.evaluation.fairness import Group
from training.evaluation.flag_grades import FIGURES as GRADE_FIGURES
from training.evaluation.operational_gain import Gain
from training.evaluation.report import RankingReport
from training.evaluation.sample_size import visits_for_width
from training.evaluation.visit_reordering import ReorderedVisits
from training.json_safe import to_json_safe
from training.promotion.gate import Decision

_RANKING = (
    *("roc_auc", "average_precision"),
    *("precision_capacity", "recall_capacity", "lift_capacity"),
)
_COMPARED = ("roc_auc", "average_precision", "precision_capacity")
_SHARES = ("precision_5pct", "precision_10pct", "precision_20pct", "recall_10pct", "lift_10pct")
_PROBABILITY = (
    *("slope", "intercept", "ratio", "brier"),
    *("brier_reliability", "brier_resolution", "brier_uncertainty"),
)
_TIED = ("precision_capacity", "precision_10pct")
_GAINS = ("events", "workers", "amount", "weeks_early", "mean_days_early")
_VISITS = ("visits", "nothing_owed", "nobody_looked")
_HALF_WIDTHS = (0.05, 0.03)
_FEN_PER_WAN = 1_000_000


@dataclass(frozen=True)
class Part:
    """Sentences with a table below them; no table without rows."""

    lines: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def documents(
    done: Backtest,
    worths: Sequence[FamilyEffect] | None,
    judged: Mapping[str, Decision] = MappingProxyType({}),
) -> Mapping[str, Any]:
    """Return the backtest, with the gate's decisions on challengers, as one JSON document."""
    document = dict(as_document(done))
    if worths is not None:
        document["ablation"] = worths_document(worths)
    if judged:
        document["challengers"] = to_json_safe({name: asdict(one) for name, one in judged.items()})
    return document


def challenger_part(judged: Mapping[str, Decision], language: Language) -> Part:
    """Return the gate's decision on each challenger."""
    return Part(
        tuple(
            text(
                "card.challengers.verdict",
                language,
                name=name,
                verdict=text(f"card.gate.{'passed' if one.passed else 'failed'}", language),
                grounds=text(f"card.challengers.{one.grounds}", language),
            )
            for name, one in judged.items()
        )
    )


def backtest_parts(done: Backtest, language: Language) -> list[Part]:
    """Return the parts of the whole report."""
    write = _Writer(language)
    return [
        _span(write, done),
        write.figures(done.reports, _RANKING),
        write.figures(done.reports, _SHARES),
        difference_part(done.differences, language),
        _ties(write, done.reports),
        _probabilities(write, done.reports),
        gain_part(done.gain, language),
        _own_rules(write, done),
        reordered_part(done.reordered, language),
        _random_visits(write, done),
        _flag_grades(write, done),
        _groups(write, done),
    ]


def worth_part(worths: Sequence[FamilyEffect], language: Language, kind: Kind) -> Part:
    """Return the effect of each feature family, worded for units of ``kind``."""
    write = _Writer(language)
    rows = [
        (
            _family(one.family, language, kind),
            write.shown(one.average_precision, signed=True),
            write.shown(one.roc_auc, signed=True),
        )
        for one in worths
    ]
    heads = [write.say(f"ablation.{name}") for name in ("family", "average_precision", "roc_auc")]
    return Part((write.say("ablation.title"),), tuple(heads), tuple(rows))


def difference_part(differences: Mapping[str, Mapping[str, Estimate]], language: Language) -> Part:
    """Return the model's figures minus those of each other contender."""
    write = _Writer(language)
    rows = [
        (
            write.say("minus", contender=write.name(name)),
            *(write.shown(one[figure], signed=True) for figure in _COMPARED),
        )
        for name, one in differences.items()
    ]
    heads = (write.say("difference"), *map(write.heading, _COMPARED))
    return Part((write.say("differences"),), heads, tuple(rows))


def gain_part(gain: Gain, language: Language) -> Part:
    """Return what each way of choosing visits reached, and how the days early are counted."""
    write = _Writer(language)
    columns = (*_GAINS, *_VISITS)
    rows = [
        (write.way(way), *(_amounts(write, figures, name) for name in columns))
        for way, figures in gain.ways.items()
    ]
    rows += [
        (
            write.say("ahead", way=write.way(way)),
            *(_amounts(write, figures, name, signed=True) for name in columns),
        )
        for way, figures in gain.ahead.items()
    ]
    heads = (write.say("way"), *(write.say(f"gains.{name}") for name in columns))
    title = write.say("gains.title", events=gain.events, known=f"{gain.known_stakes:.0%}")
    return Part((title, write.say("gains.dated")), heads, tuple(rows))


def reordered_part(reordered: Mapping[str, ReorderedVisits], language: Language) -> Part:
    """Return a sentence on the visits really made in the order of each contender."""
    write = _Writer(language)
    lines = [
        write.say(
            "reordered",
            way=write.way(way),
            visits=one.visits,
            found=one.found,
            days=write.shown(one.days_sooner, 1, signed=True),
            half=write.shown(one.first_half, 2),
            made=f"{one.made_first_half.value:.2f}",
        )
        for way, one in reordered.items()
        if one.found
    ]
    visits = max((one.visits for one in reordered.values()), default=0)
    if visits and not lines:
        lines = [write.say("none_found", visits=visits)]
    return Part(tuple(lines))


@dataclass(frozen=True)
class _Writer:
    language: Language

    def say(self, key: str, **fields: Any) -> str:
        return text(f"cli.backtest.{key}", self.language, **fields)

    def name(self, contender: str) -> str:
        if contender.startswith(OWN_RULES):
            return contender.removeprefix(OWN_RULES)
        if contender.startswith(CHALLENGER):
            return contender.removeprefix(CHALLENGER)
        return self.say(f"contenders.{contender}")

    def way(self, way: str) -> str:
        return self.name(way) if way.startswith(OWN_RULES) else self.say(f"ways.{way}")

    def heading(self, figure: str) -> str:
        return self.say(f"figures.{figure}")

    def shown(self, figure: Estimate, digits: int = 3, *, signed: bool = False) -> str:
        return shown(figure, self.language, digits, signed=signed)

    def figures(self, reports: Mapping[str, RankingReport], columns: Sequence[str]) -> Part:
        rows = [
            (self.name(name), *(self.shown(one.figures[column]) for column in columns))
            for name, one in reports.items()
        ]
        return Part((), (self.say("contender"), *map(self.heading, columns)), tuple(rows))


def _span(write: _Writer, done: Backtest) -> Part:
    planned, months = done.walk.plan, done.walk.months
    lines = [
        write.say(
            "span",
            first=planned.months[0],
            last=planned.months[-1],
            months=len(months),
            rows=sum(month.cohort for month in months),
            events=sum(month.events for month in months),
            places=done.capacity,
            known_until=planned.known_until,
        ),
        write.say("intervals"),
    ]
    if done.gain.events < MIN_EVENTS_FOR_INTERVAL:
        lines.append(write.say("few", events=done.gain.events, least=MIN_EVENTS_FOR_INTERVAL))
    if planned.not_mature:
        named = ", ".join(day.isoformat() for day in planned.not_mature)
        lines.append(write.say("not_mature", months=named))
    return Part(tuple(lines))


def _ties(write: _Writer, reports: Mapping[str, RankingReport]) -> Part:
    rows = [
        (
            write.name(name),
            *(f"{one.ties[cut].worst:.3f} – {one.ties[cut].best:.3f}" for cut in _TIED),
            f"{one.labelled['capacity']:.0%}",
        )
        for name, one in reports.items()
    ]
    heads = [write.say("ties", figure=write.heading(cut)) for cut in _TIED]
    return Part((), (write.say("contender"), *heads, write.say("labelled")), tuple(rows))


def _probabilities(write: _Writer, reports: Mapping[str, RankingReport]) -> Part:
    rows = [
        (write.name(name), *(write.shown(getattr(one.reliability, c), 4) for c in _PROBABILITY))
        for name, one in reports.items()
        if one.reliability is not None
    ]
    return Part((), (write.say("contender"), *map(write.heading, _PROBABILITY)), tuple(rows))


def _own_rules(write: _Writer, done: Backtest) -> Part:
    """Whether the model is better than each rule set of the office."""
    own = {name: one for name, one in done.differences.items() if name.startswith(OWN_RULES)}
    return Part(
        tuple(
            write.say(
                f"own_rules.{_verdict(one['average_precision'])}",
                name=write.name(name),
                precision=write.shown(one["average_precision"], signed=True),
                events=_amounts(write, done.gain.ahead[name], "events", signed=True),
            )
            for name, one in own.items()
        )
    )


def _verdict(difference: Estimate) -> str:
    if difference.low is None or difference.high is None:
        return "too_few"
    if difference.low > 0:
        return "beaten"
    return "ahead" if difference.high < 0 else "level"


def _amounts(
    write: _Writer, figures: Mapping[str, Estimate], name: str, *, signed: bool = False
) -> str:
    one = figures[name]
    if name == "amount":
        low, high = (None if end is None else end / _FEN_PER_WAN for end in (one.low, one.high))
        wan = Estimate(one.value / _FEN_PER_WAN, low, high, one.positives)
        return write.shown(wan, 0, signed=signed)
    return write.shown(one, 1 if name == "mean_days_early" else 0, signed=signed)


def _random_visits(write: _Writer, done: Backtest) -> Part:
    found = done.random_visits
    if not found.visits:
        return Part((write.say("random.none"),))
    sentence = write.say(
        "random.rates",
        visits=found.visits,
        base=write.shown(found.base_rate),
        known=write.shown(found.known_rate),
        precision=write.shown(found.precision),
        elsewhere=write.shown(found.elsewhere),
    )
    rate = found.known_rate if found.base_rate.too_few else found.base_rate
    if not 0 < rate.value < 1:
        return Part((sentence,))
    needed = [visits_for_width(rate.value, width) for width in _HALF_WIDTHS]
    advice = write.say("random.advice", rate=f"{rate.value:.3f}", wide=needed[0], narrow=needed[1])
    return Part((sentence, advice))


def _flag_grades(write: _Writer, done: Backtest) -> Part:
    rows = [
        (
            write.say(f"flags.grades.{name}"),
            *(write.shown(getattr(one, figure)) for figure in GRADE_FIGURES),
        )
        for name, one in done.flag_grades.items()
    ]
    heads = [write.say(f"flags.{name}") for name in ("grade", *GRADE_FIGURES)]
    return Part((write.say("flags.title"),), tuple(heads), tuple(rows))


def _groups(write: _Writer, done: Backtest) -> Part:
    found = done.fairness
    rows = [
        (
            text(f"fairness.attributes.{group.attribute}", write.language),
            group_name(group, write.language),
            str(group.rows),
            str(group.events),
            *(_group_figure(write, group, name) for name in GROUP_FIGURES),
        )
        for group in found.groups
    ]
    heads = [write.say(f"groups.{name}") for name in ("attribute", "group", "rows", "events")]
    heads += [text(f"fairness.figures.{name}", write.language) for name in GROUP_FIGURES]
    note = text(
        "fairness.compared", write.language, comparisons=found.comparisons, level=found.level
    )
    labels = text("fairness.labels", write.language)
    return Part((write.say("groups.title"), note, labels), tuple(heads), tuple(rows))


def shown(figure: Estimate, language: Language, digits: int = 3, *, signed: bool = False) -> str:
    """Return an estimate with its interval, or a note that there are too few events."""
    form = f"{'+' if signed else ''},.{digits}f"
    if figure.value != figure.value:
        return text("cli.backtest.none", language)
    if figure.low is None or figure.high is None:
        return text("cli.backtest.too_few", language, value=format(figure.value, form))
    return f"{figure.value:{form}} ({figure.low:{form}} – {figure.high:{form}})"


def group_name(group: Group, language: Language) -> str:
    """Return the label of a group."""
    if group.value is None:
        return text("fairness.unknown", language)
    if group.bounds is not None:
        return text(f"fairness.sizes.{group.value}", language)
    if group.attribute == "region":
        return group.value
    values = TABLES["projects"].field(group.attribute).values
    return values[group.value] if language == "zh" else group.value.replace("_", " ")


def _family(name: str, language: Language, kind: Kind) -> str:
    family = next(one for one in FEATURE_SETS[kind].families if one.name == name)
    return family.zh if language == "zh" else family.en


def _group_figure(write: _Writer, group: Group, name: str) -> str:
    figure = group.figures[name]
    shown = write.shown(figure.value)
    if figure.outside is None:
        return shown
    return f"{shown} {text(f'fairness.{figure.outside}', write.language)}"
