"""What becomes of each comment: a lead, a case for a person, or nothing, always with a reason."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mainstem.revos import sequence
from mainstem.revos.capture import store
from mainstem.revos.sequence.beginning import Commenter
from mainstem.revos.triggers import Decision, Matcher, Mode, Verdict, trigger_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment
    from mainstem.revos.unipile import Comment

MATCHERS_MAX = 2_000
OUTCOMES = {Verdict.MATCH: "matched", Verdict.REVIEW: "review", Verdict.NO_MATCH: "no_match"}
#: a campaign that wants a model's judgement gets the most generous of our own
_MODES = {mode.value: mode for mode in Mode} | {"ai": Mode.FUZZY}


def judge(
    keys: MasterKeys, moment: Moment, poll: Mapping[str, Any], comments: Sequence[Comment]
) -> tuple[int, int]:
    """Look at comments that were not looked at before; how many those were, and how many asked."""
    matcher = _matcher(poll["trigger_word"] or "", poll["match_mode"] or "word")
    barred = _barred(keys, moment, poll["client_id"], comments)
    seen = matched = 0
    for comment in sorted(comments, key=_when):  # the first to ask is the first to get
        decision = matcher.decide(comment.text) if matcher else None
        outcome, reason = _outcome(poll, comment, decision)
        if comment.author.id in barred:
            outcome, reason = "suppressed", "the person is on the list of those not to write to"
        looked = _look(moment, poll, comment, outcome, reason)
        if looked is None:
            continue
        seen += 1
        matched += outcome == "matched"
        if outcome == "suppressed":
            continue  # nothing is kept of them either
        comment_row = _kept(moment, poll, comment, outcome)
        if decision is not None and comment_row is not None and outcome in {"matched", "review"}:
            _trigger(moment, poll, comment, comment_row, decision, looked)
    return seen, matched


def _barred(
    keys: MasterKeys, moment: Moment, client_id: UUID, comments: Sequence[Comment]
) -> set[str | None]:
    """The authors of these comments who stand on the client's list of people not to write to."""
    named = {
        made: person
        for person in {one.author.id for one in comments if one.author.id}
        for made in sequence.hashes(keys, moment.agency_id, "linkedin", person)
    }
    found = sequence.suppressed(moment, [client_id], named) if named else ()
    return {named[made] for _, made in found}


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


def _look(
    moment: Moment, poll: Mapping[str, Any], comment: Comment, outcome: str, reason: str
) -> Mapping[str, Any] | None:
    return store.row(
        moment,
        "looked_at",
        client_id=poll["client_id"],
        account_id=poll["linkedin_account_id"],
        post_id=poll["post_id"],
        comment_id=comment.id,
        outcome=outcome,
        reason=reason,
    )


def _kept(
    moment: Moment, poll: Mapping[str, Any], comment: Comment, outcome: str
) -> Mapping[str, Any] | None:
    author = comment.author
    return store.row(
        moment,
        "add_comment",
        client_id=poll["client_id"],
        post_id=poll["post_id"],
        account_id=poll["linkedin_account_id"],
        comment_id=comment.id,
        author_name=author.name,
        author_id=author.id or "",
        headline=author.headline,
        profile_url=author.profile_url,
        picture_url=author.picture_url,
        distance=author.distance,
        is_own=outcome == "own",
        content=comment.text,
        has_trigger_word=outcome in {"matched", "review"},
        commented_at=comment.commented_at,
    )


def _trigger(
    moment: Moment,
    poll: Mapping[str, Any],
    comment: Comment,
    comment_row: Mapping[str, Any],
    decision: Decision,
    looked: Mapping[str, Any],
) -> None:
    status = "review"
    if decision.verdict is Verdict.MATCH:
        begun = sequence.begin(moment, _commenter(poll, comment, comment_row))
        status = "queued" if begun is not None else "skipped"
        if begun is None:
            store.rows(
                moment,
                "set_outcome",
                id=looked["id"],
                outcome="duplicate",
                reason="the person is in the campaign already",
            )
    mode = poll["match_mode"]
    store.rows(
        moment,
        "add_trigger",
        client_id=poll["client_id"],
        campaign_id=poll["campaign_id"],
        post_id=poll["post_id"],
        comment_row=comment_row["id"],
        trigger_word=decision.trigger or poll["trigger_word"],
        match_kind="fuzzy" if mode == "ai" else mode,
        score=decision.score,
        reason=decision.told(),
        status=status,
    )


def _commenter(
    poll: Mapping[str, Any], comment: Comment, comment_row: Mapping[str, Any]
) -> Commenter:
    assert comment.author.id is not None, "its outcome would be an error"
    return Commenter(
        client_id=poll["client_id"],
        campaign_id=poll["campaign_id"],
        comment_id=comment_row["id"],
        account_id=poll["linkedin_account_id"],
        person_id=comment.author.id,
        name=comment.author.name,
        headline=comment.author.headline,
        profile_url=comment.author.profile_url,
    )
