"""Which names a file binds, to what, and where each binding holds.

One search gives the nodes that bind names and those that bound where they hold, in the order of
the text, so that one sweep with a stack knows the scope of each. Hoisting and the order of
assignments are left out: a name that is assigned twice is said to be either.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.facts import Reference
from mainstem.unify.code.syntax import Language, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from mainstem.unify.code.syntax import SyntaxFile

#: a step of a path: any element of an array, any value of an object
ANY: Final = "*"
#: a step of a path: any key of an object
KEYS: Final = "*keys"
PATTERN_DEPTH_MAX: Final = 20


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function: its position, and the type that is written on it."""

    function: Node
    position: int
    type: Node | None = None


@dataclass(frozen=True)
class Binding:
    """A name and what it stands for: `path` is what of the value, as `const { a } = value`."""

    name: str
    value: Node | None = None
    path: tuple[str, ...] = ()
    reference: Reference | None = None
    parameter: Parameter | None = None
    #: the bytes of the file in which the name means this
    start: int = 0
    end: int = sys.maxsize
    #: assigned to a name that is declared elsewhere
    is_assignment: bool = False


@dataclass
class Budget:
    """How deep and how many steps names have been followed, so that it ends."""

    depth: int = 0
    steps: int = 0


class _Levels:
    """The bindings of one name by the scope they hold in, so that the innermost is found at once.

    What is assigned belongs to the scope that declares the name around it.
    """

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self._ranges: list[tuple[int, int]] = []
        self._outer: list[int] = []
        self._found: list[list[Binding]] = []
        self._starts: list[int] = []
        declared = [bound for bound in bindings if not bound.is_assignment]
        self._place(declared)
        assigned = [bound for bound in bindings if bound.is_assignment]
        free = [bound for bound in assigned if self._at(bound.start) < 0]
        inside = [bound for bound in assigned if self._at(bound.start) >= 0]
        if free:
            self._place(declared + free)
        for bound in inside:
            self._found[self._at(bound.start)].append(bound)

    def find(self, at: int) -> Sequence[Binding]:
        """The bindings of the innermost scope around a byte."""
        level = self._at(at)
        return self._found[level] if level >= 0 else ()

    def _at(self, at: int) -> int:
        level = bisect_right(self._starts, at) - 1
        while level >= 0 and self._ranges[level][1] <= at:
            level = self._outer[level]
        return level

    def _place(self, bindings: Sequence[Binding]) -> None:
        """Sort scopes by where they begin, and remember of each the one around it."""
        by_range: dict[tuple[int, int], list[Binding]] = {}
        for bound in bindings:
            by_range.setdefault((bound.start, bound.end), []).append(bound)
        self._ranges = sorted(by_range, key=lambda one: (one[0], -one[1]))
        self._starts = [start for start, _ in self._ranges]
        self._found = [by_range[one] for one in self._ranges]
        self._outer = []
        stack: list[int] = []
        for level, (start, _) in enumerate(self._ranges):
            while stack and self._ranges[stack[-1]][1] <= start:
                stack.pop()
            self._outer.append(stack[-1] if stack else -1)
            stack.append(level)


@dataclass
class Scopes:
    """All bindings of a file by name, and its classes."""

    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    classes: list[Node] = field(default_factory=list)
    #: what is assigned to `this.name` or `self.name`
    fields: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    #: what is assigned to members of a variable, by its name: the key, and the value
    added: dict[str, list[tuple[Node, Node]]] = field(default_factory=lambda: defaultdict(list))

    #: how far names are being followed at the moment: see `names.py`
    budget: Budget = field(default_factory=Budget)
    _levels: dict[str, _Levels] = field(default_factory=dict)

    def find(self, name: str, at: int) -> Sequence[Binding]:
        """What a name can mean at a byte of the file: the innermost bindings that hold there."""
        if name not in self.bindings:
            return ()
        if name not in self._levels:
            self._levels[name] = _Levels(self.bindings[name])
        return self._levels[name].find(at)

    def enclosing_class(self, at: int) -> Node | None:
        """The innermost class around a byte of the file."""
        around = [node for node in self.classes if node.start_byte <= at < node.end_byte]
        return max(around, key=lambda node: node.start_byte, default=None)


@lru_cache(maxsize=4)
def scopes(file: SyntaxFile) -> Scopes:
    """The scopes of a file; kept while the readers ask for them again."""
    found = Scopes()
    bind = _bind_script if file.language.is_script else _bind_python
    holds = _SCRIPT_SCOPES if file.language.is_script else _PYTHON_SCOPES
    stack = [file.root]
    for node in file.nodes(_KINDS[file.language]):
        while len(stack) > 1 and node.start_byte >= stack[-1].end_byte:
            stack.pop()
        outer = stack[-1]
        if node.type in holds:
            stack.append(node)
        if node.type in _CLASSES:
            found.classes.append(node)
        for bound, is_inner in bind(file, node, found):
            scope = node if is_inner else outer
            placed = replace(bound, start=scope.start_byte, end=scope.end_byte)
            found.bindings[bound.name].append(placed)
    return found


