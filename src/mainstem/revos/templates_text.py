r"""Message templates: `Hi {{first_name|there}}, here it is: {{download_url}}`. Pure, no I/O.

`parse` once, `check` at preflight, `render` for each person. A variable is written in double
braces; what follows its first bar is the fallback, for people of whom the value is not known. A
backslash makes a brace, a bar or a backslash plain: `\{{` and `\}}` are two braces each. Messages
are plain text: values are put in as they are, never read as templates themselves, and whoever shows
a message in a page escapes it there.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATE_CHARACTERS_MAX = 20_000
VARIABLES_MAX = 100
SHOWN_MAX = 40
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ESCAPED = re.compile(r"\\([{}|\\])")
_MARK = re.compile(
    r"(?P<escaped>\\[{}|\\])|\{\{(?P<inside>(?:\\[{}|\\]|(?!\{\{|\}\}).)*)\}\}|\{\{|\}\}", re.DOTALL
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"\s+")


class Kind(enum.Enum):
    """What a message is sent as, with its greatest length in UTF-16 units: the stricter count."""

    DM = 8_000
    COMMENT = 1_250
    INVITATION = 200
    POST = 3_000


class Trouble(enum.StrEnum):
    """What is wrong with a template."""

    UNKNOWN_VARIABLE = "unknown_variable"
    MALFORMED = "malformed"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    MAY_BE_TOO_LONG = "may_be_too_long"
    NO_FALLBACK = "no_fallback"

    @property
    def is_error(self) -> bool:
        """Whether nothing may be sent with it; the others are for a person to know."""
        return self not in {Trouble.MAY_BE_TOO_LONG, Trouble.NO_FALLBACK}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in which place of the template, told in a sentence."""

    trouble: Trouble
    message: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that templates may use.

    Attributes:
        about: what it is, for the editor.
        sample: what the preview shows.
        characters_max: longer values are cut at a word, with an ellipsis; a link never is.
        is_link: whether it is an address: it must be http(s), and is never cut.
        is_sure: whether every person has it, so that it needs no fallback.
    """

    about: str
    sample: str
    characters_max: int = 60
    is_link: bool = False
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value."""

    name: str
    fallback: str | None
    start: int
    end: int


Piece: TypeAlias = str | Slot


@dataclass(frozen=True, slots=True)
class Template:
    """A template taken apart; `findings` are those of its form."""

    pieces: tuple[Piece, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Its places for values, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Slot))


