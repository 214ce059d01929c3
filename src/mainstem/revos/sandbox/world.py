"""The sandbox's world: what can be done in it, and what people do by themselves.

Everything follows from seed, scenario and the calls made: no real clock and no other chance.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from mainstem.revos.sandbox import life
from mainstem.revos.sandbox.clock import Agenda, Clock
from mainstem.revos.sandbox.model import (
    Account,
    Chat,
    Comment,
    Event,
    Invitation,
    Message,
    Post,
)
from mainstem.revos.sandbox.people import Person, make_person, trigger_in
from mainstem.revos.sandbox.refusal import Refusal
from mainstem.revos.sandbox.scenario import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

COMMENT_MAX = 1_250
MESSAGE_MAX = 8_000
NOTE_MAX = 300
WEEKLY_INVITATIONS = 200
USAGE_STEPS = (50, 75, 90, 95)
FIRST, SECOND, THIRD = 1, 2, 3


@dataclass
class World:
    """Everything there is."""

    seed: int = 1
    scenario: Scenario = SCENARIOS["lively"]
    clock: Clock = field(default_factory=Clock)
    agenda: Agenda = field(default_factory=Agenda)
    accounts: dict[str, Account] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    by_key: dict[str, Person] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    #: what is made is numbered from here: a world that begins again repeats no number
    made: int = 0
    _at: datetime | None = None

    def __post_init__(self) -> None:
        """Fill the world."""
        for _ in range(self.scenario.people):
            self.add_person()
        for _ in range(self.scenario.accounts):
            account = self.add_account()
            for number in range(self.scenario.posts):
                life.first_post(self, account, number)

    def now(self) -> datetime:
        """The time: of what is happening, or of the clock."""
        return self._at or self.clock.now()

    def catch_up(self) -> int:
        """Let happen what is due by now."""
        return self.happen_until(self.clock.now())

    def happen_until(self, until: datetime) -> int:
        """Let happen what is due by then, each thing at its own time."""
        steps = 0
        while (at := self.agenda.next_at()) is not None and at <= until:
            self._at = at
            steps += self.agenda.happen(at)
        self._at = None
        return steps

    def later(self, at: datetime, do: Callable[[], None]) -> None:
        """Have something happen at a time."""
        self.agenda.add(at, lambda _: do())

    def emit(self, event: Event) -> None:
        """Tell webhooks."""
        for tell in self.listeners:
            tell(event)

    def chance(self, *names: object) -> Random:
        """Chance that depends on the seed and these names only."""
        return Random(f"{self.seed}:" + ":".join(map(str, names)))

    # People and accounts

    def add_person(self) -> Person:
        """One more person."""
        person = make_person(len(self.people), seed=self.seed, scenario=self.scenario)
        self.people.append(person)
        self.by_key[person.id] = person
        self.by_key[person.slug] = person
        return person

    def add_account(self) -> Account:
        """Link an account: of a person of its own, who is none of the crowd."""
        index = len(self.accounts) // 2
        person = self.add_person()
        person.style = "silent"
        key = f"{self.chance('account', index).getrandbits(100):025x}"[:20]
        account = Account(index, f"sb{key}", f"acc_{key}", person, self.now())
        self.accounts[account.id] = account
        self.accounts[account.id_v2] = account
        return account

    def distance(self, account: Account, person: Person) -> int:
        """How far a person is: 0 oneself, 1 a contact, 2, 3."""
        if person is account.person:
            return 0
        changed = account.distances.get(person.id)
        if changed is not None:
            return changed
        share = zlib.crc32(f"{self.seed}:{account.index}:{person.index}".encode()) / 2**32
        if share < self.scenario.first_degree_share:
            return FIRST
        return SECOND if share < (1 + self.scenario.first_degree_share) / 2 else THIRD

    def person(self, key: str) -> Person:
        """Somebody, by id or slug."""
        found = self.by_key.get(key)
        if found is None:
            raise Refusal("resource_not_found", "no such person")
        return found

    def set_status(self, account: Account, status: str) -> None:
        """Change the state of an account; once it is well again, what was missed is told."""
        was, account.status = account.status, status
        if was == status:
            return
        word = "RECONNECTED" if status == "OK" and was == "CREDENTIALS" else status
        self.emit(Event("account_status", account, self.now(), word=word))
        if status == "OK":
            untold, account.untold = account.untold, []
            for message in untold:
                self.emit(Event("message_received", account, self.now(), message=message))

    # Posts and comments

    def publish(self, account: Account, text: str) -> Post:
        """Publish a post; people begin to comment on it."""
        if not text.strip():
            raise Refusal("missing_parameters", "text")
        post = Post(f"7{self._next():018d}", account, text, self.now(), trigger_in(text))
        self.posts[post.id] = post
        account.posts.append(post)
        life.plan_comments(self, post)
        return post

    def post(self, key: str) -> Post:
        """A post that is there, by digits or urn."""
        found = self.posts.get(key.rpartition(":")[2])
        if found is None or found.is_deleted:
            raise Refusal("resource_not_found", "no such post")
        return found

    def comment(self, post: Post, key: str) -> Comment:
        """A comment of that post that is there."""
        found = self.comments.get(key)
        if found is None or found.is_deleted or found.post is not post:
            raise Refusal("resource_not_found", "no such comment")
        return found

    def add_comment(
        self, post: Post, author: Person | None, text: str, *, parent: Comment | None = None
    ) -> Comment:
        """Somebody comments."""
        comment = Comment(f"7{self._next():018d}", post, author, text, self.now(), parent)
        self.comments[comment.id] = comment
        (parent.replies if parent else post.comments).append(comment)
        return comment

    def write_comment(
        self, account: Account, post: Post, text: str, *, parent: Comment | None = None
    ) -> Comment:
        """An account comments, within what LinkedIn accepts."""
        if not text.strip():
            raise Refusal("missing_parameters", "text")
        if len(text) > COMMENT_MAX:
            raise Refusal("too_many_characters", f"at most {COMMENT_MAX} characters")
        if post.is_closed:
            raise Refusal("comments_disabled")
        return self.add_comment(post, account.person, text, parent=parent)

    # Messages

    def send(self, chat: Chat, text: str) -> Message:
        """The account writes; its own message is told to webhooks too, and the person answers."""
        if not text.strip():
            raise Refusal("missing_parameters", "text")
        if len(text) > MESSAGE_MAX:
            raise Refusal("content_too_large", f"at most {MESSAGE_MAX} characters")
        if self.distance(chat.account, chat.person) != FIRST:
            raise Refusal("no_connection_with_recipient")
        message = self.add_message(chat, text, is_own=True)
        chat.asked += 1
        life.plan_answer(self, chat)
        return message

    def chat_with(self, account: Account, person: Person) -> Chat:
        """The conversation with a person, begun when there is none."""
        if person is account.person:
            raise Refusal("invalid_recipient", "that is the account itself")
        found = account.chat_of.get(person.id)
        if found is None:
            found = Chat(f"chat{self._next():018d}", account, person)
            account.chat_of[person.id] = found
            account.chats.append(found)
            self.chats[found.id] = found
        return found

    def chat(self, account: Account, key: str) -> Chat:
        """A conversation of that account."""
        found = self.chats.get(key)
        if found is None or found.account is not account:
            raise Refusal("resource_not_found", "no such chat")
        return found

    def add_message(self, chat: Chat, text: str, *, is_own: bool) -> Message:
        """A message arrives, in either direction."""
        message = Message(f"msg{self._next():018d}", chat, is_own, text, self.now())
        chat.messages.append(message)
        chat.unread += not is_own
        account = chat.account
        account.messages.append(message)
        self.messages[message.id] = message
        if account.status == "OK":
            self.emit(Event("message_received", account, message.at, message=message))
        else:
            account.untold.append(message)
        return message

    # Invitations

    def invite(
        self, account: Account, person: Person, note: str | None
    ) -> tuple[Invitation, int | None]:
        """Ask a person to connect; how much of the week's quota is used, when it crosses a step."""
        if note is not None and len(note) > NOTE_MAX:
            raise Refusal("too_many_characters", f"at most {NOTE_MAX} characters")
        if self.distance(account, person) <= FIRST:
            raise Refusal("already_connected")
        if any(each.person is person for each in account.invitations.values()):
            raise Refusal("cannot_resend_yet", "an invitation is pending")
        week = account.calls.get("invite", ())
        since = self.now() - timedelta(days=7)
        used = sum(1 for at in week if at > since)
        if used > WEEKLY_INVITATIONS:
            raise Refusal("limit_exceeded", "the week's invitations are used up")
        invitation = Invitation(f"inv{self._next():018d}", account, person, note, self.now())
        account.invitations[invitation.id] = invitation
        life.plan_acceptance(self, invitation)
        percent, before = (count * 100 // WEEKLY_INVITATIONS for count in (used, used - 1))
        usage = next((step for step in reversed(USAGE_STEPS) if before < step <= percent), None)
        return invitation, usage

    def invitation(self, account: Account, key: str, *, is_received: bool) -> Invitation:
        """A pending invitation of that account."""
        found = account.invitations.get(key)
        if found is None or found.is_received is not is_received:
            raise Refusal("resource_not_found", "no such invitation")
        return found

    def connect(self, account: Account, person: Person) -> None:
        """They are contacts from now on; webhooks tell that up to eight hours later."""
        account.distances[person.id] = FIRST
        account.contacts.append((person, self.now()))
        delay_s = self.chance("relation", account.index, person.index).uniform(0, 8 * 3600)
        at = self.now() + timedelta(seconds=delay_s)
        self.later(at, lambda: self.emit(Event("new_relation", account, self.now(), person=person)))

    def _next(self) -> int:
        self.made += 1
        return self.made
