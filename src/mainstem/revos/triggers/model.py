"""What is said of a comment: the verdict, why, and where in the text."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Mode(enum.StrEnum):
    """How a campaign wants its words found; the values are those of campaign.match_mode.

    WORD takes typing slips where the word stands alone and asks a person about those within a
    sentence; FUZZY takes both; PHRASE takes none; ANY takes every comment that says something.
    """

    WORD = "word"
    PHRASE = "phrase"
    FUZZY = "fuzzy"
    ANY = "any"


class Verdict(enum.StrEnum):
    """What follows from a comment."""

    MATCH = "match"
    REVIEW = "review"
    NO_MATCH = "no_match"


class Reason(enum.StrEnum):
    """Why. The first group says how the word was found, the second why nobody acts on it alone."""

    EXACT = "exact"
    STRETCHED = "stretched"
    SPACED = "spaced"
    INFLECTED = "inflected"
    TYPO = "typo"
    ANY_COMMENT = "any_comment"

    NEGATED = "negated"
    REFUSED = "refused"
    QUOTED = "quoted"
    REPORTED = "reported"
    QUESTION = "question"
    UNSURE_TYPO = "unsure_typo"

    ABSENT = "absent"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the comment, in characters, the end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a comment.

    Attributes:
        verdict: match, review or no match.
        reason: why.
        score: how sure, from 0 to 1; of a review, how sure it would be but for its reason.
        trigger: the campaign's word that was found, as the campaign writes it.
        span: where it stands.
        cue: where the negation, quotation or question stands that makes it a case for a person.
    """

    verdict: Verdict
    reason: Reason
    score: float = 0.0
    trigger: str | None = None
    span: Span | None = None
    cue: Span | None = None

    def told(self) -> str:
        """The reason as a sentence for people; it quotes nothing of the comment."""
        return TOLD[self.reason].format(trigger=self.trigger)


TOLD = {
    Reason.EXACT: "“{trigger}” stands in it",
    Reason.STRETCHED: "“{trigger}” stands in it with letters drawn out",
    Reason.SPACED: "“{trigger}” stands in it, letter by letter or split",
    Reason.INFLECTED: "a form of “{trigger}” stands in it",
    Reason.TYPO: "“{trigger}” stands in it with a typing slip",
    Reason.ANY_COMMENT: "every comment counts for this campaign",
    Reason.NEGATED: "“{trigger}” stands in it, but with a negation",
    Reason.REFUSED: "“{trigger}” stands in it, but it declines something",
    Reason.QUOTED: "“{trigger}” stands in it, but as a quotation",
    Reason.REPORTED: "“{trigger}” stands in it, but as what others are told to write",
    Reason.QUESTION: "“{trigger}” stands in it, but within a question",
    Reason.UNSURE_TYPO: "a word like “{trigger}” stands in it, perhaps another one",
    Reason.ABSENT: "no trigger word stands in it",
    Reason.EMPTY: "it says nothing",
}
