"""Record contract: every table the authority may send, with its fields, types and versioning.

This is the only description of records: intake, the record store, features and documents all use
it. Field names and Chinese headers are a public interface and must not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """Type of a column; see ``risk.intake.cell_parsers`` for the accepted spellings."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    MONTH = "month"
    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    NUMBER = "number"
    BOOL = "bool"
    ENUM = "enum"


STORED_AS: Mapping[FieldType, str] = {
    FieldType.ID: "VARCHAR",
    FieldType.TEXT: "VARCHAR",
    FieldType.ENUM: "VARCHAR",
    FieldType.DATE: "DATE",
    FieldType.MONTH: "DATE",
    FieldType.MONEY: "BIGINT",
    FieldType.COUNT: "BIGINT",
    FieldType.SHARE: "DOUBLE",
    FieldType.NUMBER: "DOUBLE",
    FieldType.BOOL: "BOOLEAN",
}
"""SQL types in the record store. Money is integer fen; a month is its first day."""


@dataclass(frozen=True)
class Field:
    """One column: name, Chinese header, type, and for an enum its codes with Chinese terms.

    ``added``: stores of earlier releases lack the column. It is NULL in their rows and enters the
    digest of a row only where it is filled in, so that their digests stay what they were.
    """

    name: str
    zh: str
    type: FieldType
    required: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    added: bool = False


@dataclass(frozen=True)
class LaterFact:
    """Fact that a record gains after its start, on the date in the field ``date``.

    The fields ``also`` become known with it. It changes the fields in ``sets`` to these values, but
    no value in ``never_over``.
    """

    date: str
    also: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    never_over: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """Field whose ``values`` can only come after the start of a record; before, it is ``start``."""

    field: str
    values: frozenset[str]
    start: str


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    ``key`` identifies a row; the same key may come again as a later version. No version may be
    known before its ``event_date``.

    The first row of a key that has no ``known_at`` is stored as the versions it must have had, see
    :mod:`risk.intake.unfolded_versions`. The first is known ``default_lag_days`` after the date in
    ``starts_on`` (a month counts from its end); where that is empty, on the day of the earliest
    record that names the key in ``named_in``, and else on the day of import.
    """

    name: str
    zh: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    starts_on: str
    event_date: str | None = None
    default_lag_days: int = 0
    unfolds: tuple[LaterFact, ...] = ()
    outcome: Outcome | None = None
    named_in: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> Field:
        """Field called ``name``; raises KeyError if there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


KNOWN_AT = Field("known_at", "入库日期", FieldType.DATE)
"""Field of every table: the day the authority's system learnt of that version."""


class DatedBy(StrEnum):
    """Where the ``known_at`` of a stored row comes from."""

    GIVEN = "given"
    """The row's own ``known_at``; also stored as NULL, by releases before this column."""
    UNFOLDED = "unfolded"
    """A version derived from the dates of the record."""
    STATED = "stated"
    """The day stated for the file: by an option, a layout, or the month in its name."""
    IMPORT = "import"
    """The day of the import."""
    SEALED = "sealed"
    """Moved to a day up to which lists were already sealed."""
    MERGED = "merged"
    """Repeats a version with the credit code of a firm that was known by name only."""


_ID, _TEXT, _DATE, _MONTH = FieldType.ID, FieldType.TEXT, FieldType.DATE, FieldType.MONTH
_MONEY, _COUNT, _SHARE = FieldType.MONEY, FieldType.COUNT, FieldType.SHARE
_NUMBER, _BOOL, _ENUM = FieldType.NUMBER, FieldType.BOOL, FieldType.ENUM

_CAUSE = Field(
    "cause",
    "案由",
    _ENUM,
    values={
        "wages": "工资",
        "project_payment": "工程款",
        "labour_fee": "劳务费",
        "other": "其他",
    },
    added=True,
)
_GUIDED_ON = Field("guided_on", "引导日期", _DATE, added=True)
_GUIDED = LaterFact("guided_on", also=("cause",))
"""A dispute over other money is guided to the proper way; by then its cause is known."""

_ORGANIZATIONS = Table(
    name="organizations",
    zh="单位",
    key=("org_id",),
    event_date=None,
    starts_on="founded_on",
    named_in=(
        ("projects", "owner_id"),
        ("projects", "contractor_id"),
        ("contracts", "contractor_id"),
        ("cases", "org_id"),
        ("listings", "org_id"),
        ("operations", "org_id"),
    ),
    fields=(
        Field("org_id", "统一社会信用代码", _ID, required=True),
        Field("org_name", "单位名称", _TEXT, required=True),
        Field(
            "org_kind",
            "单位类型",
            _ENUM,
            values={
                "owner": "建设单位",
                "general_contractor": "施工总承包",
                "subcontractor": "专业分包",
                "labour_subcontractor": "劳务分包",
                "employer": "其他用人单位",
            },
        ),
        Field("registered_capital", "注册资本", _MONEY),
        Field("founded_on", "成立日期", _DATE),
        Field("region_code", "行政区划代码", _ID),
    ),
)

