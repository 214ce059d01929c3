"""Makes a provider of where it is: the dialect and the line."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mainstem.errors import ConfigError
from mainstem.revos.unipile.v1 import V1
from mainstem.revos.unipile.v2 import V2
from mainstem.revos.unipile.wire import RETRY_S, TIMEOUT_S, Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mainstem.revos.unipile.port import Provider
    from mainstem.revos.unipile.wire import Line

DIALECTS = ("v1", "v2")
URL_VARIABLE = "MAINSTEM_UNIPILE_URL"
KEY_VARIABLE = "MAINSTEM_UNIPILE_KEY"
DIALECT_VARIABLE = "MAINSTEM_UNIPILE_DIALECT"
WEBHOOK_SECRET_VARIABLE = "MAINSTEM_UNIPILE_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
KEY_CHARACTERS_MAX = 4_096
SECRET_CHARACTERS_MIN = 16


@dataclass(frozen=True)
class Settings:
    """Where the provider is and how it speaks.

    Attributes:
        url: scheme, host and port, such as `https://api1.unipile.com:13111`.
        key: the API key.
        dialect: v1 or v2.
        webhook_secret: what the provider shows when it calls us; None refuses all its calls.
        timeout_s: how long a call may take.
        retry_s: about how long to wait before a failed read is asked again.
    """

    url: str
    key: str = field(repr=False)
    dialect: str = "v1"
    webhook_secret: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S
    retry_s: float = RETRY_S

    def __post_init__(self) -> None:
        """Refuse what cannot be an address, a key or a dialect, without showing the key."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ConfigError(
                f"{URL_VARIABLE} is no address such as https://api1.unipile.com:13111"
            )
        if not self.key or not self.key.isascii() or not self.key.isprintable():
            raise ConfigError(f"{KEY_VARIABLE} is no key: it has to be printable ASCII")
        if self.webhook_secret is not None and not _is_secret(self.webhook_secret):
            raise ConfigError(
                f"{WEBHOOK_SECRET_VARIABLE} is too easy to guess: at least {SECRET_CHARACTERS_MIN} "
                "printable ASCII characters, made by chance"
            )
        if self.dialect not in DIALECTS:
            raise ConfigError(f"{DIALECT_VARIABLE} is one of {', '.join(DIALECTS)}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings | None:
        """Read MAINSTEM_UNIPILE_URL, _KEY (or _KEY_FILE), _DIALECT and _WEBHOOK_SECRET.

        Returns:
            None when no address is set: there is no provider then.

        Raises:
            ConfigError: one of them is not what it should be.
        """
        url = environment.get(URL_VARIABLE, "").strip().rstrip("/")
        if not url:
            return None
        return cls(
            url,
            _secret(environment, KEY_VARIABLE) or "",
            environment.get(DIALECT_VARIABLE, "").strip() or "v1",
            _secret(environment, WEBHOOK_SECRET_VARIABLE),
        )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Provider]:
    """The provider, for as long as the block runs, in its event loop."""
    from mainstem.revos.unipile.http_line import opened_line  # noqa: PLC0415 - slow to import

    async with opened_line(_endpoint(settings)) as line:
        yield provider_on(line, settings)


class Shared:
    """The provider for a process whose event loops come and go, such as a worker's."""

    def __init__(self, settings: Settings) -> None:
        from mainstem.revos.unipile.http_line import SharedLine  # noqa: PLC0415 - slow to import

        self._line = SharedLine(_endpoint(settings))
        self.provider: Provider = provider_on(self._line, settings)

    def close(self) -> None:
        """Close its connections."""
        self._line.close()


def _endpoint(settings: Settings) -> Endpoint:
    return Endpoint(
        settings.url, settings.key, timeout_s=settings.timeout_s, retry_s=settings.retry_s
    )


def provider_on(line: Line, settings: Settings) -> Provider:
    """The provider on a line, in the settings' dialect."""
    if settings.dialect == "v2":
        return V2(line)
    return V1(line, base_url=settings.url)


def _is_secret(text: str) -> bool:
    return len(text) >= SECRET_CHARACTERS_MIN and text.isascii() and text.isprintable()


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    """A secret from its variable, or from the file that NAME_FILE names."""
    file = environment.get(f"{name}_FILE", "").strip()
    if not file:
        return environment.get(name, "").strip() or None
    try:
        with Path(file).open(encoding="utf-8") as opened_file:
            return opened_file.read(KEY_CHARACTERS_MAX).strip() or None
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{name}_FILE cannot be read: {type(error).__name__}") from None
