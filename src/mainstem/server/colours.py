"""An agency's own colours: how far they stand out in both themes, and the style made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: the colours of an agency's own, as its settings name them
COLOURS = ("primary", "accent")
#: what marks and bars need against what is behind them (WCAG 2.2, 1.4.11)
CONTRAST_MIN = 3.0
#: the luminance of what is behind them, by theme (base-100 of assets/tailwind.css)
THEMES = {"light": 1.0, "dark": 0.0069}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LINEAR = 0.04045  # up to here sRGB is linear (IEC 61966-2-1)
_MIDDLE = 0.1791  # the luminance at which black and white stand out alike (WCAG 2, 1.4.3)


@dataclass(frozen=True)
class Contrast:
    """How far a colour stands out from the pages of one theme."""

    colour: str
    theme: str
    ratio: float

    @property
    def is_enough(self) -> bool:
        """Whether marks and bars of it are seen."""
        return self.ratio >= CONTRAST_MIN


def contrasts(brand: Mapping[str, object]) -> list[Contrast]:
    """Each colour of an agency's own against the pages of each theme."""
    return [
        Contrast(key, theme, _ratio(luminance(colour), behind))
        for key in COLOURS
        if is_colour(colour := brand.get(key))
        for theme, behind in THEMES.items()
    ]


def rules(brand: Mapping[str, object]) -> Sequence[str]:
    """The colours as style; upon each black or white, whichever stands out more."""
    found = []
    for key in COLOURS:
        if is_colour(colour := brand.get(key)):
            content = "#000" if luminance(colour) > _MIDDLE else "#fff"
            found += [f"--color-{key}: {colour};", f"--color-{key}-content: {content};"]
    return found


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


def _ratio(one: float, other: float) -> float:
    """The contrast ratio of two luminances (WCAG 2.2)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
