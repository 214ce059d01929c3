"""What each route answers to each kind of caller. A new route gets its row here, or a test fails.

A row says who is let in. Everybody else is refused; what a route shows of the agency `Northwind`
holds the mark, and nobody who is not let in ever sees it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

STAFF = frozenset({"owner", "admin", "manager", "member"})
HEADS = frozenset({"owner", "admin", "manager"})
ADMINS = frozenset({"owner", "admin"})
ALL = STAFF | {"client"}
NOBODY: frozenset[str] = frozenset()


class Kind(enum.Enum):
    """How a route knows its callers."""

    #: everybody is let in; what it shows is nobody's
    OPEN = "open"
    #: a page: the browser's cookie counts, and the anonymous are led to the door
    PAGE = "page"
    #: an API: the token of a person counts, and the anonymous are refused
    PERSON = "person"
    #: an API with a matrix of its own (tests/rest, test_matrix_of_files.py): keys count there, too
    OWN_MATRIX = "own matrix"
    #: only platform operators know that it is there
    OPERATOR = "operator"
    #: whoever has the secret that it asks for; these callers have not
    SECRET = "secret"


@dataclass(frozen=True)
class Row:
    """One route and method.

    Attributes:
        kind: how it knows its callers.
        roles: of the own agency, who is let in.
        owned: the path names a row of the own agency and client: others do not find it.
        finds: whether what the path names is there; else those let in are told that it is not.
        body: what is sent: JSON for APIs, a form for pages.
        ends: the session ends by it, so that each caller needs a fresh one.
        query: what follows the path.
        also: further statuses that are right, such as 503 where a port leads nowhere in tests.
    """

    kind: Kind
    roles: frozenset[str] = ALL
    owned: bool = False
    finds: bool = True
    body: dict[str, object] | None = None
    ends: bool = False
    query: str = ""
    also: frozenset[int] = frozenset()


OPEN = Row(Kind.OPEN)
SECRET = Row(Kind.SECRET)
PAGE = Row(Kind.PAGE)
OPERATOR = Row(Kind.OPERATOR, NOBODY)

#: "METHOD path" -> row; paths as the app names them
MATRIX: dict[str, Row] = {
    # Programs
    "GET /api/health": OPEN,
    "HEAD /api/health": OPEN,
    "GET /api/reference": OPEN,
    "GET /api/schema": OPEN,
    "GET /api/schema/openapi.json": OPEN,
    "GET /api/schema/{path:str}": OPEN,
    "GET /metrics": SECRET,
    "GET /api/session": Row(Kind.PERSON),
    "PUT /api/session/app": Row(Kind.PERSON, body={"app": "both"}),
    "PUT /api/session/client": Row(Kind.PERSON, body={"client_id": None}),
    "GET /api/invitations": Row(Kind.PERSON, HEADS),
    "POST /api/invitations": Row(
        Kind.PERSON, HEADS, body={"email": "kim@example.test", "role": "manager"}
    ),
    "DELETE /api/invitations/{invitation_id:uuid}": Row(Kind.PERSON, HEADS, finds=False),
    "GET /api/flags": Row(Kind.PERSON),
    "PUT /api/flags/{key:str}": Row(Kind.PERSON, ADMINS, body={"is_enabled": False}),
    "GET /api/providers": Row(Kind.PERSON, frozenset({"owner"})),
    "PUT /api/providers/{provider:str}": Row(
        Kind.PERSON,
        frozenset({"owner"}),
        finds=False,
        body={"label": "x", "issuer": "x", "client_id": "x"},
    ),
    "DELETE /api/providers/{provider:str}": Row(Kind.PERSON, frozenset({"owner"}), finds=False),
    "GET /api/unify/plans": OPERATOR,
    "GET /api/unify/runs": OPERATOR,
    "POST /api/unify/runs": Row(Kind.OPERATOR, NOBODY, body={"plan": "x"}),
    "GET /api/unify/runs/{run_id:int}": OPERATOR,
    "GET /api/unify/runs/{run_id:int}/events": OPERATOR,
    "GET /api/unify/runs/{run_id:int}/report": OPERATOR,
    "POST /api/revos/accounts/{account_id:uuid}/link": Row(
        Kind.PERSON, STAFF, finds=False, also=frozenset({503})
    ),
    "* /rest/v1": Row(Kind.OWN_MATRIX),
    "* /storage/v1": Row(Kind.OWN_MATRIX),
    # RevOS, for programs
    "GET /api/revos/campaigns/{campaign_id:uuid}/preflight": Row(Kind.PERSON, STAFF, owned=True),
    "GET /api/revos/campaigns/{campaign_id:uuid}/funnel": Row(Kind.PERSON, owned=True),
    "POST /api/revos/campaigns/{campaign_id:uuid}/activate": Row(Kind.PERSON, HEADS, owned=True),
    "POST /api/revos/campaigns/{campaign_id:uuid}/pause": Row(Kind.PERSON, HEADS, owned=True),
    "POST /api/revos/campaigns/{campaign_id:uuid}/complete": Row(Kind.PERSON, HEADS, owned=True),
    "POST /api/revos/posts/{post_id:uuid}/publish": Row(Kind.PERSON, HEADS, finds=False, body={}),
    "GET /api/revos/leads/{lead_id:uuid}/export": Row(Kind.PERSON, STAFF, finds=False),
    "DELETE /api/revos/leads/{lead_id:uuid}": Row(Kind.PERSON, STAFF, finds=False),
    "POST /api/revos/comments/{trigger_id:uuid}/decision": Row(
        Kind.PERSON, STAFF, finds=False, body={"asks": True}
    ),
    "POST /api/revos/emails/{review_id:uuid}/decision": Row(
        Kind.PERSON, STAFF, finds=False, body={}
    ),
    "POST /api/revos/sends/{step_id:uuid}/decision": Row(
        Kind.PERSON, STAFF, finds=False, body={"was_sent": True}
    ),
    "POST /api/revos/accounts/{account_id:uuid}/resume": Row(Kind.PERSON, STAFF, finds=False),
    "POST /api/revos/pod-activities/{activity_id:uuid}/agree": Row(
        Kind.PERSON, finds=False, body={}
    ),
    "POST /api/revos/pod-activities/{activity_id:uuid}/done": Row(Kind.PERSON, finds=False),
    "POST /api/revos/pod-activities/{activity_id:uuid}/decline": Row(Kind.PERSON, finds=False),
    # Signing in, as supabase.auth asks
    "POST /auth/v1/token": Row(Kind.SECRET, query="grant_type=password", body={}),
    "POST /auth/v1/signup": Row(Kind.SECRET, body={}),
    "POST /auth/v1/recover": Row(Kind.OPEN, body={"email": "nobody@example.test"}),
    "POST /auth/v1/otp": Row(Kind.OPEN, body={"email": "nobody2@example.test"}),
    "POST /auth/v1/verify": Row(Kind.SECRET, body={}),
    "GET /auth/v1/verify": SECRET,
    "GET /auth/v1/settings": OPEN,
    "GET /auth/v1/health": OPEN,
    "GET /auth/v1/.well-known/jwks.json": OPEN,
    "GET /auth/v1/authorize": SECRET,
    "GET /auth/v1/callback": SECRET,
    "GET /auth/v1/user": Row(Kind.PERSON),
    "PUT /auth/v1/user": Row(Kind.PERSON, body={}),
    "POST /auth/v1/logout": Row(Kind.PERSON, ends=True, query="scope=local"),
    "POST /auth/v1/factors": Row(Kind.PERSON, body={"factor_type": "totp"}),
    "POST /auth/v1/factors/{factor_id:uuid}/challenge": Row(Kind.PERSON, finds=False),
    "POST /auth/v1/factors/{factor_id:uuid}/verify": Row(Kind.PERSON, finds=False, body={}),
    "DELETE /auth/v1/factors/{factor_id:uuid}": Row(Kind.PERSON, finds=False),
    # Doors
    "GET /sign-in": OPEN,
    "POST /sign-in": SECRET,
    "GET /forgotten": OPEN,
    "POST /forgotten": OPEN,
    "GET /invitation": OPEN,
    "POST /invitation": SECRET,
    "GET /reset": OPEN,
    "POST /reset": SECRET,
    "POST /sign-out": Row(Kind.OPEN, ends=True),
    "GET /second-factor": PAGE,
    "POST /second-factor": PAGE,
    "GET /status": OPEN,
    "HEAD /status": OPEN,
    "GET /static/{version:str}/{name:path}": OPEN,
    "HEAD /static/{version:str}/{name:path}": OPEN,
    "GET /d/{token:str}": SECRET,
    "HEAD /d/{token:str}": SECRET,
    "POST /webhooks/unipile": SECRET,
    "POST /webhooks/unipile/linked": Row(Kind.SECRET, also=frozenset({200})),
    # Pages
    "GET /": PAGE,
    "GET /password": PAGE,
    "POST /password": PAGE,
    "GET /search": PAGE,
    "GET /choose-client": PAGE,
    "POST /choose-client": PAGE,
    "GET /notifications": PAGE,
    "POST /notifications/read": PAGE,
    "POST /views": Row(Kind.PAGE, finds=False),
    "POST /views/{view_id:uuid}/delete": Row(Kind.PAGE, finds=False),
    "GET /brand.css": PAGE,
    "GET /agency": Row(Kind.PAGE, frozenset({"owner", "admin"})),
    "POST /agency": Row(Kind.PAGE, frozenset({"owner", "admin"})),
    "POST /agency/logo": Row(Kind.PAGE, frozenset({"owner", "admin"})),
    "GET /account": PAGE,
    "POST /account/second-factor": PAGE,
    "POST /account/second-factor/confirm": PAGE,
    "POST /account/second-factor/remove": PAGE,
    "GET /revos": PAGE,
    "GET /revos/live": PAGE,
    "GET /revos/campaigns": PAGE,
    "GET /revos/campaigns/{campaign_id:uuid}": Row(Kind.PAGE, owned=True),
    "GET /revos/campaigns/{campaign_id:uuid}/live": Row(Kind.PAGE, owned=True),
    "GET /revos/campaigns/new": Row(Kind.PAGE, STAFF),
    "POST /revos/campaigns/new": Row(Kind.PAGE, STAFF),
    "GET /revos/campaigns/{campaign_id:uuid}/edit": Row(Kind.PAGE, STAFF, owned=True),
    "POST /revos/campaigns/{campaign_id:uuid}/edit": Row(Kind.PAGE, STAFF, owned=True),
    "POST /revos/campaigns/{campaign_id:uuid}/magnet": Row(Kind.PAGE, STAFF, owned=True),
    "GET /revos/campaigns/{campaign_id:uuid}/post": Row(Kind.PAGE, STAFF, owned=True),
    "POST /revos/campaigns/{campaign_id:uuid}/post": Row(Kind.PAGE, STAFF, owned=True),
    "GET /revos/campaigns/{campaign_id:uuid}/texts": Row(Kind.PAGE, STAFF, owned=True),
    "POST /revos/campaigns/{campaign_id:uuid}/texts": Row(Kind.PAGE, STAFF, owned=True),
    "POST /revos/campaigns/{campaign_id:uuid}/texts/preview": Row(
        Kind.PAGE, STAFF, owned=True, query="text=post_template"
    ),
    "GET /revos/leads": PAGE,
    "GET /revos/leads/new": Row(Kind.PAGE, STAFF),
    "POST /revos/leads/new": Row(Kind.PAGE, STAFF),
    "GET /revos/leads/{lead_id:uuid}": Row(Kind.PAGE, owned=True),
    "POST /revos/leads/{lead_id:uuid}/notes": Row(Kind.PAGE, STAFF, owned=True),
    "GET /agency/people": Row(Kind.PAGE, ADMINS),
    "POST /agency/people": Row(Kind.PAGE, ADMINS),
    "POST /agency/people/{user_id:uuid}": Row(Kind.PAGE, HEADS, finds=False),
    "POST /agency/invitations/{invitation_id:uuid}/revoke": Row(Kind.PAGE, HEADS, finds=False),
    "GET /agency/keys": Row(Kind.PAGE, ADMINS),
    "POST /agency/keys": Row(Kind.PAGE, ADMINS),
    "POST /agency/keys/{key_id:uuid}/revoke": Row(Kind.PAGE, ADMINS, finds=False),
    "GET /agency/flags": Row(Kind.PAGE, STAFF),
    "POST /agency/flags": Row(Kind.PAGE, ADMINS, also=frozenset({422})),
    "GET /agency/trail": Row(Kind.PAGE, HEADS),
    "GET /jobs": Row(Kind.PAGE, STAFF),
    "GET /jobs/live": Row(Kind.PAGE, STAFF),
    "GET /jobs/{job_id:uuid}": Row(Kind.PAGE, STAFF, finds=False),
    "POST /jobs/{job_id:uuid}": Row(Kind.PAGE, STAFF, finds=False),
    "POST /jobs/queues": Row(Kind.PAGE, STAFF),
    "POST /account/sessions/{session_id:uuid}/end": Row(Kind.PAGE, finds=False),
    "GET /unify": Row(Kind.PAGE, NOBODY),
    "POST /unify": Row(Kind.PAGE, NOBODY),
    "GET /unify/isolation": Row(Kind.PAGE, NOBODY),
    "GET /unify/plans/{plan:str}": Row(Kind.PAGE, NOBODY),
    "POST /unify/plans/{plan:str}": Row(Kind.PAGE, NOBODY),
    "GET /unify/audits/{audit:str}": Row(Kind.PAGE, NOBODY),
    "GET /unify/audits/{audit:str}/{number:int}": Row(Kind.PAGE, NOBODY),
    "GET /unify/runs/{run_id:int}": Row(Kind.PAGE, NOBODY),
    "GET /unify/runs/{run_id:int}/live": Row(Kind.PAGE, NOBODY),
    "GET /unify/runs/{run_id:int}/rows": Row(Kind.PAGE, NOBODY),
    "GET /unify/runs/{run_id:int}/changes": Row(Kind.PAGE, NOBODY),
    "GET /unify/runs/{run_id:int}/row": Row(Kind.PAGE, NOBODY),
    "GET /revos/accounts": PAGE,
    "GET /revos/accounts/{account_id:uuid}": Row(Kind.PAGE, finds=False),
    "GET /revos/accounts/new": Row(Kind.PAGE, STAFF),
    "POST /revos/accounts/new": Row(Kind.PAGE, STAFF),
    "GET /revos/accounts/{account_id:uuid}/edit": Row(Kind.PAGE, STAFF, finds=False),
    "POST /revos/accounts/{account_id:uuid}/edit": Row(Kind.PAGE, STAFF, finds=False),
    "POST /revos/accounts/{account_id:uuid}/connect": Row(
        Kind.PAGE, STAFF, finds=False, also=frozenset({503})
    ),
    "POST /revos/accounts/{account_id:uuid}/resume": Row(Kind.PAGE, STAFF, finds=False),
    "POST /revos/campaigns/{campaign_id:uuid}/state": Row(Kind.PAGE, HEADS, owned=True),
    "GET /revos/inbox": PAGE,
    "GET /revos/inbox/{sequence_id:uuid}": Row(Kind.PAGE, finds=False),
    "GET /revos/pods": PAGE,
    "POST /revos/pods/asked/{activity_id:uuid}": Row(Kind.PAGE, finds=False),
    "GET /revos/pods/new": Row(Kind.PAGE, HEADS),
    "POST /revos/pods/new": Row(Kind.PAGE, HEADS),
    "GET /revos/pods/{pod_id:uuid}": Row(Kind.PAGE, finds=False),
    "GET /revos/pods/{pod_id:uuid}/edit": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/pods/{pod_id:uuid}/edit": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/pods/{pod_id:uuid}/members": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/pods/{pod_id:uuid}/members/{member_id:uuid}/remove": Row(
        Kind.PAGE, HEADS, finds=False
    ),
    "POST /revos/pods/{pod_id:uuid}/consent": Row(Kind.PAGE, STAFF, finds=False),
    "GET /revos/posts": PAGE,
    "POST /revos/posts/{post_id:uuid}/publish": Row(Kind.PAGE, HEADS, finds=False),
    "GET /revos/review": Row(Kind.PAGE, STAFF),
    "POST /revos/review/comments/{trigger_id:uuid}": Row(Kind.PAGE, STAFF, finds=False),
    "POST /revos/review/emails/{review_id:uuid}": Row(Kind.PAGE, STAFF, finds=False),
    "POST /revos/review/sends/{step_id:uuid}": Row(Kind.PAGE, STAFF, finds=False),
    "GET /revos/webhooks": PAGE,
    "GET /revos/webhooks/{delivery_id:uuid}": Row(Kind.PAGE, finds=False),
    "POST /revos/webhooks/{delivery_id:uuid}/replay": Row(Kind.PAGE, STAFF, finds=False),
    "GET /revos/endpoints": Row(Kind.PAGE, HEADS),
    "POST /revos/endpoints": Row(Kind.PAGE, HEADS),
    "GET /revos/endpoints/{endpoint_id:uuid}": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/endpoints/{endpoint_id:uuid}": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/endpoints/{endpoint_id:uuid}/delete": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/endpoints/{endpoint_id:uuid}/replay": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/endpoints/{endpoint_id:uuid}/enable": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/endpoints/{endpoint_id:uuid}/rotate": Row(Kind.PAGE, HEADS, finds=False),
    "POST /revos/endpoints/{endpoint_id:uuid}/test": Row(Kind.PAGE, HEADS, finds=False),
    "GET /audience": PAGE,
    "GET /clients": PAGE,
    "GET /clients/new": Row(Kind.PAGE, STAFF),
    "POST /clients/new": Row(Kind.PAGE, STAFF),
    "GET /clients/board": PAGE,
    "GET /clients/{client_id:uuid}": Row(Kind.PAGE, owned=True),
    "GET /clients/{client_id:uuid}/edit": Row(Kind.PAGE, STAFF, owned=True),
    "POST /clients/{client_id:uuid}/edit": Row(Kind.PAGE, STAFF, owned=True),
    "POST /clients/{client_id:uuid}/stage": Row(Kind.PAGE, STAFF, owned=True),
    "GET /mail": PAGE,
    "GET /persona": PAGE,
}
