from __future__ import annotations

import pytest

from mainstem.kit.secrets_names import is_secret

SECRET = [
    ("users", "password"),
    ("users", "passwordHash"),
    ("users", "password_digest"),
    ("users", "hashed_password"),
    ("users", "pass"),
    ("users", "pass_hash"),
    ("users", "pwd"),
    ("users", "reset_token"),
    ("users", "resetToken"),
    ("accounts", "access_tokens"),
    ("accounts", "apiKey"),
    ("accounts", "api_key"),
    ("accounts", "client_secret"),
    ("accounts", "private_key"),
    ("accounts", "salt"),
    ("accounts", "otp_secret"),
    ("secrets", "session_data"),
    ("sessions", "sid"),
    ("sessions", "data"),
    ("user_sessions", "payload"),
    ("session", "sess"),
]
OPEN = [
    ("users", "email"),
    ("users", "id"),
    ("users", "password_changed_at"),
    ("users", "token_count"),
    ("messages", "tokens_in"),
    ("users", "token_expires_at"),
    ("users", "has_password"),
    ("users", "is_token_valid"),
    ("sessions", "user_id"),
    ("sessions", "expires_at"),
    ("events", "data"),
    ("passengers", "compass"),
    ("flights", "boarding_pass_number"),
    ("files", "hash"),
    ("assets", "key"),
    ("", ""),
]


@pytest.mark.parametrize(("table", "column"), SECRET)
def test_a_name_that_tells_a_secret(table: str, column: str) -> None:
    assert is_secret(table, column)


@pytest.mark.parametrize(("table", "column"), OPEN)
def test_a_name_that_tells_none(table: str, column: str) -> None:
    assert not is_secret(table, column)
