"""Whether a file's content is what its name says: an image decodes, a CSV parses, a zip opens.

It says nothing of bit rot, for which there are checksums: a shop may well hold a broken image, and
then this is what it holds. Nothing is ever written. Each library is imported when first needed.
"""

import io
from collections.abc import Callable, Iterable
from typing import BinaryIO

_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ico"})
_LOOKED_INTO = (*_IMAGES, ".gz", ".csv", ".zip")
#: An image of more pixels is not decoded: it would need more memory than a NAS has.
_PIXELS = 64_000_000
_WORDS = 200


def kind_of(name: str) -> str:
    """How a file of this name is looked at: ``image``, ``csv``, ``zip``, ``lines``, or ``""``."""
    if not name.lower().endswith(_LOOKED_INTO):  # it is asked of every file there is
        return ""
    last = name[name.rfind("/") + 1 :]
    dot = last.rfind(".")
    suffix = last[dot:].lower() if dot > 0 else ""  # `.png` is a hidden file
    if suffix in _IMAGES:
        return "image"
    if suffix == ".gz":
        return "lines" if last.lower().endswith(".jsonl.gz") else ""
    return {".csv": "csv", ".zip": "zip"}.get(suffix, "")


def fault_of(file: BinaryIO, kind: str) -> str:
    """What is wrong with the content in words, ``""`` where it is sound; OSError of the disk."""
    look: Callable[[BinaryIO], None] = _LOOKS[kind]
    try:
        look(file)
    except (ValueError, EOFError) as error:
        return (str(error) or type(error).__name__)[:_WORDS]
    return ""


def _image(file: BinaryIO) -> None:
    import warnings

    from PIL import Image, UnidentifiedImageError

    body = io.BytesIO(file.read())  # errors of the disk are apart from those of the decoder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(body) as image:
                # the eighth of the size: all bytes are decoded, for a 64th of the memory
                image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
                if image.width * image.height <= _PIXELS:
                    image.load()
        except Image.DecompressionBombError:
            return
        except UnidentifiedImageError:
            raise ValueError("no image that can be decoded") from None
        except (OSError, SyntaxError, IndexError, TypeError, OverflowError) as error:
            # what Pillow's decoders raise over damaged bytes
            raise ValueError(str(error) or "it does not decode") from error


def _csv(file: BinaryIO) -> None:
    import csv

    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        _even(csv.reader(text, strict=True))
    except csv.Error as error:
        raise _fault(error) from error
    finally:
        text.detach()


def _even(rows: Iterable[list[str]]) -> None:
    width = None
    for number, row in enumerate(rows, 1):
        width = len(row) if width is None else width
        if row and len(row) != width:
            raise ValueError(f"row {number:,} has {len(row)} cells, the heading {width}")


def _zip(file: BinaryIO) -> None:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(file) as archive:
            broken = archive.testzip()
    except (NotImplementedError, RuntimeError):
        return  # packed in a way or under a password that we do not know
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _fault(error) from error
    if broken is not None:
        raise ValueError(f"a file inside is damaged: {broken}")


def _lines(file: BinaryIO) -> None:
    import gzip
    import json
    import zlib

    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                json.loads(line)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _fault(error) from error


def _fault(error: Exception) -> ValueError:
    return ValueError(str(error) or type(error).__name__)


_LOOKS: dict[str, Callable[[BinaryIO], None]] = {
    "image": _image,
    "csv": _csv,
    "zip": _zip,
    "lines": _lines,
}
