"""Jinja as every page uses it: escaped, strict about missing names, with our filters."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

if TYPE_CHECKING:
    from datetime import datetime

STATIC_DIR = Path(__file__).parent / "static"
MINUTE_S = 60


def page_templates(*packages: str) -> Environment:
    """Return an environment that looks into `templates/` of those packages, then into the kit's."""
    loaders = [PackageLoader(package, "templates") for package in (*packages, "mainstem.web")]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = count
    environment.filters["duration"] = duration
    environment.filters["moment"] = moment
    environment.globals["static_url"] = static_url
    return environment


def count(number: int) -> str:
    """A number of things: `12,345`."""
    return f"{number:,}"


def duration(seconds: float) -> str:
    """A span of time, as precise as it is worth: `40 ms`, `3.2 s`, `2 min 5 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE_S)
    return f"{minutes} min {rest} s"


def moment(at: datetime) -> str:
    """A moment with its zone: `2025-11-06 14:30 UTC`."""
    return at.strftime("%Y-%m-%d %H:%M %Z")


@cache
def static_url(name: str) -> str:
    """The address of a file of `static/`; it changes with the content, so it may be kept for good.

    Raises:
        FileNotFoundError: there is no such file, so the template names something wrong.
    """
    digest = sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
