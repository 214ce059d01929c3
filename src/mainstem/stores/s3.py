"""An S3-compatible endpoint as a store of files, over the standard library's HTTP client.

Path-style addresses, signed by `signing`; listings page by page; a file above `PART_BYTES` in
parts, one in memory at a time. What may pass (a lost connection, 5xx, 429) is tried again, a broken
download from where it broke off (Amazon S3 API Reference: ListObjectsV2, GetObject,
CreateMultipartUpload).
"""

from __future__ import annotations

import hashlib
import re
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit
from xml.etree import ElementTree as ET

from mainstem.errors import ConfigError, MainstemError
from mainstem.stores.model import BLOCK_BYTES, Stored
from mainstem.stores.signing import Request, escape, keys_of, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from http.client import HTTPResponse

    from mainstem.stores.model import Place

#: of one request; a larger file goes in parts of at least so many bytes
PART_BYTES = 8 * 1024 * 1024
#: the protocol allows 10,000
PARTS_MAX = 9_000
TRIES_MAX = 5
TIMEOUT_S = 30.0
_PAUSE_S = 0.5
_PASSING = frozenset({429, 500, 502, 503, 504})
_FORBIDDEN, _ABSENT, _SUCCESS, _REDIRECT = 403, 404, range(200, 300), range(300, 400)
_PART = 206
_ANSWER_BYTES_MAX = 16 * 1024 * 1024
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,60})</Code>")


