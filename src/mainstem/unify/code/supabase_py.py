"""Reads supabase-py and postgrest-py: the same shapes as in JavaScript, in Python's spelling."""

from __future__ import annotations

from typing import Final

from mainstem.unify.code.facts import Reader
from mainstem.unify.code.postgrest import read
from mainstem.unify.code.syntax import Language

SUPABASE_PY: Final = Reader("supabase-py", frozenset({Language.PYTHON}), read)
