"""What stands for a secret that names a row: rows can be told apart by it, and nothing else."""

from __future__ import annotations

import hashlib
from typing import Final

#: the beginning of every fingerprint, so that nobody takes one for a value
LABEL: Final = "secret:"
#: 96 bits: two of a thousand million keys share one with a chance of one in 10^11
_DIGITS: Final = 24
_SEED: Final = "mainstem/key/"


def fingerprint(text: str) -> str:
    """A text's fingerprint: the same text always gives the same one."""
    digest = hashlib.sha256((_SEED + text).encode("utf-8", "surrogatepass")).hexdigest()
    return LABEL + digest[:_DIGITS]


def fingerprint_sql(expression: str) -> str:
    """The SQL that gives the same of a text; NULL of NULL."""
    return (
        f"'{LABEL}' || left(encode(sha256(convert_to('{_SEED}' || {expression}, 'UTF8')), 'hex'),"
        f" {_DIGITS})"
    )
