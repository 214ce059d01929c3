"""What each type takes as it is, what a rule converts, what is refused."""

from __future__ import annotations

import pytest

from mainstem.errors import ConfigError
from mainstem.unify.codec import DEFAULT_RULES, RULES, BadText, SqliteValue, codec_for, rule_text

KEPT = [
    ("bigint", 5, "5"),
    ("bigint", -(2**63), "-9223372036854775808"),
    ("integer", 2**31 - 1, "2147483647"),
    ("smallint", -(2**15), "-32768"),
    ("boolean", 0, "f"),
    ("boolean", 1, "t"),
    ("text", "", ""),
    ("text", "a\tb\nc\\d\r\b\f\v", r"a\tb\nc\\d\r\b\f\v"),
    ("text", r"\N", r"\\N"),
    ("text", "\x1f", "\x1f"),
    ("varchar(3)", "äöü", "äöü"),
    ("double precision", 0.1, "0.1"),
    ("double precision", -0.0, "-0"),
    ("double precision", 2**53, "9.007199254740992e+15"),
    ("double precision", 1e15, "1e+15"),
    ("double precision", 1e-5, "1e-05"),
    ("double precision", 120.0, "120"),
    ("real", 0.5, "0.5"),
    ("numeric", 1e22, "10000000000000000000000"),
    ("numeric", 5e-324, "0." + "0" * 323 + "5"),
    ("numeric", float("inf"), "Infinity"),
    ("numeric(12,2)", 5, "5.00"),
    ("numeric(12,2)", 19.99, "19.99"),
    ("numeric(20,2)", 123456789012345678, "123456789012345678.00"),
    ("numeric(5)", 12345, "12345"),
    ("date", "2024-02-29", "2024-02-29"),
    ("time", "23:59:59.500", "23:59:59.5"),
    ("timestamp", "2024-05-01T10:00:00", "2024-05-01 10:00:00"),
    ("timestamp", "2024-05-01 10:00:00.120000", "2024-05-01 10:00:00.12"),
    ("timestamp", "2024-05-01 10:00", "2024-05-01 10:00:00"),
    ("timestamp", "2024-05-01", "2024-05-01 00:00:00"),
    ("timestamptz", "2024-05-01 10:00:00", "2024-05-01 10:00:00+00"),
    ("timestamptz", "2024-05-01T10:00:00.5Z", "2024-05-01 10:00:00.5+00"),
    ("timestamptz", "2024-05-01T01:00:00+14:00", "2024-04-30 11:00:00+00"),
    ("timestamptz", "2024-05-01 10:00:00-0330", "2024-05-01 13:30:00+00"),
    ("jsonb", '{"b": 1,\n "a": "\\\\"}', r'{"b": 1,\n "a": "\\\\"}'),
    ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("bytea", b"\x00\xff\\", r"\\x00ff5c"),
    ("bytea", b"", r"\\x"),
]  # fmt: skip

CONVERTED = [
    ("bigint", 2.0, "2", "integer-from-real"),
    ("bigint", -0.0, "0", "integer-from-real"),
    ("bigint", " +042 ", "42", "integer-from-text"),
    ("boolean", "Yes", "t", "yes-no"),
    ("boolean", " OFF", "f", "yes-no"),
    ("boolean", "1", "t", "integer-from-text"),
    ("boolean", 0.0, "f", "integer-from-real"),
    ("text", "a\0b", "ab", "nul-removed"),
    ("text", "\0", "", "nul-removed"),
    ("text", b"", "", "text-from-bytes"),
    ("text", 5, "5", "text-from-number"),
    ("text", 1e22, "1e+22", "text-from-number"),
    ("text", "é".encode(), "é", "text-from-bytes"),
    ("double precision", "1e3", "1000", "number-from-text"),
    ("numeric", "1.50", "1.50", "number-from-text"),
    ("numeric", -0.0, "0", "negative-zero"),
    ("numeric(12,2)", "-3.1", "-3.10", "number-from-text"),
    ("date", 1714521600, "2024-05-01", "epoch-seconds"),
    ("date", "2024/5/1", "2024-05-01", "datetime-normalised"),
    ("date", "2024-05-01 00:00:00", "2024-05-01", "datetime-normalised"),
    ("time", "9:05", "09:05:00", "datetime-normalised"),
    ("timestamp", 1714557600, "2024-05-01 10:00:00", "epoch-seconds"),
    ("timestamp", "2024-05-01T10:00:00Z", "2024-05-01 10:00:00", "datetime-normalised"),
    ("timestamptz", 1714557600123, "2024-05-01 10:00:00.123+00", "epoch-milliseconds"),
    ("timestamptz", 1714557600.25, "2024-05-01 10:00:00.25+00", "epoch-seconds"),
    ("timestamptz", "1714557600", "2024-05-01 10:00:00+00", "epoch-seconds"),
    ("timestamptz", "2024-05-01 1:02:03.1234567", "2024-05-01 01:02:03.123456+00",
     "datetime-normalised"),
    ("jsonb", '{"a": 1, "a": 2}', '{"a": 2}', "json-duplicate-key"),
    ("uuid", "{6BA7B8109DAD11D180B400C04FD430C8}", "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
     "uuid-normalised"),
    ("uuid", bytes(16), "00000000-0000-0000-0000-000000000000", "uuid-normalised"),
    ("bytea", "\\é", r"\\x5cc3a9", "bytes-from-text"),
    ("bytea", BadText(b"\xff"), r"\\xff", "bytes-from-text"),
]  # fmt: skip

