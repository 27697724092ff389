"""Complaint linkage: speed on 50,000 complaints and projects, and precision on simulated truth.

Usage: python -m benchmarks.linkage [COMPLAINTS [PROJECTS]]
       python -m benchmarks.linkage right SEED [SEED...]

The first form makes that many projects with invented names and complaints with damaged names, and
links them as the service does and by the plain loop, rapidfuzz's ``extractOne`` over all project
names for each complaint. The loop runs on a sample of 300 and its time is scaled up. The second
form links simulated counties and compares with their hidden truth; use other seeds than those the
shipped weights were trained on (``training/linkage/train_weights.py``).
"""

from __future__ import annotations

import csv
import datetime as dt
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from models.linkage import link_complaints
from models.linkage.conditional_logit import shipped_weights
from models.linkage.linker import match_probabilities
from models.linkage.normalise import core_name
from models.linkage.snapshot import Candidate, ComplaintText
from risk.intake.importer import import_paths
from risk.simulator import names as words
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.linkage.evaluate import Answer, Share, answers_of, by_damage, calibration_table

_SYLLABLES = "青澄朗沐霁溪岚禾砚槐柏榆桐荻苇川原岭屿坪垚峦陌汀埠栈桥渡舟帆云石沙柳东北南松荷塘湾"
_SAMPLE = 300
_DAY = dt.date(2025, 6, 1)
_AS_OF = dt.date(2026, 1, 1)


def simulated_complaints(
    complaints: int, projects: int
) -> tuple[list[ComplaintText], list[Candidate], list[int]]:
    """Projects, complaints about them, and the index of the project of each complaint."""
    rng = np.random.default_rng(7)
    works = [work for group in words.WORKS.values() for work in group]

    def word(count: int) -> str:
        return "".join(_SYLLABLES[i] for i in rng.integers(0, len(_SYLLABLES), count))

    firms = [f"{word(3)}{words.CONTRACTORS[i % 4]}有限公司" for i in range(max(projects // 5, 1))]
    targets = []
    for number in range(projects):
        name = f"{word(3)}{works[number % len(works)]}{words.STAGES[rng.integers(5)]}"
        firm = firms[rng.integers(len(firms))]
        targets.append(Candidate(f"P{number}", "990101", (name,), (firm,), dt.date(2024, 1, 1)))
    about = rng.integers(0, projects, complaints).tolist()
    complaint_texts = []
    for number, which in enumerate(about):
        target = targets[which]
        kind = words.NAME_ERRORS[rng.integers(len(words.NAME_ERRORS))]
        site = words.distort_name(rng, target.names[0], kind, words.SITE_ENDINGS)
        firm = words.shorten_name(rng, target.firms[0], words.FIRM_ENDINGS)
        firm = firm if rng.random() < 0.4 else words.foreman(rng)
        complaint_texts.append(
            ComplaintText(f"T{number}", _DAY, site, firm, None, None, None, None)
        )
    return complaint_texts, targets, about


def compare_speed(complaints: int, projects: int) -> None:
    """Print time, memory and share of right first candidates, by linkage and by the loop."""
    from rapidfuzz import fuzz, process

    complaint_texts, targets, about = simulated_complaints(complaints, projects)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    pairs, likely = match_probabilities(complaint_texts, targets, shipped_weights("project"))
    ours = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    best = likely[:, :-1].argmax(axis=1)
    first = np.take_along_axis(pairs.candidates, best[:, None], 1).ravel()
    sure = likely[:, :-1].max(axis=1) >= 0.9
    right = first == np.array(about)
    names = [core_name(target.names[0]) for target in targets]
    sample = min(_SAMPLE, complaints)
    print(f"{complaints:,} complaints, {projects:,} projects")
    print(f"linking      {ours:8.0f} s   first right {right.mean():.3f}", end="")
    print(f"   sure {sure.mean():.3f}, right of these {right[sure].mean():.3f}")
    print(f"memory       {before:.0f} MB before, {peak:.0f} MB at most")
    for scorer in (fuzz.WRatio, fuzz.ratio):
        start = time.perf_counter()
        plain = [
            process.extractOne(core_name(one.site), names, scorer=scorer)[2] == which
            for one, which in zip(complaint_texts[:sample], about[:sample], strict=True)
        ]
        loop = (time.perf_counter() - start) * complaints / sample
        print(f"loop {scorer.__name__:7} {loop:8.0f} s   first right {np.mean(plain):.3f}", end="")
        print(f"   {loop / ours:.1f} times as long ({sample} scaled up)")


def evaluate(seeds: list[int]) -> None:
    """Precision and recall by kind of damage over simulated counties."""
    answers: dict[str, list[Answer]] = {"projects": [], "organisations": []}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            simulate(folder / "records", projects=1000, months=36, seed=seed, truth=True)
            workspace = Workspace(folder / "workspace")
            import_paths(workspace, [folder / "records"], today=_AS_OF)
            with RecordStore(workspace.records, read_only=True) as store:
                found = link_complaints(store, _AS_OF, days=3 * 365).complaints
            path = folder / "records" / "truth" / "complaint_links.csv"
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        for kind, key in (("projects", "project_id"), ("organisations", "org_id")):
            damage = "site_damage" if kind == "projects" else "firm_damage"
            truths = {row["complaint_id"]: (row[key] or None, row[damage]) for row in rows}
            answers[kind] += answers_of(found, truths, kind)
    for kind, given in answers.items():
        print(f"\n{kind}: sure (0.9) precision, recall; first candidate right")
        for damage, one in by_damage(given).items():
            shares = (one.confident_precision, one.confident_recall, one.first_right)
            print(f"| {damage} | " + " | ".join(_shown(share) for share in shares) + " |")
        for low, high, share in calibration_table(given):
            print(f"| {low:.1f} to {high:.1f} | {_shown(share)} |")


def _shown(share: Share) -> str:
    if not share.of:
        return "0 of 0"
    return f"{share.right / share.of:.2f} ({share.low:.2f}-{share.high:.2f}) of {share.of}"


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["right"]:
        evaluate([int(one) for one in sys.argv[2:]])
        return
    sizes = [int(one) for one in sys.argv[1:]]
    complaints = sizes[0] if sizes else 50_000
    compare_speed(complaints, sizes[1] if len(sizes) > 1 else complaints)


if __name__ == "__main__":
    main()
