"""How wide a condition is does not depend on how it is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.audit.width import Width, wide_alternative, width

LEAVES = {
    "true": Width.EVERYBODY,
    "false": Width.NOBODY,
    "(1 = 1)": Width.EVERYBODY,
    "(auth.role() = 'authenticated'::text)": Width.SIGNED_IN,
    "(auth.role() = 'service_role'::text)": Width.SERVICE,
    "(owner_id = auth.uid())": Width.NARROW,
    "(auth.uid() IS NULL)": Width.EVERYBODY,
}

conditions = st.recursive(
    st.sampled_from(sorted(LEAVES)).map(lambda text: (text, LEAVES[text])),
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), inner, inner).map(
        lambda joined: (
            f"({joined[1][0]} {joined[0]} {joined[2][0]})",
            (min if joined[0] == "AND" else max)(joined[1][1], joined[2][1]),
        )
    ),
    max_leaves=8,
)


@given(conditions)
def test_an_or_is_as_wide_as_its_widest_side_and_an_and_as_its_narrowest(
    condition: tuple[str, Width],
) -> None:
    text, expected = condition

    assert width(text) is expected
    assert width(f"(NOT (NOT {text}))") in {expected, Width.NARROW}


@given(conditions)
def test_what_is_blamed_makes_the_whole_wide(condition: tuple[str, Width]) -> None:
    text, expected = condition

    if wide_alternative(text) is not None:
        assert expected >= Width.SIGNED_IN


def test_no_condition_lets_nobody_through() -> None:
    assert width(None) is Width.NOBODY
    assert wide_alternative(None) is None


def test_what_the_parser_does_not_know_is_not_judged() -> None:
    assert width("this is no expression") is Width.NARROW
