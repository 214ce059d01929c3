"""Every page of any context: refuses the anonymous, guards itself, shows nothing foreign.

The routes are read from the site, so a page that is added is tested without another line here; a
new kind of id in an address has to be named in `IDS`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.web.world import PEOPLE, campaign_id, client_id, lead_id, person_id, row_ids

from mainstem.server.site import HANDLERS
from mainstem.web import SECURITY_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from litestar import Litestar
    from litestar.testing import TestClient

    SignIn = Callable[[str], dict[str, str]]

#: by the name of an id in an address: ours, the other agency's, and of our client that a member
#: or a client's person does not see
IDS: dict[str, tuple[UUID, UUID, UUID]] = {
    "client_id": (client_id(2), client_id(1, foreign=True), client_id(3)),
    "campaign_id": (campaign_id(1), campaign_id(1, foreign=True), campaign_id(2)),
    "lead_id": (lead_id(4), lead_id(1, foreign=True), lead_id(1)),
    "view_id": (uuid4(), uuid4(), uuid4()),
    "user_id": (person_id(4), person_id(1, foreign=True), uuid4()),
    "invitation_id": (uuid4(), uuid4(), uuid4()),
    "key_id": (uuid4(), uuid4(), uuid4()),
    "session_id": (uuid4(), uuid4(), uuid4()),
    "account_id": row_ids("08"),
    "post_id": row_ids("09"),
    "trigger_id": row_ids("0b"),
    "sequence_id": row_ids("0c"),
    "step_id": row_ids("0d"),
    "review_id": row_ids("0e"),
    "endpoint_id": row_ids("0f"),
    "delivery_id": row_ids("10"),
    "pod_id": row_ids("11"),
    "member_id": row_ids("12"),
    "activity_id": row_ids("13"),
    "job_id": row_ids("16"),
}
OURS, FOREIGN, UNSEEN = 0, 1, 2
#: by role, the ends of the paths of records that are not for it
REFUSED = {
    "member": ("/endpoints/{endpoint_id:uuid}", "/pods/{pod_id:uuid}/edit"),
    "client": ("/edit", "/post", "/texts", "/{job_id:uuid}", "/endpoints/{endpoint_id:uuid}"),
}
_PARAMETER = re.compile(r"\{(\w+):uuid\}")
#: numbers and names are of the platform's own things, of which there is one
_NUMBER = re.compile(r"\{\w+:int\}")
_NAME = re.compile(r"\{\w+:str\}")
#: what an address needs besides its path
QUERIES = {"/unify/runs/{run_id:int}/row": "?table=people&key=ada%2F1"}


def paths(method: str) -> list[str]:
    found = [
        path for handler in HANDLERS if method in handler.http_methods for path in handler.paths
    ]
    return sorted(found)


def address(path: str, whose: int) -> str:
    named = _NAME.sub("agency", _NUMBER.sub("1", path))
    return _PARAMETER.sub(lambda found: str(IDS[found[1]][whose]), named) + QUERIES.get(path, "")


PAGES = paths("GET")
FORMS = paths("POST")
RECORDS = [path for path in PAGES if _PARAMETER.search(path)]
CHANGES = [path for path in FORMS if _PARAMETER.search(path)]


def test_there_are_pages() -> None:
    assert len(PAGES) >= 18
    assert len(FORMS) >= 8


@pytest.mark.parametrize("path", PAGES)
def test_leads_the_anonymous_to_the_door_and_back(
    anonymous: TestClient[Litestar], path: str
) -> None:
    wanted = address(path, OURS)
    answer = anonymous.get(wanted)
    assert answer.status_code == 303
    door = answer.headers["location"]
    assert door == "/sign-in" if wanted == "/" else door.startswith("/sign-in?next=%2F")
    assert answer.content == b""


@pytest.mark.parametrize("path", FORMS)
def test_changes_nothing_for_the_anonymous(anonymous: TestClient[Litestar], path: str) -> None:
    answer = anonymous.post(address(path, OURS), data={"name": "x", "stage": "Live"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_refuses_forms_of_other_sites(
    served: TestClient[Litestar], sign_in: SignIn, path: str, headers: dict[str, str]
) -> None:
    answer = served.post(
        address(path, OURS), headers=headers | sign_in("owner@northwind.example"), data={}
    )
    assert answer.status_code == 403
    assert "page of another site" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_works_guards_itself_and_holds_nothing_foreign_or_inline(
    served: TestClient[Litestar], sign_in: SignIn, path: str
) -> None:
    headers = sign_in("owner@northwind.example")
    answer = served.get(address(path, OURS), headers=headers)
    if path == "/":
        assert answer.status_code == 303
        return
    assert answer.status_code == 200, answer.text
    assert "FOREIGN" not in answer.text
    sent = dict(answer.headers)
    assert SECURITY_HEADERS.items() <= sent.items()
    assert sent["cache-control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", answer.text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", answer.text))


@pytest.mark.parametrize("path", RECORDS)
def test_another_agencys_record_is_as_missing_as_one_that_never_was(
    served: TestClient[Litestar], sign_in: SignIn, path: str
) -> None:
    headers = sign_in("owner@northwind.example")
    foreign = served.get(address(path, FOREIGN), headers=headers)
    never = served.get(_PARAMETER.sub(str(uuid4()), path), headers=headers)
    assert foreign.status_code == never.status_code == 404
    assert foreign.text == never.text


@pytest.mark.parametrize("path", RECORDS)
@pytest.mark.parametrize("role", ["member", "client"])
def test_a_record_of_a_client_that_one_does_not_see_is_missing(
    served: TestClient[Litestar], sign_in: SignIn, path: str, role: str
) -> None:
    headers = sign_in(f"{role}@northwind.example")
    assert served.get(address(path, UNSEEN), headers=headers).status_code in {403, 404}
    seen = served.get(address(path, OURS), headers=headers)
    assert seen.status_code == (403 if path.endswith(REFUSED[role]) else 200)


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(
    ("who", "whose"),
    [
        ("owner@northwind.example", FOREIGN),
        ("member@northwind.example", UNSEEN),
        ("client@northwind.example", OURS),  # of views: one of theirs that never was
    ],
)
def test_nobody_changes_what_is_not_theirs_to_change(
    served: TestClient[Litestar], sign_in: SignIn, world: Any, path: str, who: str, whose: int
) -> None:
    before = world.sql(STATE)
    sent = {"name": "Taken", "health_status": "red", "stage": "Audit", "from": "Live", "notes": "x"}
    answer = served.post(
        address(path, whose), headers=sign_in(who), data={**sent, "page": "clients"}
    )
    assert answer.status_code in {403, 404}
    assert world.sql(STATE) == before


STATE = """
select (select md5(string_agg(c::text, '|' order by c.id)) from client as c),
       (select md5(string_agg(l.notes, '|' order by l.id)) from lead as l),
       (select count(*) from saved_view)
