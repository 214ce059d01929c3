"""What an expression stands for: followed to where it is written down, in this file.

`origins` goes through variables, members, conditions, loops over constant lists, parameters of
functions that are called in the same file, and what functions give back, to the nodes that say it.
`resolve` reads those as texts. What only running the program would tell is `Unknown`, never a
guess; what another file holds is a `Reference`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import Names, Reference
from mainstem.unify.code.scopes import ANY, KEYS, scopes
from mainstem.unify.code.structure import (
    calls_by_name,
    class_member,
    function_name,
    path_in_object,
    returned,
)
from mainstem.unify.code.syntax import as_call, literal, pieces, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.code.scopes import Binding, Parameter
    from mainstem.unify.code.syntax import Call, SyntaxFile

STEPS_MAX: Final = 2_000
DEPTH_MAX: Final = 40
TEXTS_MAX: Final = 64
TEMPLATE_DEPTH_MAX: Final = 8


@dataclass(frozen=True)
class Unknown:
    """Something that only running the program would tell, and why."""

    reason: str


def resolve(file: SyntaxFile, node: Node, within: frozenset[int] = frozenset()) -> Names:
    """Every text that an expression can be, in the order of the code; each once.

    `within` are the templates that it is a part of: `text = text + 'more'` leads back to itself.
    """
    texts: dict[str, None] = {}
    elsewhere: dict[Reference, None] = {}
    unknown: dict[str, None] = {}
    with deeper(file) as is_allowed:
        for origin in origins(file, node) if is_allowed else (_TOO_FAR,):
            names = _names(file, origin, within)
            texts.update(dict.fromkeys(names.texts))
            elsewhere.update(dict.fromkeys(names.elsewhere))
            unknown.update(dict.fromkeys(names.unknown))
    return Names(tuple(texts), tuple(elsewhere), tuple(unknown))


@contextmanager
def deeper(file: SyntaxFile) -> Iterator[bool]:
    """Go one level deeper into what names stand for; false where it has been deep or long enough.

    Templates of templates stand for more than one could read, and names lead through names:
    whoever follows names from within what is followed goes through here.
    """
    budget = scopes(file).budget
    if budget.depth == 0:
        budget.steps = 0
    budget.depth += 1
    budget.steps += 1
    try:
        yield budget.depth <= DEPTH_MAX and budget.steps <= STEPS_MAX
    finally:
        budget.depth -= 1


def origins(
    file: SyntaxFile, node: Node, path: tuple[str, ...] = ()
) -> list[Node | Reference | Unknown]:
    """Where an expression (or what it has under `path`) is written down; each origin once."""
    walk = _Walk(file)
    found: dict[object, Node | Reference | Unknown] = {}
    for origin in islice(walk.follow(node, path), TEXTS_MAX):
        key = origin if isinstance(origin, Reference | Unknown) else origin.id
        found.setdefault(key, origin)
    return list(found.values())


@dataclass
class _Walk:
    """One walk to the origins: it never goes a way twice."""

    file: SyntaxFile
    seen: set[tuple[int, tuple[str, ...]]] = field(default_factory=set)

    def follow(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """The origins of what a node has under a path."""
        node = plain(node)
        if (node.id, path) in self.seen:
            return
        self.seen.add((node.id, path))
        step = _STEPS.get(node.type)
        if step is not None:
            with deeper(self.file) as is_allowed:
                yield from step(self, node, path) if is_allowed else (_TOO_FAR,)
        elif path:
            yield Unknown(f"{self.file.expression(node)} is known only when the program runs")
        else:
            yield node

    def name(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """A variable, import, parameter, function, class or enum."""
        text = self.file.text(node)
        if text in {"self", "cls", "this"}:
            yield from self.owner(node, path)
            return
        found = scopes(self.file).find(text, node.start_byte)
        if not found and not path:
            yield node
        elif not found:
            yield Unknown(f"{text} is known only when the program runs")
        for bound in found:
            yield from self.bound(bound, path)

    def bound(self, bound: Binding, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """What a binding stands for."""
        if bound.reference is not None:
            yield Reference(bound.reference.module, bound.reference.path + path)
        elif bound.parameter is not None:
            yield from self.parameter(bound, bound.path + path)
        elif bound.value is not None:
            yield from self.follow(bound.value, bound.path + path)

    def owner(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """`this` or `self`: what is set on it anywhere in the class."""
        around = scopes(self.file).enclosing_class(node.start_byte)
        if around is None or not path:
            yield node
            return
        found = False
        inside = [
            value
            for value in scopes(self.file).fields.get(path[0], ())
            if around.start_byte <= value.start_byte < around.end_byte
        ]
        for value in inside:
            found = True
            yield from self.follow(value, path[1:])
        declared = class_member(self.file, around, path[0])
        if declared is not None:
            found = True
            yield from self.follow(declared, path[1:])
        if not found:
            yield Unknown(f"{path[0]} is not set in its class")

    def parameter(
        self, bound: Binding, path: tuple[str, ...]
    ) -> Iterator[Node | Reference | Unknown]:
        """A parameter: what its type allows, what a loop hands in, or what callers give."""
        assert bound.parameter is not None
        parameter = bound.parameter
        if parameter.type is not None and not path:
            allowed = list(_allowed(self.file, parameter.type))
            if allowed:
                yield from allowed
                return
        over = _looped_over(self.file, parameter)
        if over is not None:
            yield from self.follow(over, (ANY, *path))
            return
        given = _given(self, parameter, bound.name)
        for argument in given:
            yield from self.follow(argument, path)
        if not given:
            yield Unknown(f"{bound.name} is a parameter that callers fill in")

    def member(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """`object.name`."""
        owner = node.child_by_field_name("object")
        name = node.child_by_field_name("property") or node.child_by_field_name("attribute")
        if owner is not None and name is not None:
            yield from self.follow(owner, (self.file.text(name), *path))

    def element(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """`object[index]`: one of all values, where the index is not known."""
        owner = node.child_by_field_name("object") or node.child_by_field_name("value")
        index = node.child_by_field_name("index") or node.child_by_field_name("subscript")
        if owner is None or index is None:
            return
        text = literal(self.file, index)
        if text is None:
            text = self.file.text(index) if index.type in {"number", "integer"} else ANY
        yield from self.follow(owner, (text, *path))

    def either(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """`a if b else c`, `b ? a : c`, `a || b`, `a ?? b`: each of the two."""
        sides = [node.child_by_field_name(side) for side in ("consequence", "alternative")]
        if node.type == "conditional_expression":
            sides = [node.named_children[0], node.named_children[-1]]
        elif node.type != "ternary_expression":
            sides = [node.child_by_field_name(side) for side in ("left", "right")]
            operator = node.child_by_field_name("operator")
            if operator is None or operator.type not in {"||", "??", "&&", "or", "and"}:
                yield node
                return
            sides = sides[1:] if operator.type in {"&&", "and"} else sides
        for side in sides:
            if side is not None:
                yield from self.follow(side, path)

    def assigned(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """`a = b`, as an expression: b."""
        value = node.child_by_field_name("right") or node.child_by_field_name("value")
        if value is not None:
            yield from self.follow(value, path)

    def mapping(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """An object literal or a dictionary."""
        if not path:
            yield node
            return
        pairs = list(entries(self.file, node))
        if path == (KEYS,):
            keys = (pair.child_by_field_name("key") for pair in node.named_children)
            yield from (key for key in keys if key is not None)
            return
        written = [place for place, (key, _) in enumerate(pairs) if key == path[0]]
        for key, value in pairs[written[-1] :] if written else pairs:
            if key is None or path[0] in {ANY, key}:
                yield from self.follow(value, path if key is None else path[1:])
        if not written and path[0] != ANY and all(key is not None for key, _ in pairs):
            yield Unknown(f"{path[0]} is not among the keys written down")

    def sequence(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """An array, list, tuple or set."""
        if not path:
            yield node
            return
        items = [child for child in node.named_children if child.type != "comment"]
        if path[0].isdecimal() and int(path[0]) < len(items):
            items = [items[int(path[0])]]
        elif path[0] != ANY:
            yield Unknown(f"{path[0]} is not among the elements written down")
            return
        for item in items:
            if item.type in {"spread_element", "list_splat"}:
                yield from self.follow(item.named_children[0], path)
            else:
                yield from self.follow(item, path[1:])

    def members(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """A class or an enum: its constants."""
        if not path:
            yield node
            return
        value = class_member(self.file, node, path[0])
        if value is None:
            yield Unknown(f"{path[0]} is not a constant of its class")
        else:
            yield from self.follow(value, () if path[1:] == ("value",) else path[1:])

    def call(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """A call: of a module, of what hands its argument on, or of a function in this file."""
        call = as_call(self.file, node)
        handed_on = _handed_on(self.file, call, path) if call is not None else None
        if call is None:
            yield node
        elif call.name in {"require", "import"} and call.receiver is None and call.arguments:
            module = literal(self.file, call.arguments[0])
            yield Reference(module, path) if module is not None else node
        elif handed_on is not None:
            yield from self.follow(*handed_on)
        elif results := _results(self.file, node):
            for result in results:
                yield from self.follow(result, path)
        elif path:
            yield from self.made(node, path)
        else:
            yield node

    def made(self, node: Node, path: tuple[str, ...]) -> Iterator[Node | Reference | Unknown]:
        """What has the path of something that is made by a call: the class, if it is here."""
        maker = node.child_by_field_name("constructor") or node.child_by_field_name("function")
        for bound in self._bound_classes(maker):
            value = class_member(self.file, bound, path[0])
            if value is not None:
                yield from self.follow(value, path[1:])
                return
        yield Unknown(f"{self.file.expression(node)} is known only when the program runs")

    def _bound_classes(self, maker: Node | None) -> Iterator[Node]:
        if maker is None or maker.type != "identifier":
            return
        for bound in scopes(self.file).find(self.file.text(maker), maker.start_byte):
            if bound.value is not None and bound.value.type in _CLASS_BODIES:
                yield bound.value


def entries(file: SyntaxFile, node: Node) -> Iterator[tuple[str | None, Node]]:
    """The keys and values of an object literal or dictionary; None as key of what is spread."""
    for child in node.named_children:
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            name = key_name(file, key) if key is not None else None
            if name is not None and value is not None:
                yield name, value
        elif child.type == "shorthand_property_identifier":
            yield file.text(child), child
        elif child.type in {"spread_element", "dictionary_splat"}:
            yield None, child.named_children[0]
        elif child.type == "method_definition":
            name_node = child.child_by_field_name("name")
            if name_node is not None:
                yield file.text(name_node), child


def key_name(file: SyntaxFile, key: Node) -> str | None:
    """The name of a key: a word, a string, or a computed one that is known; else None."""
    if key.type in {"property_identifier", "number", "private_property_identifier"}:
        return file.text(key)
    if key.type == "computed_property_name":
        return resolve(file, key.named_children[0]).sole if key.named_children else None
    text = literal(file, key)
    return text if text is not None else resolve(file, key).sole


def _names(file: SyntaxFile, origin: Node | Reference | Unknown, within: frozenset[int]) -> Names:
    """One origin, read as a text."""
    if isinstance(origin, Reference):
        return Names(elsewhere=(origin,))
    if isinstance(origin, Unknown):
        return Names(unknown=(origin.reason,))
    if origin.type in {"property_identifier", "literal_type"}:
        inner = origin.named_children[0] if origin.type == "literal_type" else None
        text = literal(file, inner) if inner is not None else file.text(origin)
        return Names((text,)) if text is not None else Names()
    parts = pieces(file, origin)
    if parts is None:
        return Names(unknown=(f"{file.expression(origin)} is known only when the program runs",))
    if origin.id in within or len(within) > TEMPLATE_DEPTH_MAX:
        return Names(unknown=(f"{file.expression(origin)} is put together from itself",))
    return _filled_in(file, parts, within | {origin.id})


def _filled_in(file: SyntaxFile, parts: Sequence[str | Node], within: frozenset[int]) -> Names:
    """A template with every constant put in its place."""
    filled = [
        Names((part,)) if isinstance(part, str) else resolve(file, part, within) for part in parts
    ]
    unknown = tuple(reason for names in filled for reason in names.unknown)
    away = [names.elsewhere for names in filled if names.elsewhere]
    if away:
        unknown = (*unknown, "a part of it is held by another file")
    if unknown and not all(names.texts for names in filled):
        return Names(unknown=unknown)
    combined = islice(product(*(names.texts for names in filled)), TEXTS_MAX)
    return Names(tuple("".join(texts) for texts in combined), unknown=unknown)


def _allowed(file: SyntaxFile, annotation: Node, depth: int = 0) -> Iterator[Node]:
    """The texts that a type of literals allows: `'a' | 'b'`, or an alias of it in this file."""
    kind = annotation.type
    if depth > _TYPE_DEPTH_MAX:
        return
    if kind == "literal_type":
        if annotation.named_children[0].type == "string":
            yield annotation
    elif kind in {"type_annotation", "union_type", "parenthesized_type"}:
        parts = [list(_allowed(file, part, depth + 1)) for part in annotation.named_children]
        if all(parts):
            yield from (node for part in parts for node in part)
    elif kind == "type_identifier":
        for bound in scopes(file).find(file.text(annotation), annotation.start_byte):
            if bound.value is not None and bound.value.type == "type_alias_declaration":
                value = bound.value.child_by_field_name("value")
                yield from _allowed(file, value, depth + 1) if value is not None else ()


def _looped_over(file: SyntaxFile, parameter: Parameter) -> Node | None:
    """The list that a callback's parameter runs through: `list.map((one) => ...)`."""
    arguments = parameter.function.parent
    call = as_call(file, arguments.parent) if arguments and arguments.parent else None
    if call is None or call.receiver is None or parameter.function != call.arguments[0]:
        return None
    return call.receiver if call.name in _LOOPS and parameter.position == 0 else None


