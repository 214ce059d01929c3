"""What the LinkedIn provider tells by webhook: taken in once, answered, then handled by jobs.

`router` is where its calls arrive: whatever they say ends in a row of `unipile_webhook_log`, or of
`app.stray_event` when it belongs to no agency. `Handling` makes something of them in a worker, and
tells `Listeners`. `Linking` begins what links an account through the provider's own page.
"""

from mainstem.revos.inbound.api import PATH, router
from mainstem.revos.inbound.handling import Handling, Listeners, forget
from mainstem.revos.inbound.intake import Inbox, Intake
from mainstem.revos.inbound.linking import Linking

__all__ = ["PATH", "Handling", "Inbox", "Intake", "Linking", "Listeners", "forget", "router"]