class RenderError(ValueError):
    """A message cannot be made, and nothing is to be sent; `trouble` says what is wrong."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


VARIABLES: Mapping[str, Variable] = {
    "first_name": Variable("the person's first name", "Maria"),
    "last_name": Variable("the person's last name", "Keller"),
    "full_name": Variable("the person's whole name", "Maria Keller", 80),
    "company": Variable("where the person works", "Northwind", 80),
    "headline": Variable("the line below the person's name", "Head of Growth", 120),
    "magnet_name": Variable(
        "the name of the lead magnet", "The onboarding guide", 120, is_sure=True
    ),
    "campaign_name": Variable("the name of the campaign", "Spring guide", 120, is_sure=True),
    "trigger_word": Variable("the word that people comment", "GUIDE", 100, is_sure=True),
    "sender_name": Variable("the name on the account that sends", "Tom Ray", 80, is_sure=True),
    "email": Variable("the address that the person gave", "maria@northwind.com", 254),
    "download_url": Variable(
        "the person's own link to the lead magnet",
        "https://example.com/d/4f9a",
        2_000,
        is_link=True,
    ),
}
#: known of everybody who gets what is sent once their address is there
OF_CAPTURE = ("email", "download_url")


def known(*names: str) -> dict[str, Variable]:
    """The variables for a text that nobody gets of whom those are not known."""
    return {
        name: replace(each, is_sure=each.is_sure or name in names)
        for name, each in VARIABLES.items()
    }


def parse(text: str) -> Template:
    """Take a template apart. What is malformed is found, and stays in the text as it stands."""
    text = _normal(text)
    if len(text) > TEMPLATE_CHARACTERS_MAX:
        message = f"the template is longer than {TEMPLATE_CHARACTERS_MAX:,} characters"
        return Template((text,), (Finding(Trouble.TOO_LONG, message, 0, len(text)),))
    pieces: list[Piece] = []
    findings: list[Finding] = []
    begun = 0
    for mark in _MARK.finditer(text):
        slot = None
        if mark["inside"] is not None:
            slot = _slot(mark)
        if slot is not None:
            pieces += [_unescaped(text[begun : mark.start()]), slot]
            begun = mark.end()
        elif mark["escaped"] is None:
            findings.append(_malformed(text, mark))
    pieces.append(_unescaped(text[begun:]))
    if sum(isinstance(piece, Slot) for piece in pieces) > VARIABLES_MAX:
        findings.append(Finding(Trouble.TOO_LONG, f"more than {VARIABLES_MAX} variables"))
    return Template(tuple(piece for piece in pieces if piece), tuple(findings))


def check(
    template: Template, kind: Kind, variables: Mapping[str, Variable] = VARIABLES
) -> list[Finding]:
    """Return what is wrong with a template before anything is sent with it; errors first."""
    found = list(template.findings)
    for slot in template.slots:
        if slot.name not in variables:
            known = ", ".join(sorted(variables))
            message = f"there is no variable {slot.name!r}; there are {known}"
            found.append(Finding(Trouble.UNKNOWN_VARIABLE, message, slot.start, slot.end))
        elif slot.fallback is None and not variables[slot.name].is_sure:
            message = (
                f"{slot.name} is not known of everybody, who then get no message; "
                f"write a fallback: {{{{{slot.name}|...}}}}"
            )
            if not variables[slot.name].is_link:
                found.append(Finding(Trouble.NO_FALLBACK, message, slot.start, slot.end))
    if not any(isinstance(piece, Slot) or piece.strip() for piece in template.pieces):
        found.append(Finding(Trouble.EMPTY, "the template says nothing"))
    found += _lengths(template, kind, variables)
    return sorted(found, key=lambda finding: not finding.trouble.is_error)


def _lengths(template: Template, kind: Kind, variables: Mapping[str, Variable]) -> list[Finding]:
    shortest = units("".join(piece for piece in template.pieces if isinstance(piece, str)).strip())
    longest = shortest + sum(
        max(variables[slot.name].characters_max, units(slot.fallback or ""))
        for slot in template.slots
        if slot.name in variables
    )
    name, limit = kind.name.lower(), kind.value
    if shortest > limit:
        message = f"without any value it is {shortest:,} long, and a {name} takes {limit:,}"
        return [Finding(Trouble.TOO_LONG, message)]
    if longest > limit:
        message = f"with long values it is {longest:,} long, and a {name} takes {limit:,}"
        return [Finding(Trouble.MAY_BE_TOO_LONG, message)]
    return []


def render(
    template: Template,
    values: Mapping[str, str | None],
    kind: Kind,
    variables: Mapping[str, Variable] = VARIABLES,
) -> str:
    """Make one person's message.

    Args:
        template: a parsed template.
        values: what is known of the person; None and blank count as unknown.
        kind: what it is sent as.
        variables: those that there are.

    Raises:
        RenderError: a variable is unknown, or has neither value nor fallback, a link is none, the
            template is malformed, or the message is empty or too long. Nothing is to be sent then.
    """
    for finding in template.findings:
        raise RenderError(finding.trouble, finding.message)
    made = "".join(
        piece if isinstance(piece, str) else _filled(piece, values, variables)
        for piece in template.pieces
    ).strip()
    if not made:
        raise RenderError(Trouble.EMPTY, "the message is empty")
    if units(made) > kind.value:
        message = (
            f"the message is {units(made):,} long, and a {kind.name.lower()} takes {kind.value:,}"
        )
        raise RenderError(Trouble.TOO_LONG, message)
    return made


def preview(
    template: Template, kind: Kind, variables: Mapping[str, Variable] = VARIABLES
) -> tuple[str, list[Finding]]:
    """Return the message as a sample person gets it, and what is wrong; malformed parts show."""
    samples = {name: variable.sample for name, variable in variables.items()}
    shown = "".join(
        piece
        if isinstance(piece, str)
        else _filled(piece, samples, variables)
        if piece.name in variables
        else f"{{{{{piece.name}}}}}"
        for piece in template.pieces
    )
    return shown.strip(), check(template, kind, variables)


def units(text: str) -> int:
    """The length of a text in UTF-16 units: an emoji counts as two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _filled(slot: Slot, values: Mapping[str, str | None], variables: Mapping[str, Variable]) -> str:
    variable = variables.get(slot.name)
    if variable is None:
        raise RenderError(Trouble.UNKNOWN_VARIABLE, f"there is no variable {slot.name!r}")
    value = _clean(values.get(slot.name) or "")
    if not value:
        if slot.fallback is None:
            raise RenderError(Trouble.NO_FALLBACK, f"{slot.name} is not known, and has no fallback")
        return slot.fallback
    if variable.is_link:
        if not value.startswith(("https://", "http://")) or " " in value:
            raise RenderError(Trouble.MALFORMED, f"the value of {slot.name} is no http address")
        return value
    return _shortened(value, variable.characters_max)


def _clean(value: str) -> str:
    """A value in one line, without what shows nothing or turns the text around."""
    return _BLANKS.sub(" ", _CONTROLS.sub("", unicodedata.normalize("NFC", value))).strip()


def _shortened(value: str, characters_max: int) -> str:
    if units(value) <= characters_max:
        return value
    cut = value[: characters_max - 1]
    while units(cut) > characters_max - 1:
        cut = cut[:-1]
    whole = cut.rpartition(" ")[0] or cut
    return f"{whole.rstrip()}…"


def _slot(mark: re.Match[str]) -> Slot | None:
    name, bar, fallback = mark["inside"].partition("|")
    if not _NAME.fullmatch(name.strip()):
        return None
    shown = _unescaped(fallback).strip() if bar else None
    return Slot(name.strip(), shown, mark.start(), mark.end())


def _malformed(text: str, mark: re.Match[str]) -> Finding:
    shown = text[mark.start() : mark.start() + SHOWN_MAX]
    if mark["inside"] is not None:
        what = "names no variable: small letters, digits and _ do"
    else:
        what = "is not closed" if mark.group() == "{{" else "closes nothing"
    return Finding(Trouble.MALFORMED, f"{shown!r} {what}", mark.start(), mark.end())


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _normal(text: str) -> str:
    """Line ends as the provider keeps them, so that what was sent can be recognised later."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
