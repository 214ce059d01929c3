"""Each form takes any page: no text of a database becomes markup, and JSON keeps its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.unify.sign_off.conftest import SCHEMA

from mainstem.unify.catalog.model import NotCarried
from mainstem.unify.ledger.expectations import KeptExpectations, KeptOutcome
from mainstem.unify.ledger.proofs import KeptProof, ProvenObject
from mainstem.unify.ledger.rows import Account, Decision, Run
from mainstem.unify.page import visible
from mainstem.unify.sign_off import SignOff, as_html, as_json, as_markdown
from mainstem.unify.sign_off.judging import open_points
from mainstem.unify.sign_off.model import (
    CatchUp,
    Checked,
    ColumnSum,
    Conversions,
    DifferingRow,
    Example,
    FurtherRows,
    KeptBackup,
    ReadSource,
    SourceAccount,
    Timing,
    Verified,
    VerifiedTable,
    Waiting,
    WaitingRow,
)
from mainstem.unify.sign_off.sheet import ANNEXES, annex, sheet_of

HOSTILE = "<script>alert(1)</script>|`a`|[x](y)\n# h\u202e\"'>"

texts = st.sampled_from(
    [
        HOSTILE,
        "",
        "plain",
        "a\n\n## b",
        "| - |",
        "\\",
        "``",
        "<b>",
        "&amp;",
        "\x07\x1b[31m",
        "{{ 1 }}",
    ]
)
counts = st.integers(0, 10**9)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware by `timezones`


def several(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


verdicts = st.sampled_from(["proven", "leak", "not exercised"])
tables = st.builds(
    VerifiedTable,
    columns=several(st.builds(ColumnSum, texts, st.booleans(), st.none() | texts, texts)),
    differences=several(
        st.builds(DifferingRow, texts, texts, st.none() | texts, st.none() | texts, texts)
    ),
    not_compared=st.dictionaries(texts, texts, max_size=1),
    table=texts,
    target=texts,
    is_equal=st.booleans(),
    source_rows=counts,
    target_rows=counts,
    has_more_differences=st.booleans(),
)
pages = st.builds(
    SignOff,
    run=st.builds(
        Run,
        id=st.integers(1, 10**6),
        kind=st.sampled_from(["run", "copy"]),
        name=texts,
        plan_sha256=st.just("0" * 64),
        source=st.just({}),
        schema_name=texts,
        state=st.sampled_from(["staging", "finished", "undone"]),
        started_at=moments,
        finished_at=st.none() | moments,
    ),
    undone_at=st.none() | moments,
    database=texts,
    made_at=moments,
    has_values=st.booleans(),
    sources=several(
        st.builds(
            ReadSource, texts, st.sampled_from(["sqlite", "postgres"]), texts,
            st.dictionaries(texts, texts, max_size=1), st.none() | moments, st.none() | moments,
            counts, counts,
        )
    ),
    decisions=several(
        st.builds(
            Decision, texts, texts, st.none() | texts, texts, texts, counts, st.none() | texts,
            st.none() | moments,
        )
    ),
    accounts=several(
        st.builds(
            SourceAccount,
            texts,
            st.builds(
                Account, texts, st.none() | texts, counts, counts, counts, counts, counts, counts
            ),
        )
    ),
    further=several(st.builds(FurtherRows, texts, texts, counts)),
    conversions=several(
        st.builds(
            Conversions, texts, st.none() | texts, counts, counts,
            several(st.builds(Example, texts, texts, texts, st.none() | texts, st.none() | texts)),
        )
    ),
    waiting=several(
        st.builds(
            Waiting, texts, st.none() | texts, texts, counts,
            several(
                st.builds(
                    WaitingRow,
                    texts,
                    st.none() | st.dictionaries(texts, texts | st.none(), max_size=2),
                )
            ),
        )
    ),
    waiting_unlisted=st.tuples(counts, counts),
    verified=st.none()
    | st.builds(
        Verified, st.none() | moments, st.booleans(), texts, st.floats(0, 1e6),
        st.dictionaries(texts, counts, max_size=1), several(tables), several(texts),
        several(texts),
    ),
    isolation=st.none()
    | st.builds(
        KeptProof, moments, st.booleans(),
        several(st.builds(ProvenObject, texts, texts, verdicts, texts)), counts,
    ),
    expected=several(
        st.builds(
            KeptExpectations, texts, moments, st.booleans(),
            several(
                st.builds(
                    KeptOutcome, texts, st.sampled_from(["existence", "count", "case"]),
                    st.none() | texts,
                )
            ),
        )
    ),
    checked=st.none() | st.builds(Checked, st.none() | moments, st.booleans(), texts),
    timings=several(
        st.builds(Timing, texts, st.none() | counts, moments, st.none() | moments).filter(
            lambda step: step.seconds is None or step.seconds >= 0
        )
    ),
    backup=st.none()
    | st.builds(KeptBackup, st.none() | texts, st.none() | texts, st.none() | texts),
    catch_ups=several(
        st.builds(
            CatchUp, st.none() | moments, counts, counts, counts, counts, st.floats(0, 1e6)
        )
    ),
    not_carried=several(st.builds(NotCarried, texts, texts, texts)),
)  # fmt: skip


#: a page has so many parts that making a failing one smaller takes minutes
broad = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
)


class _Reader(HTMLParser):
    """The tags that a browser would make, and the text that it would show."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ended: list[str] = []
        self.shown: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.ended.append(tag)

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


