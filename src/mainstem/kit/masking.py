"""Values as the page may show them: secrets masked, also inside JSON and settings, and shortened.

The ledger masks the columns that hold secrets. Here it is done once more, and for what a value
holds: a member of JSON or a `name=value` whose name is a secret's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from mainstem.kit.secrets_names import is_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK: Final = "[secret]"
SHOWN_MAX: Final = 80
#: longer values are masked and shown by their beginning only
_READ_MAX: Final = 20_000
_MEMBER: Final = re.compile(
    r"""(?P<name>["']?(?P<word>[A-Za-z_][\w.-]*)["']?\s*(?:=|:)\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&}\]]+)"""
)


def masked(table: str, column: str, text: str | None) -> str | None:
    """A column's value as the page shows it; None stays NULL."""
    if text is None:
        return None
    if is_secret(table.rpartition(".")[2], column):
        return MASK
    return shortened(without_secrets(text))


def masked_row(table: str, row: Mapping[str, object]) -> dict[str, object]:
    """A whole row, column by column."""
    plain = table.rpartition(".")[2]
    return {
        name: MASK if value is not None and is_secret(plain, name) else _masked(value)
        for name, value in row.items()
    }


def without_secrets(text: str) -> str:
    """Text whose JSON members and `name = value` pairs that hold secrets are masked."""
    text = text[:_READ_MAX]
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.dumps(_masked_json(json.loads(text)), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return _MEMBER.sub(_masked_member, text)


def shortened(text: str) -> str:
    """The beginning of a long text, with its length."""
    if len(text) <= SHOWN_MAX:
        return text
    return f"{text[:SHOWN_MAX]}… ({len(text):,} characters)"


def _masked(value: object) -> object:
    if isinstance(value, str):
        return shortened(without_secrets(value))
    return _masked_json(value)


def _masked_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {
            name: MASK if is_secret("", name) and inner is not None else _masked_json(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked_json(inner) for inner in value]
    return value


def _masked_member(found: re.Match[str]) -> str:
    last = found["word"].rpartition(".")[2]
    if is_secret("", last):
        return found["name"] + MASK
    # `refused: token=abc` is a pair within a pair
    return found["name"] + _MEMBER.sub(_masked_member, found["value"])
