"""Names of tables and columns: their words, their number, and which two mean the same."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: how many of the trailing words of a compound name may differ before a suggestion is noise
_SUGGESTION_CUTOFF = 0.6

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")

_IRREGULAR_PLURALS = {
    "person": "people",
    "child": "children",
    "man": "men",
    "woman": "women",
    "datum": "data",
    "medium": "media",
    "criterion": "criteria",
    "index": "indices",
    "analysis": "analyses",
    "axis": "axes",
    "basis": "bases",
    "crisis": "crises",
}
_IRREGULAR_SINGULARS = {plural: singular for singular, plural in _IRREGULAR_PLURALS.items()}
#: the same in both numbers, or never counted
_UNCOUNTED = frozenset({"news", "series", "species", "metadata", "staff", "equipment"})
#: words that end like a plural and are none
_SINGULARS_IN_S = frozenset({"status", "address", "campus", "bonus", "bus", "gas", "lens", "alias"})

#: a synonym -> the word that stands for its whole group
_SYNONYMS = {
    synonym: group[0]
    for group in (
        ("name", "title", "label"),
        ("type", "kind"),
        ("data", "payload"),
        ("email", "mail", "mail_address", "email_address"),
        ("phone", "telephone", "phone_number", "tel"),
        ("zip", "zip_code", "postal_code", "postcode"),
        ("state", "region", "province"),
        ("address", "street", "address_line1", "address1", "street_address"),
        ("first_name", "firstname", "given_name", "forename"),
        ("last_name", "lastname", "surname", "family_name"),
        ("created_at", "created", "created_on", "date_created", "creation_date", "inserted_at"),
        ("updated_at", "updated", "updated_on", "modified_at", "last_modified", "date_modified"),
        ("description", "details", "notes"),
        ("slug", "url_slug", "permalink"),
    )
    for synonym in group
}


def words(name: str) -> tuple[str, ...]:
    """The lower-case words of a name: `campaignRecipients` -> ('campaign', 'recipients')."""
    return tuple(word.lower() for word in _WORD.findall(name))


def snake_case(name: str) -> str:
    """The name in lower case with underscores; unchanged when it already is."""
    if name == name.lower() and " " not in name and "-" not in name:
        return name
    return "_".join(words(name)) or name


def singular(word: str) -> str:
    """The singular of an English noun in lower case; a singular stays as it is."""
    if word in _IRREGULAR_SINGULARS:
        return _IRREGULAR_SINGULARS[word]
    if word in _UNCOUNTED or word in _SINGULARS_IN_S or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > len("ties") else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zzes", "uses")):
        return word[:-2] if word[:-2] not in {"caus", "hous", "us", "excus"} else word[:-1]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def plural(word: str) -> str:
    """The plural of an English noun in lower case; a plural stays as it is."""
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    if word in _UNCOUNTED or word in _IRREGULAR_SINGULARS or singular(word) != word:
        return word
    if word.endswith("y") and word[-2:-1] not in set("aeiou") and len(word) > 1:
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"


def singular_name(name: str) -> str:
    """A table's name in snake case with its last word in the singular."""
    head, underscore, tail = snake_case(name).rpartition("_")
    return head + underscore + singular(tail)


def plural_name(name: str) -> str:
    """A table's name in snake case with its last word in the plural."""
    head, underscore, tail = snake_case(name).rpartition("_")
    return head + underscore + plural(tail)


def column_meaning(name: str) -> str:
    """One form for all columns that by their names mean the same (`title` and `name`)."""
    snake = snake_case(name)
    for ending in ("_on", "_for", "_date", "_time", "_timestamp"):
        if snake.endswith(ending) and snake != ending[1:]:
            snake = snake.removesuffix(ending) + "_at"
    snake = snake.removeprefix("is_").removeprefix("has_") or snake
    return _SYNONYMS.get(snake, snake)


def same_table(source: str, target: str) -> bool:
    """Whether the two names differ in spelling and number only."""
    one, other = snake_case(source), snake_case(target)
    return (
        singular_name(one) == singular_name(other)
        or other in {one, plural_name(one)}
        or (one == plural_name(other))
    )


def referenced_name(column: str) -> str | None:
    """What a column such as `campaign_id` or `campaignId` refers to (`campaign`), or None."""
    snake = snake_case(column)
    for suffix in ("_id", "_uuid", "_key", "_ref"):
        if snake.endswith(suffix) and len(snake) > len(suffix):
            return snake.removesuffix(suffix)
    return None


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a person who wrote `name` most likely meant, or None."""
    known = list(candidates)
    for form in (snake_case, singular_name):
        forms: Mapping[str, str] = {form(candidate): candidate for candidate in known}
        found = difflib.get_close_matches(form(name), forms, n=1, cutoff=_SUGGESTION_CUTOFF)
        if found:
            return forms[found[0]]
    return None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean X?` for an error message, or an empty string."""
    found = closest(name, candidates)
    return f"; did you mean {found}?" if found else ""
