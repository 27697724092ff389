"""Layouts the vocabulary was not tuned on: headings and columns written without looking at it.

Each table has headings for its fields, and columns no field of the contract takes. None of the
headings may be added to the shipped vocabulary: the calibration would measure nothing then.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from risk.contract import TABLES, Field, FieldType
from risk.intake.layouts.column_matches import SampleColumn
from risk.intake.layouts.vocabulary import vocabulary

HEADINGS = {
    "organizations": {
        "org_id": ["公司信用代码", "组织统一代码", "单位信用代码号"],
        "org_name": ["企业（单位）名称", "机构名称", "参建单位名称"],
        "org_kind": ["参建类型", "单位身份"],
        "registered_capital": ["注册资本（万元）", "认缴资本"],
        "founded_on": ["企业成立日", "登记成立日期"],
        "region_code": ["所在县", "注册区县"],
    },
    "projects": {
        "project_id": ["监管编号", "项目唯一编码", "工程项目代号"],
        "project_name": ["工地（项目）名称", "建设工程名称", "标段名称"],
        "region_code": ["所处区县", "工程所在地", "辖区"],
        "sector": ["行业分类", "工程所属行业", "专业类别"],
        "funding": ["出资性质", "投资来源"],
        "contract_amount": ["施工总价", "总造价", "承包合同金额", "工程合同额"],
        "labour_cost_share": ["人工费用占比", "人工费比重"],
        "started_on": ["动工日期", "正式开工日期", "进场日期"],
        "planned_end_on": ["应完工日期", "计划完成时间", "约定竣工日期"],
        "completed_on": ["通过验收日期", "实际完成日期"],
        "advance_funded": ["是否存在垫资", "带资施工"],
        "settlement": ["价款结算方式", "付款方式"],
    },
    "payrolls": {
        "payroll_id": ["工资册编号", "工资台账编号"],
        "project_id": ["项目编码号", "工程代号"],
        "period": ["工资期间", "计薪月份", "月份"],
        "workers": ["在册工人", "工人人数", "班组人数"],
        "amount_due": ["应付劳务工资", "本月应发", "应发数"],
        "due_on": ["约定发工资日", "工资支付日", "应支付日期"],
    },
    "payments": {
        "payment_id": ["代发流水号", "支付单编号"],
        "payroll_id": ["对应工资表编号", "工资册编号"],
        "paid_on": ["到卡日期", "银行代发日期", "付款日期"],
        "amount": ["本次发放额", "到账金额", "实际支付工资"],
        "workers_paid": ["领薪人数", "到账人数"],
        "channel": ["工资发放方式", "领取方式"],
    },
    "accounts": {
        "account_id": ["专户账户号", "监管账号"],
        "project_id": ["项目编码号", "工程代号"],
        "bank": ["开户网点", "代发银行"],
        "opened_on": ["专户设立时间", "账户开立日"],
        "closed_on": ["账户撤销时间", "专户注销日期"],
    },
    "transfers": {
        "transfer_id": ["拨付凭证号", "拨款流水号"],
        "project_id": ["项目编码号", "工程代号"],
        "period": ["计量月份", "人工费月份"],
        "amount_due": ["本月应拨", "应拨付人工费数额"],
        "due_on": ["应到位日期", "约定拨付日"],
        "amount_paid": ["本月实拨", "到位金额"],
        "paid_on": ["到位日期", "入账日期"],
    },
    "deposits": {
        "deposit_id": ["保函（保单）号", "保证金编码"],
        "project_id": ["项目编码号", "工程代号"],
        "kind": ["保证金方式", "担保方式"],
        "status": ["缴存状况", "保证金现状"],
        "required_amount": ["应缴数额", "核定金额"],
        "amount": ["实缴数额", "已缴存金额"],
        "valid_from": ["保函起始日", "存入时间"],
        "valid_to": ["保函截止日", "有效期止"],
    },
    "attendance": {
        "project_id": ["项目编码号", "工程代号"],
        "period": ["出勤月份", "考勤年月"],
        "workers_registered": ["已实名人数", "进场登记人数"],
        "workers_present": ["实到人数", "本月出勤人数"],
        "worker_days": ["合计工日", "出勤人天"],
        "workers_with_contract": ["有合同人数", "劳动合同数"],
    },
    "complaints": {
        "complaint_id": ["热线单号", "举报件编号", "来件编号"],
        "received_on": ["来件日期", "接件时间", "收件日期"],
        "channel": ["接收渠道", "线索渠道", "反映途径"],
        "project_text": ["欠薪工程", "务工项目", "涉及工地"],
        "employer_text": ["被反映公司", "所在公司", "欠薪企业"],
        "workers": ["反映人数", "欠薪工人数"],
        "amount_claimed": ["被欠金额", "主张金额", "反映金额"],
        "text": ["诉求摘要", "来电内容", "情况描述"],
    },
    "cases": {
        "case_id": ["案件文号", "立案审批号"],
        "project_id": ["项目编码号", "工程代号"],
        "opened_on": ["立案审批日期", "立案登记时间"],
        "status": ["查处状态", "案件阶段"],
        "workers": ["被欠人数", "涉及工人"],
        "amount_owed": ["认定欠薪金额", "拖欠总额"],
        "amount_recovered": ["追缴金额", "已兑付金额"],
        "closed_on": ["案件办结日", "销案日期"],
    },
    "inspections": {
        "inspection_id": ["巡查单号", "执法检查编号"],
        "project_id": ["项目编码号", "工程代号"],
        "inspected_on": ["现场核查日期", "到场时间"],
        "kind": ["巡查类型", "执法类型"],
        "arrears_found": ["有无拖欠", "存在拖欠"],
        "workers_owed": ["欠薪工人", "涉欠人数"],
        "amount_owed": ["涉欠金额", "发现欠薪额"],
        "findings": ["检查结论", "隐患问题"],
        "rectify_by": ["整改到期日", "责令改正期限"],
    },
}

OTHER_COLUMNS = {
    "工程地点": "text",
    "总包项目负责人": "name",
    "劳资员电话": "phone",
    "总建筑面积": "number",
    "计划工期（天）": "number",
    "支付比例说明": "text",
    "质监单位": "firm",
    "合同备案日期": "date",
    "计划开工日期": "date",
    "产值（万元）": "number",
    "累计拨付金额": "number",
    "累计发放金额": "number",
    "上报日期": "date",
    "核查人": "name",
    "档案盒号": "number",
    "工资卡开户行": "text",
    "保证金账号": "number",
    "派单时间": "date",
    "回复时间": "date",
    "办结时限": "date",
    "处罚金额": "number",
    "许可日期": "date",
    "乡镇联系人": "name",
    "民工工资预留比例": "share",
    "监理合同编号": "id",
    "设计合同金额": "number",
    "材料款金额": "number",
    "管理人员人数": "number",
    "女工人数": "number",
    "投诉人户籍": "text",
    "受理人": "name",
    "承办科室": "text",
    "立案承办人": "name",
    "预计投产日期": "date",
}


@dataclass(frozen=True)
class HeldOutSheet:
    """Columns of a made-up sheet with the right field of each; None if no field takes it."""

    table: str
    columns: tuple[SampleColumn, ...]
    fields: tuple[str | None, ...]


def held_out_sheets(count: int, seed: int) -> list[HeldOutSheet]:
    """``count`` sheets with headings of the contract, of the vocabulary, and of neither."""
    draw = random.Random(seed)
    return [_sheet(draw) for _ in range(count)]


def _sheet(draw: random.Random) -> HeldOutSheet:
    name = draw.choice(sorted(HEADINGS))
    headings = HEADINGS[name]
    wanted = draw.sample(sorted(headings), draw.randint(3, len(headings)))
    pairs: list[tuple[str, str | None, tuple[object, ...]]] = [
        (_heading(draw, name, field), field, _cells(draw, TABLES[name].field(field)))
        for field in wanted
    ]
    for other in draw.sample(sorted(OTHER_COLUMNS), draw.randint(2, 5)):
        pairs.append((other, None, _other_cells(draw, OTHER_COLUMNS[other])))
    draw.shuffle(pairs)
    columns = tuple(SampleColumn(at, text, cells) for at, (text, _, cells) in enumerate(pairs))
    return HeldOutSheet(name, columns, tuple(field for _, field, _ in pairs))


def _heading(draw: random.Random, table: str, field: str) -> str:
    part = draw.random()
    if part < 0.15:
        return TABLES[table].field(field).zh
    shipped = [
        text
        for text, target in vocabulary().shipped[table].items()
        if target.field.name == field and not target.by_name
    ]
    if part < 0.4 and shipped:
        return draw.choice(sorted(shipped))
    return draw.choice(HEADINGS[table][field])


def _cells(draw: random.Random, field: Field) -> tuple[object, ...]:
    return tuple(None if draw.random() < 0.1 else _cell(draw, field) for _ in range(12))


def _cell(draw: random.Random, field: Field) -> object:
    if field.name == "region_code":
        return draw.choice(["青川县", "剑阁县", "510822", "乔庄镇"])
    if field.type is FieldType.ENUM:
        return draw.choice([*field.values.values(), "其他情况"])
    return _other_cell(draw, _KINDS[field.type])


_KINDS = {
    FieldType.ID: "id",
    FieldType.TEXT: "text",
    FieldType.DATE: "date",
    FieldType.MONTH: "month",
    FieldType.MONEY: "number",
    FieldType.COUNT: "number",
    FieldType.NUMBER: "number",
    FieldType.SHARE: "share",
    FieldType.BOOL: "bool",
}


def _other_cells(draw: random.Random, kind: str) -> tuple[object, ...]:
    return tuple(None if draw.random() < 0.1 else _other_cell(draw, kind) for _ in range(12))


def _other_cell(draw: random.Random, kind: str) -> object:
    day = dt.date(2023, 1, 1) + dt.timedelta(days=draw.randint(0, 900))
    return {
        "id": f"XM-{draw.randint(1, 9999):05d}",
        "text": draw.choice(["云渡小区项目", "河堤加固段", "反映拖欠木工班工资", "支行营业部"]),
        "name": draw.choice(["张某", "李某某", "王某"]),
        "firm": draw.choice(["某某建设有限公司", "某某劳务公司"]),
        "phone": "1380000" + f"{draw.randint(0, 9999):04d}",
        "date": draw.choice([day, day.isoformat(), day.strftime("%Y/%m/%d")]),
        "month": draw.choice([day.strftime("%Y-%m"), f"{day.year}年{day.month}月"]),
        "number": draw.randint(1, 900),
        "share": f"{draw.randint(10, 60)}%",
        "bool": draw.choice(["是", "否", "√", "无"]),
    }[kind]
