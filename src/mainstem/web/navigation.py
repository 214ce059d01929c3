"""The apps, their sections, and what the palette and the shortcuts offer: described by data."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Section:
    """A place in the sidebar.

    Attributes:
        title: its name.
        path: its address.
        icon: its drawing, of assets/icons.txt.
        keys: the keys that lead there, such as `g c`.
        needs: the table and verb without which it is not offered; its page refuses by itself.
        is_operators: whether it is offered to operators, and to nobody else.
    """

    title: str
    path: str
    icon: str
    keys: str | None = None
    needs: tuple[str, str] | None = None
    is_operators: bool = False


@dataclass(frozen=True)
class App:
    """One of the apps in the header."""

    key: str
    name: str
    icon: str
    sections: tuple[Section, ...]

    @property
    def path(self) -> str:
        """Where the toggle leads: the app's overview."""
        return self.sections[0].path


@dataclass(frozen=True)
class Hit:
    """Something that the palette found."""

    title: str
    path: str
    icon: str
    kind: str
    keys: str | None = None


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """A path of this server that a form asks to come back to; anything else is not followed.

    Browsers take a backslash for a slash and leave control characters out, so both are refused.
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    if "\\" in wanted or not wanted.isprintable() or not wanted.isascii():
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted
