from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from mainstem.revos.unipile.client import KEY_VARIABLE, URL_VARIABLE
from mainstem.server import process
from mainstem.server.sandbox import SANDBOX_VARIABLE, noted, sandbox

if TYPE_CHECKING:
    from pathlib import Path


def ask(address: str, path: str, key: str) -> dict[str, object]:
    request = urllib.request.Request(f"{address}{path}", headers={"X-API-KEY": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def test_a_server_runs_a_sandbox_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    monkeypatch.setenv(SANDBOX_VARIABLE, "unipile")
    try:
        record, _ = process.start(empty_database_url, home=tmp_path, host="127.0.0.1", port=0)
        note = noted(tmp_path)
        assert note is not None
        assert ask(note.address, "/api/v1/accounts", note.key)["items"]
        hooks = ask(note.address, "/api/v1/webhooks", note.key)["items"]
        assert isinstance(hooks, list)
        assert {hook["request_url"] for hook in hooks} == {f"{record.address}/webhooks/unipile"}
    finally:
        process.stop(tmp_path)
    assert noted(tmp_path) is None, "it ends with the server"
    with pytest.raises(OSError, match="refused"):
        ask(note.address, "/sandbox/clock", note.key)


def test_there_is_none_beside_a_provider_nor_unasked(tmp_path: Path) -> None:
    for environment in (
        {SANDBOX_VARIABLE: "unipile", URL_VARIABLE: "http://127.0.0.1:9", KEY_VARIABLE: "k"},
        {},
    ):
        with sandbox(environment, home=tmp_path) as running:
            assert running is None
            assert noted(tmp_path) is None
