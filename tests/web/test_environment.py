from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from mainstem.web import STATIC_DIR, page_templates
from mainstem.web.environment import count, duration, moment, static_url


def test_spells_numbers_spans_and_moments() -> None:
    assert count(1234567) == "1,234,567"
    assert duration(0.0401) == "40 ms"
    assert duration(3.24) == "3.2 s"
    assert duration(125.4) == "2 min 5 s"
    assert duration(59.96) == "60.0 s"
    assert moment(datetime(2025, 11, 6, 14, 30, tzinfo=UTC)) == "2025-11-06 14:30 UTC"


def test_escapes_and_is_strict_about_names() -> None:
    templates = page_templates()
    page = templates.from_string("{{ name }}")
    assert page.render(name="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        page.render()


def test_addresses_of_static_files_change_with_their_content() -> None:
    assert static_url("app.css").startswith("/static/app.css?v=")
    assert len({static_url(path.name) for path in STATIC_DIR.iterdir()}) == 3
    with pytest.raises(FileNotFoundError):
        static_url("none.css")


def test_style_has_both_themes_and_no_colour_beside_the_tokens() -> None:
    style = (STATIC_DIR / "app.css").read_text()
    assert '[data-theme="dusk"]' in style
    assert "prefers-color-scheme: dark" in style
    rules = [line for line in style.splitlines() if "oklch(" in line and "--" not in line]
    assert rules == []
    assert "#" not in style.replace("/*", "")
