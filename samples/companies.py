"""The agencies that the samples share: the same position has the same name and slug in each."""

from __future__ import annotations

from samples import words

#: names differ up to here: every head with every tail
COMPANIES_MAX = len(words.COMPANY_HEADS) * len(words.COMPANY_TAILS)


def company(position: int) -> str:
    """The name of the company at that position (from 0)."""
    heads, tails = words.COMPANY_HEADS, words.COMPANY_TAILS
    turn = position // len(heads)
    return f"{heads[position % len(heads)]} {tails[(position * 7 + turn) % len(tails)]}"


def slug(name: str) -> str:
    """The name as it stands in an address: letters of any script, digits and hyphens."""
    letters = (letter if letter.isalnum() else " " for letter in name.lower())
    return "-".join("".join(letters).split())
