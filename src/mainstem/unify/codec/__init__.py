"""SQLite values to PostgreSQL's COPY text, by column, with nothing changed in silence.

`codec_for(type, rules)` gives the codec of a column. Every value either fits its type as it is, or
is converted by a named rule (and reported), or is refused.
"""

from mainstem.unify.codec.codec import Codec
from mainstem.unify.codec.keys import key_text, key_texts
from mainstem.unify.codec.rules import DEFAULT_RULES, RULES, rule_text
from mainstem.unify.codec.types import codec_for
from mainstem.unify.codec.value import (
    NULL,
    BadText,
    Conversion,
    Encoded,
    LongText,
    Refusal,
    SqliteValue,
    escape,
    escape_all,
    readable,
    unescape,
)

__all__ = [
    "DEFAULT_RULES",
    "NULL",
    "RULES",
    "BadText",
    "Codec",
    "Conversion",
    "Encoded",
    "LongText",
    "Refusal",
    "SqliteValue",
    "codec_for",
    "escape",
    "escape_all",
    "key_text",
    "key_texts",
    "readable",
    "rule_text",
    "unescape",
]
