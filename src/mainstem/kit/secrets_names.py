"""Which columns hold secrets, told by their names: passwords, tokens, session data."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from mainstem.kit.naming import singular, words

_SECRET_WORDS: Final = frozenset(
    {
        "apikey",
        "cookie",
        "credential",
        "csrf",
        "cvc",
        "cvv",
        "jwt",
        "otp",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "salt",
        "secret",
        "token",
        "totp",
    }
)
_SECRET_PAIRS: Final = frozenset(
    {
        ("access", "key"),
        ("api", "key"),
        ("auth", "code"),
        ("backup", "code"),
        ("encryption", "key"),
        ("private", "key"),
        ("recovery", "code"),
        ("session", "data"),
        ("session", "key"),
        ("signing", "key"),
        ("verification", "code"),
    }
)
#: a last word that says the column is about a secret, and holds none
_ABOUT: Final = frozenset(
    {"at", "by", "count", "date", "expire", "expiry", "hint", "in", "is", "length", "limit"}
    | {"name", "on", "out", "prefix", "required", "reset", "status", "type", "used", "version"}
)
_QUESTIONS: Final = frozenset({"has", "is", "must", "needs", "uses"})
_PASS_WORDS: Final = frozenset({"pass", "hash", "passhash"})
_SESSION_COLUMNS: Final = frozenset({"data", "key", "payload", "sess", "session", "sid", "value"})


def is_secret(table: str, column: str) -> bool:
    """Whether a column's values must be masked wherever rows are shown."""
    plain = words(column)
    parts = tuple(word if word == "data" else singular(word) for word in plain)
    if not parts or plain[0] in _QUESTIONS:
        return False
    if parts[-1] in _ABOUT:
        return False
    if _SECRET_WORDS.intersection(parts) or _SECRET_PAIRS.intersection(pairwise(parts)):
        return True
    if _PASS_WORDS.issuperset(parts) and "pass" in "".join(parts):
        return True
    holds_sessions = singular((words(table) or ("",))[-1]) == "session"
    return holds_sessions and "_".join(parts) in _SESSION_COLUMNS
