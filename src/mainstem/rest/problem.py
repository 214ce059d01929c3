"""A request that is refused: its status, and a body that PostgREST's clients understand.

Codes and statuses are PostgREST's (docs.postgrest.org/en/stable/references/errors.html); codes that
begin with MST are ours, for limits that PostgREST does not have.
"""

from __future__ import annotations

import msgspec

from mainstem.errors import RefusedError

TOO_MUCH = "MST100"
BODY_TOO_LARGE = "MST101"
NOT_PERMITTED = "MST200"


class RequestError(RefusedError):
    """Refused. `message` says what happened, `details` to what, `hint` what to do next."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(code, message, status=status)
        self.message = message
        self.details = details
        self.hint = hint

    def body(self) -> bytes:
        """The JSON that clients read."""
        return msgspec.json.encode(
            {
                "code": self.code,
                "details": self.details,
                "hint": self.hint,
                "message": self.message,
            }
        )


def malformed(what: str, text: str, *, at: int, expected: str) -> RequestError:
    """A parameter that does not follow the grammar."""
    shown = text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "..."
    return RequestError(
        400,
        "PGRST100",
        f'"failed to parse {what} ({shown})" (line 1, column {at + 1})',
        details=f"expected {expected}",
    )


def too_much(what: str, *, limit: int, setting: str) -> RequestError:
    """More than a limit allows; the limit is named."""
    return RequestError(
        400,
        TOO_MUCH,
        f"{what}: the limit is {limit}",
        details=f"limit {setting} = {limit}",
        hint="ask for less, in several requests",
    )


def unknown_column(relation: str, column: str) -> RequestError:
    """A column that the table does not have, or that requests may not see."""
    return RequestError(400, "42703", f"column {relation}.{column} does not exist")


SHOWN_MAX = 200
