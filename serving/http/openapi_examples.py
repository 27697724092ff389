"""Examples of answers in the OpenAPI description, put together from one value per noun.

Codes are those of the simulator and real ones of the law; people and firms are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_DIGEST = "9f2c5b0e7a41d86c3f1b94e5a07d62c8b35e19f4d70a6c821e4b9d3f5a6c7e80"
_PERSON = "李敏"
_FORMATS: Mapping[str, Any] = {"date": "2025-06-01", "date-time": "2025-06-01T08:30:00Z"}
_NUMBERS: Mapping[str, Any] = {
    "probability": 0.31,
    "draw_probability": 0.08,
    "amount": 86000.0,
    "amount_owed": 86000.0,
    "amount_at_stake": 240000.0,
    "contribution": 0.42,
    "rank": 3,
    "workers": 14,
    "workers_owed": 14,
    "seal_version": 7,
    "status": 200,
    "horizon_days": 90,
    "red": 0.3,
    "orange": 0.15,
    "yellow": 0.05,
    "row": 12,
}
_TEXTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("digest", "list_digest", "records_digest", "risks_digest", "of", "seed", "secret"),
            *("csrf", "request_id"),
        ),
        _DIGEST,
    ),
    **dict.fromkeys(
        (
            *("asked_by", "by", "created_by", "decided_by", "entered_by", "given_by", "made_by"),
            *("published_by", "set_by", "taken_by", "written_by", "who", "person"),
        ),
        _PERSON,
    ),
    **dict.fromkeys(("version", "model_version", "instead_of", "before"), "3"),
    **dict.fromkeys(("text", "comment", "findings", "reason", "remark", "why"), "已到现场核对。"),
    **dict.fromkeys(("region", "region_code"), "420304"),
    **dict.fromkeys(("project_id", "not_scored"), "P-00017"),
    **dict.fromkeys(("project_name", "project_text", "name"), "东城区实验小学扩建工程"),
    **dict.fromkeys(("contractor_name", "org_name", "firm", "employer_text"), "恒达建设有限公司"),
    **dict.fromkeys(("org_id", "contractor_id"), "91420300MA4EXAMPLE"),
    **dict.fromkeys(
        ("as_of", "trained_at", "first_snapshot", "last_snapshot", "on", "due_on", "sent_on"),
        "2025-06-01",
    ),
    "answer_by": "2025-06-15",
    "article": "保障农民工工资支付条例第三十条",
    "articles": "保障农民工工资支付条例第三十条",
    "at": "2025-06-01T08:30:00+00:00",
    "case_id": "C-2025-008",
    "code": "pay_not_monthly",
    "complaint_id": "T-2025-031",
    "department": "housing",
    "family": "payments",
    "feature": "unpaid_amount",
    "field": "amount_due",
    "found": "12,5",
    "format": "docx",
    "id": "17",
    "inspection_id": "I-2025-112",
    "key": "case:C-2025-008",
    "method": "GET",
    "model_name": "arrears",
    "months": "2025-03-01",
    "record_id": "PR-2025-05-17",
    "role": "inspector",
    "sender": "东城区劳动保障监察大队",
    "subject": "projects/P-00017",
    "table": "payrolls",
    "tier": "orange",
    "township": "城关镇",
    "unit": "东城区劳动保障监察大队",
    "url": "https://cases.example.gov.cn/wagewatch",
    "zh": "5 月应付工资尚有 86,000 元未付。",
    "en": "86,000 yuan of the wages due in May are unpaid.",
}
_DEEPEST = 9


def add_examples(description: Json) -> None:
    """Give every successful JSON answer an example of its schema."""
    schemas: Json = description["components"]["schemas"]
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                media = response.get("content", {}).get("application/json")
                if media and status.startswith("2"):
                    media["example"] = example_of(media["schema"], "value", schemas)


def example_of(node: Json, name: str, schemas: Json, depth: int = 0) -> Any:
    """A value that fits the schema ``node`` of the property ``name``.

    >>> example_of({"type": "array", "items": {"type": "string"}}, "project_id", {})
    ['P-00017']
    """
    if "$ref" in node:
        return example_of(schemas[node["$ref"].rsplit("/", 1)[1]], name, schemas, depth)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            return example_of(node[key][0], name, schemas, depth)
    if node.get("type") == "array":
        several = node.get("prefixItems") or ([] if depth > _DEEPEST else [node["items"]])
        return [example_of(one, name, schemas, depth + 1) for one in several]
    if node.get("type") == "object":
        return _object(node, name, schemas, depth + 1)
    return _plain(node, name)


def _object(node: Json, name: str, schemas: Json, depth: int) -> Json:
    found = {
        prop: example_of(one, prop, schemas, depth)
        for prop, one in node.get("properties", {}).items()
    }
    others = node.get("additionalProperties")
    if not found and isinstance(others, dict):
        key = example_of(node.get("propertyNames", {"type": "string"}), "key_name", schemas)
        found["name" if key == "-" else key] = example_of(others, name, schemas, depth)
    return found


def _plain(node: Json, name: str) -> Any:
    kind = node.get("type")
    if "const" in node or "enum" in node:
        return node.get("const", node.get("enum", [None])[0])
    if kind == "string":
        return _FORMATS.get(node.get("format", "")) or _TEXTS.get(name, "-")
    if kind == "boolean":
        return True
    if kind == "integer":
        return int(_NUMBERS.get(name, max(2, node.get("minimum", 0))))
    if kind == "number":
        return float(_NUMBERS.get(name, 0.25))
    return None
