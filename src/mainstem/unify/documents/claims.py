"""Finds the sentences of a document that can be held against a database."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from mainstem.unify.code.model import Place
from mainstem.unify.documents.expectation import is_conditional
from mainstem.unify.documents.markdown import BlockKind
from mainstem.unify.documents.model import Claim, ClaimKind, Expectation, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.documents.markdown import Block, Section
    from mainstem.unify.documents.mentions import Named

_TEXT_CHARACTERS_MAX = 200

_ABOUT_TABLES = re.compile(r"\b(?:databases?|schemas?|tables|data model)\b", re.IGNORECASE)
_ABOUT_OTHER_SCHEMAS = re.compile(
    r"\b(?:json|zod|graphql|validation|api|config\w*|vector|yaml|openapi|type|css)[- ]schemas?\b",
    re.IGNORECASE,
)
_MIGRATION = re.compile(r"\b(?:migrations?|unification)\b", re.IGNORECASE)
_OTHER_MIGRATION = re.compile(
    r"\b(?:type|java)script|\b(?:code|ui|api|sdk|framework|react|next|python|node|auth|design)\b",
    re.IGNORECASE,
)
#: what a row of statuses or a ticked item must be about: the database, not a feature that has one
_WHOLE_DATABASE = re.compile(
    r"[\W_]*(?:the )?(?:database(?: (?:schema|setup|tables|migrations?))?|schema|tables"
    r"|(?:schema )?migrations?|data model)[\W_]*",
    re.IGNORECASE,
)
_DATABASE_AS_SUCH = re.compile(
    r"\bdatabase[- ](?:merge|migration|unification|schema|setup|consolidation)\b"
    r"|\b(?:unified|shared|single) database\b|\bschema (?:migration|merge|unification)\b"
    r"|^\W*(?:the )?(?:database|schema)\W*(?::|$)",
    re.IGNORECASE,
)
_LINK_TARGET = re.compile(r"\]\([^)\s]*\)")
_STATUS = re.compile(r"[\W_]*(?:\w+ ){0,2}(?:status|state|verified|result)\b[\W_]*:", re.IGNORECASE)
_STATUS_WORDS = ("complete", "done", "finished", "100", "status", "state", "verified", "result")
_COMPLETE = re.compile(
    r"(?<![\w'\"“\u2018-])(?:complete|completed|done|finished|100 ?%)(?![\w'\"”\u2019])"
    r"(?=\W*$|\s*[(.,:;!*✅🎉|→&]|\s+[-\u2013—]|\s+and\b|\s+with\b)",
    re.IGNORECASE,
)
_INCOMPLETE = re.compile(
    r"\b(?:not|in-?|isn['\u2019]t|partially|until|once|when|if|after|to|will be|almost|nearly|never"
    r"|claims?|claimed|said|\d{1,2} ?%)\s+[\W_]*(?:complete|completed|done|finished)\b|\[ \]"
    r"|\bto complete\b|\bauto-?complete|\bpending\b|\bblocked\b|\bcode complete\b"
    r"|\b(?:was|were|be|being|gets?) done\b|\bif\b|\bonce\b",
    re.IGNORECASE,
)
#: `Completed (now)`: what stands below is done, not what stands above
_HEAD_OF_A_LIST = re.compile(r"[\W_]*(?:completed?|done|finished)\b", re.IGNORECASE)
_PARTIAL = re.compile(
    r"\b(?:phase|step|task|sprint|part|stage|milestone|day|week|session)s?\b", re.IGNORECASE
)
_OPEN = re.compile(
    r"\b(?:in progress|failed|blocked|blocking|not started|incomplete|missing|broken|not complete"
    r"|partial(?:ly)?)\b",
    re.IGNORECASE,
)
_RATIO = re.compile(r"(?<![\d/.-])(\d{1,4})\s*(?:/|\bof\b|\bout of\b)\s*(\d{1,4})(?![\d/.%-])")
_KIND_OF_TABLES = re.compile(r"(\w+)\s+tables\b", re.IGNORECASE)
_RATIO_WORDS = re.compile(
    r"\b(?:tests?|checks?|pass(?:ed|ing)?|verified|tables|exist|complete)\b", re.IGNORECASE
)
_COUNT = re.compile(
    r"(?<![\w/.#-])(?:(?P<all>all|total of)\s+)?(?P<number>\d{1,4})(?P<more>\+?)\*{0,2}\s+"
    r"(?P<words>(?:[A-Za-z][\w-]*\s+){0,2})tables\b(?P<after>[^.]{0,20})",
    re.IGNORECASE,
)
_COUNT_OF_ALL = re.compile(
    r"\b(?:database|schema)\W+(?:\w+\W+)?(?:has|contains|holds)\W+(?:\w+\W+)?$"
    r"|\btotal(?: of)?\W+(?:tables\W+)?$",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:should|would|will|must|need\w*|to create|requires?|plan\w*|if|could|expect\w*|creates?"
    r"|add|adds|across|verify|ensure|check|goal|between|affects?|operations)\b|\[ \]",
    re.IGNORECASE,
)
_ROW_SECURITY = re.compile(
    r"\b(?:all|every)\b[^.\n`]{0,30}\btables?\b[^.\n`]{0,30}\b(?:have|has|with|use)\b[^.\n`]{0,30}"
    r"\b(?:rls|row[- ]level security)\b(?![^.\n]{0,20}\bdisabled)"
    r"|\b(?:rls|row[- ]level security)\b[^.\n]{0,20}\b(?:enabled|active|on)\b[^.\n]{0,20}"
    r"\b(?:on|for)\b\s+(?:all|every)\b[^.\n]{0,10}\btables?\b",
    re.IGNORECASE,
)
#: what makes `all tables` those of the database, not those that the document is about
_WHOLE = re.compile(r"\b(?:existing|database|public schema|every single)\b", re.IGNORECASE)
_DEMANDED = re.compile(
    r"\b(?:must|should|require\w*|acceptance|criteria|goals?|checklist|todo|to do|plan\w*|next"
    r"|ensure|verify|steps?|expected|need\w*|will)\b|\[ \]",
    re.IGNORECASE,
)


def claims_in(blocks: Iterable[Block], named: Sequence[Named], *, file: str) -> tuple[Claim, ...]:
    """Every claim of a document; `named` are the tables that it names."""
    finder = _Finder(file, tuple(named), _groups(named))
    lines = (claim for block in blocks for claim in finder.in_block(block))
    found = (*finder.of_lists(), *lines)
    return tuple(sorted(found, key=lambda claim: (claim.place.line, claim.kind.value)))


@dataclass(frozen=True)
class _Group:
    """The tables of one list, table or box that the document states something of."""

    title: str
    section: Section | None
    exist: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.exist) + len(self.absent)


def _groups(named: Iterable[Named]) -> dict[int, _Group]:
    lists: dict[int, list[Named]] = defaultdict(list)
    for one in named:
        if one.mention.standing in {Standing.LIST, Standing.TABLE}:
            lists[one.group].append(one)
    return {group: _group(members) for group, members in lists.items()}


def _group(members: list[Named]) -> _Group:
    first = members[0]
    return _Group(
        title=first.title,
        section=first.section,
        exist=_names(members, Expectation.EXISTS),
        absent=_names(members, Expectation.ABSENT),
    )


def _names(members: Iterable[Named], expectation: Expectation) -> tuple[str, ...]:
    names = (one.mention.name for one in members if one.mention.expectation is expectation)
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class _Finder:
    """Looks at the blocks of one document."""

    file: str
    named: tuple[Named, ...]
    groups: dict[int, _Group]

    @cached_property
    def by_section(self) -> dict[int, list[Named]]:
        """What each section, told by its line, names with all that it holds."""
        found: dict[int, list[Named]] = defaultdict(list)
        for one in self.named:
            for section in one.section.chain if one.section else ():
                found[section.line].append(one)
        return found

    @cached_property
    def by_size(self) -> dict[int, list[_Group]]:
        """The lists of the document by the number of tables."""
        found: dict[int, list[_Group]] = defaultdict(list)
        for group in self.groups.values():
            found[group.size].append(group)
        return found

    @cached_property
    def existing(self) -> tuple[str, ...]:
        """Every table that the document says is there."""
        return _names(self.named, Expectation.EXISTS)

    @cached_property
    def disputed(self) -> frozenset[str]:
        """Tables that the document says both of, as of two databases: nothing follows for one."""
        listed = [one for one in self.named if one.mention.standing is not Standing.TEXT]
        exist, absent = (set(_names(listed, said)) for said in _LIST_KINDS)
        return frozenset(exist & absent)

    def of_lists(self) -> Iterator[Claim]:
        """What lists state by words or marks: these tables are there, those are not."""
        stated: dict[tuple[int, Expectation], list[Named]] = {}
        for one in self.named:
            if one.is_stated and one.mention.standing in {Standing.LIST, Standing.TABLE}:
                stated.setdefault((one.group, one.mention.expectation), []).append(one)
        for (_, expectation), members in stated.items():
            kind = _LIST_KINDS.get(expectation)
            title = members[0].title
            if kind is not None and not is_conditional(title):
                names = _names(members, expectation)
                first = members[0].mention
                yield self._claim(kind, title or first.text, first.place.line, names)

    def in_block(self, block: Block) -> Iterator[Claim]:
        """What the lines of a block claim; code is read only for the results it prints."""
        if block.kind is BlockKind.CODE and block.language not in {"", "text", "txt"}:
            return
        for number, line in enumerate(block.text.split("\n"), start=block.line):
            # Most lines claim nothing: plain words tell before any pattern has to.
            lowered = line.lower()
            if any(digit in lowered for digit in "123456789"):
                yield from self._ratio(block, line, number)
            if block.kind is BlockKind.CODE:
                continue
            if any(word in lowered for word in _STATUS_WORDS):
                yield from self._status(block, line, number)
            if "table" in lowered:
                yield from self._counts(block, line, number)
                yield from self._row_security(block, line, number)

    def _status(self, block: Block, line: str, number: int) -> Iterator[Claim]:
        text = _LINK_TARGET.sub("]", line)
        is_about = any(map(_is_about_database, (line, *_above(block))))
        is_status = _STATUS.match(text) is not None
        if is_status and _OPEN.search(text) and not _COMPLETE.search(text):
            if is_about:
                yield self._claim(ClaimKind.OPEN, line, number, ())
            return
        if _INCOMPLETE.search(text) or not _COMPLETE.search(text):
            return
        if is_status or (block.kind is BlockKind.HEADING and not _HEAD_OF_A_LIST.match(text)):
            names, absent = self._names_around(block, text)
        elif _is_whole_database(block, text):
            names, absent = self.existing, ()
        else:
            return
        count = len(names) + len(absent)
        is_total = _is_of_the_whole(block, text)
        says_so = is_total or _ABOUT_TABLES.search(text) is not None
        if (is_about and (count or says_so)) or (count > 1 and _is_about_migration(text)):
            yield self._claim(
                ClaimKind.COMPLETE, line, number, names, absent=absent, is_total=is_total
            )

    def _names_around(self, block: Block, line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The tables listed in the block's section, else those of the whole document.

        That a phase or a step is done says nothing of tables outside its section.
        """
        exist, absent = Expectation.EXISTS, Expectation.ABSENT
        if block.section is not None and block.section.parent is not None:
            inside = self.by_section.get(block.section.line, [])
            if any(one.mention.expectation in _LIST_KINDS for one in inside):
                return _names(inside, exist), _names(inside, absent)
        if is_partial(line):
            return (), ()
        return self.existing, ()

    def _ratio(self, block: Block, line: str, number: int) -> Iterator[Claim]:
        ratio = _RATIO.search(line)
        if ratio is None or _RATIO_WORDS.search(line) is None:
            return
        part, whole = int(ratio[1]), int(ratio[2])
        if part > whole:
            return
        group = self._group_of_size(block, line, whole)
        if group is not None:
            exist, absent = group
            yield self._claim(
                ClaimKind.RATIO, line, number, exist, absent=absent, number=part, of=whole
            )
        elif re.search(r"\btables\b", line, re.IGNORECASE):
            yield self._claim(ClaimKind.RATIO, line, number, (), number=part, of=whole)

    def _group_of_size(
        self, block: Block, line: str, size: int
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The one list of so many tables: of the same name where the line names it.

        In code they are the tables of the same fence, which may stand in several lists.
        """
        if block.kind is BlockKind.CODE:
            groups = [self.groups[block.group]] if block.group in self.groups else []
        else:
            kind = _KIND_OF_TABLES.search(line)
            groups = self.by_size.get(size, [])
            groups = [g for g in groups if kind is None or kind[1].lower() in g.title.lower()]
        if len(groups) != 1 or groups[0].size != size:
            return None
        return groups[0].exist, groups[0].absent

    def _counts(self, block: Block, line: str, number: int) -> Iterator[Claim]:
        if _SUPPOSED.search(f"{line} {block.lead}") or block.kind is BlockKind.ROW:
            return
        for count in _COUNT.finditer(line):
            words = count["words"].split()
            names = self._names_of_count(block, words, int(count["number"]))
            is_total = not words and _COUNT_OF_ALL.search(line[: count.start()]) is not None
            is_created = re.search(r"\b(?:created|exist)", line, re.IGNORECASE) is not None
            if names or is_total or is_created or count["all"]:
                yield self._claim(
                    ClaimKind.TABLE_COUNT,
                    line,
                    number,
                    names,
                    number=int(count["number"]),
                    is_total=is_total and not names,
                )

    def _names_of_count(self, block: Block, words: list[str], number: int) -> tuple[str, ...]:
        """The list that the count is of: of that length, named alike or in the same section."""
        for group in self.by_size.get(number, ()):
            if group.absent:
                continue
            is_named_alike = words and all(w.lower() in group.title.lower() for w in words)
            if group.section is block.section or is_named_alike:
                return group.exist
        return ()

    def _row_security(self, block: Block, line: str, number: int) -> Iterator[Claim]:
        if _ROW_SECURITY.search(line) is None or block.kind is BlockKind.ROW:
            return
        above = " ".join((block.lead, block.section.title if block.section else ""))
        is_ticked = "✅" in line or "✅" in above
        if is_ticked or _DEMANDED.search(f"{line} {above}") is None:
            is_whole = _WHOLE.search(line) is not None
            names = () if is_whole else self.existing
            yield self._claim(ClaimKind.ROW_SECURITY, line, number, names)

    def _claim(
        self,
        kind: ClaimKind,
        text: str,
        line: int,
        names: tuple[str, ...],
        *,
        absent: tuple[str, ...] = (),
        number: int | None = None,
        of: int | None = None,
        is_total: bool = False,
    ) -> Claim:
        shown = text.strip()[:_TEXT_CHARACTERS_MAX]
        place = Place(self.file, line)
        if kind is not ClaimKind.RATIO and kind is not ClaimKind.TABLE_COUNT:
            names = tuple(name for name in names if name not in self.disputed)
            absent = tuple(name for name in absent if name not in self.disputed)
        return Claim(kind, shown, place, names, number, of, absent, is_total)


_LIST_KINDS = {Expectation.EXISTS: ClaimKind.EXISTS, Expectation.ABSENT: ClaimKind.ABSENT}


def _is_whole_database(block: Block, line: str) -> bool:
    """Whether a row or a ticked item says of the database as such that it is done."""
    if block.kind is BlockKind.ROW:
        return bool(block.cells) and _WHOLE_DATABASE.fullmatch(block.cells[0]) is not None
    if block.kind is not BlockKind.ITEM or not ("✅" in line or "COMPLETE" in line):
        return False
    subject = re.split(r":|\s[-\u2013—]\s", line, maxsplit=1)[0]
    return _WHOLE_DATABASE.fullmatch(subject) is not None


def _is_of_the_whole(block: Block, line: str) -> bool:
    """Whether a status is about a database as such: the document's title says so."""
    title = block.section.titles[-1] if block.section else ""
    return not is_partial(line) and _DATABASE_AS_SUCH.search(title) is not None


def is_partial(text: str) -> bool:
    """Whether a statement is about a phase or a step only."""
    return _PARTIAL.search(text) is not None


@lru_cache(maxsize=1024)
def _is_about_database(text: str) -> bool:
    text = _ABOUT_OTHER_SCHEMAS.sub("", text.replace("DATABASE_URL", ""))
    return _ABOUT_TABLES.search(text) is not None


def _is_about_migration(line: str) -> bool:
    return _MIGRATION.search(line) is not None and _OTHER_MIGRATION.search(line) is None


def _above(block: Block) -> tuple[str, ...]:
    return block.section.titles if block.section else ()
