"""What is written as TOML is read as the same again, and looks as people write it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.plan.toml_writer import Inline, Noted, write_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

# UTF-8 has no surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-(2**63), 2**63 - 1))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner).map(Inline),
    max_leaves=5,
)


def _sections(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    tables = st.dictionaries(TEXTS, inner, max_size=3)
    return tables | tables.map(lambda one: Noted(one, ["noted"])) | st.lists(tables, max_size=2)


CONTENTS = st.dictionaries(TEXTS, st.recursive(VALUES, _sections, max_leaves=8), max_size=4)


def _plain(written: object) -> object:
    """What is to be read, of what is written."""
    if isinstance(written, Inline | Noted):
        written = written.content
    if isinstance(written, dict):
        return {name: _plain(one) for name, one in written.items()}
    return [_plain(one) for one in written] if isinstance(written, list) else written


@given(CONTENTS)
def test_everything_is_read_again(content: Mapping[str, object]) -> None:
    assert tomllib.loads(write_toml(content, header="Said first.")) == _plain(dict(content))


def test_it_looks_as_people_write_it() -> None:
    content: dict[str, object] = {
        "name": "two",
        "tables": {
            "north": {
                "tasks": {
                    "fixed": {"type": "'a'"},
                    "rows": 2,
                    "columns": {"a b": Inline({"into": "x", "rules": ["r"], "is": True})},
                }
            }
        },
        "rules": Noted({"text": []}, ["r: what it does"]),
        "source": [{"name": "north"}, {"name": "south"}],
    }
    assert (
        write_toml(content, header="First.\nSecond.")
        == """\
# First.
# Second.

name = "two"

[tables.north.tasks]
rows = 2

[tables.north.tasks.fixed]
type = "'a'"

[tables.north.tasks.columns]
"a b" = {into = "x", rules = ["r"], is = true}

[rules]
# r: what it does
text = []

[[source]]
name = "north"

[[source]]
name = "south"
"""
    )
