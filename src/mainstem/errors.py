"""Every failure that Mainstem expects, as one tree.

MainstemError            exit 1
├── UsageError           exit 2: a wrong option, config or environment; the person can mend it
│   ├── ConfigError      a config or plan file says something impossible
│   ├── SourceError      a source database cannot be read, is locked, or changed
│   ├── TargetError      the target database cannot take the work (holds other data, lacks a table)
│   └── ServerError      PostgreSQL cannot be reached, is too old, or refuses a privilege
├── MigrationError       an applied migration was edited, or one failed
├── RefusedError         a caller may not do that: not signed in, no right, too often
├── ProviderError        a service that we call refused, or answered what makes no sense
├── UnifyError           a unification step failed; nothing of the step was written
└── VerifyError          the two sides differ

A message says what happened, to what, and what to do next, in one line. Anything that is not in
this tree is a defect and ends with a traceback.
"""

from __future__ import annotations


class MainstemError(Exception):
    """The root: something failed in a way that its message explains."""

    exit_code = 1


class UsageError(MainstemError):
    """The person can mend it: an option, a file or the environment is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """A config or plan file says something impossible."""


class SourceError(UsageError):
    """A source database cannot be read, is locked, or changed while it was read."""


class TargetError(UsageError):
    """The target database cannot take the work."""


class ServerError(UsageError):
    """PostgreSQL cannot be reached, is too old, or refuses a privilege."""


class MigrationError(MainstemError):
    """An applied migration was edited, or a migration failed."""


class RefusedError(MainstemError):
    """A caller may not do what was asked.

    Attributes:
        code: one word for programs, such as `invalid_credentials`.
        status: the HTTP status that says the same.
        retry_after_s: after how many seconds it is worth trying again; None when it never is.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 403, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class ProviderError(MainstemError):
    """A service that we call refused, could not be reached, or answered what makes no sense."""


class UnifyError(MainstemError):
    """A unification step failed; nothing of that step was written."""


class VerifyError(MainstemError):
    """Source and target differ."""
