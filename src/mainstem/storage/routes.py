"""Which operation a method and a path mean, and of which bucket and file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mainstem.storage.names import decoded
from mainstem.storage.problem import no_route

#: the beginning of a path, and by method the operation
_Route: TypeAlias = tuple[tuple[str, ...], dict[str, str]]
#: the longest beginnings first; `*` is a bucket, what follows it the name of a file
_OBJECT_ROUTES: tuple[_Route, ...] = (
    (("object", "upload", "sign"), {"POST": "sign_upload", "PUT": "upload_signed"}),
    (("object", "info", "public"), {"GET": "info_public", "HEAD": "read_public"}),
    (("object", "info", "authenticated"), {"GET": "info", "HEAD": "read"}),
    (("object", "info"), {"GET": "info", "HEAD": "read"}),
    (("object", "public"), {"GET": "read_public", "HEAD": "read_public"}),
    (("object", "authenticated"), {"GET": "read", "HEAD": "read"}),
    (("object", "sign"), {"POST": "sign", "GET": "read_signed", "HEAD": "read_signed"}),
    (
        ("object",),
        {"POST": "upload", "PUT": "replace", "GET": "read", "HEAD": "read", "DELETE": "remove"},
    ),
)
_BUCKET_ROUTES: tuple[_Route, ...] = (
    (("object", "list-v2"), {"POST": "list_pages"}),
    (("object", "list"), {"POST": "list_objects"}),
    (("object", "sign"), {"POST": "sign_many"}),
    (("object",), {"DELETE": "remove_many"}),
    (("bucket",), {"GET": "get_bucket", "PUT": "change_bucket", "DELETE": "remove_bucket"}),
)
_ROUTES: dict[tuple[str, ...], dict[str, str]] = {
    ("bucket",): {"GET": "list_buckets", "POST": "add_bucket"},
    ("object", "move"): {"POST": "move"},
    ("object", "copy"): {"POST": "copy"},
}


@dataclass(frozen=True)
class Route:
    """What is asked: the operation, and the bucket and the file as the path names them."""

    operation: str
    bucket: str = ""
    name: str = ""


def route_of(method: str, raw_path: bytes) -> Route:
    """Find the operation.

    Args:
        method: of the request.
        raw_path: what follows the mount point, as it came over the wire.

    Raises:
        StorageError: there is none, or the path is no text.
    """
    path = decoded(raw_path).removeprefix("/")
    parts = tuple(path.split("/"))
    bare = parts[:-1] if parts[-1] == "" else parts
    operation = _ROUTES.get(bare, {}).get(method)
    if operation is not None:
        return Route(operation)
    if bare[:1] == ("bucket",) and bare[2:] == ("empty",) and method == "POST":
        return Route("empty_bucket", bare[1])
    for beginning, operations in _BUCKET_ROUTES:
        if bare[:-1] == beginning and method in operations:
            return Route(operations[method], bare[-1])
    for beginning, operations in _OBJECT_ROUTES:
        place = len(beginning)
        if parts[:place] == beginning and len(parts) > place + 1:
            if method not in operations:
                break
            return Route(operations[method], parts[place], "/".join(parts[place + 1 :]))
    raise no_route()
