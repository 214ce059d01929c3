"""Runs migrations on a throw-away server, to know what they really build.

`open_replayer` starts the server; `Replayer.replay` runs a folder, `Replayer.try_block` the SQL of
a document on top of it. `read_files` and `fingerprint` tell whether a replay would be the same.
"""

from mainstem.unify.replay.creations import creations
from mainstem.unify.replay.files import Ordering, SourceFile, fingerprint, read_files
from mainstem.unify.replay.limits import DEFAULT_LIMITS, Limits
from mainstem.unify.replay.replayer import Replayer, open_replayer
from mainstem.unify.replay.replaying import OnProgress
from mainstem.unify.replay.syntax import steps_of

__all__ = [
    "DEFAULT_LIMITS",
    "Limits",
    "OnProgress",
    "Ordering",
    "Replayer",
    "SourceFile",
    "creations",
    "fingerprint",
    "open_replayer",
    "read_files",
    "steps_of",
]
