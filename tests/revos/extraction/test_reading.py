"""Replies against the labelled corpora, and what holds of any reply."""
# ruff: noqa: E501, RUF001 - lists of odd texts

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from tests.revos.extraction import corpora

from mainstem.revos.extraction import Choice, Doubt, Form, Part, Verdict, extract
from mainstem.revos.extraction.domains import is_disposable, probably_meant
from mainstem.revos.extraction.judging import checked_domain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.extraction.corpora import Reply

PRECISION_MIN, RECALL_MIN = 0.97, 0.98
#: how much a person may be asked although the reply was clear
SPARED_MIN = 0.95
HOSTILE_S = 5.0


@pytest.mark.parametrize("half", [corpora.development, corpora.held_back])
def test_a_half_of_the_corpus_is_read(
    half: Callable[[], list[Reply]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Precision is of addresses acted on; recall is of those meant, a person's look included."""
    replies, counts = half(), Counter[str]()
    for reply in replies:
        read = extract(reply.text)
        meant = read.best.meant if read.best else None
        counts["acted"] += read.email is not None
        counts["acted right"] += read.email is not None and read.email == reply.email
        counts["there"] += reply.email is not None
        counts["read"] += reply.email is not None and meant == reply.email
        counts["clear"] += reply.verdict is Verdict.FOUND
        counts["spared"] += reply.verdict is Verdict.FOUND and read.verdict is Verdict.FOUND
        counts["empty"] += reply.verdict is Verdict.NONE
        counts["left alone"] += reply.verdict is Verdict.NONE is read.verdict
        counts["fooled"] += reply.verdict is Verdict.REVIEW and read.verdict is Verdict.FOUND
    precision = counts["acted right"] / counts["acted"]
    recall = counts["read"] / counts["there"]
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what the test is for
            f"\nextraction, {half.__name__}: {len(replies)} replies, precision {precision:.3f},"
            f" recall {recall:.3f}, {counts['spared']} of {counts['clear']} clear ones without a"
            f" person, {counts['left alone']} of {counts['empty']} without an address left alone"
        )
    assert precision >= PRECISION_MIN
    assert recall >= RECALL_MIN
    assert counts["spared"] / counts["clear"] >= SPARED_MIN
    assert counts["left alone"] / counts["empty"] >= RECALL_MIN
    assert counts["fooled"] == 0


def test_a_mistyped_provider_is_suggested_and_never_taken_alone() -> None:
    read = extract("it's anna@gmail.con")
    assert read.verdict is Verdict.REVIEW
    assert read.email is None
    assert read.best is not None
    assert (read.best.email, read.best.suggestion) == ("anna@gmail.con", "anna@gmail.com")
    assert read.best.doubts == (Doubt.DOMAIN_TYPO,)
    assert read.confidence < 0.8


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("gmial.com", "gmail.com"), ("gmail.con", "gmail.com"), ("hotmal.fr", "hotmail.fr"),
     ("outlook.con", "outlook.com"), ("yaoo.com", "yahoo.com"), ("gmail.com", None),
     ("mail.com", None), ("gmx.at", None), ("ymail.com", None), ("acme.io", None),
     ("google.com", None), ("hotmail.nl", None), ("freemail.hu", None), ("webde.de", None)],
)  # fmt: skip
def test_what_a_domain_probably_means(typed: str, meant: str | None) -> None:
    assert probably_meant(typed) == meant


def test_disposable_domains_are_known_with_those_below_them() -> None:
    assert is_disposable("mailinator.com")
    assert is_disposable("x.mailinator.com")
    assert not is_disposable("gmail.com")
    assert not is_disposable("com")


@pytest.mark.parametrize(
    ("text", "choice", "form", "part"),
    [
        ("a.b@acme.io", Choice.ONLY_ONE, Form.PLAIN, Part.BODY),
        ("a.b at acme dot io", Choice.ONLY_ONE, Form.SPOKEN, Part.BODY),
        ("use a.b@acme.io, not c@acme.io", Choice.LESS_DOUBT, Form.PLAIN, Part.BODY),
        ("c@acme.io, better: a.b@acme.io", Choice.PREFERRED, Form.PLAIN, Part.BODY),
        ("c@acme.io oh sorry a.b@acme.io", Choice.CORRECTED, Form.PLAIN, Part.BODY),
        ("a.b@acme.io\nBest regards\nC\nc@acme.io", Choice.OWN_WORDS, Form.PLAIN, Part.BODY),
        ("yes\nBest regards\nA\na.b@acme.io", Choice.ONLY_ONE, Form.PLAIN, Part.SIGNATURE),
    ],
)
def test_a_choice_has_its_reason(text: str, choice: Choice, form: Form, part: Part) -> None:
    read = extract(text)
    assert read.email == "a.b@acme.io"
    assert read.best is not None
    assert (read.choice, read.best.form, read.best.part) == (choice, form, part)
    assert read.method == ("pattern" if form is Form.PLAIN else "obfuscation")