@pytest.fixture(scope="module")
def published() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@given(page=pages)
@broad
def test_json_follows_the_published_schema(
    published: jsonschema.Draft202012Validator, page: SignOff
) -> None:
    assert [*published.iter_errors(json.loads(as_json(page)))] == []


@given(pages)
@broad
def test_no_text_of_a_database_becomes_markup_in_html(page: SignOff) -> None:
    text = as_html(page)
    reader = _Reader(text)
    names = {name for name, _ in reader.tags}
    assert not names & {"script", "img", "a", "iframe", "link", "form", "object"}
    assert not [tag for tag, attributes in reader.tags if {"src", "href"} & attributes.keys()]
    assert "\u202e" not in text
    for name in names - {"meta", "br"}:
        assert reader.ended.count(name) == sum(tag == name for tag, _ in reader.tags), name


@given(pages)
@broad
def test_the_page_has_headings_and_table_heads_in_order(page: SignOff) -> None:
    reader = _Reader(as_html(page))
    levels = [name for name, _ in reader.tags if name in {"h1", "h2", "h3"}]
    assert levels[0] == "h1"
    assert set(levels[1:]) == {"h2"}
    assert all(told.get("scope") in {"col", "row"} for name, told in reader.tags if name == "th")
    ids = [told["id"] for _, told in reader.tags if "id" in told]
    assert len(ids) == len(set(ids))
    labels = [told["aria-labelledby"] for _, told in reader.tags if "aria-labelledby" in told]
    assert set(labels) <= set(ids)


@given(pages)
@broad
def test_no_text_of_a_database_becomes_markup_in_markdown(page: SignOff) -> None:
    html = MarkdownIt("js-default").enable("table").render(as_markdown(page))
    reader = _Reader(html)
    names = [name for name, _ in reader.tags]
    assert not set(names) & {"script", "img", "a"}
    assert names.count("h1") == 1
    assert "\u202e" not in html
    rows = as_markdown(page).splitlines()
    assert names.count("tr") + names.count("table") == sum(row.startswith("| ") for row in rows)


@given(pages)
@broad
def test_the_first_sheet_is_short_whatever_the_page_says(page: SignOff) -> None:
    many = replace(
        page,
        sources=page.sources * 20,
        decisions=page.decisions * 20,
        accounts=page.accounts * 20,
        expected=page.expected * 20,
        not_carried=page.not_carried * 20,
    )
    sheet = sheet_of(many)
    assert len(sheet.points) + sheet.points_more == len(open_points(many))
    assert len(sheet.sources) + sheet.sources_more == len(many.sources)
    assert len(sheet.points) <= 6
    assert len(sheet.sources) <= 6
    assert len(sheet.lines) == 8
    assert max(len(text) for text in (*sheet.points, *(line.text for line in sheet.lines))) < 400
    assert all("\n" not in line.text for line in sheet.lines)


@given(pages)
@broad
def test_signatures_stand_on_the_first_sheet_and_annexes_follow_in_order(page: SignOff) -> None:
    markdown = as_markdown(page)
    html = as_html(page)
    for text, end in ((markdown, "\n## Annex A"), (html, "</section>")):
        sheet, _, annexes = text.partition(end)
        assert "Signatures" in sheet
        assert "Signatures" not in annexes
        places = [text.index(annex(name)) for name in ANNEXES]
        assert places == sorted(places)


@given(st.text())
def test_what_is_visible_is_the_text_or_says_what_it_is(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable() or any(char == "\u2028" for char in shown) is False
    assert visible(shown) == shown
    if text.isprintable():
        assert shown == text
