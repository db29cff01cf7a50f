"""Drawn photographs: a shop front with its sign, a queue ticket, a receipt, a counter; each one different."""

from __future__ import annotations

import io
from datetime import datetime
from functools import cache
from random import Random

from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from server.config import ROOT
from server.demo.figures import person

SIZE = (640, 480)
_FONT = ROOT / "pwa/node_modules/@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf"
_BLUE, _WHITE, _INK = (23, 83, 160), (250, 250, 247), (40, 44, 52)

_STAFFED, _CLERK, _BEHIND = 0.5, 165, 232
"""How often somebody stands behind the counter, how high, and where the counter begins at the highest."""

Colour = tuple[int, int, int]


def picture(subject: str, name: str, at: datetime, seed: str) -> bytes:
    """A JPEG of one of `SUBJECTS`: the outlet's name stands on it where it would, the instant where it is printed."""
    chance = Random(seed)
    image = Image.new("RGB", SIZE, _tone(chance, 70, 200))
    SUBJECTS[subject](ImageDraw.Draw(image), chance, name, at)
    if subject == "counter" and chance.random() < _STAFFED:
        clerk = person(chance, _CLERK)
        image.paste(clerk, (chance.randrange(60, 480), _BEHIND - _CLERK), clerk)
    # No two photographs are taken in the same light, nor from the same place.
    light = Image.new("L", (11, 8))
    light.putdata([chance.randrange(256) for _ in range(88)])
    shade = light.resize(SIZE, Image.Resampling.BICUBIC).convert("RGB")
    image = ImageEnhance.Brightness(Image.blend(image, shade, 0.22)).enhance(chance.uniform(0.9, 1.2))
    left, top = chance.randrange(60), chance.randrange(40)
    image = image.crop((left, top, SIZE[0] - chance.randrange(60), SIZE[1] - chance.randrange(40)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=62)
    return out.getvalue()


def _front(draw: ImageDraw.ImageDraw, chance: Random, name: str, _at: datetime) -> None:
    _backdrop(draw, chance)
    left, top = chance.randrange(20, 90), chance.randrange(120, 190)
    right = chance.randrange(520, 620)
    draw.rectangle((left, top, right, 470), fill=_tone(chance, 150, 225), outline=_INK)
    sign = _BLUE if chance.random() < 0.8 else _tone(chance, 20, 120)
    draw.rectangle((left - 8, top - 8, right + 8, top + 62), fill=sign)
    draw.text(((left + right) / 2, top + 26), name[-12:], fill=_WHITE, font=_font(34), anchor="mm")
    doors = chance.randrange(2, 5)
    width = (right - left) // doors
    for index in range(doors):
        x = left + index * width
        draw.rectangle(
            (x + 8, top + 80, x + width - 8, 462), fill=_tone(chance, 60, 190), outline=_INK, width=3
        )
        if chance.random() < 0.6:
            draw.rectangle((x + 20, top + 110, x + width - 24, top + 170), fill=_tone(chance, 120, 250))
    draw.rectangle((0, 455, 640, 480), fill=_tone(chance, 80, 140))


def _ticket(draw: ImageDraw.ImageDraw, chance: Random, name: str, at: datetime) -> None:
    _backdrop(draw, chance)
    x, y = chance.randrange(120, 220), chance.randrange(20, 70)
    draw.rectangle((x, y, x + 280, y + 370), fill=_WHITE, outline=(190, 190, 185))
    lines = (
        (name[-12:], 22),
        ("您的号码", 22),
        (f"{chance.choice('ABC')}{chance.randrange(1, 200):03d}", 72),
        (f"前面等候 {chance.randrange(0, 15)} 人", 24),
        (at.strftime("%Y-%m-%d %H:%M"), 22),
    )
    height = y + 46
    for text, size in lines:
        draw.text((x + 140, height), text, fill=_INK, font=_font(size), anchor="mm")
        height += size + 36


def _slip(draw: ImageDraw.ImageDraw, chance: Random, name: str, at: datetime) -> None:
    _backdrop(draw, chance)
    x, y = chance.randrange(60, 160), chance.randrange(10, 60)
    draw.rectangle((x, y, x + 380, y + 400), fill=_WHITE, outline=(190, 190, 185))
    draw.text((x + 190, y + 34), "业务受理单", fill=_INK, font=_font(30), anchor="mm")
    rows = (
        f"网点　{name[-12:]}",
        f"号码　1{chance.choice('38')}{chance.randrange(10)}****{chance.randrange(10000):04d}",
        f"业务　{chance.choice(('套餐变更', '宽带续费', '补换卡', '开通流量包', '积分兑换'))}",
        f"金额　{chance.randrange(1, 200)}.00 元",
        f"时间　{at:%Y-%m-%d %H:%M}",
        "客户签字　（已遮盖）",
    )
    for index, text in enumerate(rows):
        draw.text((x + 26, y + 80 + index * 50), text, fill=_INK, font=_font(22))
    draw.rectangle((x + 140, y + 326, x + 330, y + 366), fill=(20, 20, 20))


def _counter(draw: ImageDraw.ImageDraw, chance: Random, _name: str, _at: datetime) -> None:
    _backdrop(draw, chance)
    top = chance.randrange(230, 300)
    draw.rectangle((0, top, 640, 480), fill=_tone(chance, 120, 210))
    draw.rectangle((0, top, 640, top + 18), fill=_tone(chance, 60, 120))
    for index in range(chance.randrange(2, 5)):
        x = 40 + index * 150 + chance.randrange(30)
        draw.rectangle((x, top - 90, x + 100, top - 20), fill=_INK)
        draw.rectangle((x + 6, top - 84, x + 94, top - 26), fill=_tone(chance, 90, 230))
    draw.text(
        (320, 40),
        chance.choice(("营业时间 8:30-18:00", "今日值班经理", "资费公示")),
        fill=_WHITE,
        font=_font(30),
        anchor="mm",
    )


SUBJECTS = {"front": _front, "ticket": _ticket, "slip": _slip, "counter": _counter}


def _backdrop(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    """Big blocks of light and dark behind the subject, so that two photographs are never alike."""
    for _ in range(14):
        x, y = chance.randrange(-80, 600), chance.randrange(-80, 440)
        draw.rectangle(
            (x, y, x + chance.randrange(60, 300), y + chance.randrange(60, 260)), fill=_tone(chance, 30, 240)
        )


def _tone(chance: Random, low: int, high: int) -> Colour:
    base = chance.randrange(low, high)
    return tuple(max(0, min(255, base + chance.randrange(-18, 18))) for _ in range(3))  # type: ignore[return-value]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size)