REFUSED: list[tuple[str, SqliteValue]] = [
    ("bigint", 2.5),
    ("bigint", float(2**63)),
    ("bigint", float("inf")),
    ("bigint", "twelve"),
    ("bigint", "1_000"),
    ("bigint", "\uff11"),
    ("bigint", ""),
    ("bigint", b"1"),
    ("bigint", "9" * 19),
    ("integer", 2**31),
    ("smallint", 70000),
    ("boolean", 2),
    ("boolean", "maybe"),
    ("boolean", 0.5),
    ("text", b"\xff"),
    ("text", b"a\0"),
    ("text", BadText(b"\xff")),
    ("text", "\ud800"),
    ("varchar(3)", "abcd"),
    ("double precision", 2**53 + 1),
    ("double precision", "0.1000000000000000055"),
    ("double precision", "NaN"),
    ("double precision", "1,5"),
    ("real", 0.1),
    ("numeric", "12.345.678"),
    ("numeric(12,2)", 19.999),
    ("numeric(12,2)", 1e10),
    ("numeric(12,2)", float("inf")),
    ("date", "2023-02-31"),
    ("date", "2024-05-01 13:45:00"),
    ("date", "2024-W18-3"),
    ("date", "20240501"),
    ("date", 20240501),
    ("date", "today"),
    ("time", "24:00:00"),
    ("time", 36000),
    ("timestamp", "0000-00-00 00:00:00"),
    ("timestamp", "2024-05-06 24:00:00"),
    ("timestamp", "2016-12-31 23:59:60"),
    ("timestamp", "10000-01-01 00:00:00"),
    ("timestamptz", "12/31/2023"),
    ("timestamptz", 2460431.5),
    ("timestamptz", 0),
    ("timestamptz", 99999999999999999),
    ("timestamptz", "2024-05-01 10:00:00+23:00"),
    ("timestamptz", "0001-01-01 00:00:00+05:00"),
    ("timestamptz", "now"),
    ("timestamptz", b"2024-05-10"),
    ("jsonb", "{bad"),
    ("jsonb", ""),
    ("jsonb", "NaN"),
    ("jsonb", '{"a": 01}'),
    ("jsonb", '"\\u0000"'),
    ("jsonb", '"\\ud800"'),
    ("jsonb", '{"a": 1e200000}'),
    ("jsonb", "1e" + "9" * 30),
    ("jsonb", "[" * 20_000 + "]" * 20_000),
    ("jsonb", "\ufeff{}"),
    ("jsonb", b"{}"),
    ("uuid", "6ba7b814"),
    ("uuid", bytes(15)),
    ("bytea", 42),
]  # fmt: skip

NEIGHBOURS: dict[str, SqliteValue] = {
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "boolean": 1,
    "text": "x",
    "varchar(3)": "x",
    "double precision": 1.5,
    "real": 1.5,
    "numeric": 1.5,
    "numeric(12,2)": 1.5,
    "numeric(20,2)": 1.5,
    "numeric(5)": 1,
    "date": "2024-01-01",
    "time": "10:00:00",
    "timestamp": "2024-01-01 10:00:00",
    "timestamptz": "2024-01-01 10:00:00",
    "jsonb": "{}",
    "uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "bytea": b"x",
}


