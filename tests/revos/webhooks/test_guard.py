"""Where nothing may be sent, whatever the name server says."""
# ruff: noqa: E501 - lists of addresses

from __future__ import annotations

import ipaddress
import socket

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from mainstem.core.outward import (
    ForbiddenAddressError,
    checked_url,
    refusal,
    require_public,
)
from mainstem.core.resolving import GuardedResolver
from mainstem.revos.webhooks.model import Request
from mainstem.revos.webhooks.posting import open_http

pytestmark = pytest.mark.anyio

SPECIAL = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::a00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "2002:808:808::1", "3fff::1",
    "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
          "192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1")  # fmt: skip


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="special"):
        require_public(address, allow_loopback=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    require_public(address, allow_loopback=False)
    assert refusal(ipaddress.ip_address(address)) is None


def test_the_setting_lets_loopback_pass_and_nothing_else() -> None:
    allowed = []
    for address in SPECIAL:
        try:
            require_public(address, allow_loopback=True)
        except ForbiddenAddressError:
            continue
        allowed.append(address)
    assert allowed == ["127.0.0.1", "127.255.255.254", "::1"]


@given(st.ip_addresses())
def test_nothing_passes_that_python_does_not_call_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if refusal(address) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    "network", ["10.0.0.0/8", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]
)
@given(data=st.data())
def test_no_wrapping_of_a_private_address_passes(network: str, data: st.DataObject) -> None:
    inner = data.draw(st.ip_addresses(network=network))
    number = int(inner)
    for prefix, shift in (("::ffff:0:0", 0), ("::", 0), ("64:ff9b::", 0), ("2002::", 80)):
        wrapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + (number << shift))
        assert refusal(wrapped) is not None


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
     "https://169.254.169.254/latest", "https://a:b@example.com/", "https://example.com/#x",
     "https://", "https:///x", "https://exa mple.com", "https://example.com:99999/",
     "https://[fe80::1%25eth0]/", "https://example.com/\n", "https://[::ffff:127.0.0.1]/", "javascript:x"],
)  # fmt: skip
def test_addresses_that_no_endpoint_can_have(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        checked_url(url, allow_loopback=False)


async def test_a_name_with_one_special_address_among_several_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers(*addresses: str) -> None:
        found = [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443))
            for a in addresses
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    resolver = GuardedResolver(allow_loopback=False)
    answers("1.1.1.1", "2606:4700::1111")
    assert [each["host"] for each in await resolver.resolve("a.example", 443)] == [
        "1.1.1.1", "2606:4700::1111",
    ]  # fmt: skip
    for special in ("10.0.0.1", "::1", "64:ff9b::a00:1", "169.254.169.254"):
        answers("1.1.1.1", special)
        with pytest.raises(ForbiddenAddressError):
            await resolver.resolve("a.example", 443)


@pytest.mark.parametrize(
    "host",
    ["localhost", "0x7f.1", "2130706433", "127.1", "0177.0.0.1", "[::ffff:7f00:1]", "127.0.0.1"],
)
async def test_no_way_of_writing_this_machine_gets_through(host: str) -> None:
    async with open_http(allow_loopback=False) as http:
        answer = await http.send(Request("GET", f"https://{host}:9/"), limit_s=5)
    assert answer.status is None
    assert (
        "special" in answer.told() or "not known" in answer.told() or "malformed" in answer.told()
    )


async def test_the_connection_goes_to_the_address_that_was_judged(
    receiver: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its address after it was judged: the second answer is never asked for."""
    asked = []

    def rebinding(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    port = receiver.port  # type: ignore[attr-defined]
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(
        "mainstem.revos.webhooks.posting.checked_url", lambda url, **_: url
    )  # the name stands for one that https would be needed for
    async with open_http(allow_loopback=True) as http:
        answer = await http.send(Request("GET", f"http://a.example:{port}/rebind"), limit_s=5)
    assert (answer.status, asked) == (200, ["a.example"])
    async with open_http(allow_loopback=True) as http:
        answer = await http.send(Request("GET", f"http://a.example:{port}/rebind"), limit_s=5)
    assert answer.status is None
    assert "special (private)" in answer.told()


async def test_what_an_answer_may_cost(receiver: object, room: str) -> None:
    async def long(_: object) -> web.StreamResponse:
        return web.Response(body=b"x" * 1_000_000)

    receiver.answers[room] = long  # type: ignore[attr-defined]
    async with open_http(allow_loopback=True) as http:
        url = receiver.url(room)  # type: ignore[attr-defined]
        answer = await http.send(Request("POST", url, b"{}"), limit_s=5)
    assert answer.status == 200
    assert len(answer.body) == 16 * 1024
