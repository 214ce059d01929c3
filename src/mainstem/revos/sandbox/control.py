"""What rules the sandbox itself, under `/sandbox/`: its clock, its faults, its people, its log."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from mainstem.revos.sandbox.call import Body, Call, Route, Routes, iso
from mainstem.revos.sandbox.clock import SPEED_MAX
from mainstem.revos.sandbox.faults import SLOW_S_MAX, FaultKind, Knob
from mainstem.revos.sandbox.limits import used_today
from mainstem.revos.sandbox.model import Invitation
from mainstem.revos.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.revos.sandbox.ledger import Written

WRITES_MAX = 10_000
STATUSES = ("OK", "CREDENTIALS", "ERROR", "STOPPED", "CONNECTING", "PERMISSIONS")


def routes() -> Routes:
    """Every route below `/sandbox`."""
    made = {
        ("GET", ("clock",)): clock,
        ("POST", ("clock",)): set_clock,
        ("GET", ("faults",)): faults,
        ("POST", ("faults",)): turn_on,
        ("DELETE", ("faults",)): turn_off,
        ("GET", ("writes",)): writes,
        ("GET", ("summary",)): summary,
        ("GET", ("limits",)): limits,
        ("GET", ("deliveries",)): deliveries,
        ("POST", ("webhooks",)): set_webhooks,
        ("GET", ("people",)): people,
        ("POST", ("people",)): add_person,
        ("POST", ("accounts",)): add_account,
        ("POST", ("accounts", "*")): change_account,
        ("POST", ("accounts", "*", "distance")): set_distance,
        ("POST", ("accounts", "*", "messages")): add_message,
        ("POST", ("accounts", "*", "invitations")): add_invitation,
        ("POST", ("posts", "*")): change_post,
        ("POST", ("posts", "*", "comments")): add_comment,
        ("DELETE", ("comments", "*")): delete_comment,
    }
    return {
        key: Route("control", do, is_counted=False, needs_account=False) for key, do in made.items()
    }


def clock(call: Call) -> Body:
    """What time it is, how fast it runs, how much is still to come."""
    world = call.world
    return {"now": iso(world.now()), "speed": world.clock.speed, "planned": len(world.agenda)}


def set_clock(call: Call) -> Body:
    """Move the time on (`advance_s` or `to`), let it run (`speed`); what is due by then happens."""
    world = call.world
    target = world.clock.now()
    if "advance_s" in call.given:
        target += timedelta(seconds=_number(call, "advance_s", 0, 10 * 366 * 86_400))
    if "to" in call.given:
        try:
            target = datetime.fromisoformat(call.text("to"))
        except ValueError:
            raise Refusal("invalid_parameters", "to") from None
        if target.tzinfo is None:
            raise Refusal("invalid_parameters", "to: with its offset from UTC")
    happened = world.happen_until(target)
    world.clock.move(target)
    if "speed" in call.given:
        world.clock.run(_number(call, "speed", 0, SPEED_MAX))
    call.settles = call.given.get("settle") is True
    return clock(call) | {"happened": happened}


def faults(call: Call) -> Body:
    """What is turned on."""
    return {"faults": [msgspec.to_builtins(each) for each in call.sandbox.faults.knobs]}


def turn_on(call: Call) -> Body:
    """Turn a fault on."""
    try:
        kind = FaultKind(call.text("kind"))
    except ValueError:
        raise Refusal("invalid_parameters", f"kind: {', '.join(FaultKind)}") from None
    count = call.given.get("count")
    knob = Knob(
        kind,
        account=call.optional("account"),
        route=call.optional("route"),
        share=_number(call, "share", 0, 1) if "share" in call.given else 1.0,
        count=int(_number(call, "count", 1, 10**9)) if count is not None else None,
        delay_s=_number(call, "delay_s", 0, SLOW_S_MAX) if "delay_s" in call.given else 1.0,
    )
    return {"id": call.sandbox.faults.turn_on(knob).id}


def turn_off(call: Call) -> Body:
    """Turn one fault off (`id`), or all."""
    key = call.query.get("id")
    if key is not None and not key.isdigit():
        raise Refusal("invalid_parameters", "id")
    call.sandbox.faults.turn_off(None if key is None else [int(key)])
    return faults(call)


def writes(call: Call) -> Body:
    """Every write that landed, in order; `kind`, `account`, `after` and `limit` choose."""
    after = call.query.get("after", "0")
    if not after.isdigit():
        raise Refusal("invalid_parameters", "after")
    account = call.query.get("account")
    found = call.sandbox.ledger.found(
        kind=call.query.get("kind"),
        account=call.sandbox.account(account).id if account else None,
        after=int(after),
    )
    page = list(islice(found, call.limit(WRITES_MAX, WRITES_MAX)))
    return {"writes": [msgspec.to_builtins(each) for each in page]}


def summary(call: Call) -> Body:
    """Counts, the closest two writes of an account, and messages that were sent twice.

    With `marker`, a regular expression, texts are the same when what it finds in them is.
    """
    ledger = call.sandbox.ledger
    gaps = ledger.closest_s()
    found: Body = {
        "writes": dict(Counter(each.kind for each in ledger.entries)),
        "refused": dict(call.sandbox.refused),
        "repeated": ledger.repeated(),
        "closest_s": min(gaps.values(), default=None),
    }
    marker = call.query.get("marker")
    if marker:
        found["repeated_markers"] = _repeated_markers(call, marker)
    return found


def limits(call: Call) -> Body:
    """Per account and route, how many calls the last 24 hours hold."""
    now = call.world.now()
    return {"limits": {each.id: used_today(each, now) for each in call.sandbox.linked()}}


def deliveries(call: Call) -> Body:
    """The latest tries to deliver webhooks."""
    return {"deliveries": [msgspec.to_builtins(each) for each in call.sandbox.hooks.tried]}


def set_webhooks(call: Call) -> Body:
    """Have deliveries made twice (`duplicate_share`) or out of order (`reorder`)."""
    hooks = call.sandbox.hooks
    if "duplicate_share" in call.given:
        hooks.duplicate_share = _number(call, "duplicate_share", 0, 1)
    if "reorder" in call.given:
        hooks.reorder = int(_number(call, "reorder", 1, 1_000))
    hooks.flush()
    return {"duplicate_share": hooks.duplicate_share, "reorder": hooks.reorder}


def people(call: Call) -> Body:
    """People, with what they would answer."""
    page = call.world.people[: call.limit(1_000, 100)]
    return {"people": [_person(each.id, call) for each in page]}


def add_person(call: Call) -> Body:
    """One more person; name, e-mail address and style as told."""
    person = call.world.add_person()
    person.first_name = call.optional("first_name") or person.first_name
    person.last_name = call.optional("last_name") or person.last_name
    person.email = call.optional("email") or person.email
    person.style = call.optional("style") or person.style
    return _person(person.id, call)


def add_account(call: Call) -> Body:
    """Link one more account."""
    return _account_of(call, call.world.add_account().id)


def change_account(call: Call) -> Body:
    """Disconnect, reconnect (`status`), or restrict (`restricted`) an account."""
    account = call.sandbox.account(call.parts[0])
    status = call.optional("status")
    if status is not None and status not in STATUSES:
        raise Refusal("invalid_parameters", f"status: {', '.join(STATUSES)}")
    if "restricted" in call.given:
        account.is_restricted = call.given["restricted"] is True
    if status is not None:
        call.world.set_status(account, status)
    return _account_of(call, account.id)


def set_distance(call: Call) -> Body:
    """Say how far a person is from an account: 1 is a contact."""
    account = call.sandbox.account(call.parts[0])
    person = call.world.person(call.text("person"))
    account.distances[person.id] = int(_number(call, "distance", 1, 3))
    return {"distance": call.world.distance(account, person)}


def add_message(call: Call) -> Body:
    """Have a person write to an account."""
    account = call.sandbox.account(call.parts[0])
    chat = call.world.chat_with(account, call.world.person(call.text("person")))
    made = call.world.add_message(chat, call.text("text"), is_own=False)
    return {"message_id": made.id, "chat_id": chat.id}


def add_invitation(call: Call) -> Body:
    """Have a person invite an account."""
    account = call.sandbox.account(call.parts[0])
    person = call.world.person(call.text("person"))
    key = f"inv-in-{person.index}"
    account.invitations[key] = Invitation(
        key, account, person, call.optional("note"), call.world.now(),
        is_received=True, secret=f"secret-{person.index}",
    )  # fmt: skip
    return {"invitation_id": key}


def change_post(call: Call) -> Body:
    """Delete a post (`deleted`), or close its comments (`closed`)."""
    post = call.world.post(call.parts[0])
    post.is_deleted = call.given.get("deleted") is True
    post.is_closed = call.given.get("closed") is True
    return {"deleted": post.is_deleted, "closed": post.is_closed}


def add_comment(call: Call) -> Body:
    """Have a person comment; without a person, somebody whom nobody sees."""
    post = call.world.post(call.parts[0])
    key = call.optional("person")
    author = call.world.person(key) if key else None
    return {"comment_id": call.world.add_comment(post, author, call.text("text")).id}


def delete_comment(call: Call) -> Body:
    """Delete a comment."""
    found = call.world.comments.get(call.parts[0])
    if found is None:
        raise Refusal("resource_not_found", "no such comment")
    found.is_deleted = True
    return {"deleted": True}


def _repeated_markers(call: Call, marker: str) -> list[Body]:
    try:
        pattern = re.compile(marker)
    except re.error:
        raise Refusal("invalid_parameters", "marker") from None
    counts = Counter(_marked(call.sandbox.ledger.found(kind="message"), pattern))
    return [
        {"target": target, "marker": found, "count": count}
        for (target, found), count in counts.items()
        if count > 1
    ]


def _marked(entries: Iterable[Written], pattern: re.Pattern[str]) -> Iterable[tuple[str, str]]:
    for entry in entries:
        found = pattern.search(entry.text)
        if found:
            yield entry.target, found[0]


def _person(key: str, call: Call) -> Body:
    person = call.world.person(key)
    return {
        "id": person.id,
        "slug": person.slug,
        "name": person.name,
        "email": person.email,
        "style": person.style,
    }


def _account_of(call: Call, key: str) -> Body:
    account = call.sandbox.account(key)
    return {
        "id": account.id,
        "id_v2": account.id_v2,
        "person_id": account.person.id,
        "name": account.person.name,
        "status": account.status,
        "restricted": account.is_restricted,
    }


def _number(call: Call, name: str, least: float, most: float) -> float:
    found = call.given.get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not least <= found <= most:
        raise Refusal("invalid_parameters", f"{name}: {least:g} to {most:g}")
    return float(found)
