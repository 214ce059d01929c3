"""Walks over the text of one parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.rest.problem import malformed
from mainstem.rest.query import Path

if TYPE_CHECKING:
    from mainstem.rest.problem import RequestError

#: what ends a name that is not quoted
_NAME_ENDS = frozenset(",.()\":!<>{}&|='\\;\n\r\t\0")
NAME_BYTES_MAX = 63
JSON_STEPS_MAX = 20
INDEX_MAX = 2**31 - 1


class Scanner:
    """A text and a place in it. Every complaint names the parameter and the place."""

    def __init__(self, what: str, text: str) -> None:
        self.what = what
        self.text = text
        self.at = 0

    def fail(self, expected: str) -> RequestError:
        """What to raise when the text does not go on as it should."""
        return malformed(self.what, self.text, at=self.at, expected=expected)

    @property
    def is_done(self) -> bool:
        """Whether the text is used up."""
        return self.at >= len(self.text)

    def sees(self, token: str) -> bool:
        """Whether the text goes on with that."""
        return self.text.startswith(token, self.at)

    def take(self, token: str) -> bool:
        """Go past the token when it is there."""
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def need(self, token: str) -> None:
        """Go past the token, which must be there."""
        if not self.take(token):
            raise self.fail(f'"{token}"')

    def end(self) -> None:
        """The text must be used up."""
        if not self.is_done:
            raise self.fail("the end")

    def name(self) -> str:
        """A name, quoted or not."""
        if self.sees('"'):
            return self._short(self.quoted_text())
        start = self.at
        while not self.is_done and self.text[self.at] not in _NAME_ENDS and not self.sees("->"):
            self.at += 1
        return self._short(self.text[start : self.at].strip())

    def _short(self, name: str) -> str:
        if not name:
            raise self.fail("a name")
        if len(name.encode("utf-8", "replace")) > NAME_BYTES_MAX:
            raise self.fail(f"a name of at most {NAME_BYTES_MAX} bytes")
        return name

    def quoted_text(self) -> str:
        """A text in double quotes; a backslash keeps the character after it as it is."""
        self.need('"')
        parts: list[str] = []
        while self.at < len(self.text) and not self.sees('"'):
            if self.take("\\") and self.at == len(self.text):
                break
            parts.append(self.text[self.at])
            self.at += 1
        self.need('"')
        return "".join(parts)

    def path(self) -> Path:
        """A name with the steps into its JSON."""
        name = self.name()
        steps: list[tuple[str, str | int]] = []
        while self.sees("->"):
            arrow = "->>" if self.take("->>") else "->"
            self.at += 2 if arrow == "->" else 0
            steps.append((arrow, self._key()))
            if len(steps) > JSON_STEPS_MAX:
                raise self.fail(f"at most {JSON_STEPS_MAX} steps into JSON")
        return Path(name, tuple(steps))

    def _key(self) -> str | int:
        if self.sees('"'):
            return self.quoted_text()
        key = self.name()
        digits = key.removeprefix("-")
        if digits.isascii() and digits.isdigit():
            if int(digits) > INDEX_MAX:
                raise self.fail("a smaller index")
            return int(key)
        return key

    def word(self) -> str:
        """Lower-case letters and digits, maybe none."""
        start = self.at
        while not self.is_done and (self.text[self.at].isalnum() or self.text[self.at] == "_"):
            self.at += 1
        return self.text[start : self.at]

    def until(self, ends: str) -> str:
        """Everything before one of those characters."""
        start = self.at
        while not self.is_done and self.text[self.at] not in ends:
            self.at += 1
        return self.text[start : self.at]
