"""Letters to a mail server that really runs: over TLS where it is offered, failures seen."""

from __future__ import annotations

import logging
import socket
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mainstem.core import links, mail
from mainstem.core.links import Purpose
from mainstem.core.mail import Letter, SmtpMail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, LoginPassword, Session
    from tests.core.conftest import Town

    from mainstem.core import Core

pytestmark = pytest.mark.anyio
LETTER = Letter("kim@example.test", "Grüße", "Ein Link:\nhttp://x/#token")


@dataclass
class Post:
    """A mail server that keeps what it was given, and over what."""

    taken: list[tuple[Envelope, bool]] = field(default_factory=list)
    refuses: bool = False

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server
        if self.refuses:
            return "451 greylisted, come again"
        self.taken.append((envelope, session.ssl is not None))
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file with a key and the certificate of 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def _running(post: Post, **more: Any) -> Controller:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port, **more)
    controller.start()
    return controller


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def plain(post: Post) -> Iterator[Controller]:
    controller = _running(post)
    yield controller
    controller.stop()


@pytest.fixture
def secure(post: Post, certificate: Path) -> Iterator[Controller]:
    """One that takes letters over STARTTLS only, from whoever gives its password."""

    def login(server: SMTP, session: Session, envelope: Envelope, how: str, given: Any) -> Any:
        del server, session, envelope, how
        pair: LoginPassword = given
        is_right = (pair.login, pair.password) == (b"mainstem", b"p@ss")
        return AuthResult(success=is_right, handled=is_right)

    controller = _running(
        post,
        tls_context=_tls(certificate),
        require_starttls=True,
        auth_required=True,
        authenticator=login,
    )
    yield controller
    controller.stop()


async def test_a_letter_arrives_whole_on_this_machine(post: Post, plain: Controller) -> None:
    url = {"MAINSTEM_SMTP_URL": f"smtp://127.0.0.1:{plain.port}", "MAINSTEM_MAIL_FROM": "a@b.test"}
    await mail.from_environment(url).send(LETTER)
    ((envelope, is_tls),) = post.taken
    assert (envelope.mail_from, envelope.rcpt_tos, is_tls) == ("a@b.test", [LETTER.to], False)
    content = envelope.content
    assert isinstance(content, bytes)
    assert b"Auto-Submitted: auto-generated" in content
    assert b"=?utf-8?" in content


async def test_tls_is_begun_where_it_is_offered_and_the_password_goes_over_it(
    post: Post, secure: Controller
) -> None:
    url = f"smtp://mainstem:p%40ss@127.0.0.1:{secure.port}"
    await mail.from_environment({"MAINSTEM_SMTP_URL": url}).send(LETTER)
    assert [is_tls for _, is_tls in post.taken] == [True]


async def test_elsewhere_the_certificate_must_be_good(
    post: Post, secure: Controller, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmtpMail, "_is_here", lambda _: False)
    there = SmtpMail("127.0.0.1", secure.port, "a@b.test", user="mainstem", password="p@ss")
    with pytest.raises(OSError, match=r"(?i)certificate"):
        await there.send(LETTER)
    assert post.taken == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    await there.send(LETTER)
    assert [is_tls for _, is_tls in post.taken] == [True]


async def test_another_machine_without_tls_gets_nothing(
    post: Post, plain: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmtpMail, "_is_here", lambda _: False)
    with pytest.raises(OSError, match="STARTTLS"):
        await SmtpMail("127.0.0.1", plain.port, "a@b.test").send(LETTER)
    assert post.taken == []


async def test_a_wrong_password_is_an_error_that_does_not_show_it(
    secure: Controller,
) -> None:
    wrong = SmtpMail("127.0.0.1", secure.port, "a@b.test", user="mainstem", password="not-the-one")
    with pytest.raises(OSError, match="535") as failed:
        await wrong.send(LETTER)
    assert "not-the-one" not in str(failed.value) + repr(wrong)


async def test_a_letter_that_is_not_taken_is_logged_without_its_link(
    core: Core, town: Town, post: Post, plain: Controller, caplog: pytest.LogCaptureFixture
) -> None:
    member = town.member(town.agency())
    post.refuses = True
    object.__setattr__(core, "mail", SmtpMail("127.0.0.1", plain.port, "a@b.test"))
    wish = await links.ask(core, member.email, Purpose.MAGIC_LINK, redirect_to=None)
    with caplog.at_level(logging.WARNING):
        await links.send(core, wish)
    assert "was not sent" in caplog.text
    assert "token=" not in caplog.text
    assert member.email not in caplog.text
    post.refuses = False
    await links.send(core, wish)
    assert len(post.taken) == 1
