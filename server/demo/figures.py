"""A drawn person at a counter: nobody's face, and yet face enough that the worker proposes a mask over it."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageDraw, ImageFilter

_SIZE = (300, 440)
_INK, _LIP = (44, 30, 24), (186, 92, 88)
_SKINS = ((222, 176, 148), (206, 160, 130), (232, 192, 166))


def person(chance: Random, height: int) -> Image.Image:
    """Head and shoulders, `height` pixels high, on nothing."""
    skin = chance.choice(_SKINS)
    shade = (skin[0] - 24, skin[1] - 26, skin[2] - 26)
    image = Image.new("RGBA", _SIZE, (*shade, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 290, 290, 560), fill=chance.choice(((50, 60, 90), (40, 80, 70), (90, 50, 60))))
    draw.rectangle((118, 210, 182, 320), fill=shade)
    draw.ellipse((62, 15, 238, 200), fill=_INK)
    for x in (60, 216):
        draw.ellipse((x, 120, x + 24, 170), fill=shade)
    draw.ellipse((76, 40, 224, 252), fill=skin)
    draw.pieslice((70, 22, 230, 160), 185, 355, fill=_INK)
    draw.ellipse((88, 62, 212, 170), fill=skin)
    for x in (118, 182):
        draw.ellipse((x - 24, 114, x + 24, 148), fill=shade)
        draw.ellipse((x - 16, 124, x + 16, 142), fill=(240, 236, 230))
        draw.ellipse((x - 8, 124, x + 8, 142), fill=_INK)
        draw.arc((x - 18, 121, x + 18, 150), 190, 350, fill=_INK, width=4)
        draw.line((x - 22, 108, x, 102, x + 22, 108), fill=(60, 42, 32), width=7)
    draw.polygon(((144, 130), (156, 130), (168, 178), (132, 178)), fill=shade)
    for x in (136, 154):
        draw.ellipse((x, 176, x + 10, 183), fill=(120, 70, 55))
    draw.ellipse((118, 198, 182, 222), fill=_LIP)
    draw.line((120, 209, 180, 209), fill=(110, 45, 45), width=3)
    # Edges as soft as a lens draws them.
    soft = image.filter(ImageFilter.GaussianBlur(4))
    return soft.resize((_SIZE[0] * height // _SIZE[1], height), Image.Resampling.LANCZOS)
