"""Real-name registration and labour contracts before work starts (Art. 28).

Uses the latest recent month that reports both numbers.
"""

from risk.flags.rule import MONTH, Rule


def _rule(code: str, part: str, whole: str) -> Rule:
    return Rule(
        code=code,
        threshold="share",
        facts=f"""
        WITH latest AS (
          SELECT o.project_id, s.period, s.{part} AS part, s.{whole} AS whole, o.share,
                 row_number() OVER (PARTITION BY o.project_id ORDER BY s.period DESC) AS place
          FROM obliged o
          JOIN site_months s USING (project_id)
          WHERE s.{whole} > 0 AND s.{part} IS NOT NULL AND s.period >= o.in_force_from
            AND months_after(s.period, 1) <= o.as_of
            AND s.period >= months_after(o.as_of, -o.look_back_months)
        )
        SELECT n.project_id, n.period AS since, m.source_table, m.record_id, m.known_at, m.weight,
               n.part, n.whole, n.period
        FROM latest n
        JOIN month_records m ON m.project_id = n.project_id AND m.period = n.period
         AND m.source_table = 'attendance'
        WHERE n.place = 1 AND n.part < n.share * n.whole
        """,
        measures={
            "for_month": MONTH,
            "covered": "max(part)",
            "people": "max(whole)",
            "covered_share": "max(part) / max(whole)",
        },
    )


REAL_NAMES = (
    _rule("workers_unregistered", "registered", "present"),
    _rule("workers_without_contract", "with_contract", "registered"),
)
