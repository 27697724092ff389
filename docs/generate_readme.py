"""The figures of README.md, taken from the pages of evidence so that none is typed by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BACKTEST = HERE / "evidence" / "backtest.md"
REAL_DATA = HERE / "evidence" / "real-data.md"
SPEED = HERE / "evidence" / "speed.md"
MODEL, REGRESSION, RULES, CHANCE = ("model", "logistic regression", "rules in use", "random order")
_PRECISION = "precision of list"
_NUMBER = re.compile(r"([+-]?[\d.,]+)(?: \(([+-]?[\d.,]+) – ([+-]?[\d.,]+)\))?")


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def share(self) -> str:
        """As a percentage: ``13 % (9-17)``."""
        return f"{_percent(self.value)} % ({_percent(self.low)}-{_percent(self.high)})"

    @property
    def count(self) -> str:
        """As whole numbers with a sign: ``-31 (-52 to -14)``."""
        return f"{self.value:+.0f} ({self.low:+.0f} to {self.high:+.0f})"


def readme() -> str:
    """README.md with the present figures between its markers."""
    text = README.read_text(encoding="utf-8")
    for name, made in (("figures", figures()), ("limits", limits())):
        start, end = f"<!-- {name}: written by make docs -->\n", f"<!-- end of {name} -->"
        before, found, rest = text.partition(start)
        if not found or end not in rest:
            raise ValueError(f"README.md has no markers of {name}")
        text = f"{before}{start}{made}{end}{rest.partition(end)[2]}"
    return text


def figures() -> str:
    """The table that answers whether it works."""
    synthetic, real = precision(BACKTEST), precision(REAL_DATA)
    projects, payments, seconds, memory = scoring()
    rows = [
        ("Does it work?", "Wagewatch", "rules in use", "at random"),
        ("---",) * 4,
        (
            "[Synthetic prefecture](docs/evidence/backtest.md), 24 months: of 20 sites listed each"
            " month, owed wages",
            f"**{synthetic[MODEL].share}**",
            synthetic[RULES].share,
            synthetic[CHANCE].share,
        ),
        (
            "[Wage complaints of Washington State](docs/evidence/real-data.md), real, 12 months:"
            " of 20 employers listed each month",
            f"**{real[MODEL].share}**",
            real[RULES].share,
            real[CHANCE].share,
        ),
        (
            f"[Scoring](docs/evidence/speed.md) {projects} sites with {payments} payments on two"
            " cores",
            f"**{seconds} s, {memory} GB**",
            "",
            "",
        ),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def limits() -> str:
    """What the same pages show against it."""
    reached = gain()
    difference = reached["this list minus actual visits"]
    synthetic, real = precision(BACKTEST), precision(REAL_DATA)
    return (
        f"- As many visits as were really made would have reached {reached['this list'].value:.0f}"
        f" arrears events by the list, {reached[RULES].value:.0f} by the rules in use; the real"
        f" visits reached {reached['actual visits'].value:.0f}: {difference.count} events"
        " (synthetic prefecture).\n"
        "- Mean probability over event rate, 1 where probabilities are right:"
        f" {_calibration(BACKTEST)} on the prefecture, {_calibration(REAL_DATA)} on Washington.\n"
        f"- Lead of the prefecture's list in percentage points: {_lead(RULES)} over the rules in"
        f" use, {_lead(REGRESSION)} over logistic regression; an interval that holds 0 shows"
        " none.\n"
        f"- Of the sites that logistic regression lists {synthetic[REGRESSION].share} owe wages on"
        f" the prefecture, {real[REGRESSION].share} on Washington.\n"
    )


def precision(page: Path) -> dict[str, Estimate]:
    """Precision of the list by contender, from the first table of a page that has it."""
    return _column(page, "ranked by", _PRECISION)


def gain() -> dict[str, Estimate]:
    """Events reached at equal visits, by order."""
    return _column(BACKTEST, "order", "events reached")


def _lead(contender: str) -> str:
    """How much more of the list owes wages than of the list of ``contender``."""
    lead = _column(BACKTEST, "difference", _PRECISION)[f"model minus {contender}"]
    low, high = (f"{100 * end:+.1f}" for end in (lead.low, lead.high))
    return f"{100 * lead.value:+.1f} ({low} to {high})"


def _calibration(page: Path) -> str:
    """Mean probability over the event rate of the model, with its interval."""
    ratio = _column(page, "ranked by", "mean probability / event rate")[MODEL]
    return f"{ratio.value:.2f} ({ratio.low:.2f}-{ratio.high:.2f})"


def scoring() -> tuple[str, str, str, str]:
    """Projects, payments in millions, seconds and GB of scoring a province."""
    text = SPEED.read_text(encoding="utf-8").partition("### province")[2]
    found = re.search(r"\| ([\d,]+) projects, score: peak \| ([\d,]+) \|", text)
    seconds = re.search(r"projects, score: seconds \| ([\d.,]+) \|", text)
    payments = re.search(r"projects: payments \| ([\d,]+) \|", text)
    if not (found and seconds and payments):
        raise ValueError("docs/evidence/speed.md has no figures of scoring a province")
    millions = f"{_float(payments[1]) / 1e6:.0f} million"
    return found[1], millions, f"{_float(seconds[1]):.0f}", f"{_float(found[2]) / 1000:.1f}"


def _column(page: Path, first: str, heading: str) -> dict[str, Estimate]:
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        cells = _cells(line)
        if cells[0] == first and heading in cells:
            place = cells.index(heading)
            rows = (_cells(row) for row in lines[number + 2 :])
            found = {}
            for row in rows:
                if len(row) != len(cells):
                    return found
                found[row[0]] = _estimate(row[place])
    raise ValueError(f"{page.name} has no table of {heading}")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _estimate(cell: str) -> Estimate:
    found = _NUMBER.fullmatch(cell)
    if found is None:
        raise ValueError(f"no figure with an interval: {cell}")
    value, low, high = (_float(part) if part else 0.0 for part in found.groups())
    return Estimate(value, low, high)


def _float(number: str) -> float:
    return float(number.replace(",", ""))


def _percent(share: float) -> str:
    return f"{share:.0%}"[:-1] if share >= 0.0995 else f"{share:.1%}"[:-1]
