"""What application code says about databases: `read_code` reads whole folders of it."""

from mainstem.unify.code.model import CodeReading, FileReading
from mainstem.unify.code.reading import ReadingCache, read_code

__all__ = ["CodeReading", "FileReading", "ReadingCache", "read_code"]
