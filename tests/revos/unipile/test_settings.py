from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError
from mainstem.revos.unipile import Settings

if TYPE_CHECKING:
    from pathlib import Path

URL, KEY = "MAINSTEM_UNIPILE_URL", "MAINSTEM_UNIPILE_KEY"
HERE = "https://api1.unipile.com:13111"


def test_without_an_address_there_is_no_provider() -> None:
    assert Settings.from_environment({}) is None
    assert Settings.from_environment({KEY: "k", URL: " "}) is None


def test_a_key_comes_from_its_variable_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-a-file\n")
    plain = Settings.from_environment({URL: f"{HERE}/", KEY: "k"})
    filed = Settings.from_environment({URL: HERE, f"{KEY}_FILE": str(file)})
    assert plain == Settings(HERE, "k", "v1")
    assert filed is not None
    assert filed.key == "from-a-file"


@pytest.mark.parametrize(
    "wrong",
    [
        {URL: "ftp://api1.unipile.com", KEY: "k"},
        {URL: "https://somebody:s3cret@api1.unipile.com", KEY: "k"},
        {URL: HERE},
        {URL: HERE, KEY: "s3cret\nx: y"},
        {URL: HERE, KEY: "s3crét"},
        {URL: HERE, KEY: "k", "MAINSTEM_UNIPILE_DIALECT": "v3"},
        {URL: HERE, KEY: "k", "MAINSTEM_UNIPILE_WEBHOOK_SECRET": "s3cret"},
        {URL: HERE, f"{KEY}_FILE": "/nowhere/s3cret-file"},
    ],
)
def test_what_is_wrong_is_named_without_its_secret(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_environment(wrong)
    assert "MAINSTEM_UNIPILE" in str(raised.value)
    assert "s3cr" not in str(raised.value)