"""


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("path", ["/clients", "/revos/campaigns", "/revos/leads", "/search?q=re"])
def test_everybody_sees_their_own_and_nothing_foreign(
    served: TestClient[Litestar], sign_in: SignIn, path: str, role: str
) -> None:
    ours = served.get(path, headers=sign_in(f"{role}@northwind.example")).text
    theirs = served.get(path, headers=sign_in(f"{role}@foreign.example")).text
    assert "FOREIGN" not in ours
    assert "FOREIGN" in theirs
    for name in ("Alder", "Beacon", "Founder playbook", "Ruth Lead", "Northwind"):
        assert name not in theirs
    if role in {"member", "client"}:
        assert "Cedar Finance" not in ours
        assert "Pipeline teardown" not in ours


def test_a_page_is_quick_and_light(served: TestClient[Litestar], sign_in: SignIn) -> None:
    answer = served.get(
        "/revos/leads", headers=sign_in("owner@northwind.example") | {"accept-encoding": "gzip"}
    )
    transferred = int(answer.headers["content-length"])
    for name in ("built/app.css", "built/htmx.js", "built/tinykeys.js", "built/fonts/inter.woff2",
                 "js/page.js", "js/theme-toggle.js", "js/menu-closing.js", "js/command-palette.js",
                 "js/key-bindings.js", "favicon.svg"):  # fmt: skip
        file = served.get(f"/static/0/{name}", headers={"accept-encoding": "br"})
        transferred += int(file.headers["content-length"])
    assert transferred < 60_000


@pytest.mark.parametrize("path", [path for path in PAGES if path.startswith("/unify")])
def test_unifications_are_for_operators_only(
    served: TestClient[Litestar], sign_in: SignIn, path: str
) -> None:
    answer = served.get(address(path, OURS), headers=sign_in("admin@northwind.example"))
    assert answer.status_code == 404
