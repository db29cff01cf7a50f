"""The JSON Schema of a checklist's YAML, made from its models, so that an editor completes and checks it."""

from typing import Any

from server.domain.checklist_kinds import KEYS_OF_KINDS
from server.domain.checklist_written import Checklist, Item, Section
from server.domain.conditions import FACTS, OPERATORS

Schema = dict[str, Any]

# What each key says, for the editor's help: Chinese first, as its readers are.
_SAYS = {
    "id": "编号，发布后不再改变含义 · the id; once published it never changes its meaning",
    "version": "版本号，与文件名 v<n>.yaml 一致 · the number in the file's name",
    "title": "名称 · the name in both languages",
    "text": "检查项的文字 · the wording in both languages",
    "visit_kinds": "用于哪些检查 · the kinds of visit it is for",
    "tiers": "用于哪些网点层级 · the tiers of outlets it is for",
    "points": "分值，百分之一分（200 为 2 分）· points in hundredths (200 is 2 points)",
    "prohibition_scoring": "禁止项计分：一项不合格整条零分，或逐项 · all or nothing, or item by item",
    "critical_cap": "重大不合格时最多得几分 · the most that a visit with a grave fail can score, in points",
    "fail_below": "低于此得分为不合格，千分之一 · credit below it counts as failed, in thousandths",
    "prohibitions": "禁止项 · the prohibitions by their code",
    "retired": "停用的编号，不再使用 · ids that went and never come back",
    "changes": "与上一版相比的说明 · what the author says of this version",
    "since": "上一版的版本号 · the number of the version before",
    "note": "为什么修改 · why the version is made",
    "same": "改动后含义不变的检查项 · changed items that mean the same as before",
    "sections": "环节 · the sections in order",
    "items": "检查项 · the items in order",
    "kind": "类型 · what is answered and how it gives credit",
    "indicator": "指标编号，默认与编号相同 · the stable indicator id; the item's own unless said",
    "follows": "承接上一版的哪一项（含义已变）· the item of the version before that it takes the place of",
    "source": "依据的条款 · the clause it stems from",
    "when": "在什么情况下出现 · when it is asked",
    "na": "可答“不适用” · “not applicable” may be answered",
    "required": "必填；any_failed 为有不合格项时必填 · must be answered",
    "min_chars": "文字最少几个字 · the least number of characters",
    "prohibition": "属于哪条禁止项 · the prohibition it belongs to",
    "critical": "关键项，不合格即重大不合格 · a fail is a grave fail",
    "later": "可在离店后多久内补证，如 72h · may be proved so long after the visit",
    "leaving": "回答即离店时刻 · its answer is when the inspector left",
    "options": "选项 · the options by their code",
    "credit": "得分，千分之一 · credit in thousandths",
    "voids": "选它则整次检查作废 · choosing it voids the visit",
    "min": "最小值 · the least value",
    "max": "最大值 · the greatest value",
    "unit": "单位 · the unit in both languages",
    "credits": "量表各档的得分，千分之一 · credits of the scale's values in thousandths",
    "bands": "得分档 [上限, 得分]，最后一档上限 null · [upper bound, credit]; the last bound is null",
    "cases": "分情况的得分档，先成立的为准 · bands by condition; the first that holds wins",
    "photo": "照片要求 · when a photo is demanded",
    "below": "得分低于此值须拍照，千分之一 · the credit under which the photo is due",
    "hint": "拍摄提示 · what to take, and what must not be seen",
    "original": "另存未压缩的原图 · keep the picture unshrunk as well",
    "max_px": "照片长边像素 · longer side of the picture",
    "zh": "中文",
    "en": "English",
}

_NEEDED = {
    "Checklist": [
        "id",
        "version",
        "title",
        "visit_kinds",
        "tiers",
        "points",
        "prohibition_scoring",
        "sections",
    ],
    "Section": ["id", "title", "points", "items"],
    "Item": ["id", "text", "source", "kind", "points"],
    "Words": ["zh", "en"],
    "Option": ["zh", "en"],
}
"""What the load-time checks demand beyond what the models do, which the bare vectors also use."""


def checklist_schema() -> Schema:
    """Return the JSON Schema (2020-12) of the written notation."""
    schema = Checklist.model_json_schema()
    definitions: Schema = schema.pop("$defs")
    for model in (Section, Item):
        inner = model.model_json_schema()
        definitions |= inner.pop("$defs", {})
        definitions[model.__name__] = inner
    definitions["Section"]["properties"]["items"] = {"type": "array", "items": _to("Item"), "minItems": 1}
    schema["properties"]["sections"] = {"type": "array", "items": _to("Section"), "minItems": 1}
    definitions["Item"]["allOf"] = [_only_for(key, kinds) for key, kinds in KEYS_OF_KINDS.items()]
    definitions["Condition"] = _condition()
    for name, each in {**definitions, "Checklist": schema}.items():
        _helped(name, each)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "巡厅检查表 checklist",
        "$defs": dict(sorted(definitions.items())),
    }


def _to(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _only_for(key: str, kinds: frozenset[str]) -> Schema:
    return {"if": {"required": [key]}, "then": {"properties": {"kind": {"enum": sorted(kinds)}}}}


def _condition() -> Schema:
    """Conditions nest, so they are described by hand, from the words that the reader of conditions knows."""
    one = {"type": ["string", "integer"]}
    values: Schema = {name: one for name in OPERATORS if name != "in"}
    values["in"] = {"type": "array", "items": one, "minItems": 1}
    operator = {"oneOf": [{"required": [name]} for name in OPERATORS]}
    properties = {
        "item": {"type": "string", "description": "前面的检查项 · an earlier item"},
        "fact": {"enum": list(FACTS), "description": "网点或检查的事实 · a fact of the outlet or the visit"},
        **values,
    }
    many = {"type": "array", "items": _to("Condition"), "minItems": 1}
    nested = {"all": many, "any": many, "not": _to("Condition")}
    return {
        "description": "条件 · {item: ID, is: value}, {fact: tier, in: [...]}, all, any, not",
        "oneOf": [
            *(
                {
                    "type": "object",
                    "properties": {word: shape},
                    "required": [word],
                    "additionalProperties": False,
                }
                for word, shape in nested.items()
            ),
            {
                "type": "object",
                "properties": properties,
                "additionalProperties": False,
                "allOf": [{"oneOf": [{"required": ["item"]}, {"required": ["fact"]}]}, operator],
            },
        ],
    }


def _helped(name: str, schema: Schema) -> None:
    """Give a model's keys their help, its conditions and bands their shape, and what else is needed."""
    if name in _NEEDED:
        schema["required"] = _NEEDED[name]
    for key, shape in schema.get("properties", {}).items():
        if not isinstance(shape, dict):
            continue
        shape.pop("title", None)
        if key in _NEEDED.get(name, ()) and {"type": "null"} in shape.get("anyOf", ()):
            shape = next(each for each in shape["anyOf"] if each != {"type": "null"})
            schema["properties"][key] = shape
        if key == "when" and name != "PhotoDemand":
            schema["properties"][key] = shape = _to("Condition")
        if key == "bands":
            schema["properties"][key] = shape = _bands()
        if key in _SAYS:
            shape["description"] = _SAYS[key]


def _bands() -> Schema:
    row = {
        "type": "array",
        "prefixItems": [
            {"type": ["integer", "string", "null"]},
            {"type": "integer", "minimum": 0, "maximum": 1000},
        ],
        "minItems": 2,
        "maxItems": 2,
    }
    return {"type": "array", "items": row, "minItems": 1}
