"""The trigger words of a campaign, as people write them into its field."""
# ruff: noqa: RUF001 - quotes and commas of other scripts are meant

from __future__ import annotations

import re

WORDS_MAX = 50
WORD_CHARACTERS_MAX = 100
_BETWEEN = re.compile(r"[,;|\n、，；]+")


def trigger_words(field: str) -> tuple[str, ...]:
    """Return the words of a campaign's trigger field, split at commas, semicolons, bars and lines.

    Quotes around a word are not part of it; a word that stands there twice counts once.
    """
    found = [part.strip().strip("\"'“”„«»‘’").strip() for part in _BETWEEN.split(field)]
    kept = dict.fromkeys(part[:WORD_CHARACTERS_MAX] for part in found if part)
    return tuple(kept)[:WORDS_MAX]
