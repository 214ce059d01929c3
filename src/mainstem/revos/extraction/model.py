"""What is read out of a reply."""

from __future__ import annotations

import enum
from dataclasses import dataclass

#: what is less sure than this goes to a person
REVIEW_BELOW = 0.8


class Verdict(enum.StrEnum):
    """What follows from a reply."""

    FOUND = "found"
    REVIEW = "review"
    NONE = "none"


class Form(enum.StrEnum):
    """How an address was written."""

    PLAIN = "plain"
    BRACKETED = "bracketed"
    SPACED = "spaced"
    SPOKEN = "spoken"
    SPELLED = "spelled"


class Part(enum.StrEnum):
    """Where in the reply it stands."""

    BODY = "body"
    SIGNATURE = "signature"
    QUOTED = "quoted"


class Doubt(enum.StrEnum):
    """What speaks against taking an address as it stands."""

    DOMAIN_TYPO = "domain_typo"
    MENDED = "mended"
    UNKNOWN_ENDING = "unknown_ending"
    PERHAPS_INCOMPLETE = "perhaps_incomplete"
    PERHAPS_PROSE = "perhaps_prose"
    DISPOSABLE = "disposable"
    PLACEHOLDER = "placeholder"
    UNATTENDED = "unattended"
    DECLINED = "declined"
    SOMEONE_ELSE = "someone_else"


class Choice(enum.StrEnum):
    """Why this candidate and no other."""

    ONLY_ONE = "only_one"
    PREFERRED = "preferred"
    CORRECTED = "corrected"
    OWN_WORDS = "own_words"
    LESS_DOUBT = "less_doubt"
    UNDECIDED = "undecided"
    ONLY_QUOTED = "only_quoted"
    UNREADABLE = "unreadable"
    NO_ADDRESS = "no_address"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that a reply may mean.

    Attributes:
        email: in lower case, the domain in Unicode; a valid address.
        confidence: from 0 to 1.
        suggestion: what was probably meant, where the domain looks mistyped.
        doubts: what lowered the confidence.
    """

    email: str
    form: Form
    part: Part
    confidence: float
    suggestion: str | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def meant(self) -> str:
        """The suggestion where there is one, else the address."""
        return self.suggestion or self.email


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read out of a reply.

    Attributes:
        verdict: whether to go on, to ask a person, or that there is none.
        choice: why this candidate was chosen.
        best: the candidate; None without any.
        confidence: of the choice; never above the candidate's own.
        candidates: all of them, in the order of the text.
    """

    verdict: Verdict
    choice: Choice
    best: Candidate | None = None
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()

    @property
    def email(self) -> str | None:
        """The address to go on with; None unless the verdict is FOUND."""
        return self.best.email if self.best and self.verdict is Verdict.FOUND else None

    @property
    def method(self) -> str:
        """How it was read, as email_extraction_review.method names it."""
        return "pattern" if self.best is None or self.best.form is Form.PLAIN else "obfuscation"
