"""Conditions as text that people read and write in a cell, and back, exactly: OH-02 = busy 且 非（tier = village）."""

import re
import unicodedata
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken, v_args

from server.domain.conditions import Condition
from server.domain.findings import Finding

LONGEST = 20_000
DEEPEST = 40

_GRAMMAR = r"""
?start: term | all | any
all: term (_AND term)+
any: term (_OR term)+
?term: comparison
     | _OPEN (term | all | any) _CLOSE    -> bracket
     | _NOT term                          -> negation
     | _ALL _OPEN start (_COMMA start)* _CLOSE  -> all
     | _ANY _OPEN start (_COMMA start)* _CLOSE  -> any
comparison: name _IS value                -> is_
     | name _IN _OPEN value (_COMMA value)* _CLOSE -> in_
     | name _AT_LEAST value               -> at_least
     | name _AT_MOST value                -> at_most
name: ITEM                                -> item
     | FACT                               -> fact
     | FACT_NAME                          -> fact_name
     | _ITEM TEXT                         -> odd_item
     | _FACT TEXT                         -> odd_fact
value: NUMBER                             -> number
     | DECIMAL                            -> word
     | WORD                               -> word
     | LABEL                              -> word
     | TEXT                               -> text

_AND.5: /且|(and|AND)(?![A-Za-z0-9_-])/
_OR.5: /或|(or|OR)(?![A-Za-z0-9_-])/
_NOT.5: /非|not(?![A-Za-z0-9_-])/
_ALL.5: /全部|all(?=[ \n]*\()/
_ANY.5: /任一|any(?=[ \n]*\()/
_ITEM.5: /项|item(?=[ \n]*["“])/
_FACT.5: /事实|fact(?=[ \n]*["“])/
_IN.5: /属于|(in|IN)(?![A-Za-z0-9_-])/
_IS: /==?/
_AT_LEAST: />=|≥|≧/
_AT_MOST: /<=|≤|≦/
_OPEN: "("
_CLOSE: ")"
_COMMA: ","
ITEM: /[A-Z][A-Za-z0-9-]*/
FACT: /[a-z][a-z_]*/
DECIMAL.2: /-?[0-9]{1,200}\.[0-9]{1,200}(?![A-Za-z0-9_.-])/
NUMBER.2: /-?[0-9]{1,2000}(?![A-Za-z0-9_.-])/
WORD: /[A-Za-z_][A-Za-z0-9_.-]*/
FACT_NAME.6: /网点层级|网点类别|所在地|检查类型|巡检时段/
LABEL: /[\u4e00-\u9fff][^ \t\r\n(),，、=<>≥≤"“”且或]*/
TEXT: /"(\\.|[^"\\])*"|“[^”]*”/s
%ignore /[ \t\r\n]+/
"""

_BARE_ITEM = re.compile(r"[A-Z][A-Za-z0-9-]*")
_BARE_FACT = re.compile(r"[a-z][a-z_]*")
_BARE_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|-?[0-9]{1,200}\.[0-9]{1,200}", re.ASCII)
_FACT_OF = {
    "网点层级": "tier",
    "网点类别": "class",
    "所在地": "setting",
    "检查类型": "kind",
    "巡检时段": "part",
}
_KEYWORDS = frozenset({"and", "or", "not", "in", "all", "any", "item", "fact", "AND", "OR", "IN"})

_WORDS = {
    "zh": {
        "all": "全部",
        "any": "任一",
        "and": "且",
        "or": "或",
        "not": "非",
        "in": "属于",
        "item": "项",
        "fact": "事实",
    },
    "en": {
        "all": "all",
        "any": "any",
        "and": "and",
        "or": "or",
        "not": "not ",
        "in": "in",
        "item": "item ",
        "fact": "fact ",
    },
}
_BRACKETS = {"zh": "（）", "en": "()"}

