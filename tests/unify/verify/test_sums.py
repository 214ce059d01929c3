"""Checksums see every change of a value, a row or the pairing of the two, and no other order."""

from __future__ import annotations

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from mainstem.unify.verify.sums import BUCKETS, Batch, BucketSums, RowSums, Sums, bucket, lines

texts = st.text(alphabet=st.characters(exclude_characters="\t\n\r", codec="utf-8"), max_size=8)
keys = st.lists(texts, min_size=2, max_size=12, unique=True)


def sums(*batches: Batch) -> Sums:
    total = Sums([0] * len(batches[0].columns))
    for batch in batches:
        total.add(batch)
    return total


def buckets(batch: Batch) -> list[int]:
    total = BucketSums()
    total.add(batch)
    return total.values


@given(keys, st.data())
def test_neither_order_nor_batches_matter(names: list[str], data: st.DataObject) -> None:
    values = data.draw(st.lists(texts, min_size=len(names), max_size=len(names)))
    order = data.draw(st.permutations(range(len(names))))
    cut = data.draw(st.integers(1, len(names) - 1))
    moved_names, moved_values = [names[n] for n in order], [values[n] for n in order]
    assert sums(Batch([values], names)) == sums(
        Batch([moved_values[:cut]], moved_names[:cut]),
        Batch([moved_values[cut:]], moved_names[cut:]),
    )
    assert buckets(Batch([values], names)) == buckets(Batch([moved_values], moved_names))


@given(keys, texts)
def test_a_column_of_one_value_is_summed_up_like_any_other(names: list[str], value: str) -> None:
    each = [Batch([[value]], [name]) for name in names]
    assert sums(Batch([[value] * len(names)], names)) == sums(*each)
    mixed = Batch([[value] * (len(names) - 1) + [value + "x"]], names)
    assert sums(mixed) == sums(*each[:-1], Batch([[value + "x"]], names[-1:]))


@given(keys, st.data())
def test_swapped_values_are_seen(names: list[str], data: st.DataObject) -> None:
    values = data.draw(st.lists(texts, min_size=len(names), max_size=len(names)))
    one, other = data.draw(st.lists(st.integers(0, len(names) - 1), min_size=2, max_size=2))
    assume(values[one] != values[other])
    swapped = list(values)
    swapped[one], swapped[other] = values[other], values[one]
    before, after = sums(Batch([names, values], names)), sums(Batch([names, swapped], names))
    assert before.columns[0] == after.columns[0]
    assert before.columns[1] != after.columns[1]
    differing = {
        number
        for number, (here, there) in enumerate(
            zip(buckets(Batch([values], names)), buckets(Batch([swapped], names)), strict=True)
        )
        if here != there
    }
    assert differing <= {bucket(names[one]), bucket(names[other])}
    assert differing


@given(keys, st.data())
def test_a_changed_value_is_seen(names: list[str], data: st.DataObject) -> None:
    values = data.draw(st.lists(texts, min_size=len(names), max_size=len(names)))
    place, value = data.draw(st.integers(0, len(names) - 1)), data.draw(texts)
    assume(values[place] != value)
    changed = [*values[:place], value, *values[place + 1 :]]
    before = sums(Batch([values], names))
    assert before != sums(Batch([changed], names))
    before.change(names[place], 0, before=values[place], after=value)
    assert before == sums(Batch([changed], names))


@given(keys)
def test_a_lost_row_is_seen_even_without_columns(names: list[str]) -> None:
    assert sums(Batch([], names)) != sums(Batch([], names[1:]))
    changed = sums(Batch([], [names[0] + "x", *names[1:]]))
    assume(names[0] + "x" not in names)
    assert sums(Batch([], names)).keys != changed.keys


def test_many_random_swaps_are_all_seen() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        names = [str(chance.randrange(10**6)) for _ in range(2)]
        values = [str(chance.random()) for _ in range(2)]
        if names[0] != names[1]:
            assert sums(Batch([values], names)) != sums(Batch([values[::-1]], names))


def test_rows_without_keys_are_a_heap() -> None:
    columns = [["a", "b", "a"], ["1", "2", "1"]]
    assert sums(Batch(columns, None)) == sums(Batch([["b", "a", "a"], ["2", "1", "1"]], None))
    exchanged = sums(Batch([["a", "b", "a"], ["1", "1", "2"]], None))
    assert sums(Batch(columns, None)).columns == exchanged.columns
    assert sums(Batch(columns, None)).keys != exchanged.keys


def row_sums(*rows: list[str]) -> RowSums:
    total = RowSums()
    for row in rows:
        total.add(lines([[cell] for cell in row]))
    return total


@given(keys, st.data())
def test_whole_rows_are_summed_up_in_any_order_and_portion(
    names: list[str], data: st.DataObject
) -> None:
    values = data.draw(st.lists(texts, min_size=len(names), max_size=len(names)))
    rows = list(map(list, zip(names, values, strict=True)))
    order = data.draw(st.permutations(range(len(names))))
    together = RowSums()
    together.add(lines([names, values]))
    assert together == row_sums(*(rows[number] for number in order))


@given(keys, st.data())
def test_a_changed_or_swapped_value_or_a_lost_row_changes_the_checksum_of_rows(
    names: list[str], data: st.DataObject
) -> None:
    values = data.draw(st.lists(texts, min_size=len(names), max_size=len(names)))
    rows = list(map(list, zip(names, values, strict=True)))
    before = row_sums(*rows)
    assert before.total != row_sums(*rows[1:]).total
    one, value = data.draw(st.integers(0, len(names) - 1)), data.draw(texts)
    assume(values[one] != value)
    changed = [[key, value if at == one else kept] for at, (key, kept) in enumerate(rows)]
    assert before != row_sums(*changed)
    other = data.draw(st.integers(0, len(names) - 1))
    assume(values[one] != values[other])
    swapped = list(values)
    swapped[one], swapped[other] = values[other], values[one]
    assert before != row_sums(*map(list, zip(names, swapped, strict=True)))


def test_rows_spread_over_the_buckets() -> None:
    used = {bucket(str(number)) for number in range(20 * BUCKETS)}
    assert len(used) > 0.99 * BUCKETS
