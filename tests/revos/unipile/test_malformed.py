"""Answers that make no sense: each ends in a typed result, never in another exception."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.revos.unipile import (
    AccountId,
    Indeterminate,
    Invitation,
    InvitationId,
    Kind,
    Page,
    Provider,
    Refused,
    Sent,
    Settings,
    SocialId,
    UnipileError,
    Writes,
    is_known,
    kind_of,
    opened,
)
from mainstem.revos.unipile.client import provider_on
from mainstem.revos.unipile.http_line import address
from mainstem.revos.unipile.wire import Answer, Endpoint, Reply, Request, Silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ACCOUNT = AccountId("a")
INVITATION = Invitation(id=InvitationId("i"), person_id=None, name="", shared_secret="s")
#: what each parameter of the port gets
GIVEN: dict[str, Any] = {
    "account": ACCOUNT,
    "person": "p",
    "post": "urn:li:activity:1",
    "post_id": "1",
    "comment": "c",
    "chat": "ch",
    "text": "Hello",
    "invitation": INVITATION,
    "correlation": "ours",
    "expires_at": NOW,
    "url": "http://127.0.0.1:1/",
    "secret": "s",
    "webhook_id": "w",
}
CALLS = sorted(
    name for name, _ in inspect.getmembers(Provider, inspect.isfunction) if not name.startswith("_")
)
WRITES = {name for name, _ in inspect.getmembers(Writes, inspect.isfunction) if name[0] != "_"}

NAME_WORDS = (
    "object id type status title detail items data cursor next_cursor has_more "
    "total_items sources connection_params im provider_id name social_id text author "
    "author_details date timestamp parsed_datetime created_at chat_id message_id "
    "comment_id post_id invitation_id sender_id is_sender network_distance specifics "
    "permissions reactions_counter count url link events webhook_id member_id user "
    "invited_user_id inviter shared_secret usage"
)
OBJECT_WORDS = (
    "Account AccountList Post PostList Comment CommentList CommentSent ChatStarted "
    "MessageSent ReactionAdded UserInvitationSent PostCreated UserProfile Error "
    "HostedAuthUrl"
)
NAMES = st.sampled_from(NAME_WORDS.split())
OBJECTS = st.sampled_from(OBJECT_WORDS.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | OBJECTS
    | st.sampled_from(["2026-01-05T00:00:00.000Z", "0001-01-01T00:00:00+14:00", "1h", "\0", "SELF"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
BODIES = (
    st.binary(max_size=60)
    | VALUES.map(msgspec.json.encode)
    | st.dictionaries(NAMES, VALUES, max_size=10).map(msgspec.json.encode)
    | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b'"\\ud800"', b'{"id":"\\ud800"}', b"{}"])
)
REPLIES: st.SearchStrategy[Reply] = st.builds(
    Answer,
    st.sampled_from([200, 201, 204, 301, 400, 401, 404, 418, 422, 429, 500, 503, 504]),
    BODIES,
) | st.builds(Silence, st.just("nothing came"), st.booleans())


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


class FuzzedLine:
    """Answers everything with the same reply."""

    retry_s = 0.0

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[Request] = []

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.reply


def arguments(call: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """What a call of the port gets: only what it has to be given."""
    positional, named = [], {}
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                named[name] = GIVEN[name]
            else:
                positional.append(GIVEN[name])
    return positional, named


@settings(max_examples=60)
@given(reply=REPLIES)
def test_whatever_comes_back(runner: asyncio.Runner, reply: Reply) -> None:
    for dialect, name in product(("v1", "v2"), CALLS):
        _check_call(runner, name, dialect, reply)


def _check_call(runner: asyncio.Runner, name: str, dialect: str, reply: Reply) -> None:
    line = FuzzedLine(reply)
    provider = provider_on(line, Settings("http://127.0.0.1:1", "k", dialect))
    call: Callable[..., Coroutine[Any, Any, object]] = getattr(provider, name)
    positional, named = arguments(call)
    try:
        result: object = runner.run(call(*positional, **named))
    except UnipileError as error:
        result = error.fault
    if name not in WRITES:
        _check_texts(result)
        return
    assert isinstance(result, Sent | Refused | Indeterminate), "a write never raises"
    assert len(line.asked) <= 1, "a write is made once"
    _check_write(reply, result)


def _check_write(reply: Reply, result: object) -> None:
    """What may have landed is never called refused, what was refused never sent."""
    if isinstance(reply, Silence) and reply.may_have_landed:
        assert isinstance(result, Indeterminate | Refused)
        assert not isinstance(result, Refused) or result.fault.slug == "not_in_dialect"
    if isinstance(reply, Answer) and reply.status >= 300:
        already_done = isinstance(result, Sent) and b"action_already_performed" in reply.body
        assert not isinstance(result, Sent) or already_done
    if isinstance(reply, Answer) and reply.status in {200, 201, 204}:
        assert not isinstance(result, Refused) or result.fault.slug == "not_in_dialect"


def _check_texts(value: object) -> None:
    """Every text fits a column."""
    if isinstance(value, str):
        assert "\0" not in value
        value.encode()
    elif isinstance(value, tuple):
        for each in value:
            _check_texts(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            _check_texts(getattr(value, each.name))


@given(slug=st.text(max_size=30), status=st.integers(100, 999))
def test_every_slug_and_status_means_something(slug: str, status: int) -> None:
    assert isinstance(kind_of(slug, status), Kind)
    assert is_known(slug) or kind_of(slug, status) is kind_of("never heard of", status)


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_one_item_that_makes_no_sense_stops_no_other(dialect: str) -> None:
    items = [{"id": "1", "text": "a"}, {"text": "no id"}, "no object", {"id": 2, "text": "b"}]
    name = "items" if dialect == "v1" else "data"
    line = FuzzedLine(Answer(200, msgspec.json.encode({name: items})))
    provider = provider_on(line, Settings("http://127.0.0.1:1", "k", dialect))
    page = asyncio.run(provider.comments(ACCOUNT, SocialId("p")))
    assert isinstance(page, Page)
    assert [each.id for each in page.items] == ["1", "2"]
    assert len(page.unreadable) == 2
    assert page.unreadable == (f"{name}[1]: no id", f"{name}[2]: no object")


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_a_cursor_of_another_type_is_no_last_page(dialect: str) -> None:
    name, cursor = ("items", "cursor") if dialect == "v1" else ("data", "next_cursor")
    line = FuzzedLine(Answer(200, msgspec.json.encode({name: [], cursor: {"start": 5}})))
    provider = provider_on(line, Settings("http://127.0.0.1:1", "k", dialect))
    with pytest.raises(UnipileError) as raised:
        asyncio.run(provider.comments(ACCOUNT, SocialId("p")))
    assert raised.value.fault.kind is Kind.MALFORMED


def test_parts_of_a_path_lead_nowhere_else() -> None:
    line = FuzzedLine(Answer(404, b""))
    provider = provider_on(line, Settings("http://127.0.0.1:1", "k", "v1"))
    with pytest.raises(UnipileError):
        asyncio.run(provider.post(ACCOUNT, "../accounts?x=1#y"))
    url = address(Endpoint("http://127.0.0.1:1", "k").url, line.asked[0])
    assert str(url) == "http://127.0.0.1:1/api/v1/posts/..%2Faccounts%3Fx%3D1%23y?account_id=a"
    fixed = address("https://api.example:443/?port=13111", line.asked[0])
    assert fixed.query_string == "port=13111&account_id=a"


@asynccontextmanager
async def raw_server(answer: bytes, *, repeat: int = 1) -> AsyncIterator[str]:
    """A server that says these bytes to whatever it is asked."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(repeat):
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has seen enough
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


