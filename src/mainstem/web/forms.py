"""Forms, described by data: what a field takes, and what is said beside it when it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping

LENGTH_MAX = 200
TEXT_LENGTH_MAX = 10_000
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_URL = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?", re.ASCII)
YEAR_MIN = 1970
WRONG = {
    "colour": "Write a colour as # and six digits, such as #0f766e.",
    "email": "Write an e-mail address, such as ada@example.com.",
    "url": "Write an address that begins with https:// or http://.",
    "select": "Choose one of the list.",
    "number": "Write a number, such as 20.",
    "time": "Write a time, such as 09:00.",
    "moment": "Write a day and a time, such as 2026-03-01T09:00.",
}
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        name: of the field and of the column.
        label: what stands above it.
        kind: text, email, url, colour, password, code, number, time, moment, textarea, select or
            hidden.
        is_required: whether it may be left empty.
        hint: what helps to fill it.
        choices: of a select: stored word and what people read.
        length_max: how many characters it takes.
        autocomplete: what the browser may fill in.
    """

    name: str
    label: str
    kind: str = "text"
    is_required: bool = False
    hint: str = ""
    choices: Choices = ()
    length_max: int = LENGTH_MAX
    autocomplete: str = "off"

    def problem(self, text: str) -> str | None:
        """What is wrong with what was typed; None when nothing is."""
        if not text:
            return f"{self.label} is needed." if self.is_required else None
        if len(text) > self.length_max:
            return f"At most {self.length_max} characters; these are {len(text)}."
        if "\x00" in text:
            return "It holds a character that cannot be kept."
        is_right = {
            "email": _EMAIL.fullmatch(text) is not None,
            "colour": _COLOUR.fullmatch(text) is not None,
            "url": _URL.fullmatch(text) is not None,
            "select": text in dict(self.choices),
            "number": text.isascii() and text.isdigit(),
            "time": _TIME.fullmatch(text) is not None,
            "moment": _is_moment(text),
        }.get(self.kind, True)
        return None if is_right else WRONG[self.kind]


@dataclass(frozen=True)
class Form:
    """The fields of a form, in their order."""

    fields: tuple[Field, ...]

    def with_choices(self, **choices: Choices) -> Form:
        """The same form, with what people can pick that only the database knows."""
        return Form(
            tuple(
                replace(each, choices=choices.get(each.name, each.choices)) for each in self.fields
            )
        )

    def blank(self, **values: object) -> Filled:
        """The form before anybody typed, with those values."""
        texts = {each.name: _text(values.get(each.name)) for each in self.fields}
        return Filled(self.fields, MappingProxyType(texts))

    def read(self, data: Mapping[str, object]) -> Filled:
        """What was sent, and what is wrong with it."""
        texts = {each.name: _typed(each, data.get(each.name)) for each in self.fields}
        said = {each.name: each.problem(texts[each.name]) for each in self.fields}
        problems = {name: problem for name, problem in said.items() if problem is not None}
        return Filled(self.fields, MappingProxyType(texts), MappingProxyType(problems))


@dataclass(frozen=True)
class Filled:
    """A form with what was typed, and what is said beside the fields.

    Attributes:
        fields: the fields.
        texts: what was typed, by field.
        problems: what is wrong, by field; what concerns all of it has the name ''.
    """

    fields: tuple[Field, ...]
    texts: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def status(self) -> int:
        """The status of a page that shows it: 422 where something is wrong."""
        return HTTP_200_OK if self.is_good else HTTP_422_UNPROCESSABLE_ENTITY

    def value(self, name: str) -> str | None:
        """What to store: text, or None where nothing was typed."""
        return self.texts[name] or None

    def values(self) -> dict[str, str | None]:
        """What to store, by field."""
        return {each.name: self.value(each.name) for each in self.fields}

    def with_problem(self, name: str, problem: str) -> Filled:
        """The same, with something said beside a field, or about all of it."""
        return replace(self, problems={**self.problems, name: problem})


def _is_moment(text: str) -> bool:
    """Whether it is a day and a time, as browsers send `datetime-local`."""
    try:
        return bool(_MOMENT.fullmatch(text)) and datetime.fromisoformat(text).year >= YEAR_MIN
    except ValueError:
        return False


def _typed(each: Field, sent: object) -> str:
    text = sent if isinstance(sent, str) else ""
    return text if each.kind == "password" else text.replace("\r\n", "\n").strip()


def _text(value: object) -> str:
    return "" if value is None else str(value)