def targets(
    file: SyntaxFile, pattern: Node, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...], Node | None]]:
    """The names in a pattern: each with its path in the value, and its default if it has one."""
    kind = pattern.type
    if len(path) > PATTERN_DEPTH_MAX:
        return
    if kind == "identifier":
        yield file.text(pattern), path, None
    elif kind == "shorthand_property_identifier_pattern":
        yield file.text(pattern), (*path, file.text(pattern)), None
    elif kind in _PATTERNS:
        position = 0
        for part in pattern.children:
            position += part.type == ","  # `[, b]` leaves one out
            step = () if kind == "object_pattern" else (str(position),)
            yield from targets(file, part, path + step)
    elif kind == "pair_pattern":
        key, value = pattern.child_by_field_name("key"), pattern.child_by_field_name("value")
        if key is not None and value is not None:
            yield from targets(file, value, (*path, literal(file, key) or file.text(key)))
    elif (left := pattern.child_by_field_name("left")) is not None:
        for name, way, _ in targets(file, left, path):
            yield name, way, pattern.child_by_field_name("right")


def _bind_script(file: SyntaxFile, node: Node, found: Scopes) -> Iterator[tuple[Binding, bool]]:
    """What a node of JavaScript binds; true with what holds inside of the node only."""
    kind = node.type
    if kind in _SCRIPT_FUNCTIONS:
        yield from _function(file, node)
    elif kind in {"variable_declarator", "assignment_expression", "for_in_statement"}:
        yield from _assigned(file, node, found)
    elif kind in {"import_statement", "import_from_statement"}:
        yield from ((bound, False) for bound in _script_imports(file, node))
    elif kind in _NAMED:
        name = node.child_by_field_name("name")
        if name is not None:
            yield Binding(file.text(name), node), False


def _bind_python(file: SyntaxFile, node: Node, found: Scopes) -> Iterator[tuple[Binding, bool]]:
    """What a node of Python binds; true with what holds inside of the node only."""
    kind = node.type
    if kind in {"function_definition", "lambda"}:
        yield from _function(file, node)
    elif kind in {"assignment", "for_statement", "for_in_clause", "named_expression"}:
        yield from _assigned(file, node, found)
    elif kind in {"import_statement", "import_from_statement"}:
        yield from ((bound, False) for bound in _python_imports(file, node))
    elif kind == "class_definition":
        name = node.child_by_field_name("name")
        if name is not None:
            yield Binding(file.text(name), node), False
    elif kind == "as_pattern":
        alias = node.child_by_field_name("alias")
        if alias is not None and node.named_children:
            yield Binding(file.text(alias), node.named_children[0]), False


def _assigned(file: SyntaxFile, node: Node, found: Scopes) -> Iterator[tuple[Binding, bool]]:
    left = node.child_by_field_name("name") or node.child_by_field_name("left")
    value = node.child_by_field_name("value") or node.child_by_field_name("right")
    if left is None:
        return
    if left.type in _MEMBERS:
        if value is not None:
            _member_assigned(file, left, value, found)
        return
    is_loop = node.type in {"for_in_statement", "for_statement", "for_in_clause"}
    is_assignment = node.type == "assignment_expression"
    for bound_name, path, default in targets(file, left, (ANY,) if is_loop else ()):
        bound = Binding(bound_name, value, path, is_assignment=is_assignment)
        yield bound, node.type == "for_in_statement"
        if default is not None:
            yield replace(bound, value=default, path=()), node.type == "for_in_statement"


def _member_assigned(file: SyntaxFile, left: Node, value: Node, found: Scopes) -> None:
    """Keep `this.name = value`, `object.name = value` and `object['name'] = value`."""
    fields = _MEMBERS[left.type]
    owner, name = (left.child_by_field_name(field) for field in fields)
    if owner is None or name is None:
        return
    if file.text(owner) in _OWNERS:
        found.fields[file.text(name)].append(value)
    else:
        found.added[file.text(owner)].append((name, value))