_NAMES = frozenset({"ITEM", "FACT", "_ITEM", "_FACT"})
_EXPECTED = (
    (
        _NAMES,
        "检查项编号、事实（tier、class、setting、kind、part）或 非（…）",
        "an item's id, a fact (tier, class, setting, kind, part) or not (…)",
    ),
    (frozenset({"_IS", "_IN", "_AT_LEAST", "_AT_MOST"}), " =、属于、≥ 或 ≤", "=, in, ≥ or ≤"),
    (frozenset({"WORD", "NUMBER"}), "一个值（怪字要加引号）", "a value (odd ones in quotes)"),
    (frozenset({"TEXT"}), "引号里的名字", "a name in quotes"),
    (frozenset({"_COMMA"}), "逗号或右括号", "a comma or a closing bracket"),
    (frozenset({"_CLOSE", "_AND"}), "且、或、右括号", "and, or, or a closing bracket"),
    (frozenset({"_CLOSE"}), "右括号", "a closing bracket"),
    (frozenset({"_AND", "_OR"}), "且、或，或者到此为止", "and, or, or the end"),
    (frozenset({"_OPEN"}), "左括号", "an opening bracket"),
)


def condition_text(written: Any, language: str = "zh") -> str:
    """Return a written condition as text; `read_condition_text` gives the same condition back."""
    words, (left, right) = _WORDS[language], _BRACKETS[language]
    for word, joint in (("all", "and"), ("any", "or")):
        if word in written:
            inner = [condition_text(each, language) for each in written[word]]
            if len(inner) == 1:
                return f"{words[word]}{left}{inner[0]}{right}"
            bracketed = [
                f"{left}{text}{right}" if _joins(each) else text
                for text, each in zip(inner, written[word], strict=True)
            ]
            return f" {words[joint]} ".join(bracketed)
    if "not" in written:
        return f"{words['not']}{left}{condition_text(written['not'], language)}{right}"
    return _comparison(written, words)


def read_condition_text(text: str, path: str) -> tuple[Condition | None, list[Finding]]:
    """Return the written condition that a text means and what is wrong with it; columns count from 1."""
    flat = _flat(text)
    if len(text) > LONGEST or _depth(flat) > DEEPEST:
        return None, [Finding(path, "text_condition_long", {"length": LONGEST, "depth": DEEPEST})]
    try:
        return _parser().parse(flat), []  # type: ignore[return-value]
    except UnexpectedToken as error:
        expected = set(error.accepts or error.expected)
        if error.token.type == "$END":
            return None, [Finding(path, "text_condition_end", _expected(expected))]
        column = (error.token.start_pos or 0) + 1
        return None, [_slip(text, path, column, expected, str(error.token))]
    except UnexpectedCharacters as error:
        return None, [_slip(text, path, error.pos_in_stream + 1, set(error.allowed or ()), "")]


def _slip(text: str, path: str, column: int, expected: set[str], token: str) -> Finding:
    rest = text[column - 1 :]
    near = (rest[: len(token)] or re.split(r"[\s，,（）()]", rest, maxsplit=1)[0] or rest)[:12]
    facts = {"column": column, "near": near}
    flat = _flat(rest)
    joint = re.match(r"且|或|(and|or|AND|OR)\b", flat)
    if joint and "$END" in expected | ({"$END"} if expected & {"_AND", "_OR", "_CLOSE"} else set()):
        return Finding(path, "text_condition_mixed", facts)
    odd = re.match(r"≠|!=|<>|<|>|不等于|不属于|大于|小于|!", flat)
    if odd:
        return Finding(path, "text_condition_operator", facts | {"near": rest[: odd.end()]})
    return Finding(path, "text_condition", facts | _expected(expected))


def _expected(terminals: set[str]) -> dict[str, str]:
    for wanted, zh, en in _EXPECTED:
        if wanted <= terminals:
            return {"expected_zh": zh, "expected_en": en}
    return {"expected_zh": "且、或，或者到此为止", "expected_en": "and, or, or the end"}


