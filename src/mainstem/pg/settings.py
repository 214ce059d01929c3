"""The settings of our servers, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MEGABYTE = 1024 * 1024


def durable_settings(log_dir: Path) -> Mapping[str, str]:
    """Settings of the embedded server: nothing that could lose a committed row is turned off."""
    memory_mb = _memory_mb()
    return {
        "shared_buffers": f"{min(memory_mb // 4, 512)}MB",
        "effective_cache_size": f"{max(memory_mb // 2, 128)}MB",
        "maintenance_work_mem": f"{max(min(memory_mb // 16, 512), 64)}MB",
        "work_mem": "32MB",
        "random_page_cost": "1.1",
        # Just-in-time compilation costs more than it saves on queries of one tenant.
        "jit": "off",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        # Minimal: a load into a table made in the same transaction writes no WAL. What that gives
        # up, streaming replicas and archiving, an embedded server has no use for: backups are
        # dumps. A crash loses nothing either way.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": str(log_dir),
        "log_filename": "server-%a.log",  # a week of them, then overwritten
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] %a ",
        "log_checkpoints": "off",
        # No tenant's data in the log: neither the failing statement nor the row that it hit.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }


def scratch_settings() -> Mapping[str, str]:
    """Settings of a throw-away server: it is rebuilt, never recovered."""
    return {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "30min",
        "shared_buffers": "128MB",
        "jit": "off",
        "autovacuum": "off",
        "max_connections": "300",
        "timezone": "UTC",
        "lc_messages": "C",
    }


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
