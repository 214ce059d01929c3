"""Hostile values: for each kind a table of a key and one column."""

from __future__ import annotations

from samples.hostile_model import (
    ANY_HONEST,
    CONVERTED_OR_QUARANTINED,
    KEPT,
    KEPT_OR_QUARANTINED,
    QUARANTINED,
    HostileTable,
    Undecodable,
    one_column,
)

NUL_BYTE = one_column(
    "nul_byte", "text", "PostgreSQL's text holds no NUL",
    ("before\x00after", CONVERTED_OR_QUARANTINED, "in the middle"),
    ("\x00", CONVERTED_OR_QUARANTINED, "nothing else"),
    ("ends\x00", CONVERTED_OR_QUARANTINED, "at the end"),
    ("\x00\x00starts", CONVERTED_OR_QUARANTINED, "twice at the start"),
    ("clean", KEPT, "none"),
    ("\x01\x7f\x80\x9f", KEPT, "other control characters are allowed"),
)  # fmt: skip

BAD_UTF8 = one_column(
    "bad_utf8", "text", "bytes that are no UTF-8, in a TEXT value",
    (Undecodable(b"Ren\xe9e"), CONVERTED_OR_QUARANTINED, "Windows-1252"),
    (Undecodable(b"\xff"), CONVERTED_OR_QUARANTINED, "a byte that never occurs"),
    (Undecodable(b"cut \xe2\x82"), CONVERTED_OR_QUARANTINED, "cut off in a character"),
    (Undecodable(b"\xc0\xaf"), CONVERTED_OR_QUARANTINED, "overlong form"),
    (Undecodable(b"\xed\xa0\x80"), CONVERTED_OR_QUARANTINED, "a lone surrogate"),
    (Undecodable(b"\xf4\x90\x80\x80"), CONVERTED_OR_QUARANTINED, "beyond U+10FFFF"),
    (Undecodable(b"both \xe9 and \x00"), CONVERTED_OR_QUARANTINED, "and a NUL"),
    ("\ufeffwith a byte order mark", KEPT, "allowed: a byte order mark"),
    ("\uffff\U0010ffff", KEPT, "allowed: non-characters"),
    ("e\u0301 and \u00e9", KEPT, "allowed: composed and decomposed, not to be normalised"),
    ("👩‍👩‍👧 שלום \u202eright-to-left", KEPT, "allowed: joiners and directions"),
)  # fmt: skip

COPY_SPECIALS = one_column(
    "copy_specials", "text", "what a COPY stream gives a meaning to",
    ("\\N", KEPT, "the spelling of NULL"), ("\\.", KEPT, "the end of the stream"),
    ("a\tb", KEPT, "tab"), ("a\nb", KEPT, "line feed"), ("a\r\nb", KEPT, "both line ends"),
    ("a\rb", KEPT, "carriage return"), ("back\\slash", KEPT, "backslash"), ("\\", KEPT, "only it"),
    ("\\x41\\101\\n", KEPT, "things that look like escapes"), ("\x1f\x1e", KEPT, "separators"),
    ("\x08\x0b\x0c", KEPT, "backspace and vertical feeds"), ('"quoted", \'text\'', KEPT, "quotes"),
    ("\u2028\u2029\x85", KEPT, "Unicode's own line ends"), ('{a,"b"}', KEPT, "an array literal"),
)  # fmt: skip

BLANKS = one_column(
    "blanks", "text", "nothing, in several forms that are not the same",
    (None, KEPT, "NULL"), ("", KEPT, "empty"), (" ", KEPT, "a space"), ("\u00a0", KEPT, "no-break"),
    ("NULL", KEPT, "the word"), ("trailing ", KEPT, "a space at the end"),
)  # fmt: skip

