"""How a value of a PostgreSQL source becomes one of the target's type.

Three ways, the first that fits: the same type, by the source server's cast that cannot fail or lose
anything, or by tries on the target: each a condition, and the value where it holds. A try that only
holds where nothing is lost needs no rule; every other one is a rule by name, each use of which is a
row of the ledger. A value for which no try holds sends its row to the quarantine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mainstem.unify.plan.names import short_type, text_sql

_TYPE: Final = re.compile(r"(?P<base>[a-z ]+?)(?:\((?P<one>\d+)(?:,(?P<two>-?\d+))?\))?")

_INTEGERS: Final = ("smallint", "integer", "bigint")
_BOUNDS: Final = {
    "smallint": "-32768 and 32767",
    "integer": "-2147483648 and 2147483647",
    "bigint": "-9223372036854775808 and 9223372036854775807",
}
_FLOATS: Final = ("real", "double precision")
_TEXTS: Final = ("text", "varchar", "character", "name", "citext")
_MOMENTS: Final = ("date", "timestamp", "timestamptz")

#: what a text must look like besides: casts take words such as 'now' and 'infinity' too
_GUARDS: Final = {
    **dict.fromkeys(_MOMENTS, r"^\s*[0-9]"),
    **dict.fromkeys((*_FLOATS, "numeric"), r"^\s*[+-]?[0-9.]"),
}
#: target base -> the rule by which a text of another notation becomes a value
TEXT_RULES: Final = {
    **dict.fromkeys(_INTEGERS, "integer-from-text"),
    **dict.fromkeys((*_FLOATS, "numeric"), "number-from-text"),
    **dict.fromkeys((*_MOMENTS, "time"), "datetime-normalised"),
    "boolean": "yes-no",
    "uuid": "uuid-normalised",
}
#: a time without a zone is taken for one in UTC, as servers in UTC wrote it
_WIDENINGS: Final = {
    ("real", "double precision"): "{v}::double precision",
    ("timestamp", "timestamptz"): "{v} at time zone 'UTC'",
    ("timestamptz", "timestamp"): "{v} at time zone 'UTC'",
    ("date", "timestamptz"): "{v}::timestamp at time zone 'UTC'",
    ("date", "timestamp"): "{v}::timestamp",
}
#: the rule of every other change of notation
READ_AS_TYPE: Final = "read-as-type"


@dataclass(frozen=True)
class Try:
    """A condition and a value, over `{v}`. `rule` is None where the value is the same one."""

    condition: str
    value: str
    rule: str | None = None


@dataclass(frozen=True)
class Transfer:
    """The type in which a value crosses, the source's SQL for it, and the target's tries."""

    wire: str
    read: str
    tries: tuple[Try, ...] = ()

    def compare(self, value: str, target: str) -> str:
        """The source's SQL, as text, of a value as the target has it; the ledger has the rest."""
        read = self.read.format(v=value)
        exact = [one for one in self.tries if one.rule is None]
        if not exact:
            return canonical(read, target if not self.tries else "text")
        whens = " ".join(
            f"when {one.condition.format(v=read)}"
            f" then {canonical(f'({one.value.format(v=read)})::{target}', target)}"
            for one in exact
        )
        return f"case {whens} else ({read})::text end"


#: a value under its own name in a jsonb column
PACKED: Final = Transfer("jsonb", "to_jsonb({v})")


def canonical(value: str, type_name: str) -> str:
    """The SQL of a value as the text in which both sides are compared."""
    if base_of(type_name) == "numeric" and not type_name.endswith("[]"):
        return f"trim_scale(({value})::numeric)::text"
    return f"({value})::text"


def wire_type(declared: str) -> str:
    """The type in which a source's own type is staged where the plan says no other."""
    return "text" if "." in declared else short_type(declared)


def base_of(type_name: str) -> str:
    """A type without its modifiers: `numeric(12,2)` and `character varying(9)[]` by their bases."""
    plain = short_type(type_name).removesuffix("[]")
    match = _TYPE.fullmatch(plain)
    base = match["base"] if match else plain
    return {"decimal": "numeric", "bpchar": "character"}.get(base, base)


def transfer(declared: str, target: str) -> Transfer:
    """How values of the source's declared type become values of the target's."""
    source, wanted = short_type(declared), short_type(target)
    if source == wanted and "." not in source:
        return Transfer(wanted, "{v}")
    cast = _safe_cast(source, wanted)
    if cast is not None:
        return Transfer(wanted, cast)
    exact = _exact(source, wanted)
    if exact:
        return Transfer(wire_type(declared), "{v}", exact)
    return Transfer("text", "{v}::text", _from_text(wanted))


def _safe_cast(source: str, wanted: str) -> str | None:
    """A cast by the source server that neither fails nor loses anything."""
    if wanted.endswith("[]"):
        return "{v}::text[]" if wanted == "text[]" and source.endswith("[]") else None
    is_text = base_of(source) in _TEXTS and not source.endswith("[]")
    if wanted == "jsonb" and source != "json" and not is_text:
        return "to_jsonb({v})"
    if wanted in {"text", "varchar"}:
        return "{v}::text"
    return None if source.endswith("[]") else _widening(source, wanted)


