"""Invented names and texts of the simulated records: data, not messages of the service.

Every organisation, project and bank has the mark 模拟 ("simulated"). No text names a person.
"""

from __future__ import annotations

import numpy as np

MARK = "模拟·"

_FIRST = "青澄朗沐霁溪岚禾砚槐柏榆桐荻苇"
_SECOND = "川原岭屿坪垚峦陌汀埠栈桥渡舟帆"

OWNERS = ("置业", "城投建设", "文旅开发", "产业园管理", "教育后勤", "交通投资")
CONTRACTORS = ("建设集团", "建筑工程", "路桥工程", "市政工程")
LABOUR = ("建筑劳务", "劳务服务")
SPECIALISTS = ("钢结构", "防水保温", "机电安装", "装饰工程")
EMPLOYERS = ("纺织厂", "餐饮店", "塑料制品厂", "物业服务", "食品加工厂", "汽修店")

PLACES = ("云渡", "石桥湾", "沙坪头", "柳营", "东塬", "北汀", "青岗", "南陌", "荷塘口", "松岭")
WORKS = {
    "building": ("安居小区", "中心小学教学楼", "卫生院综合楼", "农贸市场", "标准厂房", "人才公寓"),
    "municipal": ("污水管网", "道路改造", "公园提升", "停车场"),
    "transport": ("乡道改建", "大桥加固", "客运站"),
    "water": ("河堤整治", "灌渠配套", "供水站"),
    "energy": ("光伏电站", "变电站"),
    "other": ("高标准农田", "冷链仓库"),
}
STAGES = ("", "一期", "二期", "A标", "B标")
TRADES = ("木工", "钢筋", "瓦工", "抹灰", "架子", "水电", "混凝土", "土方")
BANKS = ("青禾银行", "澄川农商行", "岚原村镇银行", "溪桥银行")
SURNAMES = "张王李刘陈杨周吴"

FINDINGS = {
    "roster": "ROSTER_STALE",
    "ledger": "LEDGER_INCOMPLETE",
    "contract": "CONTRACTS_MISSING",
    "board": "NO_BOARD",
    "cash": "PAID_IN_CASH",
    "account": "NO_ACCOUNT",
    "arrears": "WAGES_OWED",
}
"""Findings of inspections by kind, after the faults named in winter reports."""

CLAIMS: tuple[str, ...] = (
    "干了活一直没拿到工钱，年底了要回家",
    "{n}个人{m}个月工资没发，老板电话打不通",
    "工头说总包没给钱，让我们等，等了{m}个月",
    "只发了生活费，剩下的工资一直拖着",
    "活干完了，说工程款没下来，不给结账",
    "手里没有合同也没有欠条，记工本上有{n}个人的工",
)
FALSE_CLAIMS: tuple[str, ...] = (
    "工程量没算对，少算了我的方量，要求补钱",
    "材料款和机械费没有结清，请帮忙讨要",
    "对扣款有意见，要求重新算账",
    "咨询工资什么时候结算",
)
OTHER_CLAIMS: tuple[str, ...] = (
    "店里关门了，最后{m}个月工资没给",
    "厂里{n}个人工资拖了{m}个月",
    "离职后工资一直不结",
)


def company_names(rng: np.random.Generator, count: int, trades: tuple[str, ...]) -> list[str]:
    """``count`` distinct marked company names of the given trades."""
    names: dict[str, None] = {}
    while len(names) < count:
        stem = _FIRST[rng.integers(len(_FIRST))] + _SECOND[rng.integers(len(_SECOND))]
        if len(names) > 100:
            stem += _FIRST[rng.integers(len(_FIRST))]
        trade = trades[rng.integers(len(trades))]
        names[f"{MARK}{stem}{trade}{'' if trade[-1] in '厂店' else '有限公司'}"] = None
    return list(names)


def project_name(rng: np.random.Generator, sector: str, number: int) -> str:
    """Marked project name; ``number`` makes it unique."""
    place = PLACES[rng.integers(len(PLACES))]
    work = WORKS[sector][rng.integers(len(WORKS[sector]))]
    return f"{MARK}{place}{work}{STAGES[rng.integers(len(STAGES))]}{number:04d}号"


SITE_ENDINGS = ("", "工地", "那边", "项目")
FIRM_ENDINGS = ("", "公司", "")


def shorten_name(rng: np.random.Generator, name: str, endings: tuple[str, ...]) -> str:
    """Name as a caller says it: without mark and number, often shortened or missing a character."""
    spoken = name.removeprefix(MARK).removesuffix("有限公司").rstrip("号0123456789")
    if rng.random() < 0.5:
        spoken = spoken[: max(2, int(len(spoken) * rng.uniform(0.4, 0.8)))]
    if rng.random() < 0.3 and len(spoken) > 3:
        gap = int(rng.integers(1, len(spoken)))
        spoken = spoken[:gap] + spoken[gap + 1 :]
    return spoken + endings[rng.integers(len(endings))]


def foreman(rng: np.random.Generator) -> str:
    """A caller's words for the foreman who hired them: a family name at most."""
    surname = SURNAMES[rng.integers(len(SURNAMES))]
    return (f"{surname}老板", f"包工头老{surname}", "一个包工头", "")[rng.integers(4)]


NAME_ERRORS = ("cut", "suffix", "abbreviation", "typo", "homophone", "word_order", "old_name")
"""Kinds of errors in names known to the caller; ``foreman`` and ``empty`` are recorded too."""

_SOUNDS_LIKE = dict(
    zip(
        "渡桥湾沙坪柳营塬汀岗陌荷塘松岭川原屿垚峦埠栈舟帆青澄朗沐霁溪岚砚槐柏桐荻苇建程务园",
        "度侨弯纱平流迎源厅刚莫河糖宋领穿员语尧鸾布站州凡清成浪木记西蓝燕怀百铜笛伟健成物圆",
        strict=True,
    )
)
_OTHER_WORDS = "大小上下中新老东西南北"


def spoken_name(name: str) -> str:
    """Name without the mark, the legal form and the number."""
    return name.removeprefix(MARK).removesuffix("有限公司").rstrip("号0123456789")


def old_name(rng: np.random.Generator, name: str) -> str:
    """Former name of a renamed company: the same trade with another stem."""
    stem = _FIRST[rng.integers(len(_FIRST))] + _SECOND[rng.integers(len(_SECOND))]
    return MARK + stem + name.removeprefix(MARK)[2:]


def distort_name(rng: np.random.Generator, name: str, kind: str, endings: tuple[str, ...]) -> str:
    """``name`` with one kind of error of :data:`NAME_ERRORS`.

    For ``old_name`` the caller passes the former name, which is returned without mark and number.
    """
    said = spoken_name(name)
    if kind == "suffix":
        suffixes = [ending for ending in endings if ending]
        return said + suffixes[rng.integers(len(suffixes))]
    if kind == "abbreviation":
        return said[:2] + said[2:-1:3] + said[-1]
    if kind == "word_order":
        at = 2 + int(rng.integers(max(1, len(said) - 3)))
        return said[at:] + said[:at]
    if kind == "typo":
        at = int(rng.integers(len(said)))
        return said[:at] + _OTHER_WORDS[rng.integers(len(_OTHER_WORDS))] + said[at + 1 :]
    if kind == "homophone":
        return "".join(_SOUNDS_LIKE.get(c, c) if rng.random() < 0.5 else c for c in said)
    return said


def is_foreman(text: str) -> bool:
    """Whether ``text`` comes from :func:`foreman`."""
    return text.endswith("老板") or "包工头" in text
