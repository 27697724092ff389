"""Parameters of the simulation, each with its source or marked as an assumption.

``fact`` values are based on a published figure. ``assumed`` values are our own, chosen so that the
published figures are reproduced or so that the records have the flaws of real ones. Money is in
yuan here and in fen in the records; "stress" is a log-odds-like scale where 0 is an ordinary month
of an ordinary firm. Only the noise of single records (a day more or less, a typing error) is set
where it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

STRIKE_MAP = (
    "monthly shares of construction wage protests in a public strike map, 2011-2016, n = 2,400"
)
YUNXI = "Yunxi county report (Hubei)"
TOWN_SURVEY = "a town's survey of 25 December"
DEPOSIT_RULES = "deposit rules of 2021 (No. 65)"
ACCOUNT_RULES = "special account rules of 2021 (No. 53)"


def fact(value: T, source: str) -> T:
    """Parameter based on ``source``."""
    made: T = field(default=value, metadata={"source": source})
    return made


def assumed(value: T, why: str) -> T:
    """Parameter of our own choice, with the reason."""
    made: T = field(default=value, metadata={"assumption": why})
    return made


@dataclass(frozen=True)
class Parameters:
    """Constants of the simulation. Shares and probabilities are in 0..1; units are in the notes."""

    # -- season and the mix of cases
    season: tuple[float, ...] = fact(
        (17.2, 10.5, 2.8, 4.4, 4.8, 5.0, 5.2, 7.3, 8.8, 7.6, 11.4, 14.9), STRIKE_MAP
    )
    season_pull: float = assumed(
        1.15,
        "debts peak in late autumn by themselves, so complaints follow the map less than fully",
    )
    other_per_building_case: float = fact(10 / 60, f"{YUNXI}: 60 of 70 filed cases in construction")
    complaint_without_project: float = assumed(
        0.36,
        "callers do not know the firm's proper name (Yunxi, a district's report); with the"
        " complaints outside construction about 4 in 10 name no project",
    )

    traced_share: float = assumed(0.12, "complaints without a project traced to one later on")

    renamed_share: float = assumed(0.12, "companies change hands and names; callers keep the old")

    # -- organisations and their money
    owners_per_project: float = assumed(0.35, "some owners build several projects")
    contractors_per_project: float = assumed(0.22, "a county's contractors run 4-5 projects each")
    labour_firms_per_project: float = assumed(0.20, "labour firms serve several sites")
    specialists_per_project: float = assumed(0.10, "fewer specialist than labour firms")
    employers_per_project: float = assumed(0.25, "small firms and workshops outside construction")
    employer_pull: float = assumed(1.2, "log-odds of a claim against an employer per unit stress")
    stress_memory: float = assumed(0.90, "money trouble lasts: half is gone after about 7 months")
    stress_level_sd: float = assumed(0.55, "lasting differences between firms")
    stress_noise_sd: float = assumed(0.24, "month-to-month change")
    shock_chance: float = assumed(0.012, "a lost client or called loan about every 7 years")
    shock_size: float = assumed(1.7, "mean of an exponential; decays with the memory above")
    cycle_sd: float = assumed(0.07, "common ups and downs of the whole county")

    from_contractor: float = assumed(0.75, "part of the contractor's stress felt on its sites")
    from_owner: float = assumed(0.45, "part of the owner's stress felt on its sites")
    own_stress_sd: float = assumed(0.45, "lasting differences between sites")
    own_stress_moves: float = assumed(0.5, "a site's own ups and downs, against a firm's")
    advance_stress: float = assumed(0.45, "pre-financing, named as a cause in reports")
    settlement_stress: tuple[float, ...] = assumed(
        (-0.15, 0.0, 0.15, 0.45), "the later money is settled, the worse; named in reports"
    )
    funding_stress: tuple[float, ...] = assumed(
        (-0.35, -0.15, 0.15), "government, state-owned, private money"
    )

    # -- projects
    sector_shares: tuple[float, ...] = assumed(
        (0.54, 0.17, 0.11, 0.08, 0.04, 0.06), "building, municipal, transport, water, energy, other"
    )
    funding_shares: tuple[float, ...] = fact(
        (0.45, 0.17, 0.38),
        "a district's winter check: 21 of 33 projects government (state firms counted apart here)",
    )
    settlement_shares: tuple[float, ...] = assumed(
        (0.34, 0.38, 0.20, 0.08), "monthly, progress, measured, completion: all named in reports"
    )
    advance_share: float = assumed(0.22, "pre-financing is named as a cause in reports")
    advance_share_government: float = assumed(0.08, "forbidden there, yet seen")
    amount_median: float = assumed(12_000_000, "median contract, yuan; log-normal")
    amount_log_sd: float = assumed(1.0, "from small roads to housing estates")
    labour_share_low: float = fact(0.15, "Hengshan county: at least 15 % of the month's settlement")
    labour_share_high: float = fact(0.30, "above Yinchuan's 22 % and a town's 25 %")
    wage_month: float = assumed(6_200, "mean pay per worker-month in yuan")
    delay_share: float = assumed(0.45, "projects ending later than planned")
    delay_mean_months: float = assumed(4.0, "how much later")
    board_share: float = assumed(0.88, "notice boards are widely but not everywhere put up")
    milestone_share: float = assumed(
        0.13, "sites that by custom pay part monthly and the rest at a milestone"
    )
    dishonest_share: float = fact(
        0.08,
        "Yibin: millions went through an account whose books looked perfect (the share is ours)",
    )
    books_cleaned: float = assumed(0.85, "chance that a dishonest month is shown as paid in full")

    # -- subcontracting
    depth_building: tuple[float, ...] = fact(
        (0.002, 0.008, 0.54, 0.32, 0.13),
        f"{YUNXI}: over 95 % of building projects layered; levels 0..4 below the general contract",
    )
    depth_other: tuple[float, ...] = assumed(
        (0.02, 0.20, 0.48, 0.23, 0.07), "shallower outside building"
    )
    lead_foreman: float = fact(0.72, f"{TOWN_SURVEY}: over 90 % follow a foreman (with the next)")
    lead_labour_firm: float = assumed(0.23, "teams under a labour firm, itself led by a foreman")
    oral_share: tuple[float, ...] = assumed(
        (0.0, 0.10, 0.35, 0.60, 0.70), "oral contracts by level; 'very many' in a town's survey"
    )
    team_size: float = assumed(13.0, "workers per team")

    # -- paying wages: log-odds of trouble in a team's month
    trouble_base: float = assumed(-3.95, "about 3 % of months in trouble at ordinary stress")
    trouble_stress: float = assumed(1.25, "per unit of the project's stress")
    trouble_layer: float = assumed(0.18, "per level below the second")
    late_transfer_stress: float = assumed(0.8, "an owner's unpaid labour cost is felt on site")
    dispute_stress: float = assumed(0.6, "quarrels over quantity, quality or price reach wages")
    dispute_base: float = assumed(-5.1, "log-odds of a dispute a month, ordinary stress")
    dispute_per_stress: float = assumed(0.45, "quarrels grow with stress")
    dispute_measured: float = assumed(0.5, "more quarrels where quantities are measured")
    dispute_days: float = assumed(110.0, "mean days until resolved, after 20 at least")
    dispute_unresolved: float = assumed(0.15, "disputes that stay open")
    overdue_stress: float = assumed(0.35, "after the planned end the money has run out")
    nothing_paid: float = assumed(
        0.65, "in trouble: share of months in which nothing is paid on the due date"
    )
    trouble_days: float = assumed(110.0, "mean days until the rest is paid at ordinary stress")
    stuck_base: float = assumed(
        -2.3, "log-odds in trouble that the debt stays for over half a year"
    )
    harmless_late: float = assumed(0.12, "paid in full but some days late, for no reason of money")

    # -- owners' transfers
    transfer_late_base: float = assumed(-2.3, "about 9 % of transfers late at ordinary stress")
    transfer_late_stress: float = assumed(1.1, "per unit of the owner's stress")
    transfer_feed: float = assumed(0.86, "projects whose transfers the authority sees")
    account_share: float = fact(
        0.93, "reports claim 100 % opened; Chongqing plans at least 85 % really running"
    )
    account_days: int = fact(30, f"{ACCOUNT_RULES}: opened within 30 days of signing")

    # -- deposits
    deposit_rate_low: float = fact(0.01, f"{DEPOSIT_RULES}: 1-3 % of the contract")
    deposit_rate_high: float = fact(0.03, f"{DEPOSIT_RULES}: 1-3 % of the contract")
    deposit_exempt_below: float = fact(3_000_000, f"{DEPOSIT_RULES}: small works may be exempt")
    deposit_missing: float = assumed(0.07, "share of projects without a deposit; more under stress")
    deposit_kinds: tuple[float, ...] = assumed(
        (0.25, 0.6, 0.15), "cash, bank guarantee, insurance: guarantees are encouraged"
    )
    deposit_drawn: float = assumed(0.15, "confirmed cases whose order is not heeded in time")
    deposit_renewed: float = assumed(0.78, "guarantees renewed in time while the work goes on")

    # -- complaints, cases, inspections
    complaint_rate: float = assumed(
        0.060, "monthly rate at 8,000 yuan a head for ten workers, in an even month"
    )
    complaint_patience_days: int = assumed(35, "a debt younger than this is waited for")
    complaint_head: float = assumed(8_000.0, "yuan a head the rate is stated for")
    complaint_crew: float = assumed(10.0, "workers the rate is stated for")
    complaint_custom: float = assumed(0.3, "patience where paying at milestones is the custom")
    complaint_open_case: float = assumed(0.25, "fewer complaints while a case is open")
    complaint_channels: tuple[float, ...] = assumed(
        (0.24, 0.28, 0.16, 0.18, 0.10, 0.04),
        "12333, 12345, online, visit, petition, other; reports say hotlines grow",
    )
    complaint_power: float = assumed(1.7, "how fast patience ends with the amount a head")
    false_rate: float = fact(
        0.0021,
        "Yongning, Yangzhou: inflated and false claims exist (monthly rate per project is ours)",
    )
    inflated_share: float = fact(0.2, "Yongning: a roll of 277,000 for a debt of 137,000")
    confirmed_if_owed: float = assumed(0.9, "evidence is often thin: no contract, no payroll")
    repeat_complaints: float = assumed(0.15, "further complaints of the same month and site")
    accepted_share: float = assumed(0.80, "the others are settled or dropped on the telephone")
    filed_if_owed: float = assumed(0.80, "with the next, about half of all complaints are filed")
    filed_if_not: float = assumed(0.30, "false claims are mostly seen through before filing")
    recovered_share: float = assumed(0.92, "cases whose debt is paid when they close")
    transferred_share: float = assumed(0.05, "cases handed to the police; often bounced")
    listed_share: float = assumed(0.7, "of those handed to the police or not paying")
    slow_share: float = fact(0.08, f"{YUNXI}: some cases a year without progress")
    case_days: float = fact(60.0, "supervision rules: 60 working days, 30 more with approval")
    decision_extra_days: int = assumed(0, "days by which a slow office enters decisions later")
    decision_extra_mean_days: float = assumed(0.0, "mean of an exponential delay on top of that")
    decision_extra_months: int = assumed(
        0, "delays only of cases opened in so many of the newest months; 0 for all"
    )
    routine_rate: float = assumed(0.022, "visits per running project and month")
    special_rate: float = assumed(0.010, "sector checks, mostly government projects")
    random_rate: float = assumed(0.006, "drawn at random")
    campaign_rate: float = fact(0.055, "winter action, about 20 November to Spring Festival")
    campaign_months: tuple[float, ...] = fact(
        (1.0, 0.15, 0, 0, 0, 0, 0, 0, 0, 0, 0.35, 1.0),
        "winter action of 20 November to 3 February in a district: part of each month 1..12",
    )
    complaint_visit: float = assumed(0.3, "accepted complaints checked on site")
    detection_complaint: float = assumed(1.6, "multiplies detection for visits after a complaint")
    detection_targeted: float = assumed(1.2, "multiplies detection in special checks and campaigns")
    rectified_share: float = assumed(0.75, "arrears found by a visit and paid when ordered")
    detection: float = assumed(0.45, "chance that a visit sees existing arrears")
    detection_clean_books: float = assumed(0.5, "multiplies it where the books look perfect")
    visible_head: float = assumed(3_000, "yuan a head owed below which a visit sees no arrears")

    # -- feeds
    feed_payroll: float = assumed(0.92, "projects that report payrolls at all")
    feed_attendance: float = fact(0.85, "Chongqing plans a 70 % real-name running rate")
    silence_base: float = assumed(-4.6, "log-odds of a feed falling silent in a month")
    silence_firm: float = assumed(0.35, "whole contractors fall silent less often than sites")
    silence_stress: float = assumed(1.0, "per unit of the project's stress")
    silence_months: float = assumed(4.0, "mean length of a silent spell")
    silence_backfilled: float = assumed(0.35, "spells whose months are sent in later")
    lag_days: float = assumed(3.0, "mean days until a record reaches the authority")
    corrected_share: float = assumed(0.02, "records corrected by a later version")
    operations_cover: float = assumed(0.55, "organisations whose indicators are shared")
