"""Where requests that others chose may go: public addresses, judged after the name is resolved.

A name is resolved once for a connection and the connection goes to the address that was judged, so
that a second answer of the name server changes nothing. The address is judged once more where the
socket is made, which also covers hosts written as numbers.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mainstem.kit.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

URL_CHARACTERS_MAX = 2_000

#: IANA's special-purpose registry for IPv4, with multicast and what is reserved
_SPECIAL_V4 = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
#: of IPv6 only global unicast is public at all; these parts of it, and what wraps IPv4, are not
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discarded"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)


class ForbiddenAddressError(OSError):
    """A request was to go where none may; the message names the kind of address only."""


def refusal(address: IPv4Address | IPv6Address) -> str | None:
    """Return what kind of special address it is; None for a public one."""
    if isinstance(address, IPv4Address):
        return next((what for network, what in _SPECIAL_V4 if address in network), None)
    for network, what in _SPECIAL_V6:
        if address in network:
            return what
    return None if address in _GLOBAL_V6 else "not global"


def require_public(text: str, *, allow_loopback: bool) -> None:
    """Let an address pass or not.

    Args:
        text: the address as a number, perhaps with the zone of an interface.
        allow_loopback: whether this machine itself may receive: for development and tests.

    Raises:
        ForbiddenAddressError: no request may go there.
    """
    address = ip_address(text.partition("%")[0])
    what = refusal(address)
    if what is None or (allow_loopback and address.is_loopback and what == "loopback"):
        return
    raise ForbiddenAddressError(f"the address is special ({what}); use a public one")


@lru_cache(maxsize=4_096)
def checked_url(url: str, *, allow_loopback: bool) -> str:
    """Return an address when requests may go there, as far as it tells by itself.

    Raises:
        ValueError: it is too long, no https address, or holds a user, a fragment, or a special
            address as a number.
    """
    if len(url) > URL_CHARACTERS_MAX:
        raise ValueError(f"the address is longer than {URL_CHARACTERS_MAX:,} characters")
    if not url.isprintable() or " " in url:
        raise ValueError("the address holds blanks or characters that cannot be seen")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the address is malformed") from None
    if not host:
        raise ValueError("the address has no host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("the address holds a user, a password or a fragment; none may be in it")
    is_here = is_loopback(host)
    if parts.scheme != "https" and not (allow_loopback and is_here and parts.scheme == "http"):
        raise ValueError("the address has to begin with https://")
    if host == "localhost" and not allow_loopback:
        raise ValueError("the address is special (loopback); use a public one")
    try:
        ip_address(host)
    except ValueError:
        return url
    try:
        require_public(host, allow_loopback=allow_loopback)
    except ForbiddenAddressError as error:
        raise ValueError(str(error)) from None
    return url


def guarded_socket(*, allow_loopback: bool) -> Callable[[tuple[Any, ...]], socket.socket]:
    """Return what makes sockets for a connector, and refuses to make one for a special address."""

    def made(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, place = info
        require_public(str(place[0]), allow_loopback=allow_loopback)
        return socket.socket(family, kind, protocol)

    return made
