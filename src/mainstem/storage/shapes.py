"""Buckets and files as storage-api writes them, and the bodies that its clients send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from mainstem.storage.problem import invalid
from mainstem.storage.sniffing import UNKNOWN, declared_type, essence_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mainstem.storage.model import Bucket, Listed, Stored

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) *(gb|mb|kb|b)", re.IGNORECASE)
_UNITS = {"gb": 10**9, "mb": 10**6, "kb": 10**3, "b": 1}
_MIME_TYPES_MAX = 100
_BYTES_MAX = 2**53
_MANY = re.compile(r"(\*|[a-z]{1,20})/\*")


class NewBucket(msgspec.Struct):
    """What makes a bucket; an id that is no name is a name too."""

    name: str = ""
    id: str = ""
    public: bool = False
    file_size_limit: int | str | None = None
    allowed_mime_types: list[str] | None = None


class ChangedBucket(msgspec.Struct):
    """What is left out stays as it is."""

    public: bool | None = None
    file_size_limit: int | str | UnsetType | None = UNSET
    allowed_mime_types: list[str] | UnsetType | None = UNSET


class Sorting(msgspec.Struct):
    """How a listing is sorted."""

    column: str = "name"
    order: str = "asc"


class Search(msgspec.Struct, rename={"sort_by": "sortBy"}):
    """What is listed."""

    prefix: str | None = ""
    limit: int | None = 100
    offset: int | None = 0
    search: str | None = ""
    sort_by: Sorting | None = None


class PageOf(msgspec.Struct):
    """What is listed page by page."""

    prefix: str | None = ""
    limit: int | None = 1000
    cursor: str | None = ""
    with_delimiter: bool = False


class Removal(msgspec.Struct):
    """The names of files to remove."""

    prefixes: list[str]


class Transfer(msgspec.Struct, rename="camel"):
    """From where to where."""

    bucket_id: str
    source_key: str
    destination_key: str
    destination_bucket: str | None = None


class Signing(msgspec.Struct, rename="camel"):
    """For how long, and for which files where it is more than one."""

    expires_in: int | None = None
    paths: list[str] = msgspec.field(default_factory=list)


def bucket_shape(bucket: Bucket) -> dict[str, object]:
    """A bucket. Its id is its name: programs address it so."""
    return {
        "id": bucket.name,
        "name": bucket.name,
        "owner": _text(bucket.created_by),
        "public": bucket.is_public,
        "type": "STANDARD",
        "file_size_limit": bucket.object_bytes_max,
        "allowed_mime_types": bucket.mime_types,
        "created_at": bucket.created_at,
        "updated_at": bucket.updated_at,
    }


def line_shape(line: Listed) -> dict[str, object]:
    """A line of a listing."""
    stored = line.stored
    if stored is None:
        return dict.fromkeys(("id", "updated_at", "created_at", "last_accessed_at", "metadata")) | {
            "name": line.name
        }
    return object_shape(stored) | {"name": line.name}


def object_shape(stored: Stored) -> dict[str, object]:
    """A file in a list. When it was last read is not kept."""
    return {
        "id": stored.id,
        "name": stored.name,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
        "last_accessed_at": None,
        "metadata": {
            "eTag": stored.etag,
            "size": stored.size_bytes,
            "mimetype": stored.mime_type,
            "cacheControl": f"max-age={stored.cache_s}",
            "lastModified": stored.updated_at,
            "contentLength": stored.size_bytes,
            "httpStatusCode": 200,
        },
    }


def whole_shape(stored: Stored, bucket: str) -> dict[str, object]:
    """A file with all that is known of it."""
    return object_shape(stored) | {
        "bucket_id": bucket,
        "owner": _text(stored.created_by),
        "owner_id": _text(stored.created_by),
        "version": stored.version,
        "user_metadata": stored.metadata,
    }


def info_shape(stored: Stored, bucket: str) -> dict[str, object]:
    """What `info` tells of a file."""
    return {
        "id": stored.id,
        "name": stored.name,
        "version": stored.version,
        "bucket_id": bucket,
        "size": stored.size_bytes,
        "content_type": stored.mime_type,
        "cache_control": f"max-age={stored.cache_s}",
        "etag": stored.etag,
        "metadata": stored.metadata,
        "last_modified": stored.updated_at,
        "created_at": stored.created_at,
    }


def size_limit(given: int | str | None) -> int | None:
    """A limit in bytes from a number or a text such as `20MB`.

    Raises:
        StorageError: it is neither.
    """
    if given is None or given == "":
        return None
    if isinstance(given, str):
        if given.isascii() and given.isdigit():
            given = f"{given}b"
        found = _SIZE.fullmatch(given.strip())
        if found is None:
            raise invalid("Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B")
        given = int(float(found[1]) * _UNITS[found[2].lower()])
    if not 0 <= given <= _BYTES_MAX:
        raise invalid("file_size_limit is no size of a file")
    return given


def mime_limit(given: list[str] | None) -> list[str] | None:
    """The types that a bucket takes; none named means any.

    Raises:
        StorageError: one of them is no type.
    """
    plain = [one.strip().lower() for one in given or () if one.strip()]
    for one in plain:
        if _MANY.fullmatch(one) is None and essence_of(declared_type(one)) == UNKNOWN != one:
            raise invalid("allowed_mime_types holds what is no type: write image/png or image/*")
    if len(plain) > _MIME_TYPES_MAX:
        raise invalid(f"allowed_mime_types has more than {_MIME_TYPES_MAX} types")
    return plain or None


def http_date(moment: datetime) -> str:
    """A time as headers have it (RFC 9110, 5.6.7)."""
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


def _text(person: UUID | None) -> str:
    return str(person) if person is not None else ""
