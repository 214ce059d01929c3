"""Text from outside as people may see it: no character of it works on the page or the terminal."""

from __future__ import annotations

import unicodedata
from typing import Final

#: control, format (such as those that turn the direction of text), surrogate and private ones
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def visible(text: str) -> str:
    """The text with characters that are not seen written by their number, as in Python."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if unicodedata.category(char) not in _UNSEEN else _written(char) for char in text
    )


def _written(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
