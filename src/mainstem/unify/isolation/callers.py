"""Who asks: for each tenant the roles, claims and settings that make a caller of it.

What a policy reads of a caller is known from its expression; what it must be follows from the
column that it is compared with, in the rows made for that tenant.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from mainstem.unify.isolation.operands import LIST
from mainstem.unify.isolation.values import is_privileged, is_wildcard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.isolation.domains import Domains
    from mainstem.unify.isolation.facts import Facts, Source, Spot
    from mainstem.unify.isolation.levels import Levels
    from mainstem.unify.isolation.seeding import Seed

CLAIMS: Final = "request.jwt.claims"
#: an older name that functions still look at first
_OLD_CLAIMS: Final = "request.jwt.claim"
#: the role of people who have not signed in, and who have no claims
STRANGERS: Final = "anon"
_COMBINATIONS_MAX: Final = 48


@dataclass(frozen=True)
class Caller:
    """A role with its claims; `tenant` is None for whoever belongs to none."""

    role: str
    settings: tuple[tuple[str, str], ...]
    tenant: int | None
    cast: int
    name: str
    #: whether what it may do in several tenants is meant: an administrator
    is_privileged: bool = False
    #: whether it claims of itself to belong to the other tenant
    is_forger: bool = False


@dataclass
class Identities:
    """Makes callers from what the policies compare and what the rows hold."""

    facts: Facts
    domains: Domains
    seed: Seed
    privileged_casts: frozenset[int]
    levels: Levels
    _sources: list[Source] = field(init=False)
    #: claim -> the columns of keys that it is compared with
    _keys: dict[Source, list[Spot]] = field(init=False)
    _fallback: dict[tuple[Source, int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Order the claims, so that each run tries the same."""
        known = self.facts.sources | self.facts.sites.keys() | self.facts.modes.keys()
        self._sources = sorted(
            source
            for source in known
            if not source.is_role
            and (source.path or source.setting != CLAIMS)
            and source.setting != _OLD_CLAIMS
        )
        self._keys = {
            source: list(filter(self.domains.is_key, dict.fromkeys(spots)))
            for source, spots in self.facts.sites.items()
        }

    @property
    def has_writable(self) -> bool:
        """Whether a policy believes what callers say of themselves."""
        return any(source.is_callers_own for source in self._sources)

    def combinations(self) -> list[dict[Source, str | None]]:
        """Choices for the claims that name no tenant, such as an app or a rank; likeliest first.

        None stands for the tenant's own value, an empty text for leaving the claim out.
        """
        options = {source: self._options(source) for source in self._sources}
        varied = {source: found for source, found in options.items() if len(found) > 1}
        base = {source: found[0] for source, found in varied.items()}
        singles = [
            base | {source: value} for source, found in varied.items() for value in found[1:]
        ]
        rest = [
            dict(zip(varied, chosen, strict=True))
            for chosen in islice(product(*varied.values()), 4096)
        ]
        random.Random(0).shuffle(rest)  # noqa: S311 - a fair sample, not a secret
        chosen = [base, *singles, *rest]
        kept = list({tuple(each.items()): each for each in chosen}.values())
        return kept[:_COMBINATIONS_MAX]

    def caller(
        self, role: str, tenant: int, cast: int, combination: dict[Source, str | None]
    ) -> Caller:
        """A person of a tenant, with some choice of the other claims."""
        values = self._values(tenant, cast, combination)
        privileged = cast in self.privileged_casts or any(
            value is not None and self._is_of_rank(source, value)
            for source, value in combination.items()
        )
        name = f"{role} of tenant {_LETTERS[tenant]}"
        return Caller(role, self._settings(role, values), tenant, cast, name, privileged)

    def forger(
        self, caller: Caller, combination: dict[Source, str | None], tenant: int, cast: int
    ) -> Caller:
        """The same person, who writes of itself what another tenant's people have."""
        assert caller.tenant is not None
        values = self._values(caller.tenant, caller.cast, combination)
        theirs = self._values(tenant, cast, combination)
        values |= {source: theirs[source] for source in theirs if source.is_callers_own}
        settings = self._settings(caller.role, values)
        return replace(
            caller,
            settings=settings,
            is_forger=True,
            name=f"{caller.name}, who changed its own metadata",
        )

    def wide(
        self, caller: Caller, combination: dict[Source, str | None]
    ) -> Iterator[tuple[Caller, dict[Source, str | None]]]:
        """The same person with all of a lower level, such as every client of its own agency."""
        for source in self._sources:
            for value in self._options(source) if self._is_inner(source) else ():
                if value is not None and is_wildcard(value):
                    wider = combination | {source: value}
                    assert caller.tenant is not None
                    yield self.caller(caller.role, caller.tenant, caller.cast, wider), wider

    def varied(
        self, caller: Caller, combination: dict[Source, str | None], asked: Iterable[Source]
    ) -> Iterator[Caller]:
        """The same person with each other choice of one claim, or what the other tenant has of it.

        Not for verdicts: who holds claims of two tenants may be meant to reach both.
        """
        assert caller.tenant is not None
        for source in sorted(set(asked) & set(self._sources)):
            foreign = self._own_value(source, 1 - caller.tenant, caller.cast)
            for value in dict.fromkeys([*self._options(source), foreign]):
                if value != combination.get(source):
                    other = combination | {source: value}
                    made = self.caller(caller.role, caller.tenant, caller.cast, other)
                    named = f"{made.name} with {source.path[-1] if source.path else source.setting}"
                    what = "of another tenant" if value == foreign else f"= {value or 'nothing'}"
                    yield replace(made, name=f"{named} {what}")

    def nobody(self, role: str) -> Caller:
        """The role without any claim of a person."""
        return Caller(role, self._settings(role, {}), None, 0, f"{role} without claims")

    def service(self, role: str) -> Caller:
        """Who says to be the service: only to tell tables that are meant for it."""
        claims = json.dumps({"role": "service_role"})
        settings = ((CLAIMS, claims), ("request.jwt.claim.role", "service_role"))
        return Caller(role, settings, None, 0, "the service", is_privileged=True)

    def _is_of_rank(self, source: Source, value: str) -> bool:
        """Whether a choice makes somebody who is meant to see several tenants."""
        is_all = is_wildcard(value) and self._has_value(source) and not self._is_inner(source)
        return is_all or is_privileged(value)

    def _is_inner(self, source: Source) -> bool:
        """Whether it names something that belongs to something else that claims name."""
        keys = self._keys.get(source, [])
        return any(self.levels.is_below(self.domains.of(spot)) for spot in keys)

    def _options(self, source: Source) -> list[str | None]:
        """What the claim may be: the tenant's own, then constants that policies know."""
        words = [
            word
            for word in dict.fromkeys(self.facts.modes.get(source, []))
            if word and "@" not in word and not _is_id(word)
        ]
        for spot in dict.fromkeys(self.facts.sites.get(source, [])):
            column = self.domains.column(spot)
            if column is not None and not self.domains.is_key(spot):
                words += [word for word in column.labels if word not in words]
                words += [
                    word
                    for row in self.seed.of(spot[0])
                    if (word := row.text(spot[1])) is not None and word not in words
                ]
        words.sort(key=is_privileged)
        if source.is_person:
            return [None, *words]
        own: list[str | None] = [None] if self._has_value(source) else []
        return [*own, *words, ""] if own or words else [""]

    def _has_value(self, source: Source) -> bool:
        return source.is_person or bool(self._keys.get(source))

    def _values(
        self, tenant: int, cast: int, combination: dict[Source, str | None]
    ) -> dict[Source, str]:
        found: dict[Source, str] = {}
        for source in self._sources:
            chosen = combination.get(source)
            value = chosen if chosen is not None else self._own_value(source, tenant, cast)
            if value:
                found[source] = value
        return found

    def _own_value(self, source: Source, tenant: int, cast: int) -> str | None:
        """What the compared columns hold in the tenant's rows."""
        if not self._has_value(source):
            return None
        for spot in self._keys.get(source, []):
            known = self.seed.identities.get((self.domains.of(spot), tenant, cast))
            if known is not None:
                return known
        return self._fallback.setdefault((source, tenant, cast), str(uuid4()))

    def _settings(self, role: str, values: dict[Source, str]) -> tuple[tuple[str, str], ...]:
        documents: dict[str, dict[str, Any]] = {}
        plain: dict[str, str] = {}
        for source, value in values.items():
            if source.path:
                _put(documents.setdefault(source.setting, {}), source.path, value)
            else:
                plain[source.setting] = value
        reads_token = any(source.setting.startswith("request.jwt") for source in self._sources)
        if reads_token or CLAIMS in documents or role == STRANGERS:
            documents.setdefault(CLAIMS, {})["role"] = role
            plain["request.jwt.claim.role"] = role
        # A setting that this caller lacks must not be left from another's.
        absent = {source.setting: "" for source in self._sources}
        told = {name: json.dumps(document) for name, document in documents.items()}
        return tuple(sorted((absent | plain | told).items()))


_LETTERS: Final = ("A", "B")


def combinations_by_person(
    identities: Identities, roles: Sequence[str], cast_count: int
) -> Iterator[tuple[Caller, dict[Source, str | None]]]:
    """The first tenant's callers that a control tries: every choice, then every cast."""
    combinations = identities.combinations()
    for role in roles:
        for combination in combinations:
            yield identities.caller(role, 0, 0, combination), combination
        for cast in range(1, cast_count):
            for combination in combinations[:_CAST_COMBINATIONS]:
                yield identities.caller(role, 0, cast, combination), combination


_CAST_COMBINATIONS: Final = 4


def _put(document: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    """Put a value at a path; `[]` at its end asks for a list."""
    *above, last = path
    is_list = last == LIST and bool(above)
    if is_list:
        *above, last = above
    for part in above:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        document = inner
    document[last] = [value] if is_list else value


def _is_id(word: str) -> bool:
    return len(word) == len(str(uuid4())) and word.count("-") == str(uuid4()).count("-")
