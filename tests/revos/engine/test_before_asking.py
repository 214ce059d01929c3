"""Who writes before they are asked: a greeting answers nothing, an address is what is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.revos.engine.conftest import Stage

    from mainstem.revos.sandbox.people import Person


def found(stage: Stage) -> Person:
    """Somebody who asked in a comment and was not written to yet."""
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.comment(stage.published(stage.mine), person)
    while not stage.sql("select id from lead"):
        stage.later(timedelta(minutes=1), step=timedelta(minutes=1))
    assert stage.texts_to(person) == []
    stage.sql("update dm_step set scheduled_for = %s",
              stage.world.now() + timedelta(minutes=20))  # fmt: skip
    return person


def writes(stage: Stage, person: Person, text: str) -> None:
    chat = stage.world.chat_with(stage.mine.account, person)
    stage.world.add_message(chat, text, is_own=False)


def test_who_greets_before_being_asked_is_asked_and_reminded(stage: Stage) -> None:
    stage.sql(
        "update campaign set settings ="
        """ '{"reminder_template": "Still there?", "remind_after_hours": [1]}'"""
    )
    person = found(stage)
    writes(stage, person, "Hi, nice post!")
    stage.later(timedelta(minutes=50), step=timedelta(minutes=10))
    assert len(stage.texts_to(person)) == 1
    assert stage.sql("select status from lead") == [("dm_sent",)]
    stage.later(timedelta(hours=2), step=timedelta(minutes=20))
    assert stage.texts_to(person)[1:] == ["Still there?"]


def test_an_address_that_comes_before_the_question_is_taken(stage: Stage) -> None:
    person = found(stage)
    writes(stage, person, "it is ann@acme.io")
    stage.later(timedelta(hours=2), step=timedelta(minutes=10))
    texts = stage.texts_to(person)
    assert len(texts) == 2
    assert texts[0].startswith("Thanks! It is on its way to ann@acme.io")
    assert stage.sql("select email from lead") == [("ann@acme.io",)]
