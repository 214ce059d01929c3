"""The code flow of supabase-js, `flowType: 'pkce'`, by the real client: no token in any address."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from tests.core.conftest import APP, Outbox, Town, owner_tenant
from tests.core.elsewhere import run
from tests.javascript import NODE, installed

from mainstem.core import api_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.core.elsewhere import Elsewhere, Trip

HERE = Path(__file__).parent
PINNED = HERE.parent / "acceptance" / "javascript"
BACK = f"{APP}/welcome?lang=en#top"
OTHER_PASSWORD = "velvet-orchard-tunnel-3"


class App:
    """Two browsers with the same app, driven step by step."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def does(self, step: str, *, by: str = "first", **given: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"by": by, "step": step, **given}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.fixture
def app(ours: str, town: Town, agencies: tuple[UUID, UUID]) -> Iterator[App]:
    """With a key of the first agency."""
    command = [NODE, HERE / "javascript" / "pkce.mjs", ours, make_key(town, agencies[0])]
    with subprocess.Popen(
        [*map(str, command), str(installed(PINNED, "acceptance"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield App(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def make_key(town: Town, agency: UUID) -> str:
    return run(town, lambda core: api_keys.make(core, owner_tenant(agency), name="web")).text


def follow(ours: str, letters: Outbox) -> str:
    """Follow the link of the newest letter, as its reader; the code that the app gets."""
    return code_in(httpx.get(_link(ours, letters)))


def code_in(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    there = urlsplit(answer.headers["location"])
    assert (there.netloc, there.fragment) == (urlsplit(APP).netloc, "")
    query = parse_qs(there.query)
    assert query["lang"] == ["en"]
    assert "token" not in there.query
    return query["code"][0]


def test_a_letter_brings_a_code_to_the_app_that_asked(
    app: App, ours: str, town: Town, letters: Outbox, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    for step in ("recover", "otp"):
        letters.arrived.clear()
        assert app.does(step, email=member.email, to=BACK)["error"] is None
        assert letters.arrived.wait(10)
        code = follow(ours, letters)
        # Whoever saw the code on its way has no verifier for it.
        app.does(step, by="second", email=f"{uuid4().hex}@example.test", to=BACK)
        stolen = app.does("exchange", by="second", code=code)
        assert (stolen["email"], stolen["error"]) == (None, "flow_state_not_found")
        assert app.does("exchange", code=code)["email"] == member.email
        assert app.does("who")["email"] == member.email
        used = httpx.get(_link(ours, letters))
        assert used.status_code == 403, "the link is good once"
    changed = app.does("change", password=OTHER_PASSWORD)
    assert (changed["email"], changed["error"]) == (member.email, None)
    assert ("sign_in", "link") in town.trail(agencies[0])


def _link(ours: str, letters: Outbox) -> httpx.URL:
    link = next(word for word in letters.letters[-1].text.split() if word.startswith("http"))
    return httpx.URL(link).copy_with(host="127.0.0.1", port=httpx.URL(ours).port)


def test_a_provider_brings_a_code_to_the_app_that_asked(
    app: App, trip: Trip, town: Town, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    asked = app.does("oauth", provider=trip.provider, to=BACK)["url"]
    assert "code_challenge_method=s256" in asked
    away = trip.http.get(asked)
    back = trip.http.get(away.headers["location"])
    code = code_in(trip.come_back(httpx.URL(back.headers["location"])))
    assert app.does("exchange", code=code)["email"] == member.email
    assert ("sign_in", "identity") in town.trail(agencies[0])


def test_a_code_is_good_once_for_its_agency_with_its_verifier(
    trip: Trip, town: Town, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    verifier = "a" * 43
    challenge = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"
    keys = [make_key(town, agency) for agency in agencies]

    def exchanged(code: str, text: str, key: str) -> int:
        return trip.http.post(
            f"{trip.address}/auth/v1/token?grant_type=pkce",
            json={"auth_code": code, "code_verifier": text},
            headers={"apikey": key},
        ).status_code

    back = trip.go(redirect_to=BACK, code_challenge=challenge, code_challenge_method="s256")
    code = code_in(trip.come_back(back))
    for text in ("b" * 43, ""):
        assert exchanged(code, text, keys[0]) == 404
    assert exchanged(code, verifier, keys[0]) == 200
    assert exchanged(code, verifier, keys[0]) == 404
    asked = {"redirect_to": BACK, "code_challenge": challenge, "code_challenge_method": "s256"}
    code = code_in(trip.come_back(trip.go(**asked)))
    assert exchanged(code, verifier, keys[1]) == 404
    assert town.trail(agencies[0])[-1] == ("refuse", "code")
    for wrong in (
        {"code_challenge": challenge, "code_challenge_method": "plain"},
        {"code_challenge": "short", "code_challenge_method": "s256"},
    ):
        given = {"provider": trip.provider, **wrong}
        assert trip.http.get(f"{trip.address}/auth/v1/authorize", params=given).status_code == 400