EPOCH_IN_DATE = one_column(
    "epoch_in_date", "datetime", "moments as text, epochs and impossibilities",
    ("2024-05-01 10:00:00", KEPT, "plain"), ("2024-05-02T10:00:00Z", KEPT, "ISO 8601"),
    ("2024-05-03 10:00:00.123456", KEPT, "microseconds"),
    ("2024-05-04T10:00:00+14:00", KEPT, "an offset"), ("2024-02-29", KEPT, "a leap day"),
    (None, KEPT, "NULL"), ("2024-05-05 10:00", KEPT, "without seconds"),
    (1714557600, CONVERTED_OR_QUARANTINED, "epoch seconds"),
    (1714557600123, CONVERTED_OR_QUARANTINED, "epoch milliseconds"),
    ("1714557600", CONVERTED_OR_QUARANTINED, "epoch seconds as text"),
    (1714557600.25, CONVERTED_OR_QUARANTINED, "epoch seconds with a fraction"),
    (2460431.5, QUARANTINED, "a Julian day"), (0, CONVERTED_OR_QUARANTINED, "epoch zero"),
    (-86400, CONVERTED_OR_QUARANTINED, "before 1970"), (20240501, QUARANTINED, "digits of a date"),
    (99999999999999999, QUARANTINED, "far beyond every calendar"),
    ("2023-02-31", QUARANTINED, "no such day"),
    ("2023-02-29 08:00:00", QUARANTINED, "no leap year"),
    ("0000-00-00 00:00:00", QUARANTINED, "MySQL's zero date"),
    ("2024-05-06 24:00:00", CONVERTED_OR_QUARANTINED, "hour 24"),
    ("2016-12-31 23:59:60", CONVERTED_OR_QUARANTINED, "a leap second"),
    ("2024-05-07 25:61:00", QUARANTINED, "no such time"),
    ("2024-05-08 10:00:00.123456789", CONVERTED_OR_QUARANTINED, "finer than PostgreSQL keeps"),
    ("12/31/2023", CONVERTED_OR_QUARANTINED, "month or day first"),
    ("31.12.2023", CONVERTED_OR_QUARANTINED, "day first"),
    ("now", QUARANTINED, "a word that PostgreSQL would take"),
    ("infinity", QUARANTINED, "another"), ("epoch", QUARANTINED, "another"),
    ("yesterday", QUARANTINED, "another"), ("", CONVERTED_OR_QUARANTINED, "empty"),
    (" 2024-05-09 10:00:00 ", CONVERTED_OR_QUARANTINED, "spaces around it"),
    ("10000-01-01 00:00:00", CONVERTED_OR_QUARANTINED, "a five-digit year"),
    ("-0044-03-15", QUARANTINED, "before Christ"), ("2024-W18-3", QUARANTINED, "an ISO week"),
    (b"2024-05-10", CONVERTED_OR_QUARANTINED, "a blob"),
    plain=[f"2024-03-{day:02} {hour:02}:15:00" for day in range(1, 29) for hour in (8, 20)],
)  # fmt: skip

PLAIN_DATE = one_column(
    "plain_date", "date", "dates without a time",
    ("2024-05-01", KEPT, "plain"), ("2024-02-29", KEPT, "a leap day"), (None, KEPT, "NULL"),
    ("0001-01-01", KEPT, "the first day"), ("9999-12-31", KEPT, "the last day"),
    ("2023-06-31", QUARANTINED, "no such day"), ("today", QUARANTINED, "a word"),
    ("2024-05-02 13:45:00", ANY_HONEST, "a time that a date would lose"),
    (1714521600, ANY_HONEST, "epoch seconds"),
    plain=[f"2024-03-{day:02}" for day in range(1, 29)],
)  # fmt: skip

BOOLEAN_WORDS = one_column(
    "boolean_words", "boolean", "truth in many spellings",
    (0, KEPT, "0"), (1, KEPT, "1"), (None, KEPT, "NULL"), (1, KEPT, "again"), (0, KEPT, "again"),
    ("yes", CONVERTED_OR_QUARANTINED, "yes"), ("No", CONVERTED_OR_QUARANTINED, "No"),
    ("TRUE", CONVERTED_OR_QUARANTINED, "TRUE"), ("f", CONVERTED_OR_QUARANTINED, "f"),
    ("on", CONVERTED_OR_QUARANTINED, "on"), (2, QUARANTINED, "2"), (-1, QUARANTINED, "-1"),
    (0.5, QUARANTINED, "a half"), ("maybe", QUARANTINED, "maybe"),
    ("", CONVERTED_OR_QUARANTINED, "empty"), (b"\x01", CONVERTED_OR_QUARANTINED, "a blob"),
    plain=(0, 1) * 16,
)  # fmt: skip

INTEGER_RANGE = one_column(
    "integer_range", "integer", "numbers beyond the column, and what is none",
    (2**63 - 1, KEPT, "the largest"), (-(2**63), KEPT, "the smallest"), (0, KEPT, "zero"),
    (7, KEPT, "a small one"), (2**31, KEPT, "beyond 32 bits"), (None, KEPT, "NULL"),
    (float(2**63), QUARANTINED, "one more than the largest, so SQLite made it REAL"),
    (1e19, QUARANTINED, "far beyond"), (3.5, QUARANTINED, "a fraction"),
    (float("inf"), QUARANTINED, "infinity"), ("twelve", QUARANTINED, "a word"),
    ("0x1F", QUARANTINED, "hexadecimal"), ("1_000", QUARANTINED, "a grouped number"),
    ("\uff11\uff12", CONVERTED_OR_QUARANTINED, "full-width digits"),
    ("\u0663", CONVERTED_OR_QUARANTINED, "an Arabic digit"),
    ("12,5", QUARANTINED, "a comma"), ("", CONVERTED_OR_QUARANTINED, "empty"),
    (b"12", CONVERTED_OR_QUARANTINED, "a blob of digits"), ("--5", QUARANTINED, "two signs"),
    plain=range(100, 130),
)  # fmt: skip

