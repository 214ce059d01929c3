"""The composition root: the HTTP app, and the process that serves it.

`build_app` makes the app for one database; `mainstem.server.process` runs it in the foreground or
detached. For now it answers what an operator of this machine asks: is all well, and what did the
last unification do. It shows totals only, never a row of any tenant.
"""

from mainstem.server.app import build_app

__all__ = ["build_app"]
