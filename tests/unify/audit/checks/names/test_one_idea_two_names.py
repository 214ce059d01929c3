"""A missing table that is an existing one under a second name, and those that are not."""

from __future__ import annotations

from tests.unify.audit.building import (
    code,
    found_by,
    missing_parent,
    replay,
    table,
    tables_found,
    use,
)

from mainstem.unify.audit.subject import Subject

CHECK = "one-idea-two-names"

VENDOR = table("vendor_platforms", "id text not null", "display_name text", "docs_url text")
LINK = table(
    "store_vendor_accounts",
    "id uuid not null",
    "store_id uuid not null",
    "platform_id text not null",
    "contract_number text",
    "profile_url text",
    keys={"platform_id": "vendor_platforms"},
)
OTHER = table("orders", "id uuid not null", "total numeric", "placed_at timestamptz")
BUILT = replay(
    *(VENDOR, LINK, OTHER),
    missing_parents=[missing_parent("store_vendor_accounts", "store_id", "stores", "m/1.sql:9")],
)
USES = (
    use("channels", place="app/channels.tsx:3", reads_all=True),
    use(
        "shop_channels",
        *("conflict:shop_id", "conflict:channel_id", "write:contract_number"),
        *("write:account_url", "write:is_active"),
        place="app/actions.ts:9",
    ),
)


def test_a_link_and_what_it_leads_to_are_recognised_together() -> None:
    subject = Subject(replay=BUILT, code=code(*USES))
    by_name = {found.table: found for found in found_by(CHECK, subject)}
    assert set(by_name) == {"channels", "shop_channels"}
    link, channel = by_name["shop_channels"], by_name["channels"]
    assert link.message.startswith(
        "shop_channels, which nothing creates, seems to be store_vendor_accounts: "
    )
    assert "both have contract_number" in link.message
    assert "its columns speak of account" in link.message
    assert "both join 2 other tables" in link.message
    assert "channel and platform often stand for one idea" in channel.message
    assert (
        "shop_channels.channel_id leads to it as store_vendor_accounts.platform_id leads to "
        "vendor_platforms" in channel.message
    )
    assert channel.fix == (
        "1. use vendor_platforms in code; 2. create channels if it is a thing of its own; "
        "3. remove the code in app/channels.tsx:3"
    )


def test_a_table_that_refers_to_the_missing_one_is_not_it() -> None:
    child = table("post_comments", "post_id uuid", "body_html text", "read_count integer")
    subject = Subject(
        replay=replay(child, OTHER),
        code=code(use("posts", "body_html", "read_count", "write:x_at")),
    )
    assert tables_found(CHECK, subject) == []


def test_code_that_uses_both_side_by_side_speaks_against_it() -> None:
    used = use("buyers", "vat_number", "loyalty_level", place="a.ts:1")
    like = table("customers", "id uuid not null", "vat_number text", "loyalty_level text")
    alone = Subject(replay=replay(like, OTHER), code=code(used))
    assert tables_found(CHECK, alone) == ["buyers"]
    beside = use("customers", "vat_number", place="a.ts:9")
    other = use("buyers", "vat_number", place="a.ts:1")
    assert tables_found(CHECK, Subject(replay=replay(like, OTHER), code=code(other, beside))) == []


def test_common_columns_and_one_shared_word_are_not_enough() -> None:
    used = use("user_badges", "id", "name", "status", "created_at", "user_id")
    like = table("user_preferences", "id uuid", "name text", "status text", "user_id uuid")
    assert tables_found(CHECK, Subject(replay=replay(like, OTHER), code=code(used))) == []


def test_twins_and_existing_tables_are_left_to_other_checks() -> None:
    subject = Subject(replay=BUILT, code=code(use("order", "total", "placed_at"), use("orders")))
    assert tables_found(CHECK, subject) == []
