"""Webhook endpoints by pages: the secret is shown once, and each is its own agency's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.web.world import NORTHWIND, client_id, row_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Litestar
    from litestar.testing import TestClient
    from tests.web.world import World

    SignIn = Callable[[str], dict[str, str]]

OWNER, OTHER = "owner@northwind.example", "owner@foreign.example"
PATH = "/revos/endpoints"


def wish(**change: str) -> dict[str, str]:
    return {
        "client_id": str(client_id(2)), "name": f"endpoint {uuid4().hex}", "kind": "custom",
        "url": "https://hooks.example.com/leads", "credential": "", "list_id": "",
    } | change  # fmt: skip


def test_a_secret_is_shown_once_and_never_to_another_agency(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    given = wish()
    made = served.post(PATH, headers=sign_in(OWNER), data=given)
    assert made.status_code == 200, made.text
    (secret,) = re.findall(r"<code>(whsec_[^<]+)</code>", made.text)
    listed = served.get(PATH, headers=sign_in(OWNER)).text
    assert given["name"] in listed
    assert secret not in listed
    assert given["name"] not in served.get(PATH, headers=sign_in(OTHER)).text
    ((id_, agency),) = world.sql(
        "select id, agency_id from webhook_config where name = %(name)s", name=given["name"]
    )
    assert agency == NORTHWIND
    assert served.post(f"{PATH}/{id_}/rotate", headers=sign_in(OTHER)).status_code == 404
    again = served.post(f"{PATH}/{id_}/rotate", headers=sign_in(OWNER))
    assert re.findall(r"<code>(whsec_[^<]+)</code>", again.text) != [secret]
    tested = served.post(f"{PATH}/{id_}/test", headers=sign_in(OWNER))
    assert tested.status_code == 303
    seen = served.get(tested.headers["location"], headers=sign_in(OWNER))
    assert seen.status_code == 200


def test_what_is_wrong_is_said(served: TestClient[Litestar], sign_in: SignIn) -> None:
    foreign = str(client_id(1, foreign=True))
    for given, said in (
        (wish(client_id=foreign), "Choose one of the list."),
        (wish(url="http://127.0.0.1/"), "notice bad"),
        (wish(kind="kit"), "needs an API key"),
    ):
        answer = served.post(PATH, headers=sign_in(OWNER), data=given)
        assert answer.status_code == 422
        assert said in answer.text


def test_one_that_was_switched_off_is_switched_on_by_its_own_agency(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    ours, foreign, _ = row_ids("0f")
    world.sql("update webhook_config set active = false where id = %(id)s", id=ours)
    assert served.post(f"{PATH}/{ours}/enable", headers=sign_in(OTHER)).status_code == 404
    assert served.post(f"{PATH}/{foreign}/enable", headers=sign_in(OWNER)).status_code == 404
    assert served.post(f"{PATH}/{ours}/enable", headers=sign_in(OWNER)).status_code == 303
    assert world.sql("select active from webhook_config where id = %(id)s", id=ours) == [(True,)]
