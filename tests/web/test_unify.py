"""Unifications as operators see them: audits, plans with questions, runs, the ledger, the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.plan.directory import read_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from litestar import Litestar
    from litestar.testing import TestClient
    from tests.web.world import World

    SignIn = Callable[[str], dict[str, str]]

OPERATOR, ADMIN = "owner@northwind.example", "admin@northwind.example"
FOREIGN_OWNER = "owner@foreign.example"


@pytest.fixture
def look(served: TestClient[Litestar], sign_in: SignIn) -> Callable[[str], str]:
    """A page as the operator sees it, its white space folded."""

    def ask(path: str) -> str:
        answer = served.get(f"/unify{path}", headers=sign_in(OPERATOR))
        assert answer.status_code == 200, answer.text
        return " ".join(answer.text.split())

    return ask


def test_an_overview_leads_everywhere(look: Callable[[str], str]) -> None:
    page = look("")
    for path in ("runs/1", "runs/2", "plans/agency", "audits/agency", "isolation"):
        assert f'href="/unify/{path}"' in page
    assert "2 objects, 812 attempts" in page


@pytest.mark.parametrize(
    ("asked", "there", "gone"),
    [
        ("", ["0001_people.sql:3", "0002_outfits.sql:8", "80"], []),
        ("?severity=error", ["0001_people.sql:3"], ["0002_outfits.sql:8"]),
        ("?check=json-column", ["0002_outfits.sql:8"], ["0001_people.sql:3"]),
        ("?q=0002_outfits.sql:8", ["outfits.extra is json"], ["people can be read"]),
        ("?severity=warning", ["No findings match"], ["0001_people.sql:3"]),
        ("/1", ["src/people.ts:41", "enable row level security"], ["0002_outfits.sql:8"]),
    ],
)
def test_findings_are_narrowed_by_severity_check_and_place(
    look: Callable[[str], str], asked: str, there: list[str], gone: list[str]
) -> None:
    page = look(f"/audits/agency{asked}")
    assert [each for each in there if each not in page] == []
    assert [each for each in gone if each in page] == []


@pytest.mark.parametrize(
    ("asked", "there", "gone"),
    [
        ("rows", ["ada/1", "bob", "cy", "dee", "Merged", "public.client"], ["hunter2"]),
        ("rows?outcome=dropped", [">cy<"], [">bob<"]),
        ("rows?outcome=quarantined&table=people", [">dee<", "no date: token=[secret]"], [">cy<"]),
        ("rows?q=BO", [">bob<"], [">dee<"]),
        ("rows?table=nothing", ["No rows match"], [">bob<"]),
        ("changes", ["nul-removed", ">ab<", "[secret]"], ["hunter"]),
        ("changes?columns=before&rule=nul-removed", ["[secret]"], ["hunter", ">ab<"]),
        ("row?table=people&key=ada%2F1", ["7000-8000-000000000001", ">ab<"], ["hunter"]),
        ("row?table=people&key=dee", ["soon", "api_key", "[secret]"], ["hunter"]),
    ],
)
def test_the_ledger_is_read_row_by_row_and_shows_no_secret(
    look: Callable[[str], str], asked: str, there: list[str], gone: list[str]
) -> None:
    page = look(f"/runs/1/{asked}")
    assert [each for each in there if each not in page] == []
    assert [each for each in gone if each in page] == []


def test_a_run_is_followed_until_it_is_over(
    served: TestClient[Litestar],
    sign_in: SignIn,
    world: World,
    look: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mainstem.web.live.LOOK_S", 0.01)
    assert 'hx-sse:connect="/unify/runs/2/live"' in look("/runs/2")
    assert "1 of 2 steps" in look("/runs/2/live")
    headers = sign_in(OPERATOR) | {"accept": "text/event-stream"}
    world.sql("update unify.run set state = 'finished', finished_at = now() where id = 2")
    with served.stream("GET", "/unify/runs/2/live", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = "".join(stream.iter_text())
    assert "Finished" in told
    assert "event: end" in told
    assert "hx-sse" not in look("/runs/2")
    assert "Source and target were not compared" in look("/runs/2")


def test_the_proof_is_shown_object_by_object(look: Callable[[str], str]) -> None:
    assert "public.lead" in look("/isolation?verdict=proven")
    assert "app.odd" not in look("/isolation?verdict=proven")
    assert "no argument" in look("/isolation?q=odd")


def test_questions_are_answered_as_the_command_answers_them(
    served: TestClient[Litestar], sign_in: SignIn, plans: Path, look: Callable[[str], str]
) -> None:
    headers = sign_in(OPERATOR)
    page = look("/plans/later")
    assert "Make the plan" in page
    assert served.post("/unify/plans/later", headers=headers).status_code == 303
    page = look("/plans/later")
    assert "2 open questions" in page
    assert "outfits" in look("/plans/later?becomes=open")
    plan = read_directory(plans / "later-plan", is_checked=False)
    about = {
        f"about-{number}": f"{each.table}\n\n{each.text}"
        for number, each in enumerate(plan.questions, start=1)
    }
    for sent, problem in (
        ({}, "choose an answer"),
        ({"kind-1": "drop"}, "say where to, or why"),
        ({"kind-1": "set", "text-1": "drop table client"}, "say where to, or why"),
        ({"kind-1": "drop", "text-1": "old", "about-1": "another"}, "choose an answer"),
        ({"kind-1": "into", "text-1": "no_such_table"}, "no_such_table"),
    ):
        refused = served.post("/unify/plans/later", headers=headers, data=about | sent)
        assert refused.status_code == 422
        assert problem in refused.text
    said = {f"kind-{n}": "drop" for n in (1, 2)} | {f"text-{n}": 'of "ABBY"' for n in (1, 2)}
    assert served.post("/unify/plans/later", headers=headers, data=about | said).status_code == 303
    plan = read_directory(plans / "later-plan")
    assert plan.questions == ()
    assert {(each.table, each.text, each.by) for each in plan.answers} == {
        (name, 'drop = "of \\"ABBY\\""', OPERATOR) for name in ("outfits", "swatches")
    }
    page = look("/plans/later")
    assert "What people decided" in page
    assert OPERATOR in page
    assert "Carry it out" in page


@pytest.mark.parametrize("who", [ADMIN, FOREIGN_OWNER])
def test_nobody_else_learns_that_there_is_anything(
    served: TestClient[Litestar], sign_in: SignIn, plans: Path, who: str
) -> None:
    before = (plans / "agency-plan" / "manifest.toml").read_text()
    for path in ("plans/agency", "plans/none", "audits/agency", "runs/1/row?table=people&key=bob"):
        answer = served.get(f"/unify/{path}", headers=sign_in(who))
        assert (answer.status_code, "There is nothing at this address" in answer.text) == (
            404,
            True,
        )
    said = {"kind-1": "drop", "text-1": "mine"}
    answer = served.post("/unify/plans/agency", headers=sign_in(who), data=said)
    assert answer.status_code == 404
    assert (plans / "agency-plan" / "manifest.toml").read_text() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("plans/none", 404),
        ("audits/none", 404),
        ("audits/broken", 422),
        ("audits/agency/3", 404),
        ("runs/99/rows", 404),
        ("runs/1/row?table=people&key=nobody", 404),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    served: TestClient[Litestar], sign_in: SignIn, path: str, status: int
) -> None:
    answer = served.get(f"/unify/{path}", headers=sign_in(OPERATOR))
    assert answer.status_code == status
    assert "That was refused" in answer.text
