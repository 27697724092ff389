"""Past arrears, inspections and cases of the project and of its contractor and owner.

Of inspections only the findings count, never their number or reason: a visit with the same findings
as the last one changes no feature. So findings are averaged over time, those of each visit until
the next, and an overdue rectification is yes or no.
"""

from __future__ import annotations

from functools import partial

from features.catalogue import Duty, EmployerUse, Evidence, Family, Feature, Points, Statement, Step
from features.common_steps import RUNNING_EN, RUNNING_ZH, SUBCONTRACTORS_EN, SUBCONTRACTORS_ZH

_event = partial(
    Feature,
    source=("projects", "cases", "inspections"),
    unknown_zh="没有收到案件和检查数据",
    unknown_en="neither a cases nor an inspections feed",
)
_visit = partial(
    Feature,
    source=("projects", "inspections"),
    unknown_zh="没有收到检查数据，或该项目未被检查过",
    unknown_en="no inspections feed, or the project was never inspected",
)
_case = partial(
    Feature,
    source=("projects", "cases"),
    unknown_zh="没有收到案件数据",
    unknown_en="no cases feed",
)
_peer = partial(
    Feature,
    unknown_zh="没有其他项目可比，或缺少所需数据",
    unknown_en="no other project to look at, or the feed is missing",
)

_RATE_ZH = (
    "（事件数＋2×均值）÷（项目数＋2）；项目为近两年内在建或有事件的，"
    "均值取总包单位已登记的全部此类项目"
)
_RATE_EN = (
    "(events + 2 x mean) / (projects + 2), over projects under way or with an event in the two "
    "years; the mean is that of all such projects whose contractor is on record"
)
_NO_VISIT_ZH = "没有收到检查数据，或该单位未被检查过"
_NO_VISIT_EN = "no inspections feed, or the employer was never inspected"

RECTIFIED = Duty("rectified", article="39")

_EVENTS_SQL = """
    SELECT as_of, project_id, source_table, record_id, known_at,
           CAST(-days_between(event_on, as_of) AS DOUBLE) AS weight
    FROM events
"""
_EVENTS = Evidence(_EVENTS_SQL)
_EVENTS_365D = Evidence(f"{_EVENTS_SQL} WHERE days_between(event_on, as_of) <= 365")

_CONTRACTORS_EVENTS = Evidence(
    """
    SELECT e.as_of, c.project_id, e.source_table, e.record_id, e.known_at,
           CAST(-days_between(e.event_on, e.as_of) AS DOUBLE) AS weight
    FROM events e
    JOIN known_projects p ON p.as_of = e.as_of AND p.project_id = e.project_id
    JOIN cohort c ON c.as_of = p.as_of AND c.contractor_id = p.contractor_id
    WHERE c.project_id <> p.project_id AND days_between(e.event_on, e.as_of) <= 365
    """
)

_LAST_INSPECTION = Evidence(
    """
    SELECT as_of, project_id, 'inspections' AS source_table, inspection_id AS record_id, known_at,
           CAST(1 AS DOUBLE) AS weight
    FROM (
      SELECT as_of, project_id, inspection_id, known_at, row_number() OVER (
               PARTITION BY as_of, project_id ORDER BY inspected_on DESC, inspection_id DESC
             ) AS back
      FROM known_inspections
    ) x
    WHERE back = 1
    """
)

_OVERDUE = """
    rectify_by < as_of AND days_between(rectify_by, as_of) <= 365
    AND (rectified_on IS NULL OR rectified_on >= as_of)
"""

_OVERDUE_ORDERS = Evidence(
    f"""
    SELECT as_of, project_id, 'inspections' AS source_table, inspection_id AS record_id, known_at,
           CAST(days_between(rectify_by, as_of) AS DOUBLE) AS weight
    FROM known_inspections WHERE {_OVERDUE}
    """
)

_OPEN_CASES = Evidence(
    """
    SELECT as_of, project_id, 'cases' AS source_table, case_id AS record_id, known_at,
           CAST(-days_between(opened_on, as_of) AS DOUBLE) AS weight
    FROM known_cases
    WHERE project_id IS NOT NULL AND status IN ('accepted', 'filed') AND confirmed_on IS NULL
    """
)

