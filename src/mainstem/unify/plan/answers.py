"""Answers to a plan's questions: said on a terminal, kept in the manifest, obeyed like the config.

An answer is what a person would have written into the config, as TOML, for one table or column. The
manifest keeps it when the plan is made again.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, cast

from mainstem.errors import ConfigError
from mainstem.unify.plan.model import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mainstem.unify.plan.toml_reader import Section

MANIFEST = "manifest.toml"


def read_answers(directory: Path) -> tuple[Answer, ...]:
    """The answers that a plan's manifest holds; none where there is no plan.

    Raises ConfigError when the manifest cannot be read.
    """
    path = directory / MANIFEST
    if not path.exists():
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    return tuple(
        Answer(
            item["table"],
            item.get("column"),
            item["text"],
            by=item.get("by", ""),
            at=item.get("at", ""),
        )
        for item in content.get("answer", ())
    )


def read_answer(section: Section) -> Answer:
    """One `[[answer]]`."""
    answer = Answer(
        table=section.need("table", str),
        column=section.take("column", str),
        text=section.need("text", str),
        by=section.take("by", str) or "",
        at=section.take("at", str) or "",
    )
    section.finish()
    return answer


def with_answers(content: dict[str, object], answers: Iterable[Answer]) -> dict[str, object]:
    """A config's content with the answers in their places.

    Raises ConfigError when one is no TOML.
    """
    for answer in answers:
        place: dict[str, Any] = cast("dict[str, Any]", content)
        path = answer.path if answer.path[0] in _source_names(content) else (answer.table,)
        for name in ("tables", *path):
            place = place.setdefault(name, {})
        if answer.column is not None:
            place.setdefault("columns", {})[answer.column] = parse_answer(answer)
            continue
        _merge(place, cast("dict[str, Any]", parse_answer(answer)))
    return content


def _source_names(content: dict[str, object]) -> set[str]:
    """A table of a source without a name may have a schema's before it."""
    sources = content.get("source")
    found = sources if isinstance(sources, list) else []
    return {str(one["name"]) for one in found if isinstance(one, dict) and "name" in one}


def parse_answer(answer: Answer) -> object:
    """What an answer says: keys of a table, or the value of a column.

    Raises ConfigError when it is no TOML.
    """
    text = answer.text if answer.column is None else f"x = {answer.text}"
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the answer about {answer.place} is no TOML: {error}") from None
    return found if answer.column is None else found["x"]


def _merge(place: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if isinstance(value, dict) and isinstance(place.get(name), dict):
            _merge(place[name], value)
        else:
            place[name] = value
