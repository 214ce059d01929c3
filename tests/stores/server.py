"""A small S3-compatible server on loopback that checks every signature, and fails when told to.

The signature is worked out here from the request as it arrived, apart from the code under test.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus, unquote, urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCESS_KEY, SECRET, REGION = "AKIATEST", "secret/of+the=tests", "eu-test-1"
PAGE = 3


@dataclass
class Bucketed:
    """What the server holds, what it was asked, and how it fails next."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    #: status to answer with instead, "drop" to cut the connection, "half" to cut it in the body,
    #: "whole" to know nothing of ranges
    fails: deque[int | str] = field(default_factory=deque)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    aborted: list[str] = field(default_factory=list)
    secret: str = SECRET
    #: what a request waits for before it is answered
    gate: threading.Event | None = None
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/base"


@contextmanager
def serving() -> Iterator[Bucketed]:
    held = Bucketed()

    class Handler(_Handler):
        store = held

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield held
        finally:
            if held.gate is not None:
                held.gate.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Bucketed

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        body = self._begin()
        if body is None:
            return
        bucket, key = self._names()
        if not bucket:
            self._xml(
                "<R>" + "".join(f"<Name>{escape(b)}</Name>" for b in self.store.files) + "</R>"
            )
        elif bucket not in self.store.files:
            self._error(404, "NoSuchBucket")
        elif not key:
            self._list(bucket)
        elif key not in self.store.files[bucket]:
            self._error(404, "NoSuchKey")
        else:
            self._send_file(self.store.files[bucket][key])

    def do_HEAD(self) -> None:
        if self._begin() is None:
            return
        bucket, key = self._names()
        found = self.store.files.get(bucket, {}).get(key)
        self.send_response(200 if found is not None else 404)
        self.send_header("content-length", str(len(found or b"")))
        self.end_headers()

    def do_PUT(self) -> None:
        body = self._begin()
        if body is None:
            return
        bucket, key = self._names()
        query = self._query()
        if bucket not in self.store.files:
            self._error(404, "NoSuchBucket")
        elif "uploadId" in query:
            self.store.uploads[query["uploadId"]][int(query["partNumber"])] = body
            self._xml("", tag=_tag(body))
        else:
            self.store.files[bucket][key] = body
            self.store.kinds[key] = self.headers.get("content-type", "")
            self._xml("", tag=_tag(body))

    def do_POST(self) -> None:
        body = self._begin()
        if body is None:
            return
        bucket, key = self._names()
        query = self._query()
        if "uploads" in query:
            name = f"upload-{len(self.store.uploads)}"
            self.store.uploads[name] = {}
            self._xml(f"<R><UploadId>{name}</UploadId></R>")
            return
        parts = self.store.uploads.pop(query["uploadId"])
        assert body.count(b"<Part>") == len(parts)
        self.store.files[bucket][key] = b"".join(parts[number] for number in sorted(parts))
        self._xml("<R/>")

    def do_DELETE(self) -> None:
        if self._begin() is None:
            return
        bucket, key = self._names()
        query = self._query()
        if "uploadId" in query:
            self.store.aborted.append(query["uploadId"])
            self.store.uploads.pop(query["uploadId"], None)
        else:
            self.store.files[bucket].pop(key, None)
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        pass

    def _begin(self) -> bytes | None:
        """The body, once the signature holds and nothing is to fail."""
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.store.asked.append(f"{self.command} {self.path}")
        if self.store.gate is not None:
            self.store.gate.wait(10)
        if not self._is_signed(body):
            self._error(403, "SignatureDoesNotMatch")
            return None
        if self.store.fails and self.store.fails[0] not in {"half", "whole"}:
            how = self.store.fails.popleft()
            if isinstance(how, int):
                self._error(how, "SlowDown")
            else:
                self.close_connection = True
                self.connection.close()
            return None
        return body

    def _is_signed(self, body: bytes) -> bool:
        """AWS's Signature Version 4, from what arrived."""
        given = self.headers.get("authorization", "")
        scheme, _, rest = given.partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        access, day, region, service, end = fields["Credential"].split("/")
        digest = self.headers["x-amz-content-sha256"]
        if digest != hashlib.sha256(body).hexdigest() or scheme != "AWS4-HMAC-SHA256":
            return False
        address = urlsplit(self.path)
        pairs = [pair.partition("=") for pair in address.query.split("&") if pair]
        query = "&".join(f"{name}={value}" for name, _, value in sorted(pairs))
        names = fields["SignedHeaders"].split(";")
        lines = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names)
        text = f"{self.command}\n{address.path}\n{query}\n{lines}\n{';'.join(names)}\n{digest}"
        key = b"AWS4" + self.store.secret.encode()
        for part in (day, region, service, end):
            key = hmac.digest(key, part.encode(), "sha256")
        scope = f"{day}/{region}/{service}/{end}"
        moment, hashed = self.headers["x-amz-date"], hashlib.sha256(text.encode()).hexdigest()
        to_sign = f"{scheme}\n{moment}\n{scope}\n{hashed}"
        wanted = hmac.digest(key, to_sign.encode(), "sha256").hex()
        is_ours = (access, region, service) == (ACCESS_KEY, REGION, "s3")
        return is_ours and "host" in names and fields["Signature"] == wanted

    def _names(self) -> tuple[str, str]:
        path = unquote(urlsplit(self.path).path).removeprefix("/base/")
        bucket, _, key = path.partition("/")
        return bucket, key

    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def _list(self, bucket: str) -> None:
        query = self._query()
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        keys = sorted(key for key in self.store.files[bucket] if key.startswith(prefix))
        if query.get("delimiter"):
            tops = sorted({key.split("/")[0] for key in keys if "/" in key})
            self._xml(
                "<R>"
                + "".join(
                    f"<CommonPrefixes><Prefix>{escape(t)}/</Prefix></CommonPrefixes>" for t in tops
                )
                + "</R>"
            )
            return
        left = [key for key in keys if key > after]
        page, has_more = left[:PAGE], len(left) > PAGE
        is_coded = query.get("encoding-type") == "url"
        coded = quote_plus if is_coded else escape
        items = "".join(
            f"<Contents><Key>{coded(key)}</Key>"
            f"<ETag>&quot;{hashlib.md5(self.store.files[bucket][key]).hexdigest()}&quot;</ETag>"
            f"<Size>{len(self.store.files[bucket][key])}</Size></Contents>"
            for key in page
        )
        more = (
            f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if has_more else ""
        )
        told = "<EncodingType>url</EncodingType>" if is_coded else ""
        told += f"<IsTruncated>{str(has_more).lower()}</IsTruncated>{more}{items}"
        self._xml(
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"{told}</ListBucketResult>"
        )

    def _send_file(self, body: bytes) -> None:
        begin = int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if self.headers.get("if-match", _tag(body)) != _tag(body):
            self._error(412, "PreconditionFailed")
            return
        if self.store.fails and self.store.fails[0] == "whole":
            self.store.fails.popleft()
            begin = 0
        rest = body[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("etag", _tag(body))
        self.send_header("content-length", str(len(rest)))
        self.end_headers()
        if self.store.fails and self.store.fails[0] == "half":
            self.store.fails.popleft()
            self.wfile.write(rest[: len(rest) // 2])
            self.close_connection = True
            return
        self.wfile.write(rest)

    def _xml(self, text: str, *, tag: str = "") -> None:
        body = text.encode()
        self.send_response(200)
        if tag:
            self.send_header("etag", tag)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code></Error>".encode()
        self.send_response(status)
        self.send_header("content-length", str(0 if self.command == "HEAD" else len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