def _given(walk: _Walk, parameter: Parameter, name: str) -> list[Node]:
    """What the calls in this file give to a parameter."""
    file, function = walk.file, parameter.function
    called, owner = function_name(file, function)
    sites = calls_by_name(file).get(called, ()) if called is not None else ()
    given = (
        call.argument(parameter.position, name)
        for call in sites
        if _is_owner(walk, call.receiver, owner, function)
    )
    return [argument for argument in given if argument is not None]


def _is_owner(walk: _Walk, receiver: Node | None, owner: str | None, function: Node) -> bool:
    """A method is called on its own class or object only: `get` of something else is another."""
    file = walk.file
    if owner is None or receiver is None:
        return owner is None and receiver is None
    text = file.text(receiver)
    if text == owner:
        return True
    if text in {"this", "self", "cls"}:
        around = scopes(file).enclosing_class(function.start_byte)
        return around is not None and around == scopes(file).enclosing_class(receiver.start_byte)
    # The same walk goes on, so that methods that call each other do not lead in circles.
    found = islice(walk.follow(receiver, ()), TEXTS_MAX)
    made = (as_call(file, one) for one in found if isinstance(one, Node))
    return any(call is not None and call.name == owner for call in made)


def _results(file: SyntaxFile, node: Node) -> list[Node]:
    """What a function of this file gives back, if it is one that the call calls."""
    called = node.child_by_field_name("function")
    if called is None:
        return []
    name = called.child_by_field_name("property") or called.child_by_field_name("attribute")
    owner = called.child_by_field_name("object")
    if owner is not None and name is not None:
        if file.text(owner) not in {"this", "self", "cls"}:
            return []
        around = scopes(file).enclosing_class(node.start_byte)
        method = class_member(file, around, file.text(name)) if around is not None else None
        return returned(file, method) if method is not None else []
    found = scopes(file).find(file.text(called), called.start_byte)
    functions = [plain(bound.value) for bound in found if bound.value and not bound.path]
    return [result for function in functions for result in returned(file, function)]


