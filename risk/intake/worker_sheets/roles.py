"""Roles of the columns of worker-level sheets, by heading."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum

from risk.intake.cells import Cell, match_key
from risk.intake.units import plain_brackets


class Role(StrEnum):
    """What a column of a worker-level sheet contains."""

    NAME = "name"
    IDENTITY = "identity"
    PERSONAL = "personal"
    TEAM = "team"
    PROJECT = "project"
    MONTH = "month"
    DUE = "due"
    PAID = "paid"
    PAID_ON = "paid_on"
    CHANNEL = "channel"
    DAYS = "days"
    DAY = "day"
    HALF = "half"
    ENTERED = "entered"
    LEFT = "left"
    CONTRACT = "contract"
    CRAFT = "craft"
    OTHER = "other"


NEVER_KEPT = (Role.NAME, Role.IDENTITY, Role.PERSONAL)
"""Roles of columns about the person."""

_WORDS = {
    Role.NAME: r"(?:工人|民工|农民工|员工|职工|人员|务工人员|用工人员|劳务人员|工友|作业人员)?(?:姓名|名字)",
    Role.IDENTITY: r".*(?:身份证|证件号|公民身份|身份号).*",
    Role.PERSONAL: r".*(?:卡号|银行卡|工资卡|账号|帐号|账户|电话|手机|联系方式|联系号码|微信|签字|签名|签收|签领|签章"
    r"|手印|指印|指纹|本人确认|领款人|收款人|住址|地址|籍贯|民族|性别|出生|年龄|户籍|户口|学历|照片|家庭|开户"
    r"|政治面貌|婚|人脸).*",
    Role.TEAM: r"(?:所属|所在|施工|作业|劳务)?(?:班组|队组|工班|作业队)(?:名称)?",
    Role.PROJECT: r"(?:所属|所在)?(?:项目|工程)(?:名称|编码|编号|代码)?|工程项目(?:名称)?",
    Role.MONTH: r"(?:工资|考勤|出勤|所属|发放)?(?:月份|年月|所属期)|工资所属(?:月份|期)",
    Role.PAID_ON: r"(?:实际|工资)?(?:发放|支付|领取|付款|发薪|签领)(?:日期|时间)",
    Role.CHANNEL: r"(?:工资)?(?:发放|支付|领取)(?:方式|形式|渠道)",
    Role.DUE: r"(?:本月|当月|月)?(?:应发|应付|应得|应支付|应领)(?:工资|薪酬|金额|合计|总额|总计|小计|数|额|报酬|款)*"
    r"|(?:本月|当月)?(?:工资|薪酬|劳务费|报酬)(?:总额|合计|总计|小计|总金额|金额)|(?:本月|当月)工资|金额|工资",
    Role.PAID: r"(?:本月|当月)?(?:实发|实付|实得|实领|实际发放|实际支付|实际领取|实支|已发|已付)(?:工资|薪酬|金额|合计|总额|总计|小计|数"
    r"|额|报酬|款)*|(?:发放|支付|领取)金额",
    Role.DAYS: r"(?:本月|当月|实际|月)*(?:出勤|考勤|上班|工作|计薪|出工|务工)(?:天数|工日数?|工数|日数|天|合计|总计|合计天数"
    r"|情况)|(?:合计|总计|累计)?(?:工日|天数|工数|出勤)(?:数|合计|总计)?|(?:合计|总)(?:出勤|工)(?:数|日|天数)?",
    Role.HALF: r"时段|班次|上/?下午|时间段",
    Role.ENTERED: r"(?:实际)?(?:进场|入场|入职|进入|上岗|到岗|进工地|进退场)(?:日期|时间)?",
    Role.LEFT: r"(?:实际)?(?:退场|离场|离职|出场|离岗)(?:日期|时间)?",
    Role.CONTRACT: r"(?:是否|有无)?(?:已)?(?:签订|签署)?(?:了)?(?:书面)?(?:劳动|用工|劳务)?合同(?:签订|签署)?(?:情况|编号|日期|时间|与否|期限"
    r"|起止(?:日期|时间)?|书)?(?:\d*)|签订(?:日期|时间)",
    Role.CRAFT: r"工种(?:名称)?|岗位|职务|工种岗位|职业工种",
}
_PATTERNS = {role: re.compile(pattern) for role, pattern in _WORDS.items()}
_BRACKETS = re.compile(r"\([^()]*\)")
_NOISE = re.compile(r"[*:_\"'“”★※.、/|]")
_DAY = re.compile(r"(?:\d{1,2}月)?(3[01]|[12]?\d)(?:日|号)?")


def role_of(heading: str) -> Role:
    """Role of a column by its plain heading; ``OTHER`` if it has none.

    >>> role_of("身份证号码"), role_of("应发工资"), role_of("日工资")
    (<Role.IDENTITY: 'identity'>, <Role.DUE: 'due'>, <Role.OTHER: 'other'>)
    """
    return next((role for role, one in _PATTERNS.items() if one.fullmatch(heading)), Role.OTHER)


def plain_heading(cell: Cell) -> str:
    """Heading without brackets, spaces and punctuation.

    >>> plain_heading("应发 工资\\n（元）")
    '应发工资'
    """
    text = match_key(plain_brackets(str("" if cell is None else cell)[:100]))
    return _NOISE.sub("", _BRACKETS.sub("", text))


def day_of_month(cell: Cell) -> int | None:
    """Day that a heading of an attendance sheet names: 7, "7", 7日, or a date."""
    if isinstance(cell, dt.date):
        return cell.day
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return int(cell) if cell == int(cell) and 1 <= cell <= 31 else None
    found = _DAY.fullmatch(match_key(str(cell)[:20]))
    return int(found[1]) if found and int(found[1]) else None
