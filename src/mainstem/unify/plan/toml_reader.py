"""Reading TOML with a precise complaint for each key that is unknown or of the wrong kind."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, TypeVar, cast

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Kind = TypeVar("Kind", str, bool, int)

_KIND_NAMES = {str: "a text", bool: "true or false", int: "a whole number"}


class Section:
    """One table of a TOML file: keys are taken from it, and what is left over is refused."""

    def __init__(self, content: Mapping[str, object], *, place: str) -> None:
        self._left = dict(content)
        self._known: list[str] = []
        self.place = place

    def take(self, key: str, kind: type[Kind]) -> Kind | None:
        """The value of a key, or None when it is absent."""
        value = self._pop(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ConfigError(f"{self.where(key)} must be {_KIND_NAMES[kind]}, not {value!r}")
        if value == "":
            raise ConfigError(f"{self.where(key)} is empty; give a value or remove the line")
        return value

    def need(self, key: str, kind: type[Kind]) -> Kind:
        """The value of a key that must be there."""
        value = self.take(key, kind)
        if value is None:
            raise ConfigError(f"{self.where(key)} is missing; add {key} = ...")
        return value

    def take_texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, or None when the key is absent."""
        value = self._pop(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f'{self.where(key)} must be a list of texts: ["...", "..."]')
        return tuple(value)

    def take_text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts, or one such list; empty when the key is absent."""
        value = self._pop(key)
        if value is None:
            return ()
        lists = value if isinstance(value, list) else [None]
        if lists and all(isinstance(item, str) for item in lists):
            lists = [lists]
        for names in lists:
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ConfigError(
                    f"{self.where(key)} must be a list of columns, or a list of such lists: "
                    '[["list_id", "email"], ["name", "address"]]'
                )
        return tuple(tuple(names) for names in lists if isinstance(names, list) and names)

    def take_text_map(self, key: str) -> dict[str, str]:
        """A table of texts; empty when the key is absent."""
        section = self.section(key)
        return {name: section.need(name, str) for name in section.names_left()} if section else {}

    def take_text_list_map(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts; empty when the key is absent."""
        section = self.section(key)
        names = section.names_left() if section else ()
        return {name: section.take_texts(name) or () for name in names} if section else {}

    def section(self, key: str) -> Section | None:
        """A table inside this one, or None when it is absent."""
        value = self._pop(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ConfigError(
                f"{self.where(key)} must be a table: [{self.where(key, quote=False)}]"
            )
        return Section(cast("dict[str, object]", value), place=self._inside(key))

    def sections(self, key: str) -> list[Section]:
        """A list of tables; empty when the key is absent."""
        value = self._pop(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ConfigError(
                f"{self.where(key)} must be a list of tables: [[{self._inside(key)}]]"
            )
        return [
            Section(item, place=f"{self._inside(key)}[{number}]")
            for number, item in enumerate(value, start=1)
        ]

    def take_any(self, key: str) -> object:
        """The value of a key of more than one possible kind; None when it is absent."""
        return self._pop(key)

    def names_left(self) -> list[str]:
        """The keys that nobody has taken yet, in the order of the file."""
        return list(self._left)

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._left:
            hint = did_you_mean(key, self._known) or f"; known are {', '.join(self._known)}"
            raise ConfigError(f"{self.where(key)} is not a key that is known here{hint}")

    def where(self, key: str, *, quote: bool = True) -> str:
        """A key with its place, for messages."""
        inside = self._inside(key)
        return f"`{inside}`" if quote else inside

    def _inside(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _pop(self, key: str) -> object:
        self._known.append(key)
        return self._left.pop(key, None)


Result = TypeVar("Result")


def read_toml(
    path: Path,
    build: Callable[[Section], Result],
    *,
    change: Callable[[dict[str, object]], dict[str, object]] | None = None,
) -> Result:
    """Read a file and build something of it; a ConfigError names the file.

    `change` gives the content in which other places than the file have their say.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a directory, not a TOML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    try:
        section = Section(content if change is None else change(content), place="")
        result = build(section)
        section.finish()
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return result
