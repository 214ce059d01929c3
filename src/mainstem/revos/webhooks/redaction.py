"""What is shown of bodies: enough to see what went wrong, nothing of a person or a secret."""

from __future__ import annotations

import re
from typing import Any

TEXT_MAX = 1_000
DEPTH_MAX = 8
ITEMS_MAX = 50
HIDDEN = "***"
_EMAIL = re.compile(r"([\w.+%-])[\w.+%-]{0,63}@([\w-])[\w.-]{0,252}")
_SECRET = re.compile(r"\b(?:wh(?:sec|sk)_|Bearer |Basic |pat-|kit_|sk[-_])[\w+/=.-]{8,400}")
_LONG = re.compile(r"\b(?=[A-Za-z0-9_-]{0,60}\d)[A-Za-z0-9_-]{24,400}\b")
_PHONE = re.compile(r"\+?\d[\d ().-]{7,20}\d")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEPT = re.compile(rf"{_UUID.pattern}|\d{{4}}-\d\d-\d\d(?:[T ][\d:.+Z-]{{5,25}})?")
_PERSONAL = frozenset(
    {"email", "first_name", "last_name", "full_name", "name", "phone", "linkedin_url", "headline",
     "custom_fields", "text"}
)  # fmt: skip


def redacted_text(text: str) -> str:
    """A text without addresses, numbers to call and what looks like a secret, shortened."""
    text = text[: 2 * TEXT_MAX].replace("\x00", "")
    for pattern, shown in (
        (_SECRET, HIDDEN),
        (_EMAIL, rf"\1{HIDDEN}@\2{HIDDEN}"),
        (_LONG, HIDDEN),
        (_PHONE, HIDDEN),
    ):
        text = pattern.sub(shown, text)
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def redacted_payload(value: Any, *, key: str = "", depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """A payload with what is personal hidden; names of campaigns and offers stay, ids too."""
    if depth > DEPTH_MAX:
        return HIDDEN
    if isinstance(value, dict):
        is_person = key in {"lead", "comment"}
        return {
            name: HIDDEN
            if is_person and name in _PERSONAL and each is not None
            else redacted_payload(each, key=name, depth=depth + 1)
            for name, each in list(value.items())[:ITEMS_MAX]
        }
    if isinstance(value, list):
        return [redacted_payload(each, key=key, depth=depth + 1) for each in value[:ITEMS_MAX]]
    if isinstance(value, str) and not _KEPT.fullmatch(value):
        return redacted_text(value)
    return value
