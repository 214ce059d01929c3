"""E-mails to leads, through a mail server that really runs."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from psycopg import errors
from tests.migrations.people import insert

from mainstem.core.mail import SmtpMail
from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.jobs import Worker
from mainstem.revos.sequence import suppression

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session
    from tests.revos.engine.conftest import Stage
    from tests.revos.engine.conftest import Tenant as Company

STATES = "select to_email, status, attempts, error_message from email_queue order by to_email"


@dataclass
class Post:
    """A mail server that does as the address says."""

    taken: list[Envelope] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del session
        to = envelope.rcpt_tos[0]
        if to.startswith("later"):
            return "451 come again"
        if to.startswith("never"):
            return "550 no"
        self.taken.append(envelope)
        if to.startswith("lost"):
            assert server.transport is not None
            server.transport.close()
        return "250 OK"


def test_each_email_ends_in_a_state_that_can_be_seen(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        mail = SmtpMail("127.0.0.1", port, "Mainstem <sender@example.test>")
        stage.engine = replace(stage.engine, mail=mail)
        stage.worker = Worker(stage.worker.url, stage.engine.registry())
        begin_and_send(stage, post)
    finally:
        controller.stop()


def begin_and_send(stage: Stage, post: Post) -> None:
    for name in ("good", "later", "never", "lost", "barred", "bad\r\nBcc: x", "begun"):
        queue(stage, stage.mine, f"{name}@example.test")
    queue(stage, stage.mine, "late@example.test", days_ago=10)
    queue(stage, stage.other, "other@example.test")
    stage.sql("update email_queue set status = 'sending' where to_email like 'begun%%'")
    stage.sql("update email_queue set subject = E'one\\r\\nBcc: x' where to_email like 'bad%%'")
    with stage.moment(stage.mine) as moment:
        suppression.suppress(
            stage.engine.keys, moment, client_id=stage.mine.agency.client_id, kind="email",
            value="BARRED@example.test", reason="erasure", source="person",
        )  # fmt: skip
    stage.work()
    emails = stage.engine.emails
    assert emails is not None
    states = {to.partition("@")[0].partition("\r")[0]: (status, tries, why)
              for to, status, tries, why in stage.sql(STATES)}  # fmt: skip
    assert states == {
        "good": ("sent", 1, None),
        "later": ("pending", 1, "SMTPDataError 451"),
        "never": ("failed", 1, "SMTPDataError 550"),
        "lost": ("unknown", 1, "SMTPServerDisconnected"),
        "barred": ("suppressed", 1, "the address is on the list of those not to write to"),
        "bad": ("failed", 1, states["bad"][2]),
        "begun": ("sending", 0, None),
        "late": ("cancelled", 0, "it was due long ago; plan it anew if it should still go out"),
        "other": ("sent", 1, None),
    }
    assert stage.sql("select user_id, kind from notification") == [
        (stage.mine.agency.user_id, "email_unknown")
    ]
    written = {one.rcpt_tos[0]: one.original_content or b"" for one in post.taken}
    assert set(written) == {f"{name}@example.test" for name in ("good", "lost", "other")}
    assert b"Reply-To: owner@example.test" in written["good@example.test"]
    assert b"Bcc" not in b"".join(written.values())
    save_as_before(stage)
    for _ in range(5):
        stage.later(timedelta(minutes=11), step=timedelta(minutes=11))
    (later,) = (one for one in stage.sql(STATES) if one[0].startswith("later"))
    assert later[1:] == ("failed", 5, "SMTPDataError 451")
    assert len(post.taken) == len(written), "nothing was handed over twice"
    again = {to.partition("@")[0]: status for to, status, *_ in stage.sql(STATES)}
    assert (again["good"], again["other"]) == ("sent", "sent")
    assert again["lost"] == "pending", "in half an hour a person is asked once more"
    stage.sql("alter table email_queue disable trigger user")
    stage.sql("update email_queue set updated_at = now() - interval '31 minutes'")
    stage.sql("alter table email_queue enable trigger user")
    stage.later(timedelta(minutes=11), step=timedelta(minutes=11))
    again = {to.partition("@")[0]: status for to, status, *_ in stage.sql(STATES)}
    assert (again["lost"], again["begun"]) == ("unknown", "unknown")
    assert len(post.taken) == len(written)


def save_as_before(stage: Stage) -> None:
    """Two agencies' applications save rows as they had read them before; neither gets further."""
    saved = (
        "update email_queue set status = 'pending', attempts = 0"
        " where to_email ~ '^(good|lost|other)' returning to_email"
    )
    known: list[str] = []
    for tenant in (stage.mine, stage.other):
        agency = tenant.agency
        whose = Tenant(agency.id, agency.user_id, "owner", None, "revos")
        with tenant_transaction(stage.connection, whose) as connection:
            known += [to for (to,) in connection.execute(saved.encode()).fetchall()]
        with (
            pytest.raises(errors.InsufficientPrivilege),
            tenant_transaction(stage.connection, whose) as connection,
        ):
            connection.execute("update email_queue set begun_at = null, sent_at = null")
    assert sorted(to.partition("@")[0] for to in known) == ["good", "lost", "other"]


def queue(stage: Stage, tenant: Company, to: str, *, days_ago: int = 0) -> None:
    insert(
        stage.connection, "email_queue", agency_id=tenant.agency.id,
        client_id=tenant.agency.client_id, campaign_id=tenant.campaign_id, to_email=to,
        from_email="owner@example.test", subject="The guide", body_html="<p>Here it is.</p>",
        scheduled_for=stage.world.now() - timedelta(days=days_ago),
    )  # fmt: skip
