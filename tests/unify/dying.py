"""Reporters that give up in the middle of a run, as a person with Ctrl-C does."""

from __future__ import annotations

from mainstem.unify.progress import Silence, Step


class Dying(Silence):
    """Dies after so many signs of life."""

    def __init__(self, signs: int) -> None:
        self.left = signs

    def say(self, line: str) -> None:
        del line
        self._tick()

    def step(self, name: str, rows: int | None) -> Step:
        del name, rows
        self._tick()
        return self

    def advance(self, rows: int) -> None:
        del rows
        self._tick()

    def _tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


class DyingAt(Silence):
    """Dies as a step begins: the first one with such a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def step(self, name: str, rows: int | None) -> Step:
        if name.startswith(self._name):
            raise KeyboardInterrupt
        return super().step(name, rows)
