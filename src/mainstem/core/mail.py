"""The port to e-mail: an SMTP server, or the console where none is named."""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
import sys
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

URL_VARIABLE = "MAINSTEM_SMTP_URL"
FROM_VARIABLE = "MAINSTEM_MAIL_FROM"
SENDER = "Mainstem <mainstem@localhost>"
TIMEOUT_S = 15.0
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Letter:
    """One e-mail to one person; its text holds a link that only they may see.

    Attributes:
        html: the same as a page; alone where there is no text.
        reply_to: who gets the answer; None is the sender.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    reply_to: str | None = None


class Mail(Protocol):
    """What sends letters."""

    async def send(self, letter: Letter) -> None:
        """Send one, or raise OSError."""


@dataclass(frozen=True)
class ConsoleMail:
    """For development: letters are written to standard error, never to the log."""

    async def send(self, letter: Letter) -> None:
        """Write the letter where the developer looks."""
        print(  # noqa: T201 - the console is where these letters go
            f"--- e-mail to {letter.to}: {letter.subject}\n{letter.text}\n---",
            file=sys.stderr,
            flush=True,
        )


@dataclass(frozen=True)
class SmtpMail:
    """A mail server: TLS always; on this machine itself where it is offered, under any certificate.

    Relays of one's own machine have certificates that nobody signed, and nobody listens between.
    """

    host: str
    port: int
    sender: str
    is_tls_from_start: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    async def send(self, letter: Letter) -> None:
        """Hand the letter over, off the event loop."""
        await asyncio.to_thread(self._send, letter)

    def _send(self, letter: Letter) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.to, letter.subject
        message["Auto-Submitted"] = "auto-generated"
        if letter.reply_to:
            message["Reply-To"] = letter.reply_to
        if letter.text or not letter.html:
            message.set_content(letter.text)
        if letter.html and letter.text:
            message.add_alternative(letter.html, subtype="html")
        elif letter.html:
            message.set_content(letter.html, subtype="html")
        trust = ssl.create_default_context()
        if self._is_here():
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        with (
            smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=trust)
            if self.is_tls_from_start
            else smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        ) as server:
            server.ehlo()
            if not self.is_tls_from_start and (not self._is_here() or server.has_extn("starttls")):
                server.starttls(context=trust)
            if self.user is not None:
                server.login(self.user, self.password or "")
            server.send_message(message)

    def _is_here(self) -> bool:
        return self.host in {"localhost", "127.0.0.1", "::1"}


def from_environment(environment: Mapping[str, str] = os.environ) -> Mail:
    """The server that MAINSTEM_SMTP_URL names (smtp://user:password@host:port), else the console.

    Raises:
        ConfigError: it is no address of a mail server.
    """
    url = environment.get(URL_VARIABLE, "").strip()
    if not url:
        return ConsoleMail()
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ConfigError(
            f"{URL_VARIABLE} is no address of a mail server; "
            "write smtp://user:password@host:587, or smtps:// for TLS from the start"
        )
    return SmtpMail(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        sender=environment.get(FROM_VARIABLE, "").strip() or SENDER,
        is_tls_from_start=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