def _joins(written: Condition) -> bool:
    return any(len(written.get(word, ())) > 1 for word in ("all", "any"))


def _comparison(written: Condition, words: dict[str, str]) -> str:
    word = "item" if "item" in written else "fact"
    name = written[word]
    bare = _BARE_ITEM if word == "item" else _BARE_FACT
    if not bare.fullmatch(name) or name in _KEYWORDS:
        name = words[word] + _quoted(name)
    if "in" in written:
        return f"{name} {words['in']} ({', '.join(_value(each) for each in written['in'])})"
    for operator, sign in (("is", "="), ("at_least", "≥"), ("at_most", "≤")):
        if operator in written:
            return f"{name} {sign} {_value(written[operator])}"
    raise ValueError(f"this is no condition: {written!r}")


def _value(value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    return value if _BARE_WORD.fullmatch(value) else _quoted(value)


def _quoted(text: str) -> str:
    # Line ends are written out: a cell may not keep them as they are.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'


def _unquoted(token: str) -> str:
    if token.startswith("“"):
        return token[1:-1]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token[1:-1], flags=re.DOTALL)


_ESCAPES = {"n": "\n", "r": "\r"}


def _flat(text: str) -> str:
    """Full-width signs outside quotes become their plain forms, one character for one, so that columns hold."""
    parts = re.split(r'("(?:\\.|[^"\\])*"|“[^”]*”)', text, flags=re.DOTALL)
    return "".join(part if n % 2 else "".join(map(_narrow, part)) for n, part in enumerate(parts))


def _narrow(character: str) -> str:
    if character in "、；;":
        return ","
    if character in "【[〔":
        return "("
    if character in "】]〕":
        return ")"
    narrow = unicodedata.normalize("NFKC", character)
    return narrow if len(narrow) == 1 and (narrow.isascii() or narrow in "≥≤") else character


def _depth(flat: str) -> int:
    depth = deepest = 0
    for character in re.sub(r'"(?:\\.|[^"\\])*"|“[^”]*”', "", flat, flags=re.DOTALL):
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    # `not` can also stand before `not` without brackets.
    return deepest + len(re.findall(r"(?:非|not)(?=\s*(?:非|not\b))", flat))


@v_args(inline=True)
class _Conditions(Transformer[Token, Any]):
    """Builds the written condition while the text is parsed, so that no depth of the text is a recursion."""

    def all(self, *inner: Condition) -> Condition:
        return {"all": list(inner)}

    def any(self, *inner: Condition) -> Condition:
        return {"any": list(inner)}

    def bracket(self, inner: Condition) -> Condition:
        return inner

    def negation(self, inner: Condition) -> Condition:
        return {"not": inner}

    def is_(self, name: Condition, value: int | str) -> Condition:
        return name | {"is": value}

    def in_(self, name: Condition, *values: int | str) -> Condition:
        return name | {"in": list(values)}

    def at_least(self, name: Condition, value: int | str) -> Condition:
        return name | {"at_least": value}

    def at_most(self, name: Condition, value: int | str) -> Condition:
        return name | {"at_most": value}

    def item(self, token: Token) -> Condition:
        return {"item": str(token)}

    def fact(self, token: Token) -> Condition:
        return {"fact": str(token)}

    def fact_name(self, token: Token) -> Condition:
        return {"fact": _FACT_OF[token]}

    def odd_item(self, token: Token) -> Condition:
        return {"item": _unquoted(token)}

    def odd_fact(self, token: Token) -> Condition:
        return {"fact": _unquoted(token)}

    def number(self, token: Token) -> int:
        return int(token)

    def word(self, token: Token) -> str:
        return str(token)

    def text(self, token: Token) -> str:
        return _unquoted(token)


@cache
def _parser() -> Lark:
    return Lark(
        _GRAMMAR, parser="lalr", lexer="contextual", transformer=_Conditions(), maybe_placeholders=False
    )