_PROJECTS = Table(
    name="projects",
    zh="工程项目",
    key=("project_id",),
    event_date="started_on",
    starts_on="started_on",
    unfolds=(LaterFact("completed_on"),),
    fields=(
        Field("project_id", "项目编码", _ID, required=True),
        Field("project_name", "项目名称", _TEXT, required=True),
        Field("region_code", "行政区划代码", _ID, required=True),
        Field(
            "sector",
            "行业",
            _ENUM,
            values={
                "building": "房建",
                "municipal": "市政",
                "transport": "交通",
                "water": "水利",
                "energy": "能源",
                "other": "其他",
            },
        ),
        Field(
            "funding",
            "投资性质",
            _ENUM,
            values={"government": "政府投资", "state_owned": "国有企业", "private": "社会投资"},
        ),
        Field("owner_id", "建设单位代码", _ID),
        Field("contractor_id", "施工总承包代码", _ID),
        Field("contract_amount", "合同金额", _MONEY),
        Field("labour_cost_share", "人工费比例", _SHARE),
        Field("started_on", "开工日期", _DATE, required=True),
        Field("planned_end_on", "计划竣工日期", _DATE),
        Field("completed_on", "实际竣工日期", _DATE),
        Field("advance_funded", "是否垫资", _BOOL),
        Field(
            "settlement",
            "结算方式",
            _ENUM,
            values={
                "monthly": "按月结算",
                "progress": "按进度结算",
                "measured": "计量计价",
                "completion": "竣工结算",
            },
        ),
        Field("notice_board", "维权公示牌", _BOOL),
        Field("latitude", "纬度", _NUMBER),
        Field("longitude", "经度", _NUMBER),
        Field("permit_on", "施工许可日期", _DATE, added=True),
        Field("payment_guarantee", "工程款支付担保", _BOOL, added=True),
    ),
)

