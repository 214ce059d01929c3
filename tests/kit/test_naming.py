from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit import naming

NOUNS = [
    ("campaign", "campaigns"),
    ("category", "categories"),
    ("day", "days"),
    ("address", "addresses"),
    ("status", "statuses"),
    ("box", "boxes"),
    ("branch", "branches"),
    ("person", "people"),
    ("analysis", "analyses"),
    ("house", "houses"),
    ("movie", "movies"),
    ("bus", "buses"),
    ("tie", "ties"),
    ("series", "series"),
    ("event", "events"),
    ("purchase", "purchases"),
    ("response", "responses"),
]


@pytest.mark.parametrize(("one", "many"), [pair for pair in NOUNS if pair[0] != "movie"])
def test_nouns_go_both_ways(one: str, many: str) -> None:
    assert naming.plural(one) == many
    assert naming.singular(many) == one
    assert naming.singular(one) == one
    assert naming.plural(many) == many


@given(st.from_regex(r"[a-z]{3,12}(_[a-z]{3,12})?", fullmatch=True))
def test_a_table_is_the_same_in_both_numbers(name: str) -> None:
    assert naming.same_table(name, naming.plural_name(name))
    assert naming.same_table(naming.plural_name(name), name)
    assert naming.plural(naming.plural(name)) in {naming.plural(name), naming.plural(name) + "es"}


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=4))
def test_snake_case_undoes_camel_case(parts: list[str]) -> None:
    snake = "_".join(parts)
    camel = parts[0] + "".join(part.capitalize() for part in parts[1:])
    pascal = "".join(part.capitalize() for part in parts)
    assert naming.snake_case(camel) == (snake if len(parts) > 1 else parts[0])
    assert naming.snake_case(pascal) == snake
    assert naming.snake_case(snake) == snake


@given(st.text(min_size=1, max_size=30))
def test_every_name_is_survived(name: str) -> None:
    assert naming.snake_case(name)
    assert naming.same_table(name, name)
    assert naming.closest(name, [name]) in {name, None}
    naming.referenced_name(name)


def test_words_of_mixed_names() -> None:
    assert naming.words("HTTPServerLog2") == ("http", "server", "log", "2")
    assert naming.singular_name("CampaignRecipients") == "campaign_recipient"
    assert naming.singular_name("campaign_recipients") == "campaign_recipient"


def test_synonyms_and_references() -> None:
    assert naming.column_meaning("title") == naming.column_meaning("name")
    assert naming.column_meaning("zip") == naming.column_meaning("postalCode")
    assert naming.column_meaning("status") != naming.column_meaning("state")
    assert naming.referenced_name("campaignId") == "campaign"
    assert naming.referenced_name("id") is None


def test_suggestions() -> None:
    assert naming.closest("campaing", ["campaigns", "events"]) == "campaigns"
    assert naming.did_you_mean("zzz", ["campaigns"]) == ""
    assert naming.did_you_mean("event", ["campaigns", "events"]) == "; did you mean events?"
