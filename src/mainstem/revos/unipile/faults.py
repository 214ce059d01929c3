"""Why the provider did not do something, and what follows from it.

The source is the table of error slugs in Unipile's reference (v1: `errors/<slug>`; v2:
`api/<slug>`, `provider/<slug>`). That list is open: an unknown slug is kept, and its HTTP status
decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mainstem.errors import ProviderError


class Kind(StrEnum):
    """What a fault means for the work, whichever words the provider used.

    Attributes:
        CONFIG: our key is wrong or lacks a right; an operator mends it.
        DISCONNECTED: the account's owner has to sign in again; its work waits.
        RESTRICTED: LinkedIn has restricted the account; everything stops.
        FEATURE: this account cannot do that at all.
        GONE: the post, comment, person or chat is not there (any more).
        NOT_CONNECTED: the person is no first-degree contact; an invitation comes first.
        UNREACHABLE: this person cannot be written to, ever.
        ALREADY_CONNECTED: no invitation needed.
        ALREADY_INVITED: an invitation is pending, or was too short ago; wait.
        LIMIT: LinkedIn's own quota for this action is used up.
        CREDITS: no InMail to this person, or no credit left.
        ALREADY_DONE: as good as done.
        CLOSED: nobody may comment there.
        CONTENT: what was sent is not accepted; a person looks at it.
        THROTTLED: too many calls; the account pauses.
        UNAVAILABLE: the provider is not there; try again later.
        TIMEOUT: no answer in time. Of a write this is no fault but an indeterminate outcome.
        MALFORMED: an answer that makes no sense.
        OTHER: none of these; not worth repeating.
    """

    CONFIG = "config"
    DISCONNECTED = "disconnected"
    RESTRICTED = "restricted"
    FEATURE = "feature"
    GONE = "gone"
    NOT_CONNECTED = "not_connected"
    UNREACHABLE = "unreachable"
    ALREADY_CONNECTED = "already_connected"
    ALREADY_INVITED = "already_invited"
    LIMIT = "limit"
    CREDITS = "credits"
    ALREADY_DONE = "already_done"
    CLOSED = "closed"
    CONTENT = "content"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    MALFORMED = "malformed"
    OTHER = "other"


#: worth trying again later, unchanged
TRANSIENT = frozenset({Kind.THROTTLED, Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.MALFORMED})
#: the account's work waits until its owner has done something
ACCOUNT = frozenset({Kind.DISCONNECTED, Kind.RESTRICTED})

_SLUGS = {
    Kind.CONFIG: "missing_credentials insufficient_privileges",
    Kind.DISCONNECTED: (
        "disconnected_account disconnected_feature expired_credentials invalid_credentials "
        "wrong_account expired_link multiple_sessions checkpoint_error "
        "invalid_checkpoint_solution captcha_not_supported invalid_proxy_credentials "
        "account_mismatch session_mismatch action_required unknown_authentication_context "
        "invalid_account"
    ),
    Kind.RESTRICTED: "account_restricted",
    Kind.FEATURE: (
        "insufficient_permissions feature_not_subscribed subscription_required "
        "resource_access_restricted feature_not_implemented"
    ),
    Kind.GONE: "resource_not_found invalid_resource_identifier",
    Kind.NOT_CONNECTED: "no_connection_with_recipient",
    Kind.UNREACHABLE: (
        "invalid_recipient blocked_recipient user_unreachable cannot_invite_attendee"
    ),
    Kind.ALREADY_CONNECTED: "already_connected",
    Kind.ALREADY_INVITED: ("cannot_resend_yet cannot_resend_within_24hrs already_invited_recently"),
    Kind.LIMIT: "limit_exceeded limit_too_high",
    Kind.CREDITS: "not_allowed_inmail insufficient_credits",
    Kind.ALREADY_DONE: "action_already_performed",
    Kind.CLOSED: "comments_disabled",
    Kind.CONTENT: (
        "invalid_parameters malformed_request missing_parameters content_too_large invalid_url "
        "too_many_characters unescaped_characters unsupported_media_type cant_send_message "
        "invalid_message invalid_post unprocessable_entity"
    ),
    Kind.THROTTLED: "too_many_requests provider_error unexpected_error authentication_intent_error",
    Kind.UNAVAILABLE: (
        "no_client_session no_channel no_handler network_down service_unavailable proxy_error "
        "realtime_client_not_initialized"
    ),
    Kind.TIMEOUT: "request_timeout",
}
_KINDS = {slug: kind for kind, slugs in _SLUGS.items() for slug in slugs.split()}
_STATUSES = {
    400: Kind.CONTENT,
    401: Kind.DISCONNECTED,
    403: Kind.FEATURE,
    404: Kind.GONE,
    408: Kind.TIMEOUT,
    410: Kind.GONE,
    413: Kind.CONTENT,
    415: Kind.CONTENT,
    422: Kind.OTHER,
    429: Kind.THROTTLED,
    500: Kind.THROTTLED,
    501: Kind.FEATURE,
    502: Kind.UNAVAILABLE,
    503: Kind.UNAVAILABLE,
    504: Kind.TIMEOUT,
}


@dataclass(frozen=True)
class Fault:
    """Why something was not done.

    Attributes:
        kind: what it means.
        slug: the provider's word, also when we do not know it; ours (`malformed_answer`,
            `connection_failed`) where there was no answer.
        status: the HTTP status; None where there was none.
        message: for people; it holds no key and no message text.
        retry_after_s: when the provider itself says that it is worth trying again.
        is_from_network: LinkedIn refused, not the provider (only v2 tells).
    """

    kind: Kind
    slug: str
    status: int | None = None
    message: str = ""
    retry_after_s: float | None = None
    is_from_network: bool | None = None

    @property
    def is_transient(self) -> bool:
        """Whether the same call may well succeed later."""
        return self.kind in TRANSIENT

    def __str__(self) -> str:
        status = "" if self.status is None else f" ({self.status})"
        return f"{self.slug}{status}: {self.message}" if self.message else f"{self.slug}{status}"


class UnipileError(ProviderError):
    """A call that reads, or sets something up, did not succeed; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"the LinkedIn provider: {fault}")
        self.fault = fault


def is_known(slug: str) -> bool:
    """Whether the slug is one that we know the meaning of."""
    return slug in _KINDS


def kind_of(slug: str, status: int) -> Kind:
    """What a slug means; of an unknown one, what its HTTP status says."""
    known = _KINDS.get(slug)
    if known is not None:
        return known
    if status in _STATUSES:
        return _STATUSES[status]
    return Kind.UNAVAILABLE if status >= 500 else Kind.OTHER  # noqa: PLR2004