_CONTRACTS = Table(
    name="contracts",
    zh="承包合同",
    key=("contract_id",),
    event_date="signed_on",
    starts_on="signed_on",
    unfolds=(LaterFact("ended_on"),),
    fields=(
        Field("contract_id", "合同编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field("parent_contract_id", "上级合同编号", _ID),
        Field("contractor_id", "承包单位代码", _ID),
        Field(
            "contractor_kind", "承包方类型", _ENUM, values={"company": "企业", "individual": "个人"}
        ),
        Field("contractor_name", "承包方名称", _TEXT),
        Field("written", "是否书面合同", _BOOL),
        Field("amount", "合同金额", _MONEY),
        Field("signed_on", "签订日期", _DATE, required=True),
        Field("ended_on", "终止日期", _DATE),
    ),
)

_PAYROLLS = Table(
    name="payrolls",
    zh="工资表",
    key=("payroll_id",),
    event_date=None,
    starts_on="due_on",
    fields=(
        Field("payroll_id", "工资表编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field("contract_id", "合同编号", _ID),
        Field("period", "工资月份", _MONTH, required=True),
        Field("workers", "人数", _COUNT),
        Field("amount_due", "应发金额", _MONEY, required=True),
        Field("due_on", "应发日期", _DATE, required=True),
        Field(
            "wage_basis",
            "工资结算方式",
            _ENUM,
            values={"time": "计时", "piece": "计件", "measured": "计量计价"},
            added=True,
        ),
    ),
)

_PAYMENTS = Table(
    name="payments",
    zh="工资发放",
    key=("payment_id",),
    event_date="paid_on",
    starts_on="paid_on",
    unfolds=(LaterFact("returned_on"),),
    fields=(
        Field("payment_id", "发放编号", _ID, required=True),
        Field("payroll_id", "工资表编号", _ID, required=True),
        Field("paid_on", "发放日期", _DATE, required=True),
        Field("amount", "实发金额", _MONEY, required=True),
        Field("workers_paid", "实发人数", _COUNT),
        Field(
            "channel",
            "发放方式",
            _ENUM,
            values={"bank": "银行代发", "cash": "现金", "foreman": "包工头代领"},
        ),
        Field("returned_on", "退票日期", _DATE, added=True),
    ),
)

_ACCOUNTS = Table(
    name="accounts",
    zh="工资专用账户",
    key=("account_id",),
    event_date="opened_on",
    starts_on="opened_on",
    unfolds=(LaterFact("closed_on"),),
    fields=(
        Field("account_id", "账户编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field("bank", "开户银行", _TEXT),
        Field("opened_on", "开户日期", _DATE, required=True),
        Field("closed_on", "销户日期", _DATE),
    ),
)

_TRANSFERS = Table(
    name="transfers",
    zh="人工费拨付",
    key=("transfer_id",),
    event_date=None,
    starts_on="due_on",
    unfolds=(LaterFact("paid_on", also=("amount_paid",)),),
    fields=(
        Field("transfer_id", "拨付编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field("period", "拨付月份", _MONTH, required=True),
        Field("amount_due", "应拨金额", _MONEY, required=True),
        Field("due_on", "应拨日期", _DATE, required=True),
        Field("amount_paid", "实拨金额", _MONEY),
        Field("paid_on", "实拨日期", _DATE),
    ),
)

_DEPOSITS = Table(
    name="deposits",
    zh="工资保证金",
    key=("deposit_id",),
    event_date="valid_from",
    starts_on="valid_from",
    outcome=Outcome("status", frozenset({"drawn", "expired", "returned"}), start="stored"),
    fields=(
        Field("deposit_id", "保证金编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field(
            "kind",
            "存储形式",
            _ENUM,
            values={
                "cash": "现金",
                "guarantee": "银行保函",
                "insurance": "保证保险",
                "exempt": "免存",
            },
        ),
        Field(
            "status",
            "状态",
            _ENUM,
            required=True,
            values={
                "stored": "已存储",
                "missing": "未存储",
                "drawn": "已动用",
                "expired": "已到期",
                "returned": "已退还",
            },
        ),
        Field("required_amount", "应存金额", _MONEY),
        Field("amount", "实存金额", _MONEY),
        Field("valid_from", "生效日期", _DATE, required=True),
        Field("valid_to", "到期日期", _DATE),
    ),
)

_ATTENDANCE = Table(
    name="attendance",
    zh="实名制考勤",
    key=("project_id", "contract_id", "period"),
    event_date=None,
    starts_on="period",
    default_lag_days=5,
    fields=(
        Field("project_id", "项目编码", _ID, required=True),
        Field("contract_id", "合同编号", _ID),
        Field("period", "考勤月份", _MONTH, required=True),
        Field("workers_registered", "实名登记人数", _COUNT),
        Field("workers_present", "考勤人数", _COUNT),
        Field("worker_days", "出勤工日", _COUNT),
        Field("workers_with_contract", "签订劳动合同人数", _COUNT),
    ),
)

_COMPLAINTS = Table(
    name="complaints",
    zh="投诉举报",
    key=("complaint_id",),
    event_date="received_on",
    starts_on="received_on",
    unfolds=(_GUIDED,),
    fields=(
        Field("complaint_id", "投诉编号", _ID, required=True),
        Field("received_on", "受理日期", _DATE, required=True),
        Field(
            "channel",
            "渠道",
            _ENUM,
            values={
                "hotline_12333": "12333热线",
                "hotline_12345": "12345热线",
                "online": "网络平台",
                "visit": "来访",
                "petition": "信访",
                "other": "其他",
            },
        ),
        Field("project_id", "项目编码", _ID),
        Field("project_text", "反映项目", _TEXT),
        Field("employer_text", "反映单位", _TEXT),
        Field("workers", "涉及人数", _COUNT),
        Field("amount_claimed", "诉求金额", _MONEY),
        Field("text", "诉求内容", _TEXT),
        _CAUSE,
        _GUIDED_ON,
    ),
)

_CASES = Table(
    name="cases",
    zh="案件",
    key=("case_id",),
    event_date="opened_on",
    starts_on="opened_on",
    unfolds=(
        LaterFact("confirmed_on", also=("amount_owed", "workers"), sets={"status": "confirmed"}),
        LaterFact("transferred_on", sets={"status": "transferred"}),
        LaterFact(
            "closed_on",
            also=("amount_recovered",),
            sets={"status": "closed"},
            never_over=frozenset({"unfounded"}),
        ),
        _GUIDED,
    ),
    outcome=Outcome(
        "status", frozenset({"confirmed", "transferred", "closed", "unfounded"}), start="filed"
    ),
    fields=(
        Field("case_id", "案件编号", _ID, required=True),
        Field("project_id", "项目编码", _ID),
        Field("org_id", "被查单位代码", _ID),
        Field("complaint_id", "投诉编号", _ID),
        Field("opened_on", "立案日期", _DATE, required=True),
        Field(
            "status",
            "状态",
            _ENUM,
            required=True,
            values={
                "accepted": "受理",
                "filed": "立案",
                "confirmed": "查实",
                "unfounded": "不属实",
                "closed": "结案",
                "transferred": "移送公安",
            },
        ),
        Field("workers", "涉及人数", _COUNT),
        Field("amount_owed", "拖欠金额", _MONEY),
        Field("amount_recovered", "追回金额", _MONEY),
        Field("confirmed_on", "查实日期", _DATE),
        Field("closed_on", "结案日期", _DATE),
        Field("transferred_on", "移送日期", _DATE),
        _CAUSE,
        _GUIDED_ON,
    ),
)

_INSPECTIONS = Table(
    name="inspections",
    zh="检查",
    key=("inspection_id",),
    event_date="inspected_on",
    starts_on="inspected_on",
    unfolds=(LaterFact("rectified_on"),),
    fields=(
        Field("inspection_id", "检查编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field("inspected_on", "检查日期", _DATE, required=True),
        Field(
            "kind",
            "检查类型",
            _ENUM,
            values={
                "routine": "日常巡查",
                "special": "专项检查",
                "campaign": "冬季行动",
                "complaint": "举报核查",
                "watchlist": "预警核查",
                "random": "随机抽查",
            },
        ),
        Field("arrears_found", "是否发现欠薪", _BOOL, required=True),
        Field("workers_owed", "欠薪人数", _COUNT),
        Field("amount_owed", "欠薪金额", _MONEY),
        Field("findings", "发现问题", _TEXT),
        Field("rectify_by", "整改期限", _DATE),
        Field("rectified_on", "整改完成日期", _DATE),
        Field("workers_covered", "涉及劳动者人数", _COUNT, added=True),
        Field("contracts_seen", "查验劳动合同份数", _COUNT, added=True),
    ),
)

_DISPUTES = Table(
    name="disputes",
    zh="工程款争议",
    key=("dispute_id",),
    event_date="opened_on",
    starts_on="opened_on",
    unfolds=(LaterFact("resolved_on"),),
    fields=(
        Field("dispute_id", "争议编号", _ID, required=True),
        Field("project_id", "项目编码", _ID, required=True),
        Field(
            "kind",
            "争议类型",
            _ENUM,
            values={"quantity": "工程量", "quality": "质量", "price": "造价", "payment": "工程款"},
        ),
        Field("opened_on", "发生日期", _DATE, required=True),
        Field("resolved_on", "解决日期", _DATE),
        Field("amount", "争议金额", _MONEY),
    ),
)

_LISTINGS = Table(
    name="listings",
    zh="失信名单",
    key=("listing_id",),
    event_date="listed_on",
    starts_on="listed_on",
    unfolds=(LaterFact("removed_on"),),
    fields=(
        Field("listing_id", "列入编号", _ID, required=True),
        Field("org_id", "统一社会信用代码", _ID, required=True),
        Field("listed_on", "列入日期", _DATE, required=True),
        Field("removed_on", "移出日期", _DATE),
    ),
)

_OPERATIONS = Table(
    name="operations",
    zh="经营指标",
    key=("org_id", "period", "indicator"),
    event_date=None,
    starts_on="period",
    default_lag_days=20,
    fields=(
        Field("org_id", "统一社会信用代码", _ID, required=True),
        Field("period", "月份", _MONTH, required=True),
        Field(
            "indicator",
            "指标",
            _ENUM,
            required=True,
            values={
                "electricity": "用电量",
                "water": "用水量",
                "gas": "用气量",
                "tax": "纳税额",
                "social_insurance": "参保人数",
                "overdue_loans": "逾期贷款",
            },
        ),
        Field("value", "数值", _NUMBER, required=True),
    ),
)

_LINKS = Table(
    name="links",
    zh="投诉关联",
    key=("complaint_id",),
    event_date="decided_on",
    starts_on="decided_on",
    fields=(
        Field("complaint_id", "投诉编号", _ID, required=True),
        Field(
            "decision",
            "决定",
            _ENUM,
            required=True,
            values={"linked": "关联", "refused": "不关联"},
        ),
        Field("project_id", "项目编码", _ID),
        Field("org_id", "统一社会信用代码", _ID),
        Field("probability", "关联概率", _SHARE),
        Field("decided_on", "决定日期", _DATE, required=True),
    ),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        _ORGANIZATIONS,
        _PROJECTS,
        _CONTRACTS,
        _PAYROLLS,
        _PAYMENTS,
        _ACCOUNTS,
        _TRANSFERS,
        _DEPOSITS,
        _ATTENDANCE,
        _COMPLAINTS,
        _CASES,
        _INSPECTIONS,
        _DISPUTES,
        _LISTINGS,
        _OPERATIONS,
    )
}
"""Tables by name. Only ``projects`` is required; any other feed may be missing."""

OWN_TABLES: Mapping[str, Table] = {_LINKS.name: _LINKS}
"""Tables recorded by Wagewatch: the project or organisation a person linked a complaint to."""

STORED_TABLES: Mapping[str, Table] = {**TABLES, **OWN_TABLES}
"""Every table of the record store."""
