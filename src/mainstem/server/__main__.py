"""The detached server: `python -m mainstem.server HOST PORT`, with DATABASE_URL, MAINSTEM_HOME."""

from __future__ import annotations

import sys

from mainstem.errors import MainstemError
from mainstem.pg.embedded import default_home
from mainstem.pg.target import database_url
from mainstem.server.listen import serve


def main(host: str, port: str) -> None:
    """Serve until a signal; a failure that has a name is one line in the log."""
    try:
        serve(database_url(), home=default_home(), host=host, port=int(port), on_listening=print)
    except MainstemError as error:
        sys.exit(f"mainstem: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
