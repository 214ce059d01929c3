"""What becomes of each comment: a lead, a case for a person, or nothing, always with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mainstem.revos import sequence
from mainstem.revos.capture import store
from mainstem.revos.sequence.beginning import Commenter
from mainstem.revos.triggers import Decision, Matcher, Mode, Verdict, trigger_words

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment
    from mainstem.revos.unipile import Comment

MATCHERS_MAX = 2_000
OUTCOMES = {Verdict.MATCH: "matched", Verdict.REVIEW: "review", Verdict.NO_MATCH: "no_match"}
#: a campaign that wants a model's judgement gets the most generous of our own
_MODES = {mode.value: mode for mode in Mode} | {"ai": Mode.FUZZY}


@dataclass(frozen=True)
class _Judged:
    """A comment, whose post's it is, and what was made of it."""

    poll: Mapping[str, Any]
    comment: Comment
    decision: Decision | None
    outcome: str
    reason: str

    @property
    def key(self) -> tuple[UUID, str]:
        """What its rows are known by."""
        return self.poll["post_id"], self.comment.id

    @property
    def asks(self) -> bool:
        """Whether it asks for the offer, or may."""
        return self.decision is not None and self.outcome in {"matched", "review"}


def judge(
    keys: MasterKeys, moment: Moment, looks: Sequence[tuple[Mapping[str, Any], Sequence[Comment]]]
) -> dict[UUID, tuple[int, int]]:
    """Look at comments that were not looked at before.

    Args:
        keys: what hashes.
        moment: whose, and when.
        looks: posts, as rows of `polls_of`, and comments below them.

    Returns:
        By the row's id, how many comments those were, and how many of them asked.
    """
    barred = _barred(keys, moment, looks)
    judged = [
        _judged(poll, comment, barred)
        for poll, comments in looks
        for comment in sorted(comments, key=_when)  # the first to ask is the first to get
    ]
    looked = _looked_at(moment, judged)
    fresh = [one for one in judged if one.key in looked]
    # Of those on the list nothing else is kept.
    kept = _kept(moment, [one for one in fresh if one.outcome != "suppressed"])
    _triggers(moment, [one for one in fresh if one.asks and one.key in kept], kept, looked)
    counts: dict[UUID, tuple[int, int]] = {}
    for one in fresh:
        seen, matched = counts.get(one.poll["id"], (0, 0))
        counts[one.poll["id"]] = (seen + 1, matched + (one.outcome == "matched"))
    return counts


def _barred(
    keys: MasterKeys, moment: Moment, looks: Sequence[tuple[Mapping[str, Any], Sequence[Comment]]]
) -> set[tuple[UUID, str]]:
    """Clients and authors, where the author is on the client's list of people not to write to."""
    people = {one.author.id for _, comments in looks for one in comments if one.author.id}
    clients = {poll["client_id"] for poll, comments in looks if comments}
    named = {
        made: person
        for person in people
        for made in sequence.hashes(keys, moment.agency_id, "linkedin", person)
    }
    found = sequence.suppressed(moment, clients, named) if named else ()
    return {(client_id, named[made]) for client_id, made in found}


def _judged(
    poll: Mapping[str, Any], comment: Comment, barred: Container[tuple[UUID, str | None]]
) -> _Judged:
    matcher = _matcher(poll["trigger_word"] or "", poll["match_mode"] or "word")
    decision = matcher.decide(comment.text) if matcher else None
    outcome, reason = _outcome(poll, comment, decision)
    if (poll["client_id"], comment.author.id) in barred:
        outcome, reason = "suppressed", "the person is on the list of those not to write to"
    return _Judged(poll, comment, decision, outcome, reason)


def _when(comment: Comment) -> tuple[bool, float, str]:
    at = comment.commented_at
    return at is not None, at.timestamp() if at else 0.0, comment.id


@lru_cache(MATCHERS_MAX)
def _matcher(field: str, mode: str) -> Matcher | None:
    try:
        return Matcher(trigger_words(field), mode=_MODES[mode])
    except ValueError:  # no word that could be found; the preflight says so
        return None


