"""Text of strangers, made safe to show."""

_DISPLAYED = {ord("\\"): "\\\\", 0x7F: "\\x7f"} | {n: f"\\x{n:02x}" for n in range(32)}


def displayed(text: str) -> str:
    """The text safe for a terminal, a log line or a text file: one line, nothing that acts.

    Control characters, line and paragraph separators, and marks that turn the writing direction
    come out as escapes.
    """
    escaped = text.translate(_DISPLAYED)
    return "".join(
        char if char == " " or char.isprintable() else char.encode("unicode_escape").decode()
        for char in escaped
    )
