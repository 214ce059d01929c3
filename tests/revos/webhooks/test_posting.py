"""Servers that speak no HTTP, too much of it, or somebody else's name: each ends as an answer."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mainstem.revos.webhooks.model import Request
from mainstem.revos.webhooks.posting import BODY_BYTES_MAX, open_http

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from mainstem.revos.webhooks.model import Answer

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def raw(
    said: Callable[[asyncio.StreamWriter], None], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server that reads what comes and says the same to everybody, then waits for the end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(65_536)
            said(writer)
            await writer.drain()
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def asked(port: int, *, scheme: str = "http", limit_s: float = 5.0) -> Answer:
    async with open_http(allow_loopback=True) as http:
        url = f"{scheme}://127.0.0.1:{port}/hook?x=1%2F2"
        return await http.send(Request("POST", url, b"{}"), limit_s=limit_s)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", None, "request failed"),
        (b"\x00\xff\xfe" * 100 + b"\r\n\r\n", None, "request failed"),
        (b"HTTP/1.1 999999 no\r\n\r\n", None, "request failed"),
        (HEAD + b"X: " + b"a" * 200_000, None, "request failed"),
        (HEAD + b"X: y\r\n" * 50_000 + b"\r\n", None, ""),
        (HEAD + b"Content-Length: -5\r\n\r\nab", None, "request failed"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nab", None, ""),
        (HEAD + b"Content-Length: 0\r\nRetry-After: " + b"9" * 300 + b"\r\n\r\n", 200, ""),
        (b"HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\n\xff\x00", 500, "answered 500"),
        (b"HTTP/1.1 204 No\r\n\r\n", 204, ""),
        (b"HTTP/1.1 301 X\r\nLocation: http://10.0.0.1\r\nContent-Length: 0\r\n\r\n", 301, "redir"),
    ],
)  # fmt: skip
async def test_whatever_a_server_says_is_an_answer(
    said: bytes, status: int | None, words: str
) -> None:
    async with raw(lambda writer: writer.write(said)) as port:
        answer = await asked(port)
    assert answer.status == status
    assert words in answer.told()
    assert "127.0.0.1" not in answer.told()


async def test_a_server_that_never_finishes_its_head_is_given_up() -> None:
    async with raw(lambda writer: writer.write(HEAD + b"X-Slow: ")) as port:
        answer = await asked(port, limit_s=0.3)
    assert answer.status is None
    assert "longer than 0.3 s" in answer.told()


async def test_a_body_is_neither_unpacked_nor_read_whole() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    length = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    async with raw(lambda writer: writer.write(HEAD + length + bomb)) as port:
        answer = await asked(port)
    assert answer.status == 200
    assert answer.body == bomb[:BODY_BYTES_MAX]


async def test_a_port_where_nobody_listens() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await asked(port)).told() == "it cannot be reached"


async def test_a_certificate_that_nobody_vouches_for_ends_it(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    got: list[bool] = []
    async with raw(lambda _: got.append(True), tls=context) as port:
        answer = await asked(port, scheme="https")
    assert answer.told() == "its certificate is not valid"
    assert got == []


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
