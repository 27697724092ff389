"""Complaints: who complains, when, and the text the authority records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator import names as words
from risk.simulator.cases import Claim
from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.debts import Debts
from risk.simulator.parameters import Parameters
from risk.simulator.world import EMPTY, Bools, Floats, Texts, World

CHANNELS = ("hotline_12333", "hotline_12345", "online", "visit", "petition", "other")
_NAME_ERROR_SHARES = (0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)  # of words.NAME_ERRORS
_OLD_NAME_SHARE = 0.4  # of callers who name a renamed firm


@dataclass(frozen=True)
class Complaint:
    """Complaint; outside construction ``project`` is EMPTY and ``org`` is the employer."""

    day: int
    project: int
    org: int
    named: bool
    claim: Claim


def complaint_chances(p: Parameters, debts: Debts, milestone: Bools, season: float) -> Floats:
    """Probability that the workers of each project complain this month."""
    pain = (debts.head() / p.complaint_head) ** p.complaint_power * np.sqrt(
        debts.workers / p.complaint_crew
    )
    wait = np.where(milestone, p.complaint_custom, 1.0)
    rate = p.complaint_rate * season * wait * np.minimum(pain, 6.0)
    return np.asarray(1.0 - np.exp(-rate), dtype=np.float64)


def true_claim(rng: np.random.Generator, p: Parameters, workers: int, amount: float) -> Claim:
    """Claim of some or all workers who are owed; a share of the claims is inflated."""
    share = 1.0 if rng.random() < 0.4 else float(rng.uniform(0.3, 1.0))
    heads = max(1, round(workers * share))
    blown = float(rng.uniform(1.3, 2.2)) if rng.random() < p.inflated_share else 1.0
    return Claim(heads, round(amount / workers * heads * blown, 0), True)


def false_claim(rng: np.random.Generator) -> Claim:
    """Claim without unpaid wages: project money claimed as wages, or a dispute over quantities."""
    heads = 1 + int(rng.exponential(6.0))
    return Claim(heads, round(heads * float(rng.lognormal(9.2, 0.5)), 0), False)


def employer_claim(rng: np.random.Generator) -> Claim:
    """Claim against a shop or factory."""
    heads = 1 + int(rng.exponential(5.0))
    amount = round(heads * float(rng.lognormal(9.0, 0.4)), 0)
    return Claim(heads, amount, bool(rng.random() < 0.8))


def complaint_ids(complaints: list[Complaint]) -> Texts:
    """Complaint ids from the month and the position in the list."""
    days = np.array([c.day for c in complaints], dtype="datetime64[D]")
    stamps = np.datetime_as_string(days.astype("datetime64[M]")).tolist()
    return np.array(
        [f"TS{s.replace('-', '')}{i + 1:05d}" for i, s in enumerate(stamps)], dtype=np.str_
    )


@dataclass(frozen=True)
class ComplaintText:
    """Text of a complaint in the caller's words, and the kind of error in each name."""

    site: str
    firm: str
    story: str
    site_damage: str
    firm_damage: str


@dataclass(frozen=True)
class Names:
    """Names of projects and organisations; ``old`` has former names, or ''."""

    projects: Texts
    organisations: Texts
    old: Texts