@pytest.mark.parametrize(("type_name", "value", "text"), KEPT)
def test_a_value_that_fits_is_written_as_the_server_reads_it(
    type_name: str, value: SqliteValue, text: str
) -> None:
    encoded = codec_for(type_name).encode([value])

    assert list(encoded.texts) == [text]
    assert not encoded.conversions
    assert not encoded.refusals


@pytest.mark.parametrize(("type_name", "value", "text", "rule"), CONVERTED)
def test_a_rule_converts_and_is_noted(
    type_name: str, value: SqliteValue, text: str, rule: str
) -> None:
    encoded = codec_for(type_name).encode([value])

    assert list(encoded.texts) == [text]
    assert [(c.row, c.rule) for c in encoded.conversions] == [(0, rule)]
    assert not encoded.refusals


@pytest.mark.parametrize(("type_name", "value", "_text", "_rule"), CONVERTED)
def test_without_rules_the_same_value_is_refused(
    type_name: str, value: SqliteValue, _text: str, _rule: str
) -> None:
    encoded = codec_for(type_name, ()).encode([value])

    assert list(encoded.texts) == [r"\N"]
    assert [refusal.row for refusal in encoded.refusals] == [0]


@pytest.mark.parametrize(("type_name", "value"), REFUSED)
def test_what_no_rule_covers_is_refused_without_its_value(
    type_name: str, value: SqliteValue
) -> None:
    encoded = codec_for(type_name).encode([value])

    assert list(encoded.texts) == [r"\N"]
    assert not encoded.conversions
    (refusal,) = encoded.refusals
    assert refusal.reason
    if isinstance(value, str) and len(value.strip()) > 2:
        assert value not in refusal.reason


@pytest.mark.parametrize(("type_name", "value"), [*(case[:2] for case in KEPT), *REFUSED])
def test_a_batch_gives_what_each_value_gives_alone(type_name: str, value: SqliteValue) -> None:
    codec = codec_for(type_name)
    batch = [NEIGHBOURS[type_name], value, None, value, NEIGHBOURS[type_name]]

    together = codec.encode(batch)
    alone = [codec.encode([one]) for one in batch]

    assert list(together.texts) == [one.texts[0] for one in alone]
    assert [r.row for r in together.refusals] == [n for n, one in enumerate(alone) if one.refusals]


def test_an_opt_in_rule_works_when_it_is_asked_for() -> None:
    assert list(
        codec_for("text", ["utf8-from-windows-1252"]).encode([BadText(b"caf\xe9")]).texts
    ) == ["café"]
    blank = codec_for("bigint", ["blank-to-null"]).encode([" "])
    assert list(blank.texts) == [r"\N"]
    assert [(c.before, c.after) for c in blank.conversions] == [(" ", None)]
    rounded = codec_for("numeric(12,2)", ["rounded-to-scale"]).encode([21.989000000000004, 0.125])
    assert list(rounded.texts) == ["21.99", "0.12"]


def test_rules_follow_one_another_and_each_is_noted() -> None:
    codec = codec_for("text", ["utf8-from-windows-1252", "nul-removed"])

    encoded = codec.encode([BadText(b"both \xe9 and \x00")])

    assert list(encoded.texts) == ["both é and "]
    assert [c.rule for c in encoded.conversions] == ["utf8-from-windows-1252", "nul-removed"]


def test_an_unknown_type_or_rule_is_named() -> None:
    with pytest.raises(ConfigError, match="vector"):
        codec_for("vector(3)")
    with pytest.raises(ConfigError, match="no-such-rule"):
        codec_for("text", ["no-such-rule"])


def test_every_rule_says_what_it_does_and_every_default_exists() -> None:
    assert all(rule_text(name) for name in RULES)
    assert set(RULES) >= {name for names in DEFAULT_RULES.values() for name in names}


@pytest.mark.parametrize("name", ["decimal(12, 2)", "int8", "character varying(3)"])
def test_types_go_by_all_their_names(name: str) -> None:
    assert codec_for(name).encode([1 if name != "character varying(3)" else "x"]).texts
