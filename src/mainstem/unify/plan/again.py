"""Making a plan again with what people answered: on a terminal, or on a page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.pg.connect import clear_errors, connect
from mainstem.unify.plan.answers import parse_answer
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.make import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mainstem.unify.plan.model import Answer, Plan


def plan_again(plan: Plan, answers: Sequence[Answer], target: Callable[[], str]) -> Plan:
    """Keep the answers in the plan's manifest, and make the plan as they say.

    Args:
        plan: with its open questions.
        answers: what people said; one about the same place as an earlier one counts.
        target: gives the address of the target, where the config names none.

    Raises:
        ConfigError: an answer makes no sense, or the plan was edited by hand.
        SourceError: a source cannot be read.
        ServerError: the target cannot be reached.
    """
    for answer in answers:
        parse_answer(answer)
    if plan.config is None:
        raise ConfigError(f"{plan.directory} does not say which config it was made from")
    config = read_config(plan.directory / plan.config, answers=answers)
    with connect(config.database_url() or target()) as connection, clear_errors("plan"):
        made = make_plan(config, connection)
    return replace(made, directory=plan.directory)
