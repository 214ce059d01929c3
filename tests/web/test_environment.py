from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from mainstem.web import STATIC_DIR, page_templates
from mainstem.web.environment import icon
from mainstem.web.static_files import static_files, static_url
from mainstem.web.wording import count, day, duration, moment, tone, words

ASSETS = Path(__file__).parents[2] / "assets"
SCRIPT_LINES_MAX = 120


def test_spells_numbers_spans_moments_and_states() -> None:
    assert count(1234567) == "1,234,567"
    assert duration(0.0401) == "40 ms"
    assert duration(3.24) == "3.2 s"
    assert duration(125.4) == "2 min 5 s"
    assert duration(59.96) == "60.0 s"
    assert moment(datetime(2025, 11, 6, 14, 30, tzinfo=UTC)) == "2025-11-06 14:30 UTC"
    assert day(date(2025, 11, 6)) == "2025-11-06"
    assert words("email_captured") == "Email captured"
    assert words("red") == "At risk"
    assert tone("failed") == ("error", "circle-x")
    assert tone("never heard of") == ("muted", "circle-dot")


def test_escapes_and_is_strict_about_names() -> None:
    templates = page_templates()
    page = templates.from_string("{{ name }}")
    assert page.render(name="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        page.render()


def test_addresses_of_static_files_change_with_their_content() -> None:
    version = static_files().version
    assert static_url("built/app.css") == f"/static/{version}/built/app.css"
    with pytest.raises(FileNotFoundError, match="make assets"):
        static_url("none.css")


def test_every_icon_that_is_named_is_drawn() -> None:
    for name in (ASSETS / "icons.txt").read_text().split():
        assert "<path" in icon(name) or "<circle" in icon(name) or "<rect" in icon(name), name
    with pytest.raises(KeyError):
        icon("no-such-icon")


def test_style_has_both_themes_and_no_colour_beside_the_tokens() -> None:
    style = (ASSETS / "tailwind.css").read_text()
    assert 'name: "dusk"' in style
    assert 'name: "dawn"' in style
    rules = style.partition("@layer base")[2]
    assert "oklch(" not in rules.replace("in oklch", "")
    assert not re.search(r"#[0-9a-f]{3,8}\b", rules)


def test_script_is_made_of_small_files() -> None:
    for path in (STATIC_DIR / "js").glob("*.js"):
        assert len(path.read_text().splitlines()) < SCRIPT_LINES_MAX, path
        assert "eval(" not in path.read_text()


def test_every_text_has_a_compressed_twin_that_is_smaller() -> None:
    for name, file in static_files().files.items():
        if name.endswith((".js", ".css")):
            assert set(file.packed) == {"br", "gzip"}, name
            assert all(len(twin) < len(file.content) for twin in file.packed.values()), name
