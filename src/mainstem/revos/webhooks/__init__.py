"""Webhooks out: clients' systems are told of captured leads, signed, retried, never lost.

Owns webhook_config and webhook_delivery. Others call `announce` in the transaction of what
happened, and add the jobs of `jobs` to a worker; `endpoints` makes, tests and replays.
"""

from mainstem.revos.webhooks import endpoints
from mainstem.revos.webhooks.announcing import announce
from mainstem.revos.webhooks.courier import Courier
from mainstem.revos.webhooks.endpoints import Made, NewEndpoint
from mainstem.revos.webhooks.model import LEAD_CAPTURED, TEST, Destination, Endpoint, Event
from mainstem.revos.webhooks.redaction import redacted_payload
from mainstem.revos.webhooks.secrets import Secrets
from mainstem.revos.webhooks.signing import Scheme, SignatureError, verify

__all__ = [
    "LEAD_CAPTURED",
    "TEST",
    "Courier",
    "Destination",
    "Endpoint",
    "Event",
    "Made",
    "NewEndpoint",
    "Scheme",
    "Secrets",
    "SignatureError",
    "announce",
    "endpoints",
    "redacted_payload",
    "verify",
]
