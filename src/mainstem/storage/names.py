"""Names of buckets and files: what they may hold, so that none leads anywhere but to itself.

No byte is stored under a name (each has a version of its own), so a name needs no escape from a
file system. It stands in addresses, headers and other people's programs, and must do no harm there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mainstem.storage.problem import StorageError, invalid, invalid_name

if TYPE_CHECKING:
    from collections.abc import Iterable

BUCKET_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_. -]{0,98}[A-Za-z0-9_-])?")
#: words that stand in the place of a bucket in the paths of this API
RESERVED = frozenset(
    {"authenticated", "copy", "info", "list", "list-v2", "move", "public", "sign", "upload"}
)
NAME_BYTES_MAX = 1024
#: what would end a path, a query or a header's value in one program or another
_UNSAFE = frozenset('\\%?#"<>|^`{}[]\ufffd')
#: control characters, marks that turn the direction of text, what is no character; line ends
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


#: no characters stand between these two
_SURROGATES, _BEHIND_SURROGATES = 0xD800, 0xE000


@dataclass(frozen=True)
class BucketName:
    """A bucket as a request names it: `name`, or `name@agency`, which needs no key to be clear."""

    name: str
    agency: str | None = None


def bucket_of(text: str) -> BucketName:
    """Take the agency's slug from behind the name.

    Raises:
        StorageError: no bucket can be called so.
    """
    name, at, agency = text.partition("@")
    check_bucket(name)
    if at and not re.fullmatch(r"[a-z0-9-]{1,60}", agency):
        raise invalid_name("bucket", text, "what follows the @ is no agency")
    return BucketName(name, agency if at else None)


def check_bucket(name: str) -> None:
    """Refuse what no bucket may be called.

    Raises:
        StorageError: it may not.
    """
    if not BUCKET_NAME.fullmatch(name):
        raise invalid_name(
            "bucket", name, "1 to 100 letters, digits, _, -, spaces and dots, no @ and no /"
        )
    if name in RESERVED:
        raise invalid_name("bucket", name, "the word stands for something else in addresses")


def check_object(name: str) -> None:
    """Refuse what no file may be called.

    Raises:
        StorageError: it may not.
    """
    try:
        size_bytes = len(name.encode())
    except UnicodeEncodeError:
        raise invalid_name("file", name, "it holds what is no character") from None
    if not name or size_bytes > NAME_BYTES_MAX:
        raise invalid_name("file", name, f"1 to {NAME_BYTES_MAX} bytes")
    if {"", ".", ".."}.intersection(name.split("/")):
        raise invalid_name("file", name, "no part between slashes is empty, . or ..")
    for character in name:
        if character in _UNSAFE or unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            raise invalid_name("file", name, f"it may not hold {character!a}")


def possible(names: Iterable[str]) -> list[str]:
    """Those that a file can have: none of the others is there."""
    return [name for name in names if _is_possible(name)]


def _is_possible(name: str) -> bool:
    try:
        check_object(name)
    except StorageError:
        return False
    return True


def check_prefix(prefix: str) -> str:
    """The folder that a listing is of, with its slash; the empty one is the bucket itself.

    Raises:
        StorageError: no folder can be called so.
    """
    bare = prefix.strip("/")
    if not bare:
        return ""
    check_object(bare)
    return f"{bare}/"


def behind(prefix: str) -> str:
    """The first text behind all that begin so, in the order of code points."""
    if not prefix:
        return ""
    following = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(_BEHIND_SURROGATES if following == _SURROGATES else following)


def decoded(raw: bytes) -> str:
    """The path of a request, its escapes resolved once: what still looks like one is no name.

    Raises:
        StorageError: it is no UTF-8.
    """
    try:
        return unquote(raw.decode("ascii"), errors="strict")
    except UnicodeDecodeError:
        raise invalid("the path of the request is not in UTF-8") from None
