"""Unifications, for platform operators only: audits, plans with their questions, runs, the ledger.

Everybody else is told that there is nothing. What is shown comes from the readers of `unify`; the
ledger belongs to no tenant and is read as the database's owner, with the values of secrets masked.
"""

from mainstem.server.unify_pages import audits, isolation, plans, rows, runs
from mainstem.web import Section

SHARED = (Section("Unify", "/unify", "git-merge", "g f", is_operators=True),)
HANDLERS = (
    *runs.HANDLERS,
    *plans.HANDLERS,
    *audits.HANDLERS,
    *rows.HANDLERS,
    *isolation.HANDLERS,
)
