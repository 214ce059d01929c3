"""An agency's own colours, lighter or darker where a theme needs it for them to be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

#: the colours of an agency's own, as its settings name them
COLOURS = ("primary", "accent")
#: what marks and bars need against what is behind them (WCAG 2.2, 1.4.11)
CONTRAST_MIN = 3.0
#: the luminance of what is behind them, by theme (base-100 of assets/tailwind.css)
THEMES = {"light": 1.0, "dark": 0.0069}
#: before the themes' own, which stand at :root too
_ROOT = ":root:root:root"
_STEPS = 100
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LINEAR = 0.04045  # up to here sRGB is linear (IEC 61966-2-1)
_MIDDLE = 0.1791  # the luminance at which black and white stand out alike (WCAG 2, 1.4.3)


@dataclass(frozen=True)
class Shown:
    """How a colour is shown in one theme.

    Attributes:
        colour: which one.
        theme: light or dark.
        chosen: as the agency chose it.
        shown: the same, or the nearest to it that stands out.
    """

    colour: str
    theme: str
    chosen: str
    shown: str

    @property
    def ratio(self) -> float:
        """How far what was chosen stands out from the pages of the theme."""
        return _ratio(luminance(self.chosen), THEMES[self.theme])


def shown(brand: Mapping[str, object]) -> list[Shown]:
    """Each colour of an agency's own in each theme."""
    return [
        Shown(key, theme, chosen, _standing_out(chosen, behind))
        for theme, behind in THEMES.items()
        for key in COLOURS
        if is_colour(chosen := brand.get(key))
    ]


def style(brand: Mapping[str, object]) -> str:
    """The colours as style; upon each black or white, whichever stands out more."""
    rules: dict[str, str] = dict.fromkeys(THEMES, "")
    for each in shown(brand):
        content = "#000" if luminance(each.shown) > _MIDDLE else "#fff"
        rules[each.theme] += (
            f" --color-{each.colour}: {each.shown}; --color-{each.colour}-content: {content};"
        )
    if not any(rules.values()):
        return ""
    dark = f"{{{rules['dark']} }}"
    return (
        f"{_ROOT} {{{rules['light']} }}\n"
        f"@media (prefers-color-scheme: dark) {{ {_ROOT}:not([data-theme]) {dark} }}\n"
        f"{_ROOT}[data-theme=dusk] {dark}\n"
    )


def is_colour(colour: object) -> TypeGuard[str]:
    """Whether it is written as `#rrggbb`."""
    return isinstance(colour, str) and _COLOUR.fullmatch(colour) is not None


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _standing_out(colour: str, behind: float) -> str:
    """The colour, mixed with as little black, or white, as makes it stand out from a page."""
    towards = 0 if behind > _MIDDLE else 255
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    mixed = (
        "#" + "".join(f"{round(part + (towards - part) * step / _STEPS):02x}" for part in parts)
        for step in range(_STEPS + 1)  # the last one is black or white, which always does
    )
    return next(each for each in mixed if _ratio(luminance(each), behind) >= CONTRAST_MIN)


def _ratio(one: float, other: float) -> float:
    """The contrast ratio of two luminances (WCAG 2.2)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
