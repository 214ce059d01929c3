"""Finds the tables that a document names, where they stand and what it says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mainstem.unify.code.model import Place
from mainstem.unify.documents import boxes, sql
from mainstem.unify.documents.expectation import (
    is_conditional,
    is_other_engine,
    said_above,
    said_beside,
    said_by,
)
from mainstem.unify.documents.markdown import BlockKind
from mainstem.unify.documents.model import Expectation, Mention, Standing
from mainstem.unify.documents.names import CODE_SPAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.documents.markdown import Block, Section
    from mainstem.unify.documents.names import Name, Names

TEXT_CHARACTERS_MAX = 200
_LEAD_CHARACTERS_MAX = 300

_TABLES = re.compile(r"\btables\b(?! of contents)", re.IGNORECASE)
_OTHER_TABLES = re.compile(
    r"\b(?:html|markdown|routing|pivot|hash|truth|comparison|decision|data|ui|react)[- ]tables\b",
    re.IGNORECASE,
)
_PARTS_OF_TABLES = re.compile(
    r"\b(?:columns?|fields?|polic(?:y|ies)|ind(?:ex|exes|ices)|functions?|triggers?|files?|enums?"
    r"|endpoints?|routes?|components?|buckets?|roles?|steps?|propert(?:y|ies)|types?|quer(?:y|ies)"
    r"|foreign keys?|constraints?|scripts?|commands?|variables?)\b",
    re.IGNORECASE,
)
#: a lead or an item that is about one table: what it lists are parts of it
_ONE_TABLE = re.compile(r"\W*[`*][a-z]\w*:?[`*]|.*\btable\b", re.IGNORECASE)
_TABLE_COLUMN = re.compile(
    r"(?:(?:new|database|db|supabase|postgres) )?tables?(?: names?)?", re.IGNORECASE
)
_STATUS_COLUMN = re.compile(
    r"(?:\w+ )?(?:status|state|exists\??|action|decision|verified)", re.IGNORECASE
)
_MARK = re.compile(r"(?:\[[ xX]\]\s*)?[^\w`*\"\[~]*")
_SEPARATOR = re.compile(r"\s*(?:\*\*)?\s*(?:,|/|&|\+|and\b)\s*(?:\*\*)?\s*")
_BOLD_OR_BARE = re.compile(
    r"(?:\*\*)?([a-z][a-z0-9_]*)(?:\*\*)?(?=\s*(?:\*\*)?\s*(?:[-\u2013—:(←]|$))"
)
_RENAMED = re.compile(r"\W*(?:→|->|=>)")
_COLUMN_LIKE = re.compile(
    r"\W*(?:uuid|text|varchar|char|int|integer|bigint|smallint|bool|boolean|jsonb?|timestamp\w*"
    r"|numeric|decimal|string|number|date|serial|bigserial|primary key|foreign key|fk|enum|array"
    r"|nullable|not null|vector)\b",
    re.IGNORECASE,
)
_RUN = r"(?:`[^`\n]{1,80}`(?:\s|,|/|&|\+|and\b|or\b)*){1,8}"
_NAMED_TABLE = re.compile(
    rf"(?P<before>{_RUN})\*{{0,2}}tables?\b"
    rf"|\btables?(?:\s+(?:named|called))?:?\s+\*{{0,2}}(?P<after>{_RUN})"
    rf"|(?<![\w`./-])(?P<bare>[a-z][a-z0-9]*_[a-z0-9_]*)\s+tables?\b",
    re.IGNORECASE,
)
#: what is said of something in a table is not said of the table
_IN_IT = re.compile(
    r"\b(?:in|from|into|to|of|on|by|for|with)\s+(?:the\s+|an?\s+)?[*`]*$", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")
_ARROW_SIGNS = ("→", "->", "⟶", "references")
_ARROW = re.compile(
    r"(?<![\w.])([a-z_]\w*)\.([a-z_]\w*)\s*(?:→|->|⟶|references\b)\s*([a-z_]\w*)\.([a-z_]\w*)(?![\w.(])"
)


@dataclass(frozen=True)
class Named:
    """A mention with what the claims need of its surroundings.

    `group` is the same for the names of one list, table or box, and `title` is what it stands
    under; `is_stated` says that words or marks tell the expectation, not only the heading's word
    `tables`.
    """

    mention: Mention
    section: Section | None
    group: int
    title: str
    is_stated: bool


def named_in(blocks: Iterable[Block], *, file: str, names: Names) -> Iterator[Named]:
    """Every table that the blocks name, in order."""
    for block in blocks:
        yield from _Finder(block, file, names).found()


@dataclass(frozen=True)
class _Finder:
    """Looks at one block."""

    block: Block
    file: str
    names: Names

    def found(self) -> Iterator[Named]:
        match self.block.kind:
            case BlockKind.HEADING:
                yield from self._in_heading()
            case BlockKind.ITEM if self._is_list_of_tables():
                yield from self._in_item()
            case BlockKind.ROW:
                yield from self._in_row()
            case BlockKind.CODE:
                yield from self._in_code()
            case _:
                yield from self._in_text(Standing.TEXT)
        if self.block.kind is not BlockKind.CODE:
            yield from self._in_arrows()

    def _in_heading(self) -> Iterator[Named]:
        """A heading that is a table's name, below one about tables; or that says `x` table."""
        title = self.block.text.strip("*: ")
        title = re.sub(r"^\d+(?:\.\d+)*[.)]?\s+", "", title)
        quoted = CODE_SPAN.match(title)
        parent = self.block.section.parent if self.block.section else None
        above = parent.titles if parent else ()
        if quoted and any(_is_about_tables(text) for text in above):
            name = self.names.as_table(quoted["name"], schema=quoted["schema"])
            rest = title[quoted.end() :]
            if name is not None and len(rest.split()) <= 1:
                said = said_above((rest, *above))
                yield self._named(name, Standing.HEADING, _or_exists(said), stated=False)
                return
        yield from self._in_text(Standing.HEADING)

    def _is_list_of_tables(self) -> bool:
        lead = _last_line(self.block.lead)
        if _is_about_tables(lead):
            return True
        if _PARTS_OF_TABLES.search(lead) or _ONE_TABLE.match(lead):
            return False
        titles = self.block.section.titles if self.block.section else ()
        for title in titles:
            if _is_about_tables(title):
                return True
            if "`" in title or _PARTS_OF_TABLES.search(title) or len(title) > TEXT_CHARACTERS_MAX:
                return False
        return False

    def _in_item(self) -> Iterator[Named]:
        """The names that a list item opens with: `- ❌ a, b - what they are for`."""
        text = self.block.text.partition("\n")[0]
        mark = _MARK.match(text)
        assert mark is not None, "the pattern matches the empty string"
        found, rest = self._opening_names(
            text[mark.end() :], is_marked=any(tick in mark[0] for tick in "✅❌✓✗")
        )
        if not found:
            yield from self._in_text(Standing.TEXT)
            return
        if _RENAMED.match(rest) or _COLUMN_LIKE.match(rest):
            return
        own = said_beside(mark[0], rest)
        for name in found:
            yield self._in_context(name, Standing.LIST, own, beside=rest)

    def _opening_names(self, text: str, *, is_marked: bool) -> tuple[list[Name], str]:
        found: list[Name] = []
        at = 2 if text.startswith("**`") else 0
        while span := CODE_SPAN.match(text, at):
            name = self.names.as_table(span["name"], schema=span["schema"])
            found += [name] if name else []
            at = span.end()
            separator = _SEPARATOR.match(text, at)
            if separator is None:
                return found, text[at:]
            at = separator.end()
        word = _BOLD_OR_BARE.match(text) if at == 0 else None
        if word is not None:
            bare = self.names.as_table if is_marked else self.names.as_bare_table
            name = bare(word[1])
            return ([name] if name else []), text[word.end() :]
        return found, text[at:]

    def _in_row(self) -> Iterator[Named]:
        """The cells of a column that is headed as one of tables."""
        cells = dict(
            zip((_bare(title) for title in self.block.header), self.block.cells, strict=False)
        )
        states = [cell for title, cell in cells.items() if _STATUS_COLUMN.fullmatch(title)]
        own = said_above(states)
        for title, cell in cells.items():
            if _TABLE_COLUMN.fullmatch(title):
                for name in self._cell_names(cell):
                    yield self._in_context(name, Standing.TABLE, own, beside=self.block.text)

    def _cell_names(self, cell: str) -> Iterator[Name]:
        spans = list(CODE_SPAN.finditer(cell))
        words = [(s["name"], s["schema"]) for s in spans] or [(_bare(cell), None)]
        for word, schema in words:
            if name := self.names.as_table(word, schema=schema):
                yield name

    def _in_code(self) -> Iterator[Named]:
        if sql.is_sql(self.block):
            for use in sql.tables_of(self.block, self.names):
                yield self._of_sql(use)
        elif boxes.may_be_box(self.block):
            for entry in boxes.entries_of(self.block, self.names):
                yield self._of_box(entry)

    def _of_sql(self, use: sql.TableInSql) -> Named:
        said = Expectation.NONE
        if use.is_dropped:
            said = Expectation.ABSENT
        elif use.is_created and not is_other_engine(" ".join(self._above())):
            said = said_above(self._above())
            if said is Expectation.ABSENT:
                said = Expectation.NONE
            elif said is Expectation.NONE and any(_is_data_model(t) for t in self._above()):
                said = Expectation.EXISTS
        return self._named(
            use.name, Standing.SQL, said, stated=False, line=use.line, columns=use.columns
        )

    def _of_box(self, entry: boxes.Entry) -> Named:
        own = said_beside(entry.mark, entry.remainder)
        if is_other_engine(entry.title):
            own = own if own is Expectation.PLANNED else Expectation.NONE
            return self._named(entry.name, Standing.LIST, own, stated=False, line=entry.line)
        said = own if own is not Expectation.NONE else said_above((entry.title, *self._above()))
        return self._named(
            entry.name,
            Standing.LIST,
            _or_exists(said),
            stated=said is not Expectation.NONE,
            line=entry.line,
            title=entry.title or None,
            group=self.block.group,
        )

    def _in_text(self, standing: Standing) -> Iterator[Named]:
        """Names beside the word `table`; what the sentence says counts if it names only them."""
        if "table" not in self.block.text.lower():
            return
        line = self.block.line
        for sentence, newlines in _sentences(self.block.text):
            runs = list(_NAMED_TABLE.finditer(sentence))
            said = Expectation.NONE
            is_subject = len(runs) == 1 and not _IN_IT.search(sentence[: runs[0].start()])
            if is_subject and _is_plain_statement(sentence):
                said = said_by(sentence)
            for run in runs:
                for name in self._run_names(run):
                    yield self._named(name, standing, said, stated=False, line=line)
            line += newlines

    def _run_names(self, run: re.Match[str]) -> Iterator[Name]:
        if run["bare"]:
            found = [self.names.as_bare_table(run["bare"])]
        else:
            spans = CODE_SPAN.finditer(run["before"] or run["after"])
            found = [self.names.as_table(s["name"], schema=s["schema"]) for s in spans]
        yield from (name for name in found if name is not None)

    def _in_arrows(self) -> Iterator[Named]:
        """Both ends of `a.b_id → c.id`; an arrow says nothing of whether they are there."""
        if not any(sign in self.block.text for sign in _ARROW_SIGNS):
            return
        text = self.block.text.replace("`", "")
        for arrow in _ARROW.finditer(text):
            if not arrow[2].endswith("id") and not arrow[4].endswith("id"):
                continue
            line = self.block.line + text.count("\n", 0, arrow.start())
            for table, column in ((arrow[1], arrow[2]), (arrow[3], arrow[4])):
                if name := self.names.as_table(table):
                    yield self._named(
                        name,
                        Standing.TEXT,
                        Expectation.NONE,
                        stated=False,
                        line=line,
                        columns=(column,),
                    )

    def _in_context(
        self, name: Name, standing: Standing, own: Expectation, *, beside: str
    ) -> Named:
        above = self._above()
        if is_other_engine(" ".join((beside, *above[:2]))):
            return self._named(name, standing, Expectation.NONE, stated=False)
        said = own if own is not Expectation.NONE else said_above(above)
        stated = said is not Expectation.NONE
        return self._named(name, standing, _or_exists(said), stated=stated)

    def _above(self) -> tuple[str, ...]:
        """What the block stands under, the nearest first."""
        titles = self.block.section.titles if self.block.section else ()
        lead = _last_line(self.block.lead)
        return (lead, *titles) if lead else titles

    def _named(
        self,
        name: Name,
        standing: Standing,
        expectation: Expectation,
        *,
        stated: bool,
        line: int | None = None,
        columns: tuple[str, ...] = (),
        title: str | None = None,
        group: int | None = None,
    ) -> Named:
        at = self.block.line if line is None else line
        texts = self.block.text.split("\n")
        above = self._above()
        mention = Mention(
            name=name.name,
            place=Place(self.file, at),
            standing=standing,
            expectation=expectation,
            section=self.block.section.title if self.block.section else "",
            schema=name.schema,
            columns=columns,
            text=texts[at - self.block.line].strip()[:TEXT_CHARACTERS_MAX],
        )
        return Named(
            mention=mention,
            section=self.block.section,
            group=self.block.group if group is None else group,
            title=title if title is not None else (above[0] if above else ""),
            is_stated=stated,
        )


