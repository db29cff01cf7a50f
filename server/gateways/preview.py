"""The preview of a checklist as one self-contained HTML page: the built phone code with its data, for a file that needs no server."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.config import ROOT
from server.domain.errors import NotBuilt

BUILD = ROOT / "pwa" / "build"
SCRIPT, STYLE = "preview.js", "preview.css"


def preview_data(checklist: Mapping[str, Any], facts: Mapping[str, str] | None, language: str) -> str:
    """The page's data as JSON that can stand in a script element as it is: it holds no `<`."""
    data = {"checklist": checklist, "facts": dict(facts) if facts else None, "language": language}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def preview_page(
    checklist: Mapping[str, Any],
    facts: Mapping[str, str] | None = None,
    language: str = "zh",
    build: Path = BUILD,
) -> str:
    """The whole page: script, style and data in one text, with a policy of its own that forbids every request.

    `checklist` is the compiled one; `facts` are the facts to begin with, by name (kind, tier, class, setting,
    part). Raises NotBuilt where the phone's app was not built.
    """
    script = _escaped(_built(build, SCRIPT), r"/script|!--", r"\x3c")
    style = _escaped(_built(build, STYLE), r"/style", r"\3c ")
    title = html.escape(str(checklist["title"].get(language) or checklist["title"]["zh"]))
    policy = (
        f"script-src {_hash(script)}; style-src {_hash(style)}; img-src blob: data:; connect-src 'none'; font-src 'none'; "
        "media-src 'none'; object-src 'none'; worker-src 'none'; form-action 'none'; base-uri 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="{"en" if language == "en" else "zh-CN"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
        f'<title>{title}</title>\n<link rel="icon" href="data:,">\n<style>{style}</style>\n</head>\n<body>\n<div id="preview"></div>\n'
        f'<script type="application/json" id="preview-data">{preview_data(checklist, facts, language)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _built(build: Path, name: str) -> str:
    """A built file by its logical name. An HTML parser reads every line end as a line feed, so the hash must too."""
    try:
        files = json.loads((build / "assets.json").read_text(encoding="utf-8"))["files"]
        return (build / Path(files[name]).name).read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError) as problem:
        raise NotBuilt() from problem


def _escaped(text: str, ends: str, sign: str) -> str:
    """The text without what would end the element that it stands in; both languages read the sign as `<` in a string."""
    return re.sub(f"<(?={ends})", lambda _: sign, text, flags=re.IGNORECASE)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
