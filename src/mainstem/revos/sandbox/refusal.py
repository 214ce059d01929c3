"""What the sandbox says instead of doing something: the provider's own words."""

from __future__ import annotations

TITLES = {
    "missing_credentials": (401, "Missing credentials"),
    "disconnected_account": (401, "Disconnected account"),
    "account_restricted": (403, "Account restricted"),
    "resource_not_found": (404, "Resource not found"),
    "feature_not_implemented": (501, "Feature not implemented"),
    "invalid_parameters": (400, "Invalid parameters"),
    "missing_parameters": (400, "Missing parameters"),
    "malformed_request": (400, "Malformed request"),
    "too_many_characters": (400, "Too many characters"),
    "content_too_large": (400, "Content too large"),
    "no_connection_with_recipient": (422, "No connection with recipient"),
    "invalid_recipient": (422, "Invalid recipient"),
    "cannot_resend_yet": (422, "Cannot resend yet"),
    "already_connected": (422, "Already connected"),
    "limit_exceeded": (422, "Limit exceeded"),
    "comments_disabled": (422, "Comments disabled"),
    "too_many_requests": (429, "Too many requests"),
    "provider_error": (500, "Provider error"),
    "unexpected_error": (500, "Unexpected error"),
    "service_unavailable": (503, "Service unavailable"),
    "request_timeout": (504, "Request timeout"),
}
#: of the second dialect: words of LinkedIn; all others are the provider's own
FROM_NETWORK = frozenset({
    "no_connection_with_recipient", "invalid_recipient", "cannot_resend_yet", "already_connected",
    "limit_exceeded", "comments_disabled", "too_many_requests", "provider_error",
    "account_restricted", "resource_not_found",
})  # fmt: skip


class Refusal(Exception):  # noqa: N818 - it is an answer, not a defect
    """An error to answer with."""

    def __init__(self, slug: str, detail: str = "", *, status: int | None = None) -> None:
        super().__init__(slug)
        known_status, title = TITLES.get(slug, (500, slug.replace("_", " ").capitalize()))
        self.slug = slug
        self.status = status or known_status
        self.title = title
        self.detail = detail

    def body(self, dialect: str) -> dict[str, object]:
        """The error as a dialect writes it."""
        common: dict[str, object] = {"status": self.status, "title": self.title}
        if self.detail:
            common["detail"] = self.detail
        if dialect == "v1":
            return {"type": f"errors/{self.slug}", **common}
        origin = "provider" if self.slug in FROM_NETWORK else "api"
        return {"object": "Error", "type": f"{origin}/{self.slug}", "req_id": "sandbox", **common}