SMALL_INTEGER = one_column(
    "small_integer", "smallint", "SQLite takes any number under this name",
    (1, KEPT, "one"), (32767, KEPT, "the largest"), (70000, KEPT_OR_QUARANTINED, "out of range"),
    (-32769, KEPT_OR_QUARANTINED, "out of range below"),
    (3_000_000_000, KEPT_OR_QUARANTINED, "out of every smaller range"),
    plain=range(20),
)  # fmt: skip

REAL_VALUES = one_column(
    "real_values", "real", "the edges of floating point",
    (-0.0, KEPT, "minus zero"), (0.1 + 0.2, KEPT, "seventeen digits"), (5e-324, KEPT, "the least"),
    (1.7976931348623157e308, KEPT, "the largest"), (1e22, KEPT, "an exact power"),
    (float("inf"), KEPT_OR_QUARANTINED, "infinity"),
    (float("-inf"), KEPT_OR_QUARANTINED, "minus infinity"), (None, KEPT, "NULL, as NaN becomes"),
    (2**53 + 1, KEPT, "SQLite itself rounded this"), ("NaN", ANY_HONEST, "a word"),
    ("1,5", QUARANTINED, "a decimal comma"), ("$19.99", QUARANTINED, "a currency sign"),
    ("", CONVERTED_OR_QUARANTINED, "empty"),
    plain=[number / 8 for number in range(1, 30)],
)  # fmt: skip

DECIMAL_SCALE = one_column(
    "decimal_scale", "decimal(12,2)", "money that does not fit its cents",
    (19.99, KEPT, "fits"), (5, KEPT, "whole"), (-0.5, KEPT, "below zero"), (None, KEPT, "NULL"),
    (19.999, ANY_HONEST, "a third decimal"), (21.989000000000004, ANY_HONEST, "float dust"),
    (123456789012.5, KEPT_OR_QUARANTINED, "too large"), ("12.345.678", QUARANTINED, "two points"),
    plain=[number / 4 for number in range(1, 20)],
)  # fmt: skip

MALFORMED_JSON = one_column(
    "malformed_json", "json", "documents that are none, and documents that jsonb refuses",
    ('{"a": 1, "b": [true, null]}', KEPT, "fine"), ("[]", KEPT, "fine"), ("null", KEPT, "fine"),
    ('"text"', KEPT, "fine"), (None, KEPT, "NULL"), ('{"b": 1, "a": {"c": "ü"}}', KEPT, "fine"),
    ('  {"spaces" :  1 }\n', KEPT, "only white space is lost"),
    ('{"a": 12345678901234567890123}', KEPT, "a long integer"),
    ('{"a": 0.1000}', KEPT, "zeros that jsonb keeps"),
    ('{"a":', CONVERTED_OR_QUARANTINED, "cut off"),
    ("{'a': 1}", CONVERTED_OR_QUARANTINED, "single quotes"),
    ("[1, 2,]", CONVERTED_OR_QUARANTINED, "a comma too many"),
    ('{"a": NaN}', CONVERTED_OR_QUARANTINED, "NaN, which Python would take"),
    ('{"a": Infinity}', CONVERTED_OR_QUARANTINED, "Infinity, likewise"),
    ('{"a": 1} x', CONVERTED_OR_QUARANTINED, "something after it"),
    ("", CONVERTED_OR_QUARANTINED, "empty"), ("undefined", CONVERTED_OR_QUARANTINED, "a word"),
    ("[object Object]", CONVERTED_OR_QUARANTINED, "what a script wrote by mistake"),
    ('{"a": 1, "a": 2}', CONVERTED_OR_QUARANTINED, "the same key twice"),
    ('{"a": {"b": 1, "b": 1}}', CONVERTED_OR_QUARANTINED, "twice, deeper, with the same value"),
    ('"\\ud800"', CONVERTED_OR_QUARANTINED, "a lone surrogate"),
    ('{"\\udc00\\ud800": 1}', CONVERTED_OR_QUARANTINED, "surrogates the wrong way round"),
    ('"a\\u0000b"', CONVERTED_OR_QUARANTINED, "an escaped NUL"),
    ('{"a": 1e400}', KEPT_OR_QUARANTINED, "a number no float holds"),
    ('{"a": 1e200000}', CONVERTED_OR_QUARANTINED, "a number beyond numeric"),
    ('{"a": -0}', ANY_HONEST, "minus zero, which jsonb turns into zero"),
    ('{"a": 01}', CONVERTED_OR_QUARANTINED, "a leading zero"),
    ("\ufeff{}", CONVERTED_OR_QUARANTINED, "a byte order mark"),
    ('"tab\there"', CONVERTED_OR_QUARANTINED, "a raw control character"),
    ("[" * 20_000 + "]" * 20_000, KEPT_OR_QUARANTINED, "nested beyond every stack"),
    ("/* note */ {}", CONVERTED_OR_QUARANTINED, "a comment"),
    (b'{"a": 1}', CONVERTED_OR_QUARANTINED, "a blob, perhaps SQLite's own JSONB"),
    ("1_0", CONVERTED_OR_QUARANTINED, "a grouped number"),
    plain=[f'{{"id": {number}, "tags": ["a", "b"]}}' for number in range(50)],
)  # fmt: skip