OK_HEAD = b"HTTP/1.1 200 OK\r\n"
WIRE = {
    "nothing": (b"", 1),
    "garbage": (b"\xff\xfe not http at all\r\n\r\n", 1),
    "half a head": (OK_HEAD + b"content-", 1),
    "a body cut off": (OK_HEAD + b"content-length: 1000\r\n\r\n{}", 1),
    "two lengths": (OK_HEAD + b"content-length: 2\r\ncontent-length: 9\r\n\r\n{}", 1),
    "a bad chunk": (OK_HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", 1),
    "no gzip": (OK_HEAD + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello", 1),
    "html": (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 13\r\n\r\n<html></html>", 1),
    "a head without end": (OK_HEAD + b"x: " + b"y" * 100_000 + b"\r\n\r\n", 1),
    "a redirect": (
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 1,
    ),
}  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("name", sorted(WIRE))
async def test_what_is_no_answer_on_the_wire(name: str) -> None:
    said, repeat = WIRE[name]
    async with (
        raw_server(said, repeat=repeat) as place,
        opened(Settings(place, "k", timeout_s=5, retry_s=0)) as provider,
    ):
        with pytest.raises(UnipileError):
            await provider.owner(ACCOUNT)
        outcome = await provider.comment(ACCOUNT, SocialId("p"), "Hi")
    if name == "a redirect":
        assert isinstance(outcome, Refused), "it is not followed"
    else:
        assert isinstance(outcome, Indeterminate)


@pytest.mark.anyio
async def test_an_answer_without_end_is_cut_off() -> None:
    head = OK_HEAD + b"content-type: application/json\r\n\r\n"
    async with (
        raw_server(head + b"[" * 65_536, repeat=10_000) as place,
        opened(Settings(place, "k", timeout_s=20)) as provider,
    ):
        with pytest.raises(UnipileError) as raised:
            await provider.owner(ACCOUNT)
    assert "bytes" in str(raised.value)
