"""What processes of our own say to each other comes as it was said, however the pipe cuts it."""

import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mirrord.disk.framing import framed, received, unframed

#: Whatever is sent; a name may have bytes that are no text.
TEXTS = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
PLAIN = st.one_of(TEXTS, st.integers(-(2**63), 2**63), st.none())
VALUES = st.recursive(PLAIN, lambda inside: st.lists(inside, max_size=5), max_leaves=20)
MANY = st.lists(VALUES, max_size=6)


@given(MANY, st.integers(1, 9))
def test_values_come_whole_whatever_pieces_the_pipe_gives(values: list[Any], piece: int) -> None:
    """A piece may end within a length, within a value, or have several of them."""
    sent = b"".join(map(framed, values))
    told: list[Any] = []
    rest = b""
    for start in range(0, len(sent), piece):
        some, rest = unframed(rest + sent[start : start + piece])
        told += some
    assert (told, rest) == (values, b"")


@given(MANY)
def test_who_is_asked_reads_each_until_the_pipe_ends(values: list[Any]) -> None:
    """That is how a process learns that there is nothing more to do."""
    assert list(received(io.BytesIO(b"".join(map(framed, values))))) == values