def _function(file: SyntaxFile, node: Node) -> Iterator[tuple[Binding, bool]]:
    """The name of a function outside of it, its parameters inside."""
    name = node.child_by_field_name("name")
    if name is not None and node.type in _NAMED_FUNCTIONS:
        yield Binding(file.text(name), node), False
    single, listed = (node.child_by_field_name(field) for field in ("parameter", "parameters"))
    given = [single] if single is not None else listed.named_children if listed is not None else []
    given = [one for one in given if one.type != "comment"]
    if given and file.text(given[0]) in _OWNERS:
        given = given[1:]
    for position, one in enumerate(given):
        pattern = one.child_by_field_name("pattern") or one.child_by_field_name("name") or one
        if one.type == "typed_parameter":
            pattern = one.named_children[0]
        parameter = Parameter(node, position, one.child_by_field_name("type"))
        default = one.child_by_field_name("value") or one.child_by_field_name("right")
        for text, path, inner in targets(file, pattern):
            for value in (default, inner):
                if value is not None:
                    yield Binding(text, value, path if value == default else ()), True
            yield Binding(text, path=path, parameter=parameter), True


def _script_imports(file: SyntaxFile, node: Node) -> Iterator[Binding]:
    source = node.child_by_field_name("source")
    clause = next((child for child in node.named_children if child.type != "string"), None)
    if clause is None:
        return
    if clause.type == "import_require_clause":
        source = clause.child_by_field_name("source")
    module = literal(file, source) if source is not None else None
    if module is None:
        return
    for part in clause.named_children:
        if part.type == "identifier":
            path = () if clause.type == "import_require_clause" else ("default",)
            yield Binding(file.text(part), reference=Reference(module, path))
        elif part.type == "namespace_import" and part.named_children:
            yield Binding(file.text(part.named_children[-1]), reference=Reference(module))
        elif part.type == "named_imports":
            for name, alias in specifiers(file, part):
                yield Binding(alias, reference=Reference(module, (name,)))


def specifiers(file: SyntaxFile, clause: Node) -> Iterator[tuple[str, str]]:
    """The names of `{ name as alias }` in an import or export, each with its alias or itself."""
    for part in clause.named_children:
        name, alias = part.child_by_field_name("name"), part.child_by_field_name("alias")
        if name is not None:
            yield file.text(name), file.text(alias or name)


def _python_imports(file: SyntaxFile, node: Node) -> Iterator[Binding]:
    source = node.child_by_field_name("module_name")
    module = file.text(source) if source is not None else None
    for part in node.children_by_field_name("name"):
        name, alias = part.child_by_field_name("name") or part, part.child_by_field_name("alias")
        written = file.text(name)
        if module is not None:
            local = file.text(alias) if alias is not None else written
            yield Binding(local, reference=Reference(module, (written,)))
        elif alias is not None:
            yield Binding(file.text(alias), reference=Reference(written))
        else:
            first = written.split(".")[0]
            yield Binding(first, reference=Reference(first))


_OWNERS: Final = frozenset({"this", "self", "cls"})
_MEMBERS: Final = {
    "member_expression": ("object", "property"),
    "subscript_expression": ("object", "index"),
    "attribute": ("object", "attribute"),
    "subscript": ("value", "subscript"),
}
_PATTERNS: Final = frozenset({"object_pattern", "array_pattern", "pattern_list", "tuple_pattern"})
_SCRIPT_FUNCTIONS: Final = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
_NAMED_FUNCTIONS: Final = frozenset(
    {"function_declaration", "generator_function_declaration", "function_definition"}
)
_NAMED: Final = frozenset(
    {
        "class_declaration",
        "abstract_class_declaration",
        "enum_declaration",
        "type_alias_declaration",
    }
)
_CLASSES: Final = frozenset(
    {"class_declaration", "abstract_class_declaration", "class", "class_definition"}
)
_SCRIPT_SCOPES: Final = _SCRIPT_FUNCTIONS | {"statement_block", "for_in_statement", "for_statement"}
_PYTHON_SCOPES: Final = frozenset(
    {
        "function_definition",
        "class_definition",
        "lambda",
        "list_comprehension",
        "set_comprehension",
        "dictionary_comprehension",
        "generator_expression",
    }
)
_TYPESCRIPT_ONLY: Final = frozenset(
    {"abstract_class_declaration", "enum_declaration", "type_alias_declaration"}
)
_SCRIPT_KINDS: Final = " ".join(
    sorted(
        (_SCRIPT_SCOPES | _NAMED | _CLASSES - {"class_definition"})
        | {"variable_declarator", "assignment_expression", "import_statement"}
    )
)
_JAVASCRIPT_KINDS: Final = " ".join(sorted(set(_SCRIPT_KINDS.split()) - _TYPESCRIPT_ONLY))
_PYTHON_KINDS: Final = " ".join(
    sorted(
        _PYTHON_SCOPES
        | {
            "assignment",
            "for_statement",
            "for_in_clause",
            "named_expression",
            "import_statement",
            "import_from_statement",
            "as_pattern",
        }
    )
)
_KINDS: Final = {
    Language.TYPESCRIPT: _SCRIPT_KINDS,
    Language.TSX: _SCRIPT_KINDS,
    Language.JAVASCRIPT: _JAVASCRIPT_KINDS,
    Language.PYTHON: _PYTHON_KINDS,
}
