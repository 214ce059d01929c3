"""Which files are a part of the product."""

from __future__ import annotations

import pytest

from mainstem.unify.audit.aside import is_aside


@pytest.mark.parametrize(
    "file",
    [
        "scripts/once.ts",
        "packages/db/scripts/backfill.ts",
        "check-tables.js",
        "create-super-admin.mjs",
        "backend/debug_orders.py",
        "src-backup-20240101/hooks/useOrder.ts",
        "old/app/page.tsx",
        "src/lib/_archive/order.ts",
        "src/lib/order.old.ts",
        "prisma/seed.ts",
    ],
)
def test_what_nobody_but_its_author_runs_is_aside(file: str) -> None:
    assert is_aside(file)


@pytest.mark.parametrize(
    "file",
    [
        "main.py",
        "update_prices.py",
        "server.js",
        "api/create-checkout.js",
        "api/verify-payment.ts",
        "src/app/archive/page.tsx",
        "src/lib/check-access.ts",
        "app/backup/route.ts",
        "supabase/functions/create-order/index.ts",
        "apps/web/lib/test-results.ts",
    ],
)
def test_a_part_of_the_product_is_not_aside(file: str) -> None:
    assert not is_aside(file)
