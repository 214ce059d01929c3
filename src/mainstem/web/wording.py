"""How values are written on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

MINUTE_S = 60
#: what a state says at a glance: its tone, and its icon
TONES = {
    "active": ("success", "circle-dot"),
    "published": ("success", "circle-check"),
    "completed": ("info", "circle-check"),
    "finished": ("success", "circle-check"),
    "email_captured": ("success", "circle-check"),
    "green": ("success", "circle-check"),
    "yellow": ("warning", "circle-alert"),
    "red": ("error", "circle-x"),
    "paused": ("warning", "circle-pause"),
    "failed": ("error", "circle-x"),
    "restricted": ("error", "circle-x"),
    "error": ("error", "circle-x"),
    "success": ("success", "circle-check"),
    "revoked": ("error", "circle-x"),
    "expired": ("warning", "clock"),
    "draft": ("muted", "circle-dashed"),
    "sent": ("success", "circle-check"),
    "accepted": ("success", "circle-check"),
    "unknown": ("warning", "circle-alert"),
    "review": ("warning", "circle-alert"),
    "scheduled": ("muted", "clock"),
    "waiting": ("muted", "clock"),
    "pending": ("muted", "clock"),
    "running": ("info", "activity"),
    "done": ("success", "circle-check"),
    "dead": ("error", "circle-x"),
    "loaded": ("success", "circle-check"),
    "merged": ("info", "git-merge"),
    "quarantined": ("warning", "circle-alert"),
    "dropped": ("muted", "circle-x"),
    "moved": ("success", "circle-check"),
    "archived": ("info", "layers"),
    "open": ("warning", "circle-alert"),
    "warning": ("warning", "circle-alert"),
    "note": ("info", "circle-dot"),
    "proven": ("success", "shield-check"),
    "leak": ("error", "circle-x"),
    "not exercised": ("warning", "circle-dashed"),
}
PLAIN = ("muted", "circle-dot")
#: what people read where the stored word alone does not say it
NAMES = {
    "green": "Healthy",
    "yellow": "Watch",
    "red": "At risk",
    "dm_sent": "DM sent",
    "dm_replied": "DM replied",
}


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


def day(on: date) -> str:
    """A day: `2025-11-06`."""
    return on.strftime("%Y-%m-%d")


def words(state: str) -> str:
    """A stored word as people read it: `email_captured` is `Email captured`."""
    return NAMES.get(state) or (state[:1].upper() + state[1:]).replace("_", " ")


def sentence(said: str) -> str:
    """What a program said, as a sentence of a page."""
    return f"{said[:1].upper()}{said[1:]}" + ("" if said.endswith((".", "!", "?")) else ".")


def tone(state: str) -> tuple[str, str]:
    """How a state is shown: the name of its tone, and of its icon."""
    return TONES.get(state, PLAIN)
