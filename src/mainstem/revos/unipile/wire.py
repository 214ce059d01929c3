"""Requests to the provider, and what comes of them, whatever carries them.

What it does not hide: whether a request that got no answer may have reached the provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.revos.unipile.port import Attachment

TIMEOUT_S = 30.0
#: before a read that the provider was not there for is asked again
RETRY_S = 0.5
ANSWER_BYTES_MAX = 8 * 1024 * 1024


@dataclass(frozen=True)
class Endpoint:
    """Where the provider is, and our key for it.

    Attributes:
        url: scheme, host and port; a query (`?port=13111`) is added to every request, which is the
            provider's own way around networks that close high ports.
        key: the API key; it goes into a header only.
        retry_s: about how long to wait before a failed read is asked again.
    """

    url: str
    key: str = field(repr=False)
    timeout_s: float = TIMEOUT_S
    retry_s: float = RETRY_S
    answer_bytes_max: int = ANSWER_BYTES_MAX


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call. `path` has `{}` where the parts go, which are quoted whole."""

    method: str
    path: str
    parts: Sequence[str] = ()
    query: Mapping[str, str | int] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    #: fields of a multipart form; a name may come several times
    form: Sequence[tuple[str, str]] | None = None
    files: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Silence:
    """No answer, or no whole one. `may_have_landed`: the request may have been carried out."""

    reason: str
    may_have_landed: bool


Reply: TypeAlias = Answer | Silence


class Line(Protocol):
    """What carries requests."""

    @property
    def retry_s(self) -> float:
        """About how long to wait before a failed read is asked again."""
        ...

    async def ask(self, request: Request) -> Reply:
        """Make one request; what came of it."""
        ...
