"""What an author says of a table, told by the words and marks beside it or above it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.unify.documents.model import Expectation

if TYPE_CHECKING:
    from collections.abc import Iterable

_ABSENT = re.compile(
    r"""\b(?: (?:should|must|may) \s not \s exist | correctly \s not | (?<!if\s) not \s exists
          | contamination | dropped | removed | deleted | to \s (?:drop|remove|delete) | drop
        )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_MISSING = re.compile(
    r"""\b(?: missing | not \s found | never \s (?:actually \s)? created
          | (?:do(?:es)?(?:n['\u2019]t|\snot)) \s (?:yet \s)? exist
          | no \s migration )\b | ❌ | ✗ """,
    re.VERBOSE | re.IGNORECASE,
)
_PLANNED = re.compile(
    r"""\b(?: not \s (?:yet \s)? (?:implemented|created|built|there) | planned | todo | to \s do
          | may \s be \s represented | proposed | proposal | future | next \s steps? | roadmap
          | (?:to \s be | needs? | need \s to \s be | must \s be | will \s be | should \s be)
            \s (?:created|creation|added|in|built|implemented)
          | to \s (?:create|add|build|migrate) | create | creates | creating | add | adds | adding
          | new \s tables? | pending | required | requirements? | optional | options?
          | plan | design | example s? | sketch | draft | suggested | recommended
          | referenced \s but )\b | \[\s\] | ⏳ | 🔲 | ⬜""",
    re.VERBOSE | re.IGNORECASE,
)
_EXISTS = re.compile(
    r"""\b(?: should \s exist | exists? | existing | created | active | kept | live | applied
          | in \s migrations? | verified | implemented | deployed | complete d? )\b
        | ✅ | ✓ | ☑ | ✔ | \[x\]""",
    re.VERBOSE | re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|whether|when|unless|until|check|checks|verify|ensure|make sure|confirm|assum\w+"
    r"|might|could|would)\b|\?",
    re.IGNORECASE,
)
_OTHER_ENGINE = re.compile(
    r"\b(?:sqlite|mysql|mariadb|mongo(?:db)?|firestore|firebase|dynamodb|redis|clickhouse"
    r"|bigquery|snowflake|airtable|indexeddb|neo4j|elasticsearch|notion|sheets?)\b",
    re.IGNORECASE,
)
_FIRST_WORDS = re.compile(r"[\s\W_]*((?:[\w'\u2019]+\W+){0,3}[\w'\u2019]*)")


def said_by(text: str) -> Expectation:
    """What the text as a whole says: absence first, since `not` and `drop` outweigh a tick."""
    if _ABSENT.search(text):
        return Expectation.ABSENT
    if _MISSING.search(text) or _PLANNED.search(text):
        return Expectation.PLANNED
    return Expectation.EXISTS if _EXISTS.search(text) else Expectation.NONE


def said_beside(mark: str, remainder: str) -> Expectation:
    """What stands beside a name: the marks before it and the first words after it."""
    first = _FIRST_WORDS.match(remainder)
    words = first[0] if first else ""
    return said_by(f"{mark} {words}")


def said_above(texts: Iterable[str]) -> Expectation:
    """What the nearest text says that says anything."""
    return next((said for text in texts if (said := said_by(text)) is not Expectation.NONE), _NONE)


def is_said_missing(text: str) -> bool:
    """Whether the text says outright that something is not there."""
    return _MISSING.search(text) is not None


def is_conditional(text: str) -> bool:
    """Whether a sentence only asks or supposes."""
    return _CONDITION.search(text) is not None


def is_other_engine(text: str) -> bool:
    """Whether the text is about a database that is not PostgreSQL."""
    return _OTHER_ENGINE.search(text) is not None


_NONE = Expectation.NONE