_CONTRACTORS_UNPAID = Evidence(
    """
    SELECT r.as_of, c.project_id, 'payrolls' AS source_table, r.payroll_id AS record_id,
           r.known_at, CAST(r.unpaid AS DOUBLE) AS weight
    FROM pay r
    JOIN running p ON p.as_of = r.as_of AND p.project_id = r.project_id
    JOIN cohort c ON c.as_of = p.as_of AND c.contractor_id = p.contractor_id
    WHERE c.project_id <> p.project_id AND r.is_open = 1 AND r.age <= 92
    """
)

_OWNERS_SHORT = Evidence(
    """
    SELECT t.as_of, c.project_id, 'transfers' AS source_table, t.transfer_id AS record_id,
           t.known_at, CAST(t.short AS DOUBLE) AS weight
    FROM due_transfers t
    JOIN running p ON p.as_of = t.as_of AND p.project_id = t.project_id
    JOIN cohort c ON c.as_of = p.as_of AND c.owner_id = p.owner_id
    WHERE c.project_id <> p.project_id AND t.is_open = 1 AND t.age <= 92
    """
)

_LISTED = Evidence(
    """
    SELECT c.as_of, c.project_id, 'listings' AS source_table, n.listing_id AS record_id,
           n.known_at, CAST(-days_between(n.listed_on, n.as_of) AS DOUBLE) AS weight
    FROM cohort c
    JOIN known_listings n ON n.as_of = c.as_of AND n.org_id IN (c.contractor_id, c.owner_id)
    WHERE n.listed_on < n.as_of AND (n.removed_on IS NULL OR n.removed_on >= n.as_of)
    """
)


