"""The guides name what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstem.revos.sandbox import SCENARIOS, control, routes_v1
from mainstem.revos.sandbox.faults import FaultKind
from mainstem.revos.unipile import client

GUIDES = Path(__file__).parents[3] / "docs" / "guide"
SANDBOX = (GUIDES / "sandbox.md").read_text(encoding="utf-8")
PROVIDER = (GUIDES / "unipile.md").read_text(encoding="utf-8")
#: routes that nobody has reason to break
UNNAMED = {
    "account_delete", "account_restart", "link", "webhook_create", "webhooks", "webhook_delete",
    "answer_invitation", "chat",
}  # fmt: skip


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_is_named(kind: FaultKind) -> None:
    assert f"`{kind}`" in SANDBOX


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_is_named(scenario: str) -> None:
    assert f"`{scenario}`" in SANDBOX


def test_every_route_that_may_fail_is_named() -> None:
    names = {route.name for route in routes_v1.routes().values()} - UNNAMED
    assert [name for name in sorted(names) if f"`{name}`" not in SANDBOX] == []


def test_every_call_that_rules_it_is_named() -> None:
    firsts = {f"/{path[0]}" for _, path in control.routes()}
    assert [first for first in sorted(firsts) if first not in SANDBOX] == []


def test_every_setting_is_named() -> None:
    settings = (
        client.URL_VARIABLE, client.KEY_VARIABLE, client.DIALECT_VARIABLE,
        client.WEBHOOK_SECRET_VARIABLE,
    )  # fmt: skip
    assert [name for name in settings if name not in PROVIDER] == []
