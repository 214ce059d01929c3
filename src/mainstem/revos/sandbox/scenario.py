"""Worlds to choose from: how many people there are and how they behave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A world. Shares are from 0 to 1; spans are in hours of the sandbox's time.

    Attributes:
        accounts: how many are linked already.
        people: how many live there.
        posts: how many posts each account has at the start.
        comments_per_post: at least and at most, under each post that is published.
        comments_within_h: how long they keep coming.
        trigger_share: how many comments hold the word that the post asks for.
        first_degree_share: how many people are contacts of an account.
        reply_share: how many answer a message.
        reply_within_h: how long an answer takes at most.
        accept_share: how many accept an invitation.
        accept_within_h: how long that takes at most.
        odd_share: people with names that are an attack, and comments without an author's id.
        cap_factor: 1 are LinkedIn's daily limits as the provider's guide has them; 0 is no limit.
    """

    accounts: int = 3
    people: int = 300
    posts: int = 2
    comments_per_post: tuple[int, int] = (5, 25)
    comments_within_h: float = 36.0
    trigger_share: float = 0.6
    first_degree_share: float = 0.7
    reply_share: float = 0.7
    reply_within_h: float = 6.0
    accept_share: float = 0.5
    accept_within_h: float = 72.0
    odd_share: float = 0.02
    cap_factor: float = 1.0


SCENARIOS = {
    "lively": Scenario(),
    "brisk": Scenario(
        posts=0, comments_within_h=1.0, reply_within_h=0.25, accept_within_h=0.5, odd_share=0.0
    ),
    "quiet": Scenario(accounts=2, people=50, posts=0, comments_per_post=(0, 0), odd_share=0.0),
    "week": Scenario(
        accounts=1_000, people=100_000, posts=0, comments_per_post=(30, 90), odd_share=0.005
    ),
    "hostile": Scenario(odd_share=0.3, reply_within_h=1.0, comments_per_post=(20, 60)),
}
