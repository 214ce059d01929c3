"""Tenancy: agencies, people, what each may see, and how they prove who they are.

Owns the tables of `0002_core.sql` and, of `0008_internals.sql`, credentials, sessions, tokens and
keys. Others call `resolve` to know who a request is from, and the modules below by their nouns.
Only core makes a `Tenant`.
"""

from mainstem.core.access import remembered, resolve
from mainstem.core.model import Access, Origin, Person, Scope, SessionUse, SignedIn
from mainstem.core.parts import Core

__all__ = [
    "Access",
    "Core",
    "Origin",
    "Person",
    "Scope",
    "SessionUse",
    "SignedIn",
    "remembered",
    "resolve",
]
