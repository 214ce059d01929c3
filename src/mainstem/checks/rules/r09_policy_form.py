"""A policy joins the conditions that its table declares, and each starts with a column of the row.

A condition without a column (`app.in_app('revos')`) is evaluated for every row instead of becoming
an index condition: a page took 124 ms instead of 0.25. A missing condition is a leak, an OR a way
round. The conditions are of the agency, the app, the client and the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.expression import conditions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = 9

_POLICIES = """
select p.label, p.name, p.using_text, p.check_text, t.class, t.app,
       coalesce(t.scope, case when 'client_id' = any (has.names) then 'client' end),
       'app_context' = any (has.names)
from our_policy as p
join our_table as t on t.relation = p.relation
cross join lateral (
  select array_agg(a.attname) as names from pg_attribute as a where a.attrelid = t.relation
) as has
order by 1, 2
"""


def find(session: Session) -> Iterator[Row]:
    """Yield each way in which a policy's expressions depart from the form.

    A LOCAL table that was opened to tenants by a policy must have the form too.
    """
    for label, name, using, check, *declared, has_app_context in session.connection.execute(
        _POLICIES
    ):
        texts = _wanted(label, *declared, has_app_context=has_app_context)
        wanted = [conditions(text)[0].text for text in texts]
        for text in dict.fromkeys((using, check)):
            if text is None:
                continue
            for problem in _problems(text, wanted):
                yield label, f"has the policy {name} that {problem}", _FIX


_FIX = "call app.add_policy(...), which writes what app.table_class declares"


def _wanted(
    label: str, table_class: str, app: str | None, scope: str | None, *, has_app_context: bool
) -> Iterator[str]:
    if table_class == "GLOBAL" and scope == "global":
        yield "app.agency_id() IS NOT NULL"
        return
    if label == "agency":
        yield "id = app.agency_id()"
        return
    yield f"agency_id = app.agency_in('{app}')" if app else "agency_id = app.agency_id()"
    if has_app_context:
        yield "app.in_app(app_context)"
    if scope == "client":
        yield "app.sees_client(id)" if label == "client" else "app.sees_client(client_id)"
    if scope == "user":
        yield "user_id = app.user_id()"


def _problems(text: str, wanted: list[str]) -> Iterator[str]:
    try:
        found = conditions(text)
    except ValueError as error:
        yield str(error)
        return
    for missing in (text for text in wanted if text not in {c.text for c in found}):
        yield f"lacks the condition {missing}"
    for condition in found:
        if condition.text in wanted:
            continue
        if condition.has_alternative:
            yield f"has an OR: {condition.text}"
        elif not condition.starts_with_column:
            yield f"has a condition that does not start with a column of the row: {condition.text}"