def _outcome(
    poll: Mapping[str, Any], comment: Comment, decision: Decision | None
) -> tuple[str, str]:
    if comment.is_own or comment.author.id == poll["provider_person_id"]:
        return "own", "written by the account itself"
    if comment.author.id is None:
        return "error", "the comment names no person to write to"
    if decision is None or poll["campaign_id"] is None:
        return "no_match", "the post has no campaign with a trigger word"
    if poll["campaign_status"] != "active":
        return "no_match", f"the campaign is {poll['campaign_status']}"
    return OUTCOMES[decision.verdict], decision.told()


def _looked_at(moment: Moment, judged: Sequence[_Judged]) -> dict[tuple[UUID, str], UUID]:
    """Note what was made of comments; the rows of those that were not looked at before."""
    rows = [
        {
            "client_id": one.poll["client_id"],
            "account_id": one.poll["linkedin_account_id"],
            "post_id": one.poll["post_id"],
            "comment_id": one.comment.id,
            "outcome": one.outcome,
            "reason": one.reason,
        }
        for one in judged
    ]
    return _added(moment, "looked_at", rows)


def _kept(moment: Moment, judged: Sequence[_Judged]) -> dict[tuple[UUID, str], UUID]:
    """Keep comments; their rows."""
    rows = [
        {
            "client_id": one.poll["client_id"],
            "post_id": one.poll["post_id"],
            "account_id": one.poll["linkedin_account_id"],
            "comment_id": one.comment.id,
            "author_name": one.comment.author.name,
            "author_id": one.comment.author.id or "",
            "headline": one.comment.author.headline,
            "profile_url": one.comment.author.profile_url,
            "picture_url": one.comment.author.picture_url,
            "distance": one.comment.author.distance,
            "is_own": one.outcome == "own",
            "content": one.comment.text,
            "has_trigger_word": one.outcome in {"matched", "review"},
            "commented_at": one.comment.commented_at,
        }
        for one in judged
    ]
    return _added(moment, "add_comments", rows)


def _added(
    moment: Moment, query: str, rows: Sequence[Mapping[str, object]]
) -> dict[tuple[UUID, str], UUID]:
    if not rows:
        return {}
    found = store.rows(moment, query, comments=_json(rows))
    return {(one["post_id"], one["unipile_comment_id"]): one["id"] for one in found}


def _triggers(
    moment: Moment,
    asking: Sequence[_Judged],
    kept: Mapping[tuple[UUID, str], UUID],
    looked: Mapping[tuple[UUID, str], UUID],
) -> None:
    """Begin sequences with those who surely ask; leave the others to a person."""
    sure = [one for one in asking if one.outcome == "matched"]
    begun = sequence.begin(moment, [_commenter(one, kept[one.key]) for one in sure])
    again = [looked[one.key] for one in sure if kept[one.key] not in begun]
    if again:
        said = "the person is in the campaign already"
        store.rows(moment, "set_outcome", ids=again, outcome="duplicate", reason=said)
    rows = [_trigger(one, kept[one.key], is_begun=kept[one.key] in begun) for one in asking]
    if rows:
        store.rows(moment, "add_triggers", triggers=_json(rows))


def _trigger(one: _Judged, comment_row: UUID, *, is_begun: bool) -> dict[str, object]:
    assert one.decision is not None, "what asks was decided"
    mode = one.poll["match_mode"]
    surely = "queued" if is_begun else "skipped"
    return {
        "client_id": one.poll["client_id"],
        "campaign_id": one.poll["campaign_id"],
        "post_id": one.poll["post_id"],
        "comment_id": comment_row,
        "trigger_word": one.decision.trigger or one.poll["trigger_word"],
        "match_kind": "fuzzy" if mode == "ai" else mode,
        "score": one.decision.score,
        "reason": one.decision.told(),
        "status": surely if one.outcome == "matched" else "review",
    }


def _commenter(one: _Judged, comment_row: UUID) -> Commenter:
    author = one.comment.author
    assert author.id is not None, "its outcome would be an error"
    return Commenter(
        client_id=one.poll["client_id"],
        campaign_id=one.poll["campaign_id"],
        comment_id=comment_row,
        account_id=one.poll["linkedin_account_id"],
        person_id=author.id,
        name=author.name,
        headline=author.headline,
        profile_url=author.profile_url,
    )


def _json(rows: Sequence[Mapping[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()
