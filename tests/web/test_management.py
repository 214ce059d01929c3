"""People, keys, flags and sessions, managed by pages; each thing its own agency's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.web.world import FOREIGN, NORTHWIND, person_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Litestar
    from litestar.testing import TestClient
    from tests.web.world import World

    SignIn = Callable[[str], dict[str, str]]

OWNER, ADMIN = "owner@northwind.example", "admin@northwind.example"


def test_an_invitation_is_sent_shown_and_taken_back(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers, email = sign_in(OWNER), f"{uuid4().hex}@example.test"
    sent = served.post("/agency/people", headers=headers, data={"email": email, "role": "member"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/agency/people")
    assert email in served.get("/agency/people", headers=headers).text
    assert email not in served.get("/agency/people", headers=sign_in("owner@foreign.example")).text
    ((invitation,),) = world.sql("select id from invitation where email = %(email)s", email=email)
    path = f"/agency/invitations/{invitation}/revoke"
    foreign = served.post(path, headers=sign_in("owner@foreign.example"))
    assert foreign.status_code == 404
    assert served.post(path, headers=headers).status_code == 303
    assert email not in served.get("/agency/people", headers=headers).text


def test_a_wrong_invitation_says_so_beside_the_field(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    answer = served.post(
        "/agency/people", headers=sign_in(OWNER), data={"email": "nobody", "role": "member"}
    )
    assert answer.status_code == 422
    assert "email-problem" in answer.text


def test_nobody_gives_a_role_above_their_own(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    member = person_id(4)
    answer = served.post(f"/agency/people/{member}", headers=sign_in(ADMIN), data={"role": "owner"})
    assert answer.status_code == 403
    assert world.sql('select role from "user" where id = %(id)s', id=member) == [("member",)]


def test_a_key_is_shown_once_and_ended_by_its_own_agency_only(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers, name = sign_in(OWNER), f"key {uuid4().hex}"
    wish = {"name": name, "app": "revos", "scopes": "read", "profile": "legacy"}
    made = served.post("/agency/keys", headers=headers, data=wish)
    assert made.status_code == 200
    (text,) = re.findall(r"<code>([^<]{40,})</code>", made.text)
    listed = served.get("/agency/keys", headers=headers)
    assert name in listed.text
    assert text not in listed.text
    assert name not in served.get("/agency/keys", headers=sign_in("owner@foreign.example")).text
    found = world.sql(
        "select id, agency_id, app, profile, scopes from api_key where name = %(name)s", name=name
    )
    assert [row[1:] for row in found] == [
        (NORTHWIND, "revos", "legacy", ["files.read", "rows.read"])
    ]
    path = f"/agency/keys/{found[0][0]}/revoke"
    assert served.post(path, headers=sign_in("owner@foreign.example")).status_code == 404
    assert served.post(path, headers=headers).status_code == 303


def test_a_flag_is_put_for_its_own_agency(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    key = f"flag_{uuid4().hex[:12]}"
    wish = {"key": key, "app": "both", "percentage": "25", "description": "New inbox"}
    headers = sign_in(OWNER)
    assert served.post("/agency/flags", headers=headers, data=wish).status_code == 303
    assert "25 %" in served.get("/agency/flags", headers=headers).text
    assert key not in served.get("/agency/flags", headers=sign_in("owner@foreign.example")).text
    agencies = world.sql("select agency_id from feature_flag where key = %(key)s", key=key)
    assert agencies == [(NORTHWIND,)]
    wrong = served.post("/agency/flags", headers=headers, data=wish | {"percentage": "101"})
    assert wrong.status_code == 422


def test_the_trail_holds_what_one_agency_did(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    page = served.get("/agency/trail?action=sign_in", headers=sign_in(OWNER))
    assert "Sign in" in page.text
    assert world.sql("select count(*) from audit_log where agency_id = %(id)s", id=FOREIGN) > [(0,)]
    assert "FOREIGN" not in page.text


def test_one_ends_ones_own_sessions_only(served: TestClient[Litestar], sign_in: SignIn) -> None:
    answer = served.post(f"/account/sessions/{uuid4()}/end", headers=sign_in(OWNER))
    assert answer.status_code == 404
    assert "(this one)" in served.get("/account", headers=sign_in(OWNER)).text


def test_an_operator_reads_the_report_of_a_run(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    page = served.get("/unify/runs/1", headers=sign_in(OWNER))
    assert page.status_code == 200
    assert "Finished" in page.text
    assert "Report" in page.text
    assert served.get("/unify/runs/99", headers=sign_in(OWNER)).status_code == 404
