"""What people do by themselves: comment on new posts, answer messages, accept invitations."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from mainstem.revos.sandbox.people import answer_text, comment_text

if TYPE_CHECKING:
    from random import Random

    from mainstem.revos.sandbox.model import Account, Chat, Invitation, Post
    from mainstem.revos.sandbox.world import World

WORDS = ("SCALE", "GUIDE", "PLAYBOOK", "AUDIT", "CHECKLIST")
SOONEST_S = 30.0


def first_post(world: World, account: Account, number: int) -> Post:
    """A post that an account begins with."""
    word = WORDS[(account.index + number) % len(WORDS)]
    return world.publish(
        account, f'What we learned this year, in 12 pages. Comment "{word}" and I send it to you.'
    )


def plan_comments(world: World, post: Post) -> None:
    """Have people comment: many soon, fewer later."""
    scenario = world.scenario
    chance = world.chance("comments", post.id)
    count = chance.randint(*scenario.comments_per_post)
    for _ in range(count if world.people else 0):
        late = chance.random() ** 3 * scenario.comments_within_h * 3600
        at = post.at + timedelta(seconds=SOONEST_S + late)
        world.later(at, partial(_comment, world, post, chance.random()))


def plan_answer(world: World, chat: Chat) -> None:
    """Have the person answer, perhaps."""
    scenario = world.scenario
    account, person = chat.account, chat.person
    chance = world.chance("answer", account.index, person.index, chat.asked)
    if chance.random() >= scenario.reply_share:
        return
    text = answer_text(person, chance, count=chat.asked)
    if text is None:
        return
    at = world.now() + _soon(chance, scenario.reply_within_h)

    def answer() -> None:
        world.add_message(chat, text, is_own=False)

    world.later(at, answer)


def plan_acceptance(world: World, invitation: Invitation) -> None:
    """Have the person accept, perhaps; a note becomes the first message of a chat then."""
    scenario = world.scenario
    account, person = invitation.account, invitation.person
    chance = world.chance("accept", account.index, person.index)
    if chance.random() >= scenario.accept_share:
        return

    def accept() -> None:
        if account.invitations.pop(invitation.id, None) is None:
            return  # taken back meanwhile
        world.connect(account, person)
        if invitation.note:
            world.add_message(world.chat_with(account, person), invitation.note, is_own=True)

    world.later(world.now() + _soon(chance, scenario.accept_within_h), accept)


def _comment(world: World, post: Post, seed: float) -> None:
    if post.is_deleted or post.is_closed:
        return
    chance = world.chance("comment", post.id, seed)
    person = world.people[chance.randrange(world.scenario.people)]
    text = comment_text(chance, post.word, trigger_share=world.scenario.trigger_share)
    is_hidden = chance.random() < world.scenario.odd_share / 2
    world.add_comment(post, None if is_hidden else person, text)
    if not is_hidden and chance.random() < 0.5:  # noqa: PLR2004
        post.reactions.setdefault(person.id, (person, "like"))


def _soon(chance: Random, within_h: float) -> timedelta:
    """A span that is mostly short."""
    return timedelta(seconds=SOONEST_S + chance.random() ** 2 * within_h * 3600)
