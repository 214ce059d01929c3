"""Plans made anew, or again with what people answered on a page.

Making one imports most of the toolkit, which a server that nobody asks for a plan goes without.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mainstem.errors import UsageError
from mainstem.pg.connect import connect
from mainstem.server.unify_pages.places import Folder
from mainstem.server.unify_pages.plans import OF_COLUMN, OF_TABLE
from mainstem.unify.plan.again import plan_again
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.make import make_plan
from mainstem.unify.plan.model import Answer, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.server.api_unify import Plans
    from mainstem.unify.plan.model import Question

TEXT_LENGTH_MAX = 500


def made(plans: Plans, name: str, sent: Mapping[str, str], *, by: str) -> None:
    """Make a plan; one that there is, with the answers that were sent.

    Raises:
        MainstemError: an answer makes no sense, or what the plan is made from cannot be read.
    """
    folder = Folder(plans.folder)
    found = folder.plan(name)
    if found is None:
        _make(folder, name, plans.url)
    else:
        plan_again(found, _answers(found.questions, sent, by=by), lambda: plans.url)


def _answers(questions: tuple[Question, ...], sent: Mapping[str, str], *, by: str) -> list[Answer]:
    """What was answered; a question that is not open any more, or was left alone, is not."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    found = []
    for number, question in enumerate(questions, start=1):
        kind, text = sent.get(f"kind-{number}", ""), sent.get(f"text-{number}", "").strip()
        if not kind or sent.get(f"about-{number}", "").replace("\r\n", "\n") != about(question):
            continue
        kinds = OF_TABLE if question.column is None else OF_COLUMN
        if kind not in kinds or not text or len(text) > TEXT_LENGTH_MAX:
            raise UsageError(f"question {number}: say where to, or why, in a sentence")
        found.append(
            Answer(question.table, question.column, _as_toml(question, kind, text), by, at)
        )
    if not found:
        raise UsageError("choose an answer to at least one question")
    return found


def about(question: Question) -> str:
    """What tells a question from others, though they were numbered anew meanwhile."""
    return f"{question.table}\n{question.column or ''}\n{question.text}"


def _as_toml(question: Question, kind: str, text: str) -> str:
    """The answer as the config would say it."""
    if question.column is None:
        return f"{kind} = {literal(text)}"
    return literal(text) if kind == "into" else f"{{ {kind} = {literal(text)} }}"


def _make(folder: Folder, name: str, url: str) -> None:
    assert folder.path is not None, "whoever knows a plan's name has its folder"
    config = read_config(folder.path / f"{name}.toml")
    with connect(config.database_url() or url) as connection:
        make_plan(config, connection)
