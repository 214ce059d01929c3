"""Texts as LinkedIn keeps them."""

from __future__ import annotations


def normalised(text: str) -> str:
    """The text as it is sent: LinkedIn keeps it byte for byte, so equality later tells it again."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
