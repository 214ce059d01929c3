"""Text as it is compared: words with their places, and each word folded to its bare letters."""
# ruff: noqa: RUF001 - letters that look alike are what is folded together

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

#: comments are cut here before anything is looked for; LinkedIn allows 1,250
TEXT_MAX = 5_000


#: beyond it are ideographs and unassigned planes
_MARKS_END = 0x20000
#: they say how a character looks, and stand behind emoji
_VARIATIONS = range(0xFE00, 0xFE10)
_BOXED = range(0x1F130, 0x1F18A)
_BOXED_ROW = 32
_LETTERS = 26


def _mark_ranges() -> str:
    """The combining marks, which count as no letters although words are written with them."""
    ranges: list[tuple[int, int]] = []
    for point in range(_MARKS_END):
        is_mark = unicodedata.category(chr(point)) in {"Mn", "Mc"}
        if is_mark and point not in _VARIATIONS:
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1] = (ranges[-1][0], point)
            else:
                ranges.append((point, point))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


MARKS = _mark_ranges()
WORD = re.compile(rf"[^\W_][^\W_{MARKS}]*(?:[{MARKS}]+[^\W_]*)*")
ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
#: symbols that a trigger may consist of, emoji among them; punctuation is no part of any word
SYMBOL = re.compile(r"[+$€£%=<>\u2190-\u2BFF\u3297\u3299\U0001F000-\U0001FAFF]")
#: addresses, links and mentions say nothing by the words in them
_OPAQUE = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|@\w{1,64}")
#: scripts written without spaces between words
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
HANGUL = re.compile("[\uac00-\ud7a3]")
#: characters that show nothing, or show letters in a box
_UNUSUAL = re.compile(
    "[\u00ad\u200b-\u200f\u2060\u202a-\u202e\ufe0e\ufe0f\ufeff\U0001f130-\U0001f189]"
)
_DROPPED_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_ODD_LETTERS = str.maketrans(
    {
        "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ħ": "h",
        "ŧ": "t", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه",
    }
)  # fmt: skip
#: Cyrillic and Greek letters that look Latin; read so only in a word that has Latin letters too
_LOOKALIKES = str.maketrans("авеікмнорстухјѕԁɡαεικνορτυχ", "abeikmhopctyxjsdgaeikvoptux")
_LATIN = re.compile("[a-z]")


class Word(NamedTuple):
    """A word, or a symbol, of a text."""

    raw: str
    start: int
    end: int


def readable(text: str) -> str:
    """Return the part of a text that is read, with blanks for links, addresses and mentions."""
    text = text[:TEXT_MAX]
    if "@" in text or "://" in text or "www." in text:
        return _OPAQUE.sub(lambda found: " " * len(found.group()), text)
    return text


def words_of(text: str, *, symbols: bool) -> list[Word]:
    """Return the words of a readable text in order; symbols count as words where asked for."""
    if text.isascii():
        found = [Word(m.group(), m.start(), m.end()) for m in ASCII_WORD.finditer(text)]
    elif _UNUSUAL.search(text):
        found = _unusual_words(text)
    else:
        found = [Word(m.group(), m.start(), m.end()) for m in WORD.finditer(text)]
    if symbols:
        found += [Word(m.group(), m.start(), m.end()) for m in SYMBOL.finditer(text)]
        found.sort(key=lambda word: word.start)
    return found


def _unusual_words(text: str) -> list[Word]:
    """Read over what shows nothing, and boxed letters as letters; places are those of the text."""
    kept, places = [], []
    for place, character in enumerate(text):
        point = ord(character)
        if point in _BOXED:
            kept.append(chr(ord("a") + (point - _BOXED.start) % _BOXED_ROW % _LETTERS))
            places.append(place)
        elif not _UNUSUAL.match(character):
            kept.append(character)
            places.append(place)
    places.append(len(text))
    plain = "".join(kept)
    return [
        Word(m.group(), places[m.start()], places[m.end() - 1] + 1) for m in WORD.finditer(plain)
    ]


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """Return a word without case, accents and ornaments: what two spellings have in common."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word).casefold()
    plain = _DROPPED_MARKS.sub("", unicodedata.normalize("NFKD", plain)).translate(_ODD_LETTERS)
    if _LATIN.search(plain):
        plain = plain.translate(_LOOKALIKES)
    return unicodedata.normalize("NFC", plain)


def runs(word: str) -> tuple[tuple[str, int], ...]:
    """Return the letters of a word with how often each is repeated: 'guuide' is g1 u2 i1 d1 e1."""
    made: list[tuple[str, int]] = []
    for letter in word:
        if made and made[-1][0] == letter:
            made[-1] = (letter, made[-1][1] + 1)
        else:
            made.append((letter, 1))
    return tuple(made)