FAMILY = Family(
    name="history",
    zh="历史记录",
    en="history",
    features=(
        _event(
            name="events_all",
            unit="count",
            window="all",
            direction=1,
            zh="本项目累计查实欠薪次数",
            en="confirmed arrears of the project so far",
            employers=EmployerUse(
                zh="该单位累计查实欠薪次数",
                en="confirmed arrears of the employer so far",
                raises=Statement(
                    zh="该单位累计有查实欠薪记录{value}条（案件和检查分别计数）",
                    en=(
                        "{value} records of confirmed arrears of this employer so far "
                        "(cases and inspections counted separately)"
                    ),
                    at_least=1,
                    evidence=_EVENTS,
                ),
            ),
            raises=Statement(
                zh="本项目累计有查实欠薪记录{value}条（案件和检查分别计数）",
                en=(
                    "{value} records of confirmed arrears on this project so far "
                    "(cases and inspections counted separately)"
                ),
                at_least=1,
                evidence=_EVENTS,
            ),
        ),
        _event(
            name="events_365d",
            unit="count",
            window="365 days",
            direction=1,
            zh="本项目近一年查实欠薪次数",
            en="confirmed arrears of the project in a year",
            scorecard=(Points(2, "Art. 47: arrears confirmed before", at_least=1),),
            employers=EmployerUse(
                zh="该单位近一年查实欠薪次数",
                en="confirmed arrears of the employer in a year",
                scorecard=(Points(2, "Art. 47: arrears confirmed before", at_least=1),),
                raises=Statement(
                    zh="该单位近一年有查实欠薪记录{value}条（案件和检查分别计数）",
                    en=(
                        "{value} records of confirmed arrears of this employer in the last year "
                        "(cases and inspections counted separately)"
                    ),
                    at_least=1,
                    evidence=_EVENTS_365D,
                ),
            ),
            raises=Statement(
                zh="本项目近一年有查实欠薪记录{value}条（案件和检查分别计数）",
                en=(
                    "{value} records of confirmed arrears on this project in the last year "
                    "(cases and inspections counted separately)"
                ),
                at_least=1,
                evidence=_EVENTS_365D,
            ),
        ),
        _event(
            name="days_since_event",
            unit="days",
            window="all",
            direction=-1,
            unknown_zh="没有案件和检查数据，或从未查实欠薪",
            unknown_en="no cases or inspections feed, or never an event",
            zh="距最近一次查实欠薪的天数",
            en="days since the last confirmed arrears",
            employers=EmployerUse(),
        ),
        _event(
            name="contractor_event_rate",
            unit="ratio",
            window="730 days",
            direction=1,
            formula_zh=_RATE_ZH,
            formula_en=_RATE_EN,
            unknown_zh="没有收到案件和检查数据，或总包单位未登记",
            unknown_en=(
                "neither a cases nor an inspections feed, or the contractor is not on record"
            ),
            zh="总包单位其他项目近两年平均每个项目查实欠薪次数",
            en="confirmed arrears per other project of the contractor, two years",
        ),
        _event(
            name="contractor_events_365d",
            unit="count",
            window="365 days",
            direction=1,
            formula_zh="含已完工项目",
            formula_en="completed projects included",
            unknown_zh="没有收到案件和检查数据，或总包单位未登记",
            unknown_en=(
                "neither a cases nor an inspections feed, or the contractor is not on record"
            ),
            zh="总包单位其他项目近一年查实欠薪次数",
            en="confirmed arrears on the contractor's other projects in a year",
            scorecard=(Points(1, "Art. 47: contractor's record", at_least=2),),
            raises=Statement(
                zh="总包单位其他项目近一年有查实欠薪记录{value}条（案件和检查分别计数）",
                en=(
                    "{value} records of confirmed arrears on the contractor's other "
                    "projects in the last year (cases and inspections counted separately)"
                ),
                at_least=1,
                evidence=_CONTRACTORS_EVENTS,
            ),
        ),
        _event(
            name="owner_event_rate",
            unit="ratio",
            window="730 days",
            direction=1,
            formula_zh=_RATE_ZH,
            formula_en=_RATE_EN,
            unknown_zh="没有收到案件和检查数据，或建设单位未登记",
            unknown_en="neither a cases nor an inspections feed, or the owner is not on record",
            zh="建设单位其他项目近两年平均每个项目查实欠薪次数",
            en="confirmed arrears per other project of the owner, two years",
        ),
        _event(
            name="township_event_rate",
            unit="ratio",
            window="365 days",
            direction=0,
            formula_zh=RUNNING_ZH,
            formula_en=RUNNING_EN,
            unknown_zh="没有收到案件和检查数据，或同区划没有其他项目",
            unknown_en=(
                "neither a cases nor an inspections feed, or no other project in the township"
            ),
            zh="同乡镇其他项目近一年平均每个项目查实欠薪次数",
            en="confirmed arrears per other project of the township in a year",
            employers=EmployerUse(
                unknown_zh="没有收到案件和检查数据，或同区划没有其他单位",
                formula_zh="含有查实案件的",
                formula_en="those with a confirmed case included",
                unknown_en=(
                    "neither a cases nor an inspections feed, or no other employer of the place"
                ),
                zh="同区划其他单位近一年平均欠薪事件数",
                en="arrears events per other employer of the place in a year",
            ),
        ),
        _event(
            name="subcontractor_events_730d",
            unit="count",
            window="730 days",
            direction=1,
            formula_zh=f"{SUBCONTRACTORS_ZH}；与几家分包单位有关的同一事件计一次",
            formula_en=(
                f"{SUBCONTRACTORS_EN}; an event on a project of several of them counts once"
            ),
            unknown_zh="没有收到案件和检查数据，或没有收到承包合同数据",
            unknown_en="neither a cases nor an inspections feed, or no contracts feed",
            source=("projects", "contracts", "cases", "inspections"),
            zh="分包单位在其他项目近两年查实欠薪次数",
            en="confirmed arrears on other projects of the subcontractors, two years",
        ),
        _visit(
            name="last_inspection_found",
            unit="yes/no",
            window="last inspection",
            direction=1,
            zh="最近一次检查发现欠薪",
            en="the last inspection found arrears",
            employers=EmployerUse(
                unknown_zh=_NO_VISIT_ZH,
                unknown_en=_NO_VISIT_EN,
                raises=Statement(
                    zh="最近一次检查发现欠薪",
                    en="Last inspection found arrears",
                    at_least=1,
                    evidence=_LAST_INSPECTION,
                ),
            ),
            raises=Statement(
                zh="最近一次检查发现欠薪",
                en="Last inspection found arrears",
                at_least=1,
                evidence=_LAST_INSPECTION,
            ),
        ),
        _visit(
            name="findings_mean_365d",
            unit="count",
            window="365 days",
            direction=1,
            article="39",
            zh="近一年检查发现问题的平均项数（每次结果计至下一次检查）",
            en="findings per inspection in a year, each counted until the next",
        ),
        _visit(
            name="findings_last",
            unit="count",
            window="last inspection",
            direction=1,
            article="39",
            zh="最近一次检查发现问题项数",
            en="findings noted in the last inspection",
            scorecard=(Points(1, "Art. 39: duties found unmet", at_least=2),),
            employers=EmployerUse(
                unknown_zh=_NO_VISIT_ZH,
                unknown_en=_NO_VISIT_EN,
            ),
        ),
        _visit(
            name="rectification_overdue",
            unit="yes/no",
            window="365 days",
            direction=1,
            article="39",
            unknown_zh="没有收到检查数据",
            unknown_en="no inspections feed",
            zh="有检查责令整改逾期未改",
            en="a rectification ordered in an inspection is overdue",
            duty=RECTIFIED,
            compliant_value=0.0,
            employers=EmployerUse(
                scorecard=(Points(1, "Art. 39: correction overdue", at_least=1),),
                raises=Statement(
                    zh="检查责令整改的事项逾期未见完成记录",
                    en="Order to correct overdue, completion not on record",
                    at_least=1,
                    evidence=_OVERDUE_ORDERS,
                ),
            ),
            raises=Statement(
                zh="检查责令整改的事项逾期未见完成记录",
                en="Order to correct overdue, completion not on record",
                at_least=1,
                evidence=_OVERDUE_ORDERS,
            ),
        ),
        _case(
            name="cases_open",
            unit="count",
            window="as of the date",
            direction=1,
            formula_zh="已查实的不计",
            formula_en="those already confirmed left out",
            zh="正在办理尚未查实的案件数",
            en="cases accepted or filed, not decided yet",
            employers=EmployerUse(
                scorecard=(Points(2, "Art. 38: a case under way", at_least=1),),
                raises=Statement(
                    zh="有{value}件案件正在办理，尚无结论",
                    en="{value} cases in progress, not decided yet",
                    at_least=1,
                    evidence=_OPEN_CASES,
                ),
            ),
            raises=Statement(
                zh="有{value}件案件正在办理，尚无结论",
                en="{value} cases in progress, not decided yet",
                at_least=1,
                evidence=_OPEN_CASES,
            ),
        ),
        _case(
            name="cases_unfounded_730d",
            unit="count",
            window="730 days",
            direction=0,
            zh="近两年查无实据的案件数",
            en="unfounded cases in two years",
            employers=EmployerUse(),
        ),
        _case(
            name="recovered_share",
            unit="share",
            window="all",
            direction=-1,
            formula_zh="计拖欠、追回金额都有记录的查实案件，每件追回不超过拖欠",
            formula_en=(
                "over confirmed cases with both amounts on record; of each at most what was owed"
            ),
            unknown_zh="没有案件数据，或没有拖欠、追回金额都有记录的查实案件",
            unknown_en="no cases feed, or no confirmed case with both amounts on record",
            zh="以往拖欠工资的追回比例",
            en="share of past arrears recovered",
            employers=EmployerUse(),
        ),
        _peer(
            name="contractor_unpaid_share",
            unit="share",
            window="92 days",
            direction=1,
            formula_zh=RUNNING_ZH,
            formula_en=RUNNING_EN,
            source=("projects", "payrolls", "payments"),
            zh="总包单位其他项目近三个月工资未付占比",
            en="unpaid share on the contractor's other projects",
            scorecard=(Points(1, "Art. 38: contractor's other sites", at_least=0.1),),
            raises=Statement(
                zh="总包单位有记录的其他项目近三个月到期工资有{value}未付",
                en=(
                    "{value} of wages due in the last three months on the contractor's "
                    "other recorded projects unpaid"
                ),
                at_least=0.01,
                evidence=_CONTRACTORS_UNPAID,
            ),
        ),
        _peer(
            name="contractor_delay_days",
            unit="days",
            window="92 days",
            direction=1,
            formula_zh=RUNNING_ZH,
            formula_en=RUNNING_EN,
            source=("projects", "payrolls", "payments"),
            zh="总包单位其他项目近三个月工资平均拖延天数",
            en="days of delay on the contractor's other projects",
        ),
        _peer(
            name="owner_short_share",
            unit="share",
            window="92 days",
            direction=1,
            formula_zh=RUNNING_ZH,
            formula_en=RUNNING_EN,
            article="29",
            source=("projects", "transfers"),
            zh="建设单位其他项目近三个月人工费未到账占比",
            en="labour cost not received on the owner's other projects",
            raises=Statement(
                zh="建设单位有记录的其他项目近三个月应拨人工费有{value}未见拨付记录",
                en=(
                    "{value} of labour cost due in the last three months on the "
                    "owner's other recorded projects without a recorded transfer"
                ),
                at_least=0.01,
                evidence=_OWNERS_SHORT,
            ),
        ),
        _peer(
            name="owner_transfer_delay",
            unit="days",
            window="92 days",
            direction=1,
            formula_zh="每笔为每元平均迟拨天数（取整），未到账部分计至当日；各笔取平均",
            formula_en=(
                "whole days a yuan of a transfer was late on average, what is missing until the "
                "date; then the mean of transfers"
            ),
            article="29",
            source=("projects", "transfers"),
            zh="建设单位其他项目人工费平均迟拨天数",
            en="days transfers are late on the owner's other projects",
        ),
        _peer(
            name="subcontractor_unpaid_share",
            unit="share",
            window="92 days",
            direction=1,
            formula_zh=SUBCONTRACTORS_ZH,
            formula_en=SUBCONTRACTORS_EN,
            source=("projects", "contracts", "payrolls", "payments"),
            zh="分包单位在其他项目的工资未付占比",
            en="unpaid share of the subcontractors' teams on other projects",
        ),
        _peer(
            name="contractor_projects",
            unit="count",
            window="as of the date",
            direction=0,
            formula_zh="已开工未竣工，含有查实案件的",
            formula_en="begun and not completed, those with a confirmed case included",
            unknown_zh="总包单位未登记",
            unknown_en="the contractor is not on record",
            source=("projects",),
            zh="总包单位在建项目数",
            en="running projects of the contractor",
        ),
        _peer(
            name="listed",
            unit="yes/no",
            window="as of the date",
            direction=1,
            article="48",
            source=("projects", "listings"),
            unknown_zh="没有收到失信名单数据",
            unknown_en="no listings feed",
            zh="总包或建设单位在失信名单上",
            en="the contractor or owner is on the sanction list",
            scorecard=(Points(2, "Art. 48: on the sanction list", at_least=1),),
            employers=EmployerUse(
                zh="在失信名单上",
                en="on the sanction list",
                scorecard=(Points(2, "Art. 48: on the sanction list", at_least=1),),
                raises=Statement(
                    zh="该单位在拖欠农民工工资失信联合惩戒名单上",
                    en="Employer is on the sanction list",
                    at_least=1,
                    evidence=_LISTED,
                ),
            ),
            raises=Statement(
                zh="总包单位或建设单位在拖欠农民工工资失信联合惩戒名单上",
                en="Contractor or owner is on the sanction list",
                at_least=1,
                evidence=_LISTED,
            ),
        ),
    ),
    steps=(
        Step(
            "project_events",
            """
            SELECT as_of, project_id, count(*) AS total,
                   sum(CASE WHEN days_between(event_on, as_of) <= 365 THEN 1 ELSE 0 END) AS n_365,
                   sum(CASE WHEN days_between(event_on, as_of) <= 730 THEN 1 ELSE 0 END) AS n_730,
                   min(days_between(event_on, as_of)) AS days_since
            FROM events GROUP BY as_of, project_id
            """,
        ),
        Step(
            # Under way in the two years or with an event in them, on a project ended before too.
            "projects_of_two_years",
            """
            SELECT p.as_of, p.contractor_id, p.owner_id,
                   coalesce(e.n_365, 0) AS n_365, coalesce(e.n_730, 0) AS n_730
            FROM known_projects p
            LEFT JOIN project_events e ON e.as_of = p.as_of AND e.project_id = p.project_id
            WHERE (p.started_on < p.as_of
                   AND (p.completed_on IS NULL OR days_between(p.completed_on, p.as_of) <= 730))
               OR e.n_730 > 0
            """,
            inlined=True,
        ),
        Step(
            "contractor_history",
            """
            SELECT as_of, contractor_id, count(*) AS projects, sum(n_365) AS n_365,
                   sum(n_730) AS n_730
            FROM projects_of_two_years WHERE contractor_id IS NOT NULL
            GROUP BY as_of, contractor_id
            """,
        ),
        Step(
            "owner_history",
            """
            SELECT as_of, owner_id, count(*) AS projects, sum(n_730) AS n_730
            FROM projects_of_two_years WHERE owner_id IS NOT NULL
            GROUP BY as_of, owner_id
            """,
        ),
        Step(
            "township_history",
            """
            SELECT c.as_of, c.region_code, count(*) AS projects,
                   sum(coalesce(e.n_365, 0)) AS n_365
            FROM running c
            LEFT JOIN project_events e ON e.as_of = c.as_of AND e.project_id = c.project_id
            GROUP BY c.as_of, c.region_code
            """,
        ),
        Step(
            "overall_rate",
            """
            SELECT as_of, CAST(sum(n_730) AS DOUBLE) / nullif(sum(projects), 0) AS rate_730
            FROM contractor_history GROUP BY as_of
            """,
        ),
        Step(
            "team_pay",
            """
            SELECT r.as_of, r.project_id, k.contractor_id,
                   CAST(sum(r.unpaid) AS DOUBLE) AS unpaid,
                   CAST(sum(r.amount_due) AS DOUBLE) AS due
            FROM pay r
            JOIN known_contracts k ON k.as_of = r.as_of AND k.contract_id = r.contract_id
            WHERE r.age <= 92 AND k.contractor_id IS NOT NULL
            GROUP BY r.as_of, r.project_id, k.contractor_id
            """,
        ),
        Step(
            "subcontractor_pay",
            """
            SELECT as_of, contractor_id, sum(unpaid) AS unpaid, sum(due) AS due
            FROM team_pay GROUP BY as_of, contractor_id
            """,
        ),
        Step(
            "subcontractor_peers",
            """
            SELECT s.as_of, s.project_id,
                   sum(t.unpaid - coalesce(o.unpaid, 0))
                     / nullif(sum(t.due - coalesce(o.due, 0)), 0)
                     AS unpaid_share
            FROM subcontractors s
            JOIN subcontractor_pay t ON t.as_of = s.as_of AND t.contractor_id = s.contractor_id
            LEFT JOIN team_pay o
              ON o.as_of = s.as_of AND o.contractor_id = s.contractor_id
             AND o.project_id = s.project_id
            GROUP BY s.as_of, s.project_id
            """,
        ),
        Step(
            # Also those whose contracts have ended: what happened on that project counts.
            "subcontractors_with_events",
            """
            SELECT k.as_of, k.contractor_id, k.project_id, e.n_730
            FROM known_contracts k
            JOIN project_events e ON e.as_of = k.as_of AND e.project_id = k.project_id
            WHERE k.parent_contract_id IS NOT NULL AND k.signed_on < k.as_of AND e.n_730 > 0
            """,
        ),
        Step(
            "subcontractor_events",
            """
            SELECT as_of, project_id, sum(n_730) AS n_730
            FROM (
              -- An event on a project with two of the subcontractors is one event.
              SELECT DISTINCT s.as_of, s.project_id, o.project_id AS other_id, o.n_730
              FROM subcontractors s
              JOIN subcontractors_with_events o
                ON o.as_of = s.as_of AND o.contractor_id = s.contractor_id
              WHERE o.project_id <> s.project_id
            ) x
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "visits",
            """
            SELECT as_of, project_id, inspection_id, inspected_on, arrears_found, rectify_by,
                   rectified_on,
                   CASE WHEN findings IS NULL OR trim(BOTH ' ' FROM findings) = '' THEN 0
                        ELSE length(findings) - length(replace(findings, ';', '')) + 1 END AS codes,
                   lead(inspected_on) OVER (
                     PARTITION BY as_of, project_id ORDER BY inspected_on, inspection_id
                   ) AS next_on
            FROM known_inspections
            """,
        ),
        Step(
            "visit_spells",
            """
            SELECT as_of, project_id, codes,
                   greatest(least(days_between(inspected_on, as_of), 365)
                     - greatest(coalesce(days_between(next_on, as_of), 0), 0), 0) AS days
            FROM visits
            """,
        ),
        Step(
            "visit_findings",
            """
            SELECT as_of, project_id,
                   CAST(sum(codes * days) AS DOUBLE) / nullif(sum(days), 0) AS codes_mean
            FROM visit_spells GROUP BY as_of, project_id
            """,
        ),
        Step(
            "visit_facts",
            f"""
            SELECT as_of, project_id,
                   max_by(CASE WHEN arrears_found THEN 1 ELSE 0 END,
                          CAST(inspected_on AS VARCHAR(10)) || inspection_id) AS last_found,
                   max_by(codes, CAST(inspected_on AS VARCHAR(10)) || inspection_id) AS last_codes,
                   max(CASE WHEN {_OVERDUE} THEN 1 ELSE 0 END) AS overdue
            FROM visits GROUP BY as_of, project_id
            """,
        ),
        Step(
            "case_facts",
            """
            SELECT k.as_of, k.project_id,
                   sum(CASE WHEN k.status IN ('accepted', 'filed') AND k.confirmed_on IS NULL
                       THEN 1 ELSE 0 END) AS open,
                   sum(CASE WHEN k.status = 'unfounded'
                             AND days_between(k.opened_on, k.as_of) <= 730 THEN 1 ELSE 0 END)
                     AS unfounded,
                   CAST(sum(CASE WHEN e.record_id IS NULL THEN NULL
                                 WHEN k.amount_recovered <= k.amount_owed THEN k.amount_recovered
                                 WHEN k.amount_recovered IS NOT NULL THEN k.amount_owed END)
                     AS DOUBLE)
                     / nullif(sum(CASE WHEN e.record_id IS NOT NULL
                                        AND k.amount_recovered IS NOT NULL
                                  THEN k.amount_owed END), 0) AS recovered
            FROM known_cases k
            LEFT JOIN events e
              ON e.as_of = k.as_of AND e.record_id = k.case_id AND e.source_table = 'cases'
            WHERE k.project_id IS NOT NULL
            GROUP BY k.as_of, k.project_id
            """,
        ),
        Step(
            "pay_3m",
            """
            SELECT p.as_of, p.project_id, c.contractor_id,
                   CAST(sum(p.unpaid) AS DOUBLE) AS unpaid,
                   CAST(sum(p.amount_due) AS DOUBLE) AS due,
                   sum(p.fen_days_late) AS days_late
            FROM pay p JOIN running c ON c.as_of = p.as_of AND c.project_id = p.project_id
            WHERE p.age <= 92 GROUP BY p.as_of, p.project_id, c.contractor_id
            """,
        ),
        Step(
            "contractor_pay",
            """
            SELECT as_of, contractor_id, sum(unpaid) AS unpaid, sum(due) AS due,
                   sum(days_late) AS days_late
            FROM pay_3m WHERE contractor_id IS NOT NULL GROUP BY as_of, contractor_id
            """,
        ),
        Step(
            "transfers_3m",
            """
            SELECT t.as_of, t.project_id, c.owner_id,
                   CAST(sum(t.short) AS DOUBLE) AS short,
                   CAST(sum(CASE WHEN t.short IS NOT NULL THEN t.amount_due END) AS DOUBLE) AS due,
                   CAST(sum(t.days_late) AS DOUBLE) AS days_late, count(t.days_late) AS n
            FROM due_transfers t
            JOIN running c ON c.as_of = t.as_of AND c.project_id = t.project_id
            WHERE t.age <= 92 GROUP BY t.as_of, t.project_id, c.owner_id
            """,
        ),
        Step(
            "owner_transfers",
            """
            SELECT as_of, owner_id, sum(short) AS short, sum(due) AS due,
                   sum(days_late) AS days_late, sum(n) AS n
            FROM transfers_3m WHERE owner_id IS NOT NULL GROUP BY as_of, owner_id
            """,
        ),
        Step(
            "running_by_contractor",
            """
            SELECT as_of, contractor_id, count(*) AS projects
            FROM running
            WHERE contractor_id IS NOT NULL AND (completed_on IS NULL OR completed_on >= as_of)
            GROUP BY as_of, contractor_id
            """,
        ),
        Step(
            "listed_orgs",
            """
            SELECT DISTINCT as_of, org_id FROM known_listings
            WHERE listed_on < as_of AND (removed_on IS NULL OR removed_on >= as_of)
            """,
        ),
        Step(
            "history_peers",
            """
            SELECT c.as_of, c.project_id,
                   (h.n_730 - coalesce(e.n_730, 0) + 2 * coalesce(r.rate_730, 0))
                     / (h.projects - 1 + CAST(2 AS DOUBLE)) AS contractor_event_rate,
                   h.n_365 - coalesce(e.n_365, 0) AS contractor_events_365d,
                   (w.n_730 - coalesce(e.n_730, 0) + 2 * coalesce(r.rate_730, 0))
                     / (w.projects - 1 + CAST(2 AS DOUBLE)) AS owner_event_rate,
                   CAST(t.n_365 - coalesce(e.n_365, 0) AS DOUBLE) / nullif(t.projects - 1, 0)
                     AS township_event_rate,
                   coalesce(s.n_730, CASE WHEN f.has_contracts THEN 0 END)
                     AS subcontractor_events_730d
            FROM cohort c
            JOIN feeds f ON f.as_of = c.as_of AND (f.has_cases OR f.has_inspections)
            LEFT JOIN project_events e ON e.as_of = c.as_of AND e.project_id = c.project_id
            LEFT JOIN contractor_history h
              ON h.as_of = c.as_of AND h.contractor_id = c.contractor_id
            LEFT JOIN owner_history w ON w.as_of = c.as_of AND w.owner_id = c.owner_id
            LEFT JOIN township_history t ON t.as_of = c.as_of AND t.region_code = c.region_code
            LEFT JOIN overall_rate r ON r.as_of = c.as_of
            LEFT JOIN subcontractor_events s ON s.as_of = c.as_of AND s.project_id = c.project_id
            """,
        ),
        Step(
            "history_money",
            """
            SELECT c.as_of, c.project_id,
                   (a.unpaid - coalesce(p.unpaid, 0)) / nullif(a.due - coalesce(p.due, 0), 0)
                     AS contractor_unpaid_share,
                   (a.days_late - coalesce(p.days_late, 0)) / nullif(a.due - coalesce(p.due, 0), 0)
                     AS contractor_delay_days,
                   (o.short - coalesce(t.short, 0)) / nullif(o.due - coalesce(t.due, 0), 0)
                     AS owner_short_share,
                   (o.days_late - coalesce(t.days_late, 0)) / nullif(o.n - coalesce(t.n, 0), 0)
                     AS owner_transfer_delay,
                   q.unpaid_share AS subcontractor_unpaid_share,
                   n.projects AS contractor_projects
            FROM cohort c
            LEFT JOIN contractor_pay a ON a.as_of = c.as_of AND a.contractor_id = c.contractor_id
            LEFT JOIN pay_3m p ON p.as_of = c.as_of AND p.project_id = c.project_id
            LEFT JOIN owner_transfers o ON o.as_of = c.as_of AND o.owner_id = c.owner_id
            LEFT JOIN transfers_3m t ON t.as_of = c.as_of AND t.project_id = c.project_id
            LEFT JOIN subcontractor_peers q ON q.as_of = c.as_of AND q.project_id = c.project_id
            LEFT JOIN running_by_contractor n
              ON n.as_of = c.as_of AND n.contractor_id = c.contractor_id
            """,
        ),
        Step(
            "history_family",
            """
            SELECT c.as_of, c.project_id,
                   CASE WHEN f.has_cases OR f.has_inspections THEN coalesce(e.total, 0) END
                     AS events_all,
                   CASE WHEN f.has_cases OR f.has_inspections THEN coalesce(e.n_365, 0) END
                     AS events_365d,
                   e.days_since AS days_since_event,
                   p.contractor_event_rate, p.contractor_events_365d, p.owner_event_rate,
                   p.township_event_rate, p.subcontractor_events_730d,
                   v.last_found AS last_inspection_found,
                   g.codes_mean AS findings_mean_365d,
                   v.last_codes AS findings_last,
                   CASE WHEN f.has_inspections THEN coalesce(v.overdue, 0) END
                     AS rectification_overdue,
                   CASE WHEN f.has_cases THEN coalesce(k.open, 0) END AS cases_open,
                   CASE WHEN f.has_cases THEN coalesce(k.unfounded, 0) END AS cases_unfounded_730d,
                   k.recovered AS recovered_share,
                   m.contractor_unpaid_share, m.contractor_delay_days, m.owner_short_share,
                   m.owner_transfer_delay, m.subcontractor_unpaid_share, m.contractor_projects,
                   CASE WHEN f.has_listings THEN
                        CASE WHEN lc.org_id IS NOT NULL OR lo.org_id IS NOT NULL
                             THEN 1 ELSE 0 END END AS listed
            FROM cohort c
            JOIN feeds f ON f.as_of = c.as_of
            LEFT JOIN project_events e ON e.as_of = c.as_of AND e.project_id = c.project_id
            LEFT JOIN history_peers p ON p.as_of = c.as_of AND p.project_id = c.project_id
            LEFT JOIN history_money m ON m.as_of = c.as_of AND m.project_id = c.project_id
            LEFT JOIN visit_facts v ON v.as_of = c.as_of AND v.project_id = c.project_id
            LEFT JOIN visit_findings g ON g.as_of = c.as_of AND g.project_id = c.project_id
            LEFT JOIN case_facts k ON k.as_of = c.as_of AND k.project_id = c.project_id
            LEFT JOIN listed_orgs lc ON lc.as_of = c.as_of AND lc.org_id = c.contractor_id
            LEFT JOIN listed_orgs lo ON lo.as_of = c.as_of AND lo.org_id = c.owner_id
            """,
        ),
    ),
)
