"""Which beginning of a name counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mainstem.stores.model import Place
from mainstem.unify.files.model import Files


@given(st.dictionaries(st.text("ab/", min_size=1, max_size=4), st.text("xy/", max_size=3)))
def test_the_longest_beginning_counts(prefixes: dict[str, str]) -> None:
    files = Files("", Place(), Place(), prefixes=prefixes)
    found = files.target_key("ab/a", {})
    fitting = sorted((p for p in prefixes if "ab/a".startswith(p)), key=len)
    wanted = prefixes[fitting[-1]] + "ab/a"[len(fitting[-1]) :] if fitting else "ab/a"
    assert found == wanted
