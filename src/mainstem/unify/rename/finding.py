"""Everything in one file that names a table by its old name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.unify.code.model import Place
from mainstem.unify.code.syntax import Language
from mainstem.unify.rename.expectations import expectations_found
from mainstem.unify.rename.model import Doubt, Found, Kind, Spot
from mainstem.unify.rename.orm_models import models_found
from mainstem.unify.rename.postgrest import postgrest_found
from mainstem.unify.rename.sql import sql_found
from mainstem.unify.rename.sql_strings import sql_strings_found
from mainstem.unify.rename.types import types_found

if TYPE_CHECKING:
    from collections.abc import Collection

    from mainstem.unify.code.syntax import SyntaxFile
    from mainstem.unify.rename.model import Renames


def file_found(file: SyntaxFile, renames: Renames, other_lines: Collection[int] = ()) -> Found:
    """What is to be edited in a file; `other_lines` hold SQL for another engine."""
    found = Found()
    if file.language is not Language.TEXT:
        found.add(postgrest_found(file, renames))
        found.add(types_found(file, renames))
        found.add(sql_strings_found(file, renames, other_lines))
        found.add(expectations_found(file, renames))
    found.add(models_found(file, renames))
    return found


def sql_file_found(path: str, source: bytes, renames: Renames) -> Found:
    """The same in a file of SQL queries; one that builds tables is left as it is."""
    found = Found()
    text = source.decode()
    said = sql_found(text, renames)
    if said.builds:
        found.doubts.append(Doubt(Place(path, 1), path, said.doubts[0]))
        return found
    at = _byte_positions(text)
    found.spots.extend(
        Spot(at[part.start], at[part.end], part.text, part.old, Kind.SQL) for part in said.parts
    )
    found.doubts.extend(Doubt(Place(path, 1), path, reason) for reason in said.doubts)
    return found


def generated_found(file: SyntaxFile, renames: Renames) -> Found:
    """The same in types that a generator wrote, which nothing else in the code is read from."""
    found = types_found(file, renames)
    if file.root.has_error and may_name(file.source, renames):
        reason = "these types cannot be read in part: generate them anew"
        found.doubts.append(Doubt(Place(file.path, 1), file.path, reason, file.is_test))
    return found


def may_name(source: bytes, renames: Renames) -> bool:
    """Whether a file has one of the old names anywhere: a cheap test."""
    search = b"|".join(re.escape(name.encode()) for name in renames.names)
    return re.search(search, source, re.IGNORECASE) is not None


def _byte_positions(text: str) -> list[int]:
    """The byte at which each character begins, and the end."""
    found, at = [], 0
    for character in text:
        found.append(at)
        at += len(character.encode())
    return [*found, at]