class AnswerError(Exception):
    """A store's answer that is no success."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        self.code = code


class S3:
    """One connection to an endpoint."""

    def __init__(
        self,
        place: Place,
        *,
        error: type[MainstemError],
        timeout_s: float = TIMEOUT_S,
        part_bytes: int = PART_BYTES,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        address = urlsplit(place.s3 or "")
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ConfigError(f"{place.s3!r} is no address of a store: write https://host[/path]")
        if address.username or address.password or address.query:
            raise ConfigError(
                "the address of a store holds no keys: they come from the environment, by `keys`"
            )
        self._place = place
        self._keys = keys_of(place.keys)
        self._error = error
        self._timeout_s, self._part_bytes, self._pause = timeout_s, part_bytes, pause
        self._host, self._path = address.netloc, address.path.rstrip("/")
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        self._connection = kind(address.hostname, address.port, timeout=timeout_s)

    def buckets(self) -> list[str]:
        """The buckets of the endpoint; in a single one, its first folders."""
        if self._place.bucket is None:
            with self._clear("list the buckets of", ""):
                found = _tree(self._ask("GET", "/"))
            return sorted(name.text or "" for name in found.iter("Name"))
        names: list[str] = []
        for page in self._pages(self._place.bucket, {"delimiter": "/"}):
            names += [one.findtext("Prefix", "").rstrip("/") for one in page.iter("CommonPrefixes")]
        return sorted(names)

    def files(self, bucket: str) -> Iterator[Stored]:
        """Every file of a bucket, a thousand in a page; a folder's own marker is no file."""
        own = self._place.bucket
        for page in self._pages(own or bucket, {"prefix": f"{bucket}/"} if own else {}):
            for item in page.iter("Contents"):
                key = item.findtext("Key", "")
                if not key.endswith("/"):
                    said = (item.findtext("LastModified", ""), item.findtext("ETag", ""))
                    stamp = " ".join(filter(None, said))
                    size_bytes = int(item.findtext("Size", "0"))
                    yield Stored(key if own else f"{bucket}/{key}", size_bytes, stamp)

    def size(self, key: str) -> int | None:
        """How large a file is."""
        try:
            with self._clear("look at", key):
                answer = self._open("HEAD", self._address(key))
                answer.read()
                return int(answer.headers.get("content-length", "0"))
        except self._error as error:
            if isinstance(error.__cause__, AnswerError) and error.__cause__.status == _ABSENT:
                return None
            raise

    @contextmanager
    def read(self, key: str, *, start: int = 0) -> Iterator[Iterator[bytes]]:
        """A file's bytes; where the connection breaks off, the rest is asked for again."""
        yield self._blocks(key, start)

    def write(self, key: str, blocks: Iterable[bytes], *, size_bytes: int, kind: str) -> None:
        """Put a file there, in one request or in parts."""
        part_bytes = max(self._part_bytes, -(-size_bytes // PARTS_MAX))
        parts = _parts(blocks, part_bytes)
        with self._clear("write", key):
            first = next(parts, b"")
            if size_bytes <= part_bytes:
                self._ask("PUT", self._address(key), body=first, headers={"content-type": kind})
                return
            self._write_parts(key, first, parts, kind)

    def remove(self, key: str) -> None:
        """Take a file away."""
        with self._clear("remove", key):
            self._ask("DELETE", self._address(key))

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _write_parts(self, key: str, first: bytes, parts: Iterator[bytes], kind: str) -> None:
        address = self._address(key)
        begun = _tree(
            self._ask("POST", address, query={"uploads": ""}, headers={"content-type": kind})
        )
        upload = {"uploadId": begun.findtext("UploadId", "")}
        tags = []
        try:
            for number, part in enumerate(_chain(first, parts), start=1):
                query = {**upload, "partNumber": str(number)}
                answer = self._open("PUT", address, query=query, body=part)
                answer.read()
                tags.append((number, answer.headers.get("etag", "")))
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
                for number, tag in tags
            )
            body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            _check_done(self._ask("POST", address, query=upload, body=body))
        except BaseException:
            # What went wrong is what is told, not that its parts could not be taken away either.
            with suppress(AnswerError, HTTPException, OSError):
                self._ask("DELETE", address, query=upload)
            raise

    def _blocks(self, key: str, start: int) -> Iterator[bytes]:
        """Errors are told here: whoever takes the blocks has errors of its own."""
        address, at, tag, size, tries = self._address(key), start, "", None, 0
        while size is None or at < size:
            headers = {"range": f"bytes={at}-"} if at else {}
            with self._clear("read", key):
                answer = self._open(
                    "GET", address, headers=headers | ({"if-match": tag} if tag else {})
                )
                if at and answer.status != _PART:
                    self._connection.close()
                    raise HTTPException("the store gave a whole file where a part was asked for")
            tag = tag or answer.headers.get("etag", "")
            if size is None:
                size = at + int(answer.headers.get("content-length", "0"))
            before = at
            while block := self._block(answer):
                at += len(block)
                yield block
            tries = 1 if at > before else tries + 1
            if at < size and tries >= TRIES_MAX:
                raise self._error(
                    f"cannot read {self._shown(key)}: it broke off after {at} of {size} "
                    "bytes; run again to go on"
                )

    def _block(self, answer: HTTPResponse) -> bytes:
        """The next bytes; none at the end, and where the connection broke off."""
        try:
            return answer.read(BLOCK_BYTES)
        except IncompleteRead as error:
            self._connection.close()
            return error.partial
        except (HTTPException, OSError):
            self._connection.close()
            return b""

    def _pages(self, bucket: str, query: Mapping[str, str]) -> Iterator[ET.Element]:
        """Every page of a listing."""
        more: dict[str, str] = {}
        while True:
            with self._clear("list bucket", bucket):
                asked = {"list-type": "2", "encoding-type": "url", **query, **more}
                page = _tree(self._ask("GET", f"/{escape(bucket)}", query=asked))
            if page.findtext("EncodingType") == "url":  # XML cannot hold every character of a key
                for element in (*page.iter("Key"), *page.iter("Prefix")):
                    element.text = unquote_plus(element.text or "")
            yield page
            following = page.findtext("NextContinuationToken")
            if page.findtext("IsTruncated") != "true" or not following:
                return
            more = {"continuation-token": following}

    def _address(self, key: str) -> str:
        whole = f"{self._place.bucket}/{key}" if self._place.bucket else key
        return "/" + escape(whole, safe="/")

    def _ask(self, method: str, path: str, **given: object) -> bytes:
        return self._open(method, path, **given).read(_ANSWER_BYTES_MAX)  # type: ignore[arg-type]

    def _open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HTTPResponse:
        """An answer that is a success; what may pass is tried again."""
        for number in range(1, TRIES_MAX + 1):
            try:
                answer = self._send(method, path, query or {}, headers or {}, body)
            except (HTTPException, OSError):
                self._connection.close()
                if number == TRIES_MAX:
                    raise
            else:
                if answer.status in _SUCCESS:
                    return answer
                refused = AnswerError(answer.status, _code(answer.read(_ANSWER_BYTES_MAX)))
                if answer.status not in _PASSING or number == TRIES_MAX:
                    raise refused
            self._pause(_PAUSE_S * 2 ** (number - 1))
        raise AssertionError("the last try returns or raises")

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> HTTPResponse:
        request = Request(
            method=method,
            host=self._host,
            path=(self._path + path) or "/",
            query=query,
            headers=headers,
            payload_sha256=hashlib.sha256(body).hexdigest(),
        )
        signed = sign(request, self._keys, region=self._place.region, at=datetime.now(UTC))
        target = request.path + (f"?{request.query_text}" if query else "")
        has_body = method in {"PUT", "POST"}
        self._connection.request(method, target, body=body if has_body else None, headers=signed)
        return self._connection.getresponse()

    @contextmanager
    def _clear(self, what: str, key: str) -> Iterator[None]:
        """What the store or the network refuses, as one line that says what to do."""
        try:
            yield
        except AnswerError as refused:
            advice = _advice(refused, self._place)
            raise self._error(f"cannot {what} {self._shown(key)}: {advice}") from refused
        except TimeoutError as error:
            raise self._error(
                f"cannot {what} {self._shown(key)}: no answer within {self._timeout_s:g} s, "
                f"{TRIES_MAX} times; check the address, and run again"
            ) from error
        except (HTTPException, OSError) as error:
            self._connection.close()
            said = str(error) or type(error).__name__
            raise self._error(
                f"cannot {what} {self._shown(key)}: {said}; check the address, and run again"
            ) from error

    def _shown(self, key: str) -> str:
        return f"{key} at {self._place.shown}" if key else self._place.shown


def _advice(refused: AnswerError, place: Place) -> str:
    """What a refusal means, and what to do next."""
    if refused.status == _FORBIDDEN:
        names = f"{place.keys}_ACCESS_KEY_ID and {place.keys}_SECRET_ACCESS_KEY"
        return f"the store refused ({refused}); set {names} to keys that may do this"
    if refused.code == "NoSuchBucket":
        return "there is no such bucket; make it, or name another"
    if refused.status == _ABSENT:
        return "there is no such file; was it removed meanwhile?"
    if refused.status in _REDIRECT:
        return f"the bucket is elsewhere ({refused}); set the endpoint and region that it is in"
    if refused.status in _PASSING:
        return f"the store failed {TRIES_MAX} times ({refused}); run again later to go on"
    return f"the store said {refused}"


def _check_done(answer: bytes) -> None:
    """The answer to the end of an upload may begin well and end badly."""
    if b"<Error>" in answer:
        raise AnswerError(500, _code(answer))


def _code(answer: bytes) -> str:
    found = _CODE.search(answer)
    return found[1].decode() if found else ""


def _tree(answer: bytes) -> ET.Element:
    """An answer's XML with its names bare: stores differ in their namespaces."""
    try:
        tree = ET.fromstring(answer)  # noqa: S314 - expat limits what entities expand to
    except ET.ParseError:
        raise HTTPException("the answer is no XML; is this an S3-compatible store?") from None
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree


def _parts(blocks: Iterable[bytes], size_bytes: int) -> Iterator[bytes]:
    """The same bytes in pieces of one size, the last one shorter."""
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) >= size_bytes:
            yield bytes(held[:size_bytes])
            del held[:size_bytes]
    if held:
        yield bytes(held)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
