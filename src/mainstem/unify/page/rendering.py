"""Pages that need nothing besides themselves: one file, both themes, printable."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from mainstem.kit.wording import counted
from mainstem.unify.page.visible import visible

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def template(package: str, name: str) -> Template:
    """A template of a package's folder `templates`; it extends `page.html`, which stands here.

    Every text is escaped, and an unknown name is an error. Filters: `visible` for names and values
    from outside, `counted` for a number with its noun.
    """
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(package, "templates"), PackageLoader("mainstem.unify.page", "templates")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["counted"] = counted
    return environment.get_template(name)
