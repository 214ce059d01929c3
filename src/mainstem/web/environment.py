"""Jinja as every page uses it: escaped, strict about missing names, with our filters."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from mainstem.web.static_files import static_files, static_url
from mainstem.web.wording import count, day, duration, moment, sentence, tone, words

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def page_templates(*packages: str) -> Environment:
    """Return an environment that looks into `templates/` of those packages, then into the kit's."""
    loaders = [PackageLoader(package, "templates") for package in (*packages, "mainstem.web")]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for each in (count, day, duration, moment, sentence, tone, words):
        environment.filters[each.__name__] = each
    environment.globals["static_url"] = static_url
    environment.globals["icon"] = icon
    return environment


def icon(name: str) -> Markup:
    """A drawing of Lucide, in the colour and size of what is around it.

    Raises:
        KeyError: it is not in assets/icons.txt.
        FileNotFoundError: the assets are not built.
    """
    return Markup(  # noqa: S704 - the drawings come from the build, the name is one of them
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{_icons()[name]}</svg>'
    )


@cache
def _icons() -> Mapping[str, str]:
    static_url("built/icons.json")
    drawn: dict[str, str] = json.loads(static_files().files["built/icons.json"].content)
    return drawn