def test_a_stricter_threshold_asks_a_person_more_often() -> None:
    assert extract("a at acme dot io").verdict is Verdict.FOUND
    assert extract("a at acme dot io", review_below=0.95).verdict is Verdict.REVIEW


def test_what_was_only_quoted_is_not_taken_for_an_answer() -> None:
    read = extract("> a@acme.io\nlater")
    assert (read.verdict, read.choice, read.best) == (Verdict.NONE, Choice.ONLY_QUOTED, None)
    assert [candidate.email for candidate in read.candidates] == ["a@acme.io"]


@given(
    st.lists(st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True), min_size=1, max_size=4),
    st.sampled_from(
        ["com", "test", "invalid", "localhost", "local", "arpa", "x1", "c", "onion", "de"]
    ),
)
def test_a_plain_domain_is_judged_as_the_library_judges_it(labels: list[str], ending: str) -> None:
    domain = ".".join([*labels, ending])
    try:
        wanted = validate_email(f"a@{domain}", check_deliverability=False).domain.lower()
    except EmailNotValidError:
        wanted = None
    assert checked_domain(domain) == wanted


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,9}([._+-][a-z0-9]{1,6}){0,2}", fullmatch=True)
HOSTS = st.from_regex(
    r"[a-z][a-z0-9]{2,9}(-[a-z0-9]{1,5})?\.(com|de|io|co\.uk|agency)", fullmatch=True
)


@given(
    NAMES,
    HOSTS,
    st.sampled_from(["{}", "<{}>", "({}).", "it is {}, thanks", "“{}”", "{}\n", "x: {}"]),
)
def test_a_plain_address_comes_back_as_it_is(local: str, host: str, around: str) -> None:
    read = extract(around.format(f"{local}@{host}"))
    assert read.best is not None
    assert read.best.email == f"{local}@{host}"


@given(NAMES, HOSTS)
def test_a_bracketed_address_reads_like_the_plain_one(local: str, host: str) -> None:
    shown = extract(f"{local}@{host}").best
    hidden = extract(f"{local} (at) {host.replace('.', ' (dot) ')}").best
    assert shown is not None
    assert hidden is not None
    assert (hidden.email, hidden.suggestion) == (shown.email, shown.suggestion)
    assert hidden.confidence <= shown.confidence


@given(st.text(st.characters() | st.sampled_from("@.@. at dot()[]\n>"), max_size=300))
def test_no_reply_breaks_it(text: str) -> None:
    read = extract(text)
    assert read == extract(text)
    assert 0 <= read.confidence <= 1
    assert (read.email is not None) == (read.verdict is Verdict.FOUND)
    for candidate in read.candidates:
        assert candidate.email.count("@") == 1
        assert candidate.email == candidate.email.lower()
        assert read.confidence <= 1


PIECES = (
    "@", "a@", "a.", ".", " at ", " dot ", "a at b dot ", "(at)", "a ", "> ", "-- \n", "_at_", "-at-a",
    "a-at-a.", "On a wrote:\n", "best ", "not ", "*", "&#64;", "<a ", "\u200b", "＠", "a@b.c ", "é@é.é,",
    "sorry ", "a@gmail", "me at gmail ", "gmail com ", "use a@b.de ", "From: a\n", "\ufdfa", "a@b..c",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_replies_end_soon(piece: str) -> None:
    for text in (
        piece * (60_000 // len(piece)),
        "x@y.com " + piece * (20_000 // len(piece)) + "z@y.com",
    ):
        began = time.process_time()
        extract(text)
        assert time.process_time() - began < HOSTILE_S


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.integers(100, 2_000))
def test_mixed_hostile_replies_end_soon(pieces: list[str], times: int) -> None:
    began = time.process_time()
    extract("".join(pieces) * times)
    assert time.process_time() - began < HOSTILE_S
