"""Whether a content is what its name says, by file type."""

import gzip
import io
import zipfile

import pytest
from PIL import Image

from mirrord.disk.soundness import fault_of, kind_of


def picture(form: str) -> bytes:
    body = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(body, form)
    return body.getvalue()


def archive() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.txt", b"words " * 500)
    return body.getvalue()


SOUND = {
    "a.jpg": picture("JPEG"),
    "a.PNG": picture("PNG"),
    "a.gif": picture("GIF"),
    "a.webp": picture("WEBP"),
    "a.zip": archive(),
    "a.csv": '\ufeffid,name\r\n1,"Jo, and\nco"\r\n'.encode(),
    "a.jsonl.gz": gzip.compress(b'{"id":1}\n{"id":2}\n'),
}
BROKEN = {
    "cut.jpg": picture("JPEG")[:-200],
    "page.png": b"<html>login</html>",
    "cut.png": picture("PNG")[:-100],
    "cut.zip": archive()[:-30],
    "rotten.zip": archive().replace(archive()[45:50], b"\0\0\0\0\0"),
    "open.csv": b'id,name\n1,"Jo\n',
    "short.csv": b"id,name\n1\n",
    "bytes.csv": b"id\n\xff\xfe\n",
    "cut.jsonl.gz": gzip.compress(b'{"id":1}\n' * 50)[:-9],
    "half.jsonl.gz": gzip.compress(b'{"id":1}\n{"id"'),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_content_has_no_fault(name: str) -> None:
    """Whatever the case of its ending."""
    assert fault_of(io.BytesIO(SOUND[name]), kind_of(name)) == ""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_content_is_told_in_words(name: str) -> None:
    """Cut off, another type, uneven, undecodable."""
    assert fault_of(io.BytesIO(BROKEN[name]), kind_of(name))


def test_what_has_no_form_of_its_own_is_not_looked_into() -> None:
    """A style sheet may be anything."""
    assert [kind_of(name) for name in ("a.css", "a", "a.gz", "jpg")] == ["", "", "", ""]
