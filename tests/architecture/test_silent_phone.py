"""Nobody is noticed: the phone makes no sound and no vibration of its own, and nothing but a tap plays a voice note."""

from __future__ import annotations

import re

from server.config import ROOT

SOURCES = [
    path
    for path in (ROOT / "pwa/src").rglob("*.ts*")
    if not path.name.startswith(("bench", "preview", "console"))
]
NEVER = r"vibrate|new Audio\b|AudioContext|speechSynthesis|showNotification|new Notification|\bbeep"
"""What would be heard or felt by those who stand around."""


def test_no_source_of_the_phone_sounds_or_vibrates() -> None:
    found = [
        f"{path.name}: {line.strip()[:120]}"
        for path in SOURCES
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(NEVER, line) and not line.lstrip().startswith(("*", "//", "/*"))
    ]
    assert not found
    assert len(SOURCES) > 80


def test_what_plays_is_mute_or_waits_for_a_tap() -> None:
    tags = [
        (path.name, tag)
        for path in SOURCES
        for tag in re.findall(r"<(?:audio|video)\b[^>]*", path.read_text(encoding="utf-8"))
    ]
    assert not [
        (name, tag)
        for name, tag in tags
        if "muted" not in tag and ("autoplay" in tag.lower() or "controls" not in tag)
    ]
    assert tags
