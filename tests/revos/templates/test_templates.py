from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.revos.templates_text import (
    VARIABLES,
    Kind,
    RenderError,
    Trouble,
    check,
    parse,
    preview,
    render,
    units,
)


def troubles(text: str, kind: Kind = Kind.DM) -> list[Trouble]:
    return [finding.trouble for finding in check(parse(text), kind)]


@pytest.mark.parametrize(
    ("template", "values", "message"),
    [
        ("Hi {{first_name}}!", {"first_name": "Maria"}, "Hi Maria!"),
        ("Hi {{ first_name | there }}!", {}, "Hi there!"),
        ("Hi {{first_name|there}}!", {"first_name": "  "}, "Hi there!"),
        ("Hi {{first_name|there}}!", {"first_name": None}, "Hi there!"),
        ("Hi{{first_name|}}!", {}, "Hi!"),
        (r"\{{first_name\}} is \\ {{first_name|a\|b\}}}", {}, r"{{first_name}} is \ a|b}"),
        ("a { b } c", {}, "a { b } c"),
        ("a\r\nb\rc ", {}, "a\nb\nc"),
        ("{{first_name}}", {"first_name": "{{email}} \\{{ <b>"}, "{{email}} \\{{ <b>"),
        ("{{first_name}}", {"first_name": "Ma\u202eri\x00a\n\tX"}, "Maria X"),
        (
            "{{download_url}}",
            {"download_url": "https://x.io/" + "a" * 300},
            "https://x.io/" + "a" * 300,
        ),
    ],
)
def test_a_message_is_made(template: str, values: dict[str, str | None], message: str) -> None:
    assert render(parse(template), values, Kind.DM) == message


@pytest.mark.parametrize(
    ("template", "values", "trouble"),
    [
        ("Hi {{frist_name}}", {"frist_name": "Maria"}, Trouble.UNKNOWN_VARIABLE),
        ("Hi {{frist_name|there}}", {}, Trouble.UNKNOWN_VARIABLE),
        ("Hi {{first_name}}", {}, Trouble.NO_FALLBACK),
        ("Hi {{first_name", {"first_name": "a"}, Trouble.MALFORMED),
        ("Hi first_name}}", {"first_name": "a"}, Trouble.MALFORMED),
        ("Hi {{first_name {{last_name}}", {"first_name": "a", "last_name": "b"}, Trouble.MALFORMED),
        ("Hi {{First Name}}", {}, Trouble.MALFORMED),
        ("{{}}", {}, Trouble.MALFORMED),
        ("{{first_name|}}", {}, Trouble.EMPTY),
        ("", {}, Trouble.EMPTY),
        ("{{download_url}}", {"download_url": "javascript:alert(1)"}, Trouble.MALFORMED),
        ("a" * 8_001, {}, Trouble.TOO_LONG),
        ("a" * 20_001, {}, Trouble.TOO_LONG),
    ],
)
def test_nothing_is_made_of_what_is_wrong(
    template: str, values: dict[str, str | None], trouble: Trouble
) -> None:
    with pytest.raises(RenderError) as told:
        render(parse(template), values, Kind.DM)
    assert told.value.trouble is trouble


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("Hi {{first_name|there}}, {{magnet_name}}: {{download_url}}", []),
        ("Hi {{first_name}}", [Trouble.NO_FALLBACK]),
        ("Hi {{frist_name|x}} {{first_name}}", [Trouble.UNKNOWN_VARIABLE, Trouble.NO_FALLBACK]),
        ("{{first_name", [Trouble.MALFORMED]),
        ("  ", [Trouble.EMPTY]),
        ("a" * 8_001, [Trouble.TOO_LONG]),
        ("a" * 7_990 + "{{magnet_name}}", [Trouble.MAY_BE_TOO_LONG]),
        ("😀" * 4_001, [Trouble.TOO_LONG]),
        ("{{first_name|a}}" * 101, [Trouble.TOO_LONG]),
    ],
)
def test_preflight_finds_what_is_wrong_errors_first(template: str, found: list[Trouble]) -> None:
    assert [
        t for t in troubles(template) if t is not Trouble.MAY_BE_TOO_LONG or t in found
    ] == found


def test_a_finding_points_at_its_place() -> None:
    text = "Hi {{frist_name|x}}!"
    finding = check(parse(text), Kind.DM)[0]
    assert text[finding.start : finding.end] == "{{frist_name|x}}"
    assert "first_name" in finding.message


def test_kinds_have_their_own_length() -> None:
    assert troubles("a" * 201, Kind.INVITATION) == [Trouble.TOO_LONG]
    assert troubles("a" * 201, Kind.COMMENT) == []


def test_a_preview_shows_a_sample_person_and_what_is_wrong() -> None:
    shown, findings = preview(parse("Hi {{first_name|there}} {{frist_name}} {{oops"), Kind.DM)
    assert shown == "Hi Maria {{frist_name}} {{oops"
    assert {finding.trouble for finding in findings} == {
        Trouble.MALFORMED,
        Trouble.UNKNOWN_VARIABLE,
    }


NAMES = st.sampled_from(sorted(VARIABLES))
TEXT = st.text(max_size=60)


@given(TEXT)
def test_an_escaped_text_comes_out_as_it_is(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    wanted = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if wanted:
        assert render(parse(escaped), {}, Kind.DM) == wanted


@given(NAMES, st.text(min_size=1, max_size=5_000), TEXT)
def test_whatever_a_person_is_called_the_message_holds_it_safely(
    name: str, value: str, fallback: str
) -> None:
    quoted = (
        fallback.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}").replace("|", "\\|")
    )
    template = parse("a {{%s|%s}} b" % (name, quoted))  # noqa: UP031 - braces are what is written
    assert not template.findings
    if VARIABLES[name].is_link and not value.startswith("http"):
        with pytest.raises(RenderError):
            render(template, {name: "no " + value}, Kind.DM)
        return
    made = render(template, {name: value}, Kind.DM)
    assert made.startswith("a ")
    assert made.endswith(" b")
    room = max(VARIABLES[name].characters_max, units(fallback)) + 4
    assert VARIABLES[name].is_link or units(made) <= room


@given(st.text(st.characters() | st.sampled_from("{{}}|\\"), max_size=300), st.sampled_from(Kind))
def test_no_template_breaks_it_and_what_passes_preflight_is_sent(text: str, kind: Kind) -> None:
    template = parse(text)
    findings = check(template, kind)
    shown, again = preview(template, kind)
    assert findings == again
    values = {name: variable.sample for name, variable in VARIABLES.items()}
    if not any(finding.trouble.is_error for finding in findings):
        if shown and units(shown) <= kind.value:
            assert render(template, values, kind) == shown
    elif any(
        finding.trouble in {Trouble.UNKNOWN_VARIABLE, Trouble.MALFORMED} for finding in findings
    ):
        with pytest.raises(RenderError):
            render(template, values, kind)


@pytest.mark.parametrize("piece", ["{{", "}}", "{{a", "\\", "{{a|", "{{{{}}}}", "|"])
def test_hostile_templates_end_soon(piece: str) -> None:
    began = time.process_time()
    check(parse(piece * 10_000), Kind.DM)
    assert time.process_time() - began < 5
