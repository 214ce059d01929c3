"""Files of `static/`: held in memory, compressed ahead of time, under addresses that never change.

One digest of all files is part of every address. So a browser keeps each for good, and what a file
names relative to itself is of the same build.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC_DIR = Path(__file__).parent / "static"
YEAR_S = 31_536_000
#: best first: what the file's name ends in, and what a request calls it
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}


@dataclass(frozen=True)
class StaticFile:
    """A file, and its compressed twins by the name of their encoding."""

    content: bytes
    media_type: str
    packed: Mapping[str, bytes]


@dataclass(frozen=True)
class StaticFiles:
    """All files by name, and the digest of them."""

    version: str
    files: Mapping[str, StaticFile]


@cache
def static_files(folder: Path = STATIC_DIR) -> StaticFiles:
    """Read the folder once; without `make assets` it holds what is committed only."""
    packed = folder / "built" / "packed"
    files = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or packed in path.parents:
            continue
        name = path.relative_to(folder).as_posix()
        twins = {
            encoding: twin.read_bytes()
            for encoding, ending in ENCODINGS
            if (twin := packed / f"{name}{ending}").exists()
        }
        files[name] = StaticFile(path.read_bytes(), _media_type(path), MappingProxyType(twins))
    digest = sha256()
    for name, file in files.items():
        digest.update(name.encode() + b"\0" + file.content)
    return StaticFiles(digest.hexdigest()[:16], MappingProxyType(files))


@cache
def static_url(name: str) -> str:
    """The address of a file of `static/`.

    Raises:
        FileNotFoundError: there is no such file: the template names something wrong, or the assets
            are not built.
    """
    found = static_files()
    if name not in found.files:
        raise FileNotFoundError(f"static/{name} is not there; `make assets` builds what is missing")
    return f"/static/{found.version}/{name}"


@route(
    "/static/{version:str}/{name:path}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    include_in_schema=False,
    sync_to_thread=False,
)
def serve_static(
    request: Request[Any, Any, Any], version: FromPath[str], name: FromPath[Path]
) -> Response[bytes]:
    """Send a file, compressed as the browser likes it best."""
    found = static_files()
    file = found.files.get(name.as_posix().lstrip("/"))
    if file is None:
        raise NotFoundException
    kept = f"public, max-age={YEAR_S}, immutable" if version == found.version else "no-cache"
    headers = {"cache-control": kept, "vary": "accept-encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for encoding, _ in ENCODINGS:
        if encoding in file.packed and encoding in accepted:
            headers["content-encoding"] = encoding
            return Response(file.packed[encoding], media_type=file.media_type, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _media_type(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
