"""A person's own link: it leads to the offer, its clicks are counted, and it ends."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient
from tests.migrations.people import insert

from mainstem.revos.campaigns import preflight
from mainstem.revos.downloads import is_person, target_of
from mainstem.server import build_app
from mainstem.server.settings import Settings
from mainstem.storage.signing import Signed, Use, sign
from mainstem.stores.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from litestar import Litestar
    from tests.kept import Kept
    from tests.revos.engine.conftest import Stage, Tenant

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def served(stage: Stage, kept: Kept) -> Iterator[TestClient[Litestar]]:
    app = build_app(kept.url, settings=Settings(stage.engine.keys))
    with TestClient(app) as client:
        client.follow_redirects = False
        yield client


def test_a_link_leads_to_the_offer_and_counts_people_only(
    stage: Stage, served: TestClient[Litestar]
) -> None:
    person = stage.at_distance(stage.mine, 1)
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(hours=3), step=timedelta(minutes=10))
    path = stage.texts_to(person)[2].rpartition("https://links.example")[2]
    # The link is made on the sandbox's clock, and opened on the machine's.
    stage.sql("update app.token_route set expires_at = now() + interval '1 day'")
    clicked = "select link_clicked from dm_sequence"
    for quiet in (
        served.head(path, headers=BROWSER),
        served.get(path, headers={"user-agent": "LinkedInBot/1.0"}),
    ):
        assert (quiet.status_code, quiet.headers["location"]) == (302, "https://example.com/g.pdf")
    assert stage.sql(clicked) == [(False,)]
    assert served.get(path, headers=BROWSER).status_code == 302
    assert served.get(path, headers=BROWSER).status_code == 302
    assert stage.sql(clicked) == [(True,)]
    counts = "select agency_id, download_count from lead_magnet order by download_count desc"
    assert stage.sql(counts) == [(stage.mine.agency.id, 2), (stage.other.agency.id, 0)]
    assert stage.sql("select status from lead") == [("completed",)]
    leads_elsewhere(stage, served, path)
    stage.sql("update app.token_route set expires_at = now() where kind = 'download'")
    gone = served.get(path, headers=BROWSER)
    assert gone.status_code == 410
    assert "no longer works" in gone.text
    assert stage.sql(counts)[0] == (stage.mine.agency.id, 2)


def leads_elsewhere(stage: Stage, served: TestClient[Litestar], path: str) -> None:
    """An address that people typed is no header of ours."""
    stage.sql("update lead_magnet set url = 'https://example.com/Menü.pdf'")
    told = served.get(path, headers={"user-agent": "curl/8"})
    assert told.headers["location"] == "https://example.com/Men%C3%BC.pdf"


def test_an_offer_may_be_a_file_of_the_clients(stage: Stage, kept: Kept, tmp_path: Path) -> None:
    place = Place(folder=tmp_path)
    person = stage.at_distance(stage.mine, 1)
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(hours=3), step=timedelta(minutes=10))
    path = stage.texts_to(person)[2].rpartition("https://links.example")[2]
    stage.sql("update app.token_route set expires_at = now() + interval '1 day'")
    with TestClient(
        build_app(kept.url, settings=Settings(stage.engine.keys, files=place))
    ) as client:
        client.follow_redirects = False
        for tenant, text in ((stage.other, b"theirs"), (stage.mine, b"<script>ours</script>")):
            keep_file(stage, client, tenant, text)
        stage.sql("update lead_magnet set url = null, file_path = 'offers/none.html'")
        assert client.get(path, headers=BROWSER).status_code == 404
        with stage.moment(stage.mine) as moment:
            found = {one.field: one.message for one in preflight(moment, stage.mine.campaign_id)}
        assert "no such file" in found["lead_magnet_id"]
        name = f"{stage.mine.agency.client_id}/guide.html"
        stage.sql("update lead_magnet set file_path = %s", f"offers/{name}")
        led = client.get(path, headers=BROWSER)
        assert (led.status_code, led.headers["cache-control"]) == (302, "no-store")
        got = client.get(led.headers["location"])
        assert (got.status_code, got.content) == (200, b"<script>ours</script>")
        assert got.headers["content-disposition"].startswith("attachment; filename=")
        assert got.headers["content-type"].startswith("text/plain")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert client.get(led.headers["location"].replace("guide", "other")).status_code == 400
        assert stage.sql("select link_clicked from dm_sequence") == [(True,)]
        # What is another client's or another agency's is nothing of this one's.
        theirs = f"offers/{stage.other.agency.client_id}/guide.html"
        stage.sql("update lead_magnet set file_path = %s", theirs)
        assert client.get(path, headers=BROWSER).status_code == 404


def keep_file(stage: Stage, client: TestClient[Litestar], tenant: Tenant, text: bytes) -> None:
    """Upload a file to the client's folder, as who was let do that."""
    insert(stage.connection, "storage_bucket", agency_id=tenant.agency.id, name="offers")
    name = f"{tenant.agency.client_id}/guide.html"
    signed = Signed(
        use=Use.UPLOAD,
        agency_id=tenant.agency.id,
        bucket="offers",
        name=name,
        ends_s=int(time.time()) + 60,
        client_id=tenant.agency.client_id,
    )
    address = (
        f"/storage/v1/object/upload/sign/offers/{name}?token={sign(stage.engine.keys, signed)}"
    )
    sent = client.put(address, content=text, headers={"content-type": "text/html"})
    assert sent.status_code == 200, sent.text


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com/a%20b?c=d&e=%2F#f", "https://example.com/a%20b?c=d&e=%2F#f"),
        (" https://example.com/a b ", "https://example.com/a%20b"),
        ("https://x.example/\r\nSet-Cookie: a=b", "https://x.example/%0D%0ASet-Cookie:%20a=b"),
        ("https://bücher.example/é", "https://b%C3%BCcher.example/%C3%A9"),
        ("javascript:alert(1)", None),
        ("//example.com/", None),
        ("https://[::1", None),
        ("", None),
        (None, None),
    ],
)
def test_where_an_offer_lies_stands_in_one_header(url: str | None, target: str | None) -> None:
    assert target_of(url) == target


def test_other_links_lead_nowhere(served: TestClient[Litestar]) -> None:
    for token in ("nothing", "a" * 5_000, "%00", "..%2f..%2fetc"):
        assert served.get(f"/d/{token}", headers=BROWSER).status_code == 404, token


def test_a_link_that_fails_stays_out_of_the_log(
    stage: Stage, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    stage.sql("alter table app.token_route rename to away")
    with TestClient(build_app(kept.url), raise_server_exceptions=False) as client:
        assert client.get("/d/somebodys-own-link", headers=BROWSER).status_code == 500
    assert "/d/{token} failed" in caplog.text
    assert "somebodys-own-link" not in "".join(each.getMessage() for each in caplog.records)


@pytest.mark.parametrize(
    ("agent", "counts"),
    [
        (BROWSER["user-agent"], True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) LinkedInApp/9.30", True),
        ("LinkedInBot/1.0 (compatible; Mozilla/5.0)", False),
        ("facebookexternalhit/1.1", False),
        ("Slackbot-LinkExpanding 1.0", False),
        ("python-requests/2.32", False),
        ("", False),
    ],
)
def test_who_counts(agent: str, counts: bool) -> None:
    assert is_person(agent) is counts