def _widening(source: str, wanted: str) -> str | None:
    """A cast to a type that has every value of the source's."""
    one, two = base_of(source), base_of(wanted)
    is_longer = one == two == "varchar" and _length(source) <= _length(wanted)
    are_integers = one in _INTEGERS and two in _INTEGERS
    is_wider = are_integers and _INTEGERS.index(one) < _INTEGERS.index(two)
    is_numeric = one in (*_INTEGERS, "numeric") and wanted == "numeric"
    if is_longer or is_wider or is_numeric:
        return f"{{v}}::{wanted}"
    return _WIDENINGS.get((one, two))


def _exact(source: str, wanted: str) -> tuple[Try, ...]:
    """Tries over the source's own type, where the server can tell that nothing is lost."""
    one, two = base_of(source), base_of(wanted)
    if "." in source or source.endswith("[]") or wanted.endswith("[]"):
        return ()
    if one in (*_INTEGERS, *_FLOATS, "numeric"):
        return _from_number(one, wanted)
    if (source, wanted) == ("json", "jsonb"):
        return _to_jsonb()
    if one in {"timestamp", "timestamptz"} and two == "date":
        return (Try("{v} = date_trunc('day', {v})", "{v}::date"),)
    return ()


def _from_number(source: str, wanted: str) -> tuple[Try, ...]:
    two = base_of(wanted)
    if two in _INTEGERS:
        whole = "{v} = trunc({v}::numeric) and " if source not in _INTEGERS else ""
        if source in (*_FLOATS, "numeric"):
            whole = "{v} not in ('NaN', 'Infinity', '-Infinity') and " + whole
        return (Try(f"{whole}{{v}} between {_BOUNDS[two]}", f"{{v}}::{wanted}"),)
    if two == "numeric":
        return _to_numeric(source, wanted)
    if source in _INTEGERS and two == "boolean":
        return (Try("{v} in (0, 1)", "{v} = 1"),)
    if source in _INTEGERS and two in {"timestamptz", "timestamp"}:
        return _from_epoch("" if two == "timestamptz" else " at time zone 'UTC'")
    return ()


def _from_epoch(zone: str) -> tuple[Try, ...]:
    """Seconds or milliseconds since 1970, between 1990 and 2100, as the codec reads them."""
    return (
        Try("{v} between 631152000 and 4102444800", f"to_timestamp({{v}}){zone}", "epoch-seconds"),
        Try(
            "{v} between 631152000000 and 4102444800000",
            f"to_timestamp({{v}} / 1000.0){zone}",
            "epoch-milliseconds",
        ),
    )


def _to_numeric(source: str, wanted: str) -> tuple[Try, ...]:
    """Digits before the point must have room; those after it may not be lost but by a rule."""
    match = _TYPE.fullmatch(wanted)
    present = "true" if source in _INTEGERS else "{v} not in ('NaN', 'Infinity', '-Infinity')"
    if match is None or match["one"] is None:
        return (Try(present, "{v}::numeric"),)
    scale = int(match["two"] or 0)
    room = f"{present} and abs(round({{v}}::numeric, {scale})) < 1e{int(match['one']) - scale}"
    return (
        Try(f"{room} and round({{v}}::numeric, {scale}) = {{v}}::numeric", f"{{v}}::{wanted}"),
        Try(room, f"{{v}}::{wanted}", "rounded-to-scale"),
    )


def _to_jsonb() -> tuple[Try, ...]:
    """Jsonb holds no NUL, and of a key that an object names twice only the last value."""
    fits = r"{v}::text !~ '\\u0000'"
    names = "(select count(*) from {kind}_object_keys({{v}}{cast}))"
    single = f"{names.format(kind='json', cast='')} = {names.format(kind='jsonb', cast='::jsonb')}"
    whole = f"case when {fits} then json_typeof({{v}}) <> 'object' or {single} end"
    return (
        Try(whole, "{v}::jsonb"),
        Try(fits, "{v}::jsonb", "json-duplicate-key"),
    )


def _from_text(wanted: str) -> tuple[Try, ...]:
    """A text that the server reads as the type; the rule counts where it prints differently."""
    base = base_of(wanted)
    guard = _GUARDS.get(base) if not wanted.endswith("[]") else None
    looks = f"{{v}} ~ {text_sql(guard)} and " if guard else ""
    if base == "varchar" and _length(wanted):
        return (Try(f"length({{v}}) <= {_length(wanted)}", f"{{v}}::{wanted}", READ_AS_TYPE),)
    return (
        Try(
            f"{looks}unify.is_input({{v}}, {text_sql(wanted)})",
            f"{{v}}::{wanted}",
            TEXT_RULES.get(base, READ_AS_TYPE),
        ),
    )


def _length(type_name: str) -> int:
    """A varchar's length; a large number where it has none."""
    match = _TYPE.fullmatch(type_name)
    return int(match["one"]) if match and match["one"] else 10**9
