"""Names for what FastAPI leaves inline or unsaid in the OpenAPI description.

Generated clients name classes after schemas and properties: an enum inside a property becomes
``Kind13``. So every enum becomes a schema of its own, named after its property, or after schema and
property where that name stands for several sets of values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
_PAGE = "Page_"
_RATE_LIMITED = ("429", "503")
_WITH_ETAG = ("get_watchlist", "get_risk", "get_briefing")
_CONDITIONAL = ("get_watchlist", "get_risk")
_KEY = "Idempotency-Key"


def name_enums(description: Json) -> None:
    """Move every inline enum of strings to ``components/schemas`` and refer to it there."""
    schemas: Json = description["components"]["schemas"]
    places = list(_enum_places(description))
    values: dict[str, set[tuple[str, ...]]] = {}
    for _, prop, node in places:
        values.setdefault(prop, set()).add(tuple(node["enum"]))
    taken = set(schemas)
    named: dict[tuple[str, tuple[str, ...]], str] = {}
    for owner, prop, node in places:
        members = tuple(node["enum"])
        if (prop, members) not in named:
            short = _pascal(prop)
            many = len(values[prop]) > 1 or short in taken
            named[prop, members] = _free(f"{_pascal(owner)}{short}" if many else short, taken)
        _refer(node, named[prop, members], schemas)


def _enum_places(description: Json) -> Iterator[tuple[str, str, Json]]:
    """Owner, property and node of every inline enum, in the order of the document."""
    for name, schema in sorted(description["components"]["schemas"].items()):
        for prop, node in schema.get("properties", {}).items():
            for found in _inline_enums(node):
                yield name, prop, found
    for path in description["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                for found in _inline_enums(parameter["schema"]):
                    yield operation["operationId"], parameter["name"], found


def _inline_enums(node: Json) -> Iterator[Json]:
    if "enum" in node and node.get("type") == "string":
        yield node
        return
    for key in ("anyOf", "items", "additionalProperties"):
        below = node.get(key)
        for one in below if isinstance(below, list) else [below]:
            if isinstance(one, dict):
                yield from _inline_enums(one)


def _refer(node: Json, name: str, schemas: Json) -> None:
    enum = {"type": "string", "enum": node["enum"], "title": name}
    schemas.setdefault(name, enum)
    for key in ("enum", "type", "title"):
        node.pop(key, None)
    reference = {"$ref": f"#/components/schemas/{name}"}
    # OpenAPI 3.1 allows other keywords beside a reference; generators do better with allOf.
    node.update({"allOf": [reference]} if node else reference)


def _pascal(name: str) -> str:
    words = name.replace("-", "_").split("_")
    return "".join(word[:1].upper() + word[1:] for word in words)


def _free(name: str, taken: set[str]) -> str:
    found = name if name not in taken else f"{name}Value"
    taken.add(found)
    return found


def add_headers(description: Json, texts: Mapping[str, str]) -> None:
    """Describe the headers that answers carry: ETag, Location, Retry-After, the request's id."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                headers = response.setdefault("headers", {})
                for name in _header_names(operation, status):
                    kind = "integer" if name == "Retry-After" else "string"
                    key = f"api.headers.{name.lower().replace('-', '_')}"
                    headers.setdefault(name, {"description": texts[key], "schema": {"type": kind}})


def _header_names(operation: Json, status: str) -> Iterator[str]:
    """The headers of an answer, each where it comes with the answer."""
    yield "X-Request-ID"
    if status in _RATE_LIMITED:
        yield "Retry-After"
    if status >= "400":
        yield "Link"
    if status == "401":
        yield "WWW-Authenticate"
    if status == "303":
        yield "Location"
    if status in ("200", "304") and operation["operationId"] in _WITH_ETAG:
        yield "ETag"
    has_key = any(one["name"] == _KEY for one in operation.get("parameters", ()))
    if status in ("201", "202") and has_key:
        yield "Idempotency-Replayed"


def add_conditional_requests(description: Json, texts: Mapping[str, str]) -> None:
    """Describe If-None-Match and the answer 304, which sealed documents have."""
    for path in description["paths"].values():
        for operation in path.values():
            if operation["operationId"] in _CONDITIONAL:
                header = {"name": "If-None-Match", "in": "header", "required": False}
                operation["parameters"].append({**header, "schema": {"type": "string"}})
                operation["responses"]["304"] = {"description": texts["api.responses.304"]}


def add_parameter_texts(description: Json, texts: Mapping[str, str]) -> None:
    """Describe parameters that have no text of their own by their name."""
    for path in description["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                key = f"api.parameters.{parameter['name'].lower().replace('-', '_')}"
                if "description" not in parameter and key in texts:
                    parameter["description"] = texts[key]


def add_property_texts(description: Json, texts: Mapping[str, str]) -> None:
    """Describe properties by their name, or by schema and name where that has another meaning."""
    for name, schema in description["components"]["schemas"].items():
        if name.startswith(_PAGE):
            schema.setdefault("description", texts["api.page"])
        for prop, node in schema.get("properties", {}).items():
            key = f"api.fields_of.{name}.{prop}"
            found = texts.get(key) or texts.get(f"api.fields.{prop}")
            if found and "description" not in node:
                if "$ref" in node:
                    node["allOf"] = [{"$ref": node.pop("$ref")}]
                node["description"] = found


def add_tags(description: Json, texts: Mapping[str, str]) -> None:
    """Add the tags that operations carry, with their texts, and the server itself."""
    used = {
        tag
        for path in description["paths"].values()
        for operation in path.values()
        for tag in operation.get("tags", ())
    }
    description["tags"] = [
        {"name": tag, "description": texts[f"api.tags.{tag}"]} for tag in sorted(used)
    ]
    description["servers"] = [{"url": "/", "description": texts["api.servers.own"]}]
