from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from tests.unify.audit.building import missing_parent, replay, table

from mainstem.unify.audit.model import Evidence, Finding, Report, Severity, SourceKind
from mainstem.unify.audit.report.as_html import as_html
from mainstem.unify.audit.report.layout import Box, place
from mainstem.unify.audit.subject import Subject

names = st.sampled_from("abcdefgh")
sizes = st.dictionaries(names, st.tuples(st.floats(40, 300), st.floats(30, 200)), min_size=1)
links = st.lists(st.tuples(names, names), max_size=20)


class _Reader(HTMLParser):
    """Collects the tags that a browser would make."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def _finding(message: str, table: str | None = None) -> Finding:
    place = Evidence(SourceKind.CODE, message, "app/a.ts", 1)
    return Finding("table-missing-in-migrations", Severity.ERROR, message, table, None, (place,))


def test_missing_tables_are_drawn_among_the_others() -> None:
    subject = Subject(
        replay=replay(
            table("post", keys={"blog_id": "blog"}),
            table("blog"),
            missing_parents=[missing_parent("post", "author_id", "author", "a.sql:1")],
        )
    )
    page = as_html(Report((), (_finding("gone", "author"),), (), 1), subject, ())
    groups = re.findall(r'<g transform="[^"]+" class="([^"]*)">', page)
    assert sorted(groups) == ["", "", "missing"]
    assert page.count('class="gone"') == 1
    assert "post refers to author" in page


def test_the_page_needs_nothing_else() -> None:
    page = as_html(Report((), (_finding("gone"),), (), 1), Subject(), ())
    reader = _Reader(page)
    assert not [tag for tag, attributes in reader.tags if {"src", "href"} & attributes.keys()]
    assert reader.count("article") == 1
    assert reader.count("svg") == 0


@given(st.text(), st.text())
def test_no_text_of_a_repository_becomes_markup(message: str, table: str) -> None:
    hostile = f"<script>alert(1)</script>{message}\"'><img src=x>"
    page = as_html(Report((), (_finding(hostile, table + "<b>"),), (), 1), Subject(), ())
    reader = _Reader(page)
    assert (reader.count("script"), reader.count("img"), reader.count("b")) == (1, 0, 4)


@given(sizes, links)
def test_boxes_never_overlap(
    sizes: dict[str, tuple[float, float]], links: list[tuple[str, str]]
) -> None:
    edges = [(child, parent) for child, parent in links if child in sizes and parent in sizes]
    boxes, width, height = place(sizes, edges)
    assert boxes.keys() == sizes.keys()
    listed = list(boxes.values())
    for position, box in enumerate(listed):
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width + 0.01
        assert box.y + box.height <= height + 0.01
        assert not any(_overlap(box, other) for other in listed[:position])


@given(links)
def test_parents_stand_left_of_children_where_there_is_no_cycle(
    links: list[tuple[str, str]],
) -> None:
    edges = [(max(pair), min(pair)) for pair in links if pair[0] != pair[1]]
    sizes = {name: (100.0, 50.0) for pair in edges for name in pair}
    boxes, _, _ = place(sizes | {"z": (100.0, 50.0)}, edges)
    assert all(boxes[parent].x < boxes[child].x for child, parent in edges)


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
