"""Which readers there are. Each gets every file of its languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.code import django, drizzle, prisma, sql_strings, sqlalchemy
from mainstem.unify.code.postgrest import SUPABASE_JS
from mainstem.unify.code.settings import SETTINGS
from mainstem.unify.code.supabase_py import SUPABASE_PY

if TYPE_CHECKING:
    from mainstem.unify.code.facts import Reader

READERS: Final[tuple[Reader, ...]] = (
    SUPABASE_JS,
    SUPABASE_PY,
    SETTINGS,
    sql_strings.READER,
    drizzle.READER,
    prisma.READER,
    sqlalchemy.READER,
    django.READER,
)