def complaint_frame(world: World, complaints: list[Complaint], ids: Texts, names: Names) -> Frame:
    """Rows of the ``complaints`` table; ``ids`` are project ids."""
    rng, p = world.stream("complaint-records"), world.parameters
    count = len(complaints)
    project = np.array([c.project for c in complaints], dtype=np.int64)
    named = np.array([c.named for c in complaints], dtype=np.bool_)
    texts = _texts(world, rng, complaints, names)
    received = np.array([c.day for c in complaints], dtype=np.int64)
    workers = np.array([c.claim.workers for c in complaints], dtype=np.int64)
    amount = np.array([round(c.claim.amount * 100) for c in complaints], dtype=np.int64)
    frame: Frame = {
        "complaint_id": complaint_ids(complaints),
        "received_on": received,
        "channel": np.array(CHANNELS)[rng.choice(6, count, p=p.complaint_channels)],
        "project_id": np.where(named & (project != EMPTY), ids[project], ""),
        "project_text": np.array([item.site for item in texts], dtype=np.str_),
        "employer_text": np.array([item.firm for item in texts], dtype=np.str_),
        "workers": np.where(rng.random(count) < 0.08, EMPTY, workers),
        "amount_claimed": np.where(rng.random(count) < 0.12, EMPTY, amount),
        "text": np.array([item.story for item in texts], dtype=np.str_),
        "known_at": received + rng.integers(0, 3, count),
    }
    traced = np.flatnonzero(~named & (project != EMPTY) & (rng.random(count) < p.traced_share))
    later = select_rows(frame, traced)
    later["project_id"] = ids[project[traced]]
    later["known_at"] = later["known_at"] + rng.integers(5, 40, len(traced))
    return concat(frame, later)


def complaint_texts(world: World, complaints: list[Complaint], names: Names) -> list[ComplaintText]:
    """Texts of the complaints as recorded, for the hidden truth."""
    return _texts(world, world.stream("complaint-records"), complaints, names)


def _texts(
    world: World, rng: np.random.Generator, complaints: list[Complaint], names: Names
) -> list[ComplaintText]:
    spoken = [_spoken_texts(rng, c, names.projects, names.organisations) for c in complaints]
    errors = world.stream("complaint-damage")
    return [_with_name_errors(errors, c, s, names) for c, s in zip(complaints, spoken, strict=True)]


def _with_name_errors(
    rng: np.random.Generator, complaint: Complaint, spoken: tuple[str, str, str], names: Names
) -> ComplaintText:
    """Text with shortened names as spoken, or with another kind of error in their place."""
    site, firm, story = spoken
    site_kind, firm_kind = rng.choice(words.NAME_ERRORS, 2, p=_NAME_ERROR_SHARES)
    if site == "":
        site_kind = "empty"
    elif site_kind != "cut":
        # Projects are never renamed.
        site_kind = "suffix" if site_kind == "old_name" else site_kind
        name = str(names.projects[complaint.project])
        site = words.distort_name(rng, name, str(site_kind), words.SITE_ENDINGS)
    if firm == "":
        firm_kind = "empty"
    elif words.is_foreman(firm):
        firm_kind = "foreman"
    elif names.old[complaint.org] and rng.random() < _OLD_NAME_SHARE:
        firm_kind = "old_name"
        firm = words.distort_name(rng, str(names.old[complaint.org]), firm_kind, words.FIRM_ENDINGS)
    elif firm_kind != "cut":
        firm_kind = "suffix" if firm_kind == "old_name" else firm_kind
        name = str(names.organisations[complaint.org])
        firm = words.distort_name(rng, name, str(firm_kind), words.FIRM_ENDINGS)
    return ComplaintText(site, firm, story, str(site_kind), str(firm_kind))


def _spoken_texts(
    rng: np.random.Generator, complaint: Complaint, titles: Texts, names: Texts
) -> tuple[str, str, str]:
    """Site name, employer name and story in the caller's words."""
    months = int(rng.integers(1, 6))
    if complaint.project == EMPTY:
        stories, site = words.OTHER_CLAIMS, ""
        firm = words.shorten_name(rng, str(names[complaint.org]), words.FIRM_ENDINGS)
    else:
        stories = words.CLAIMS if complaint.claim.true else words.FALSE_CLAIMS
        vague = rng.random() < (0.1 if complaint.named else 0.35)
        site = (
            ""
            if vague
            else words.shorten_name(rng, str(titles[complaint.project]), words.SITE_ENDINGS)
        )
        known = rng.random() < 0.4
        firm = (
            words.shorten_name(rng, str(names[complaint.org]), words.FIRM_ENDINGS)
            if known
            else words.foreman(rng)
        )
    story = stories[int(rng.integers(len(stories)))]
    return site, firm, story.format(n=complaint.claim.workers, m=months)