BLOB_IN_TEXT = one_column(
    "blob_in_text", "text", "blobs where text is declared",
    ("text", KEPT, "text"), ("more text", KEPT, "text"), ("and more", KEPT, "text"),
    (b"hello", CONVERTED_OR_QUARANTINED, "bytes that spell a word"), (b"", ANY_HONEST, "none"),
    (b"\x00\x01\xff", CONVERTED_OR_QUARANTINED, "bytes that do not"),
    (12, ANY_HONEST, "SQLite made text of this number"),
    plain=("line",) * 8,
)  # fmt: skip

TEXT_IN_BLOB = one_column(
    "text_in_blob", "blob", "text and numbers where bytes are declared",
    (b"\x89PNG\r\n\x1a\n\x00", KEPT, "bytes"), (b"", KEPT, "none"), (b"\x00" * 40, KEPT, "zeros"),
    (b"\\x41", KEPT, "bytes that look like PostgreSQL's spelling"), (None, KEPT, "NULL"),
    ("words", ANY_HONEST, "text"), (42, ANY_HONEST, "a number"), (1.5, ANY_HONEST, "a fraction"),
    plain=[bytes([number] * 5) for number in range(12)],
)  # fmt: skip

UUIDS = one_column(
    "uuids", "uuid", "uuids in several spellings",
    ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", KEPT, "plain"),
    ("6BA7B811-9DAD-11D1-80B4-00C04FD430C8", ANY_HONEST, "upper case"),
    ("{6ba7b812-9dad-11d1-80b4-00c04fd430c8}", ANY_HONEST, "braces"),
    ("6ba7b8139dad11d180b400c04fd430c8", ANY_HONEST, "no hyphens"),
    (bytes(range(16)), ANY_HONEST, "sixteen bytes"), ("6ba7b814", ANY_HONEST, "cut off"),
    ("6ba7b815-9dad-11d1-80b4-00c04fd430c8", KEPT, "plain"), ("", ANY_HONEST, "empty"),
    plain=[f"6ba7b8{number:02x}-9dad-41d1-80b4-00c04fd430c8" for number in range(20, 40)],
)  # fmt: skip

UNTYPED = one_column(
    "untyped", "", "a column that declares no type",
    (1, ANY_HONEST, "integer"), (1.0, ANY_HONEST, "real"), ("1", ANY_HONEST, "text of digits"),
    (b"1", ANY_HONEST, "blob of digits"), ("one", ANY_HONEST, "word"), (None, KEPT, "NULL"),
)  # fmt: skip

POSTAL_CODES = one_column(
    "postal_codes", "text", "digits that are no number: leading zeros must live",
    ("02134", KEPT, "a leading zero"), ("90210", KEPT, "none"), ("007", KEPT, "two"),
    ("1e5", KEPT, "what looks like an exponent"), ("+1", KEPT, "what looks like a sign"),
)  # fmt: skip

PLAIN_TIME = one_column(
    "plain_time", "time", "times of day",
    ("10:00:00", KEPT, "plain"), ("23:59:59.5", KEPT, "a fraction"),
    ("25:00", ANY_HONEST, "no such time"), (36000, ANY_HONEST, "seconds of the day"),
    plain=[f"{hour:02}:30:00" for hour in range(12)],
)  # fmt: skip

VALUES: tuple[HostileTable, ...] = (
    NUL_BYTE, BAD_UTF8, COPY_SPECIALS, BLANKS, EPOCH_IN_DATE, PLAIN_DATE, BOOLEAN_WORDS,
    INTEGER_RANGE, SMALL_INTEGER, REAL_VALUES, DECIMAL_SCALE, MALFORMED_JSON, BLOB_IN_TEXT,
    TEXT_IN_BLOB, UUIDS, UNTYPED, POSTAL_CODES, PLAIN_TIME,
)  # fmt: skip
