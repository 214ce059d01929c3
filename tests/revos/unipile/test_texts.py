"""What is written is what is read: equality of texts is how a write is recognised later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.revos.unipile.conftest import staged

from mainstem.revos.sandbox import Scenario
from mainstem.revos.unipile import CommentId, Sent, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

    from tests.revos.unipile.conftest import Stage

QUIET = Scenario(accounts=1, people=30, posts=0, comments_per_post=(0, 0), cap_factor=0)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300
).filter(lambda text: normalised(text) != "")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module", params=["v1", "v2"])
def stage(runner: asyncio.Runner, request: pytest.FixtureRequest) -> Iterator[Stage]:
    opened: AbstractAsyncContextManager[Stage] = staged(request.param, QUIET)
    yield runner.run(opened.__aenter__())
    runner.run(opened.__aexit__(None, None, None))


@settings(max_examples=40)
@given(text=TEXTS)
@example(text='a"b\r\n--x\r\nContent-Disposition: form-data; name="account_id"\r\n\r\nother')
@example(text="{{i}} <b>&amp;</b> %00 \u2028 \ufeff \U0001f600")
def test_texts_come_back_as_they_were_sent(runner: asyncio.Runner, stage: Stage, text: str) -> None:
    assert runner.run(_round_trip(stage, text)) == [normalised(text)] * 3


async def _round_trip(stage: Stage, text: str) -> list[str]:
    """A text as it comes back in a chat, in the sandbox's own log, and under a post."""
    sent = await stage.provider.start_chat(stage.account, stage.person(1), text)
    assert isinstance(sent, Sent), sent
    assert sent.chat_id
    (message,) = (await stage.provider.messages(stage.account, sent.chat_id, limit=1)).items
    assert message.id == sent.id
    logged = stage.sandbox.ledger.entries[-1].text
    post = stage.post()
    outcome = await stage.provider.comment(stage.account, post, text)
    assert isinstance(outcome, Sent)
    (comment,) = (await stage.provider.comments(stage.account, post)).items
    assert comment.id == CommentId(str(outcome.id))
    return [message.text, logged, comment.text]
