"""Real images, drawn at run time: the same arguments give the same bytes."""

from __future__ import annotations

import io
from random import Random


def draw(path: str, title: str, width: int, height: int) -> bytes:
    """A JPEG or PNG by the path's ending: coloured bands, a few discs, the title in ASCII."""
    # imported here: the records alone are used without it
    from PIL import Image, ImageDraw

    rng = Random(path)
    image = Image.new("RGB", (width, height), _colour(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        left, top, size = rng.randrange(width), rng.randrange(height), rng.randrange(8, 90)
        pen.ellipse((left, top, left + size, top + size), fill=_colour(rng))
    pen.text((6, 6), title.encode("ascii", "ignore").decode()[:40], fill=_colour(rng))
    stream = io.BytesIO()
    if path.endswith(".png"):
        image.save(stream, "PNG", compress_level=1)
    else:
        image.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _colour(rng: Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)
