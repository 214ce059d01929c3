"""What names mean: the words of a table's name, and words that stand for one idea."""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations
from typing import Final

from mainstem.kit.naming import singular, words

#: words that people use for one thing when they name tables; a word may be in several groups
_IDEAS: Final = (
    ("channel", "platform", "network", "medium", "outlet"),
    ("customer", "client", "buyer"),
    ("company", "organization", "organisation", "org", "agency", "tenant", "firm", "business"),
    ("workspace", "tenant", "organization", "team"),
    ("user", "member", "person", "profile"),
    ("team", "group", "squad"),
    ("employee", "staff", "worker"),
    ("contact", "lead", "prospect"),
    ("recipient", "addressee"),
    ("vendor", "supplier"),
    ("agent", "bot", "assistant"),
    ("conversation", "thread", "chat"),
    ("message", "msg"),
    ("comment", "reply", "remark"),
    ("post", "article"),
    ("product", "item", "article"),
    ("order", "purchase"),
    ("invoice", "bill"),
    ("payment", "transaction", "charge"),
    ("subscription", "membership"),
    ("campaign", "promotion"),
    ("event", "activity"),
    ("log", "history", "trail", "audit"),
    ("setting", "preference", "config", "configuration", "option"),
    ("file", "attachment", "document", "upload", "asset"),
    ("image", "photo", "picture"),
    ("task", "job", "todo"),
    ("session", "visit"),
    ("tag", "label"),
    ("notification", "alert"),
    ("note", "memo"),
    ("key", "token", "credential"),
    ("review", "rating", "feedback"),
    ("quiz", "test", "exam"),
    ("class", "course"),
    ("category", "genre"),
    ("integration", "connection"),
)
_PAIRS: Final = frozenset(pair for idea in _IDEAS for pair in permutations(idea, 2))
#: how many names are kept with their words; a large schema has a tenth of it
_NAMES_MAX: Final = 20_000
#: columns that most tables have: that two tables have them says nothing
_COMMON_COLUMNS = frozenset(
    {"id", "uuid", "name", "title", "label", "description", "status", "type", "kind", "slug", "key"}
    | {"value", "data", "metadata", "meta", "settings", "config", "content", "notes", "position"}
    | {"created_at", "updated_at", "deleted_at", "inserted_at", "created_by", "updated_by"}
    | {"is_active", "active", "enabled", "is_enabled", "order", "sort_order", "email", "url"}
    | {"user_id", "owner_id", "profile_id", "organization_id", "org_id", "tenant_id", "team_id"}
    | {"agency_id", "workspace_id", "account_id", "company_id", "created", "updated", "version"}
)


@lru_cache(maxsize=_NAMES_MAX)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name, each in the singular: `order_lines` -> ('order', 'line')."""
    return tuple(singular(word) for word in words(name))


def is_one_idea(one: str, other: str) -> bool:
    """Whether two different words, in the singular, often stand for the same thing."""
    return (one, other) in _PAIRS


def is_common_column(name: str) -> bool:
    """Whether a column is so usual that it tells nothing about its table."""
    return name.lower() in _COMMON_COLUMNS
