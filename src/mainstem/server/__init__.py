"""The composition root: the HTTP app, and the process that serves it.

`build_app` makes the app for one database; `mainstem.server.process` runs it in the foreground or
detached. For now it answers what an operator of this machine asks: is all well, and what did the
last unification do. It shows totals only, never a row of any tenant.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstem.server.app import build_app

__all__ = ["build_app"]


def __getattr__(name: str) -> object:
    """Read the web server's code only where it is asked for: a worker has no use for it."""
    if name != "build_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mainstem.server.app import build_app  # noqa: PLC0415 - that is the point

    return build_app
