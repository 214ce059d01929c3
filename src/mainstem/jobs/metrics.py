"""The queue's figures in Prometheus' text format (version 0.0.4 of its exposition formats)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.jobs import store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow


def metrics(connection: psycopg.Connection[TupleRow]) -> str:
    """Return the figures of all queues, as service_role; no tenant's name or id is among them."""
    waiting = store.figures(connection, "waiting_figures")
    finished = store.figures(connection, "finished_figures")
    lines = [
        *_family(
            "mainstem_jobs",
            "Jobs in the queue.",
            [({"queue": q, "state": s}, n) for q, s, n, _ in waiting],
        ),
        *_family(
            "mainstem_jobs_oldest_ready_seconds",
            "For how long the oldest job that is due has waited.",
            [({"queue": q}, age) for q, s, _, age in waiting if s == "ready"],
        ),
        *_family(
            "mainstem_jobs_finished_last_hour",
            "Jobs that ended within the last hour.",
            [({"queue": q, "status": s}, n) for q, s, n, _ in finished],
        ),
        *_family(
            "mainstem_jobs_seconds_last_hour",
            "Seconds from claim to end, of the jobs that ended within the last hour.",
            [({"queue": q, "status": s}, seconds) for q, s, _, seconds in finished],
        ),
        *_family(
            "mainstem_jobs_dead",
            "Dead letters in the archive.",
            [({"queue": q}, n) for q, n in store.figures(connection, "dead_figures")],
        ),
        *_family(
            "mainstem_jobs_paused",
            "1 for each queue that is paused.",
            [({"queue": q}, 1) for (q,) in store.figures(connection, "paused_queues")],
        ),
    ]
    return "\n".join(lines) + "\n"


def _family(
    name: str, summary: str, samples: Sequence[tuple[dict[str, str], float]]
) -> Iterator[str]:
    yield f"# HELP {name} {summary}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        marks = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{marks}}} {float(value):g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
