"""What a store or a library said, made fit for a message. Pure."""


def plain(text: str, most: int = 120) -> str:
    """Fit for one line of a message: short and printable."""
    return "".join(c if c.isprintable() else "?" for c in text[:most])
