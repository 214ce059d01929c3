"""What the LinkedIn provider tells by webhook: taken in once, answered, then handled by jobs.

`router` is where its calls arrive: whatever they say ends in a row of `unipile_webhook_log`, or of
`app.stray_event` when it belongs to no agency. `Handling` makes something of them in a worker, and
tells `Listeners`. `Linking` begins what links an account through the provider's own page.
"""

from typing import TYPE_CHECKING

from mainstem.revos.inbound.handling import Handling, Listeners, forget
from mainstem.revos.inbound.intake import PATH, Inbox, Intake
from mainstem.revos.inbound.linking import Linking

if TYPE_CHECKING:
    from mainstem.revos.inbound.api import router

__all__ = ["PATH", "Handling", "Inbox", "Intake", "Linking", "Listeners", "forget", "router"]


def __getattr__(name: str) -> object:
    """Read the web server's code only where it is asked for: a worker has no use for it."""
    if name != "router":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mainstem.revos.inbound.api import router  # noqa: PLC0415 - that is the point

    return router
