"""Typing slips: whether one word is another one mistyped, within bounds that grow with its length.

A distance alone takes "look" for "book". A slip is narrower: letters swapped, left out, doubled,
hit on the neighbouring key, or one vowel for another; and hands seldom miss the first letter.
"""

from __future__ import annotations

#: keyboards in use: English, German, French; keys beside and below each other are neighbours
_LAYOUTS = (
    ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"),
    ("1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"),
)
_VOWELS = frozenset("aeiouy")
_ALIKE = frozenset(
    {("c", "k"), ("c", "s"), ("s", "z"), ("f", "v"), ("b", "v"), ("g", "j"), ("d", "t"), ("b", "p")}
)
ONE_SLIP_FROM = 4
TWO_SLIPS_FROM = 8


def _neighbours() -> frozenset[tuple[str, str]]:
    found = set()
    for rows in _LAYOUTS:
        for row_number, row in enumerate(rows):
            for column, key in enumerate(row):
                for other_row in rows[row_number : row_number + 2]:
                    for other in other_row[max(0, column - 1) : column + 2]:
                        found |= {(key, other), (other, key)}
    return frozenset(pair for pair in found if pair[0] != pair[1])


_NEAR = _neighbours()


def slips_allowed(length: int) -> int:
    """How many slips a word of that many letters may hold and still be taken for itself."""
    return 0 if length < ONE_SLIP_FROM else 1 if length < TWO_SLIPS_FROM else 2


def slips(typed: str, meant: str) -> int | None:
    """Return how many slips make `meant` into `typed`; None for more than its length allows.

    The optimal string alignment distance, in which a substitution of letters that neither stand
    side by side nor sound alike costs two.
    """
    allowed = slips_allowed(len(meant))
    if abs(len(typed) - len(meant)) > allowed or not _begins_alike(typed, meant):
        return None
    if len(meant) == ONE_SLIP_FROM and set(typed) != set(meant):
        return None  # among words of four letters one other letter makes another word
    count = _distance(typed, meant, allowed)
    return count if 0 < count <= allowed else None


def _begins_alike(typed: str, meant: str) -> bool:
    """The first letter is right, was swapped with the second, left out, or missed by one key."""
    first = typed[:1]
    return (
        first == meant[:1]
        or typed[1:2] == meant[:1]
        or (first == meant[1:2] and len(meant) > ONE_SLIP_FROM)
        or ((first, meant[:1]) in _NEAR and len(meant) > ONE_SLIP_FROM)
    )


def _distance(typed: str, meant: str, allowed: int) -> int:
    """Stop at once when every way is longer than allowed."""
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, a in enumerate(typed, 1):
        older, before = before, row
        row = [i] + [0] * len(meant)
        for j, b in enumerate(meant, 1):
            if a == b:
                best = before[j - 1]
            else:
                best = min(before[j - 1] + _exchange(a, b), before[j] + 1, row[j - 1] + 1)
                if i > 1 and j > 1 and a == meant[j - 2] and typed[i - 2] == b:
                    best = min(best, older[j - 2] + 1)
            row[j] = best
        if min(row) > allowed:
            return allowed + 1
    return row[-1]


def _exchange(a: str, b: str) -> int:
    is_near = (a, b) in _NEAR or (a in _VOWELS and b in _VOWELS)
    return 1 if is_near or (a, b) in _ALIKE or (b, a) in _ALIKE else 2