def _handed_on(
    file: SyntaxFile, call: Call, path: tuple[str, ...]
) -> tuple[Node, tuple[str, ...]] | None:
    """The argument or receiver that a call hands on as it is, or as its keys or values."""
    if call.receiver is not None and call.name in _SAME_LIST and path:
        return call.receiver, (ANY, *path[1:])
    if not call.arguments:
        return None
    argument = plain(call.arguments[0])
    if call.receiver is not None and file.text(call.receiver) == "Object":
        inner = path_in_object(call.name, path)
        return (argument, inner) if inner is not None else None
    if call.name in {"useMemo", "cache", "useRef"}:
        results = returned(file, argument)
        return (results[0] if results else argument), path
    return None


_TOO_FAR: Final = Unknown("it leads through too many names")
_CLASS_BODIES: Final = frozenset({"class_declaration", "class_definition", "class"})
_LOOPS: Final = frozenset({"map", "forEach", "flatMap", "filter", "some", "every", "find"})
_SAME_LIST: Final = frozenset({"filter", "slice", "sort", "reverse", "toSorted", "concat"})
_TYPE_DEPTH_MAX: Final = 6
_STEPS: Final = {
    "identifier": _Walk.name,
    "shorthand_property_identifier": _Walk.name,
    "this": _Walk.owner,
    "member_expression": _Walk.member,
    "attribute": _Walk.member,
    "subscript_expression": _Walk.element,
    "subscript": _Walk.element,
    "ternary_expression": _Walk.either,
    "conditional_expression": _Walk.either,
    "boolean_operator": _Walk.either,
    "binary_expression": _Walk.either,
    "assignment_expression": _Walk.assigned,
    "named_expression": _Walk.assigned,
    "object": _Walk.mapping,
    "dictionary": _Walk.mapping,
    "array": _Walk.sequence,
    "list": _Walk.sequence,
    "tuple": _Walk.sequence,
    "set": _Walk.sequence,
    "enum_declaration": _Walk.members,
    "class_declaration": _Walk.members,
    "class_definition": _Walk.members,
    "class": _Walk.members,
    "call_expression": _Walk.call,
    "new_expression": _Walk.call,
    "call": _Walk.call,
}
