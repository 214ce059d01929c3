"""What the provider promises, asked of the sandbox by the real client in both dialects."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.revos.unipile.conftest import KEY, staged

from mainstem.revos.sandbox import SCENARIOS
from mainstem.revos.unipile import (
    AccountId,
    AccountState,
    ChatId,
    CommentId,
    Distance,
    Indeterminate,
    Kind,
    PersonId,
    Reaction,
    Refused,
    Sent,
    Settings,
    SocialId,
    UnipileError,
    opened,
)

if TYPE_CHECKING:
    from tests.revos.unipile.conftest import Stage

pytestmark = pytest.mark.anyio


async def test_accounts_and_their_owners(stage: Stage) -> None:
    page = await stage.provider.accounts()
    assert [each.id for each in page.items] == [stage.key(each) for each in stage.sandbox.linked()]
    account = await stage.provider.account(stage.account)
    assert account.state is AccountState.CONNECTED
    assert account.person_id == stage.first.person.id
    owner = await stage.provider.owner(stage.account)
    assert (owner.id, owner.name) == (stage.first.person.id, stage.first.person.name)


async def test_every_account_is_on_some_page(dialect: str) -> None:
    many = replace(SCENARIOS["quiet"], accounts=123)
    async with staged(dialect, many) as stage:
        found, cursor = [], None
        for _ in range(20):
            page = await stage.provider.accounts(cursor=cursor)
            found += [each.id for each in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert found == [stage.key(each) for each in stage.sandbox.linked()]


async def test_profiles_tell_the_distance(stage: Stage) -> None:
    near = await stage.provider.profile(stage.account, stage.person(1))
    far = await stage.provider.profile(stage.account, stage.at_distance(2).slug)
    assert near.distance is Distance.FIRST
    assert far.distance is Distance.SECOND
    assert far.id == stage.at_distance(2).id
    assert not far.has_pending_invitation
    await stage.provider.invite(stage.account, far.id)
    again = await stage.provider.profile(stage.account, far.id)
    assert again.has_pending_invitation


async def test_a_post_is_published_read_and_listed(stage: Stage) -> None:
    outcome = await stage.provider.publish(stage.account, ' Hello,\r\ncomment "SCALE" ')
    assert isinstance(outcome, Sent)
    assert outcome.id
    post = await stage.provider.post(stage.account, outcome.id)
    assert post.text == 'Hello,\ncomment "SCALE"'
    assert post.social_id.startswith("urn:li:activity:")
    mine = await stage.provider.posts(stage.account, PersonId(stage.first.person.id))
    assert [each.social_id for each in mine.items] == [post.social_id]
    assert post.published_at == stage.world.now()


async def test_comments_come_newest_first_in_pages_that_shift(stage: Stage) -> None:
    post = stage.post()
    known = stage.world.post(post)
    people = stage.world.people[:7]
    for person in people:
        stage.world.add_comment(known, person, f"GUIDE from {person.index}")
    first = await stage.provider.comments(stage.account, post, limit=3)
    assert [each.author.id for each in first.items] == [p.id for p in reversed(people[4:])]
    assert first.total == 7
    stage.world.add_comment(known, people[0], "one more")
    second = await stage.provider.comments(stage.account, post, cursor=first.cursor, limit=3)
    assert second.items[0].id == first.items[-1].id, "what is new shifts the pages"
    third = await stage.provider.comments(stage.account, post, cursor=second.cursor, limit=3)
    assert third.cursor is None
    assert len(third.items) == 2


async def test_an_author_without_an_id_and_a_name_of_markup(stage: Stage) -> None:
    post = stage.post()
    known = stage.world.post(post)
    loud = stage.at_distance(1)
    loud.first_name = "<script>alert(1)</script>" + "x" * 3_000
    stage.world.add_comment(known, None, "GUIDE")
    stage.world.add_comment(known, loud, "GUIDE \0")
    named, hidden = (await stage.provider.comments(stage.account, post)).items
    assert hidden.author.id is None
    assert hidden.text == "GUIDE"
    assert named.author.name.startswith("<script>alert(1)</script>xxx")
    assert len(named.author.name) > 3_000
    assert named.text == "GUIDE ", "what no column can hold is taken out"


async def test_replies_stand_below_their_comment(stage: Stage) -> None:
    post = stage.post()
    comment = stage.world.add_comment(stage.world.post(post), stage.at_distance(1), "GUIDE")
    outcome = await stage.provider.reply(stage.account, post, CommentId(comment.id), "Sent!")
    assert isinstance(outcome, Sent)
    assert outcome.id
    replies = await stage.provider.replies(stage.account, post, CommentId(comment.id))
    assert [(each.id, each.text) for each in replies.items] == [(outcome.id, "Sent!")]
    assert replies.items[0].author.id == stage.first.person.id
    assert replies.items[0].is_own in {True, None}
    top = await stage.provider.comments(stage.account, post)
    assert [each.replies for each in top.items] == [1]


async def test_a_reaction_that_is_there_counts_as_done(stage: Stage) -> None:
    post = stage.post()
    for _ in range(2):
        outcome = await stage.provider.react(stage.account, post, reaction=Reaction.CELEBRATE)
        assert outcome == Sent(None)
    assert (await stage.provider.post(stage.account, post)).reactions == 1
    assert len(await stage.writes("reaction")) == 1


async def test_a_message_to_a_contact_and_what_they_answer(dialect: str) -> None:
    talkative = replace(SCENARIOS["quiet"], reply_share=1.0)
    async with staged(dialect, talkative) as stage:
        person = stage.at_distance(1, style="obfuscated")
        sent = await stage.provider.start_chat(stage.account, PersonId(person.id), " Hi\r\nthere ")
        assert isinstance(sent, Sent)
        assert sent.chat_id
        again = await stage.provider.send_message(stage.account, sent.chat_id, "One more thing")
        assert isinstance(again, Sent)
        stage.later(days=1)
        messages = await stage.provider.messages(stage.account, sent.chat_id)
        texts = [(each.is_own, each.text) for each in reversed(messages.items)]
        assert texts[:2] == [(True, "Hi\nthere"), (True, "One more thing")]
        assert any(" dot example" in text for is_own, text in texts if not is_own)
        since = stage.world.now() - timedelta(hours=25)
        everything = await stage.provider.account_messages(stage.account, after=since)
        assert {each.id for each in everything.items} == {each.id for each in messages.items}
        chats = await stage.provider.chats_with(stage.account, PersonId(person.id))
        assert [each.id for each in chats.items] == [sent.chat_id]
        assert [each.person_id for each in chats.items] == [person.id]
        nobody = await stage.provider.chats_with(stage.account, PersonId(stage.at_distance(2).id))
        assert nobody.items == ()


async def test_messages_after_a_time(stage: Stage) -> None:
    chat = stage.world.chat_with(stage.first, stage.at_distance(1))
    stage.world.add_message(chat, "old", is_own=False)
    stage.later(minutes=5)
    after = stage.world.now()
    stage.later(minutes=5)
    stage.world.add_message(chat, "new", is_own=False)
    found = await stage.provider.messages(stage.account, ChatId(chat.id), after=after)
    assert [each.text for each in found.items] == ["new"]
    assert found.cursor is None
    chats = await stage.provider.chats(stage.account, after=after)
    assert [each.unread for each in chats.items] == [2]


async def test_who_is_no_contact_is_invited_first(stage: Stage) -> None:
    person = stage.person(2)
    refused = await stage.provider.start_chat(stage.account, person, "Hi")
    assert isinstance(refused, Refused)
    assert refused.fault.kind is Kind.NOT_CONNECTED
    assert refused.fault.slug == "no_connection_with_recipient"
    invited = await stage.provider.invite(stage.account, person)
    assert isinstance(invited, Sent)
    twice = await stage.provider.invite(stage.account, person)
    assert isinstance(twice, Refused)
    assert twice.fault.kind is Kind.ALREADY_INVITED
    waiting = await stage.provider.sent_invitations(stage.account)
    assert [(each.id, each.person_id) for each in waiting.items] == [(invited.id, person)]
    assert (await stage.provider.withdraw_invitation(stage.account, waiting.items[0].id)) == Sent(
        None
    )
    assert (await stage.provider.sent_invitations(stage.account)).items == ()
    assert await stage.writes("message") == []


async def test_an_accepted_invitation_makes_a_contact(dialect: str) -> None:
    friendly = replace(SCENARIOS["quiet"], accept_share=1.0)
    async with staged(dialect, friendly) as stage:
        person = stage.person(2)
        await stage.provider.invite(stage.account, person, note="We met at the fair")
        stage.later(days=4)
        assert (await stage.provider.sent_invitations(stage.account)).items == ()
        profile = await stage.provider.profile(stage.account, person)
        assert profile.distance is Distance.FIRST
        chats = await stage.provider.chats_with(stage.account, person)
        (message,) = (await stage.provider.messages(stage.account, chats.items[0].id)).items
        assert (message.text, message.is_own) == ("We met at the fair", True)


async def test_an_invitation_from_another_is_accepted(stage: Stage) -> None:
    person = stage.at_distance(2)
    await stage.control("POST", f"accounts/{stage.account}/invitations", person=person.id)
    (invitation,) = (await stage.provider.received_invitations(stage.account)).items
    assert invitation.person_id == person.id
    assert await stage.provider.accept_invitation(stage.account, invitation) == Sent(None)
    assert stage.world.distance(stage.first, person) == 1


async def test_contacts_newest_first_where_the_dialect_has_them(stage: Stage) -> None:
    person = stage.at_distance(2)
    stage.world.connect(stage.first, person)
    if stage.dialect == "v2":
        with pytest.raises(UnipileError) as raised:
            await stage.provider.relations(stage.account)
        assert raised.value.fault.kind is Kind.FEATURE
        return
    page = await stage.provider.relations(stage.account, limit=5)
    assert page.items[0].person_id == person.id
    assert page.items[0].connected_at == stage.world.now()


async def test_a_wrong_key_is_for_the_operator(stage: Stage) -> None:
    async with opened(Settings(stage.address, "wrong", stage.dialect)) as stranger:
        with pytest.raises(UnipileError) as raised:
            await stranger.accounts()
        assert raised.value.fault.kind is Kind.CONFIG
        outcome = await stranger.comment(stage.account, stage.post(), "Hi")
        assert isinstance(outcome, Refused)
        assert outcome.fault.kind is Kind.CONFIG
    assert "wrong" not in repr(Settings(stage.address, "wrong-key", stage.dialect))
    assert KEY not in str(raised.value)


async def test_an_account_that_nobody_knows(stage: Stage) -> None:
    with pytest.raises(UnipileError) as raised:
        await stage.provider.owner(AccountId("nobody/../accounts"))
    assert raised.value.fault.kind is Kind.GONE


async def test_what_was_deleted_is_gone(stage: Stage) -> None:
    post = stage.post()
    comment = stage.world.add_comment(stage.world.post(post), stage.at_distance(1), "GUIDE")
    await stage.control("DELETE", f"comments/{comment.id}")
    outcome = await stage.provider.reply(stage.account, post, CommentId(comment.id), "Hi")
    assert isinstance(outcome, Refused)
    assert outcome.fault.kind is Kind.GONE
    await stage.control("POST", f"posts/{stage.world.post(post).id}", deleted=True)
    with pytest.raises(UnipileError) as raised:
        await stage.provider.comments(stage.account, post)
    assert raised.value.fault.kind is Kind.GONE
    closed = stage.post("another")
    await stage.control("POST", f"posts/{stage.world.post(closed).id}", closed=True)
    refused = await stage.provider.comment(stage.account, closed, "Hi")
    assert isinstance(refused, Refused)
    assert refused.fault.kind is Kind.CLOSED


async def test_too_long_or_empty_texts_are_a_matter_of_content(stage: Stage) -> None:
    post = stage.post()
    for text in ("x" * 1_251, "   "):
        outcome = await stage.provider.comment(stage.account, post, text)
        assert isinstance(outcome, Refused)
        assert outcome.fault.kind is Kind.CONTENT
    assert await stage.writes("comment") == []


async def test_an_account_sees_no_chat_of_another(stage: Stage) -> None:
    chat = stage.world.chat_with(stage.second, stage.world.people[0])
    stage.world.add_message(chat, "private", is_own=False)
    with pytest.raises(UnipileError) as raised:
        await stage.provider.messages(stage.account, ChatId(chat.id))
    assert raised.value.fault.kind is Kind.GONE
    outcome = await stage.provider.send_message(stage.account, ChatId(chat.id), "Hi")
    assert isinstance(outcome, Refused)
    assert (await stage.provider.account_messages(stage.account)).items == ()


async def test_a_disconnected_account_and_a_restricted_one(stage: Stage) -> None:
    await stage.control("POST", f"accounts/{stage.account}", status="CREDENTIALS")
    account = await stage.provider.account(stage.account)
    assert account.state is AccountState.DISCONNECTED
    outcome = await stage.provider.start_chat(stage.account, stage.person(), "Hi")
    assert isinstance(outcome, Refused)
    assert outcome.fault.kind is Kind.DISCONNECTED
    await stage.control("POST", f"accounts/{stage.account}", status="OK", restricted=True)
    outcome = await stage.provider.start_chat(stage.account, stage.person(), "Hi")
    assert isinstance(outcome, Refused)
    assert outcome.fault.kind is Kind.RESTRICTED
    other = stage.key(stage.second)
    assert (await stage.provider.account(other)).state is AccountState.CONNECTED


async def test_a_link_to_the_hosted_page_connects_an_account(stage: Stage) -> None:
    link = await stage.provider.link_account(
        correlation="ours",
        expires_at=stage.world.now() + timedelta(hours=1),
        success_url="http://127.0.0.1:1/done?x=1",
    )
    assert link.url.startswith(stage.address)
    assert link.url not in repr(link)
    async with stage.session.get(link.url) as page:
        assert "Connect" in await page.text()
    before = len(stage.sandbox.linked())
    async with stage.session.post(
        link.url, data={"answer": "connect"}, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        leads_to = answer.headers["location"]
    made = stage.sandbox.linked()[-1]
    assert len(stage.sandbox.linked()) == before + 1
    assert leads_to.startswith(f"http://127.0.0.1:1/done?x=1&account_id={stage.key(made)}")
    async with stage.session.post(link.url, data={"answer": "connect"}) as twice:
        assert twice.status == 401, "a link is good once"


async def test_webhooks_are_made_listed_and_deleted(stage: Stage) -> None:
    made = await stage.provider.create_webhooks("http://127.0.0.1:1/hook", secret="s3cret")
    assert made
    listed = await stage.provider.webhooks()
    assert {each.id for each in listed.items} == {each.id for each in made}
    assert "s3cret" not in repr(made)
    for each in made:
        await stage.provider.delete_webhook(each.id)
    assert (await stage.provider.webhooks()).items == ()
    with pytest.raises(UnipileError) as raised:
        await stage.provider.create_webhooks("https://example.com/hook", secret="s")
    assert raised.value.fault.kind is Kind.CONTENT


async def test_accounts_are_deleted(stage: Stage) -> None:
    await stage.provider.delete_account(stage.account)
    assert len((await stage.provider.accounts()).items) == 1
    if stage.dialect == "v1":
        await stage.provider.restart_account(stage.account)


@pytest.mark.parametrize(
    ("kind", "landed"),
    [("timeout_after", 1), ("timeout_before", 0), ("lost_after", 1), ("lost_before", 0),
     ("malformed", 1)],
)  # fmt: skip
async def test_no_answer_is_neither_sent_nor_refused(stage: Stage, kind: str, landed: int) -> None:
    await stage.control("POST", "faults", kind=kind, route="message", count=1)
    outcome = await stage.provider.start_chat(stage.account, stage.person(), "Hi")
    assert isinstance(outcome, Indeterminate)
    assert len(await stage.writes("message")) == landed, "and nobody called twice"
    after = await stage.provider.start_chat(stage.account, stage.person(), "Hi")
    assert isinstance(after, Sent)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("throttled", Kind.THROTTLED), ("provider_error", Kind.THROTTLED),
     ("unavailable", Kind.UNAVAILABLE), ("unknown_slug", Kind.OTHER)],
)  # fmt: skip
async def test_faults_that_name_themselves_are_refusals(
    stage: Stage, kind: str, expected: Kind
) -> None:
    await stage.control("POST", "faults", kind=kind, account=stage.account)
    outcome = await stage.provider.start_chat(stage.account, stage.person(), "Hi")
    assert isinstance(outcome, Refused)
    assert outcome.fault.kind is expected
    if kind == "unknown_slug":
        assert outcome.fault.slug == "sandbox_made_this_up", "a new word is kept"
    assert await stage.writes("message") == []
    if stage.dialect == "v2" and kind == "throttled":
        assert outcome.fault.retry_after_s == 30
        assert outcome.fault.is_from_network is True
    spared = await stage.provider.owner(stage.key(stage.second))
    assert spared.id == stage.second.person.id


async def test_a_read_is_asked_again_once(stage: Stage) -> None:
    await stage.control("POST", "faults", kind="unavailable", route="owner", count=1)
    assert (await stage.provider.owner(stage.account)).id == stage.first.person.id
    await stage.control("POST", "faults", kind="lost_before", route="owner", count=1)
    assert (await stage.provider.owner(stage.account)).id == stage.first.person.id
    await stage.control("POST", "faults", kind="unavailable", route="owner", count=2)
    with pytest.raises(UnipileError) as raised:
        await stage.provider.owner(stage.account)
    assert raised.value.fault.is_transient


async def test_a_provider_that_is_too_slow(dialect: str) -> None:
    async with staged(dialect, SCENARIOS["quiet"], timeout_s=0.1) as stage:
        await stage.control("POST", "faults", kind="slow", delay_s=0.3, route="message", count=1)
        outcome = await stage.provider.start_chat(stage.account, stage.person(), "Hi")
        assert isinstance(outcome, Indeterminate)
        assert len(await stage.writes("message")) == 1


async def test_a_provider_that_is_not_there(dialect: str) -> None:
    async with opened(Settings("http://127.0.0.1:9", KEY, dialect)) as provider:
        outcome = await provider.start_chat(AccountId("a"), PersonId("p"), "Hi")
        assert isinstance(outcome, Refused), "nothing was reached, so nothing can have landed"
        assert outcome.fault.kind is Kind.UNAVAILABLE
        outcome = await provider.react(AccountId("a"), SocialId("p"))
        assert isinstance(outcome, Refused)