@lru_cache(maxsize=1024)
def _is_about_tables(text: str) -> bool:
    is_tables = _TABLES.search(text) is not None and _OTHER_TABLES.search(text) is None
    return is_tables and _PARTS_OF_TABLES.search(text) is None


def _is_data_model(text: str) -> bool:
    return re.search(r"\b(?:data model|schema|tables)\b", text, re.IGNORECASE) is not None


def _is_plain_statement(sentence: str) -> bool:
    """Whether what the sentence says, it says of a table: not of its columns, nor as a question."""
    is_aside = is_conditional(sentence) or is_other_engine(sentence)
    return not is_aside and _PARTS_OF_TABLES.search(sentence.replace("foreign keys", "")) is None


def _or_exists(said: Expectation) -> Expectation:
    """A list of tables that says nothing else says that they are there."""
    return Expectation.EXISTS if said is Expectation.NONE else said


def _last_line(text: str) -> str:
    return text.rsplit("\n", 1)[-1][-_LEAD_CHARACTERS_MAX:]


def _bare(text: str) -> str:
    return text.strip("*`~_ ").strip()


def _sentences(text: str) -> Iterator[tuple[str, int]]:
    """Each sentence and how many lines end with it."""
    at = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[at : end.start()], end[0].count("\n")
        at = end.end()
    yield text[at:], 0
