"""What a program does with a string: hands it to a database, keeps it, or shows it to people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.sql_engines import engines_of_file
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import as_call, plain

if TYPE_CHECKING:
    from tree_sitter import Node

    from mainstem.unify.code.syntax import Call, SyntaxFile

#: Methods and functions that are called for SQL only.
_SURE: Final = frozenset(
    """
    query execute executemany executescript execute_batch execute_values execute_query prepare
    prepareSync prepareAsync prepareQuery execAsync execSync runAsync runSync getAllAsync
    getAllSync getFirstAsync getFirstSync getEachAsync executeSql executeAsync executeSync
    execute_sql exec_driver_sql queryRaw $queryRaw $executeRaw $queryRawUnsafe $executeRawUnsafe
    fetchrow fetchval fetch_all fetch_one copy_expert read_sql read_sql_query mogrify unsafe
    oneOrNone manyOrNone raw_sql queryOne queryAll
    """.split()  # noqa: SIM905 -- a list would take forty lines
)
_SURE_WORDS: Final = re.compile(
    r"(?:raw|run|exec|execute|fetch)_?(?:sql|query|statement)(?:unsafe)?$", re.IGNORECASE
)
#: Names that mean SQL in a file that talks to a database, and anything elsewhere.
_COMMON: Final = frozenset(
    """
    exec run all get each raw text sql SQL any one many none first fetch pluck iterate values
    stream batch scalar scalars
    """.split()  # noqa: SIM905 -- as above
)
_TAGS: Final = re.compile(r"sql|^raw$|^\$(?:query|execute)Raw$|^queryRaw$", re.IGNORECASE)
#: What is shown to people, or compared with: not run.
_SHOWN: Final = re.compile(
    r"^(?:log|info|warn|warning|error|debug|trace|print|printf|exception|critical|describe|it|test"
    r"|expect|to[A-Z]\w*|includes|startsWith|endsWith|startswith|endswith|match|matches|search"
    r"|t|i18n|gettext|_|assert\w*|fail|split|replace|indexOf|add_argument|option|help|Field)$"
    r"|(?:Error|Exception|Warning)$"
)
_NAMED_SQL: Final = re.compile(
    r"sql|query|queries|stmt|statement|ddl|schema|migration", re.IGNORECASE
)
_THROUGH: Final = frozenset(
    {
        "parenthesized_expression",
        "keyword_argument",
        "await_expression",
        "await",
        "as_expression",
        "satisfies_expression",
        "binary_operator",
        "ternary_expression",
        "conditional_expression",
        "list",
        "tuple",
        "array",
    }
)
_NAMING: Final = frozenset(
    {"variable_declarator", "assignment", "assignment_expression", "public_field_definition"}
)
_KEPT: Final = frozenset({"pair", "return_statement", "arrow_function", "dictionary", "object"})


@dataclass(frozen=True)
class Use:
    """What is done with a string. `receiver` is what the method is called on that takes it."""

    #: handed to a database
    is_database: bool = False
    #: might be handed to one later
    is_open: bool = False
    receiver: Node | None = None


def use_of(file: SyntaxFile, node: Node) -> Use:
    """What is done with a string expression, as far as its surroundings tell."""
    node, parent = _outwards(file, node)
    if parent is None:
        return Use()
    if parent.type in {"arguments", "argument_list"} or parent.type == "call_expression":
        call = as_call(file, parent if parent.type == "call_expression" else _parent(parent))
        return (
            Use() if call is None else _handed(file, call, is_tag=parent.type == "call_expression")
        )
    if parent.type in _NAMING:
        return _named(file, parent)
    return Use(is_open=parent.type in _KEPT and _talks_to_database(file))


def _outwards(file: SyntaxFile, node: Node) -> tuple[Node, Node | None]:
    """The string with what does not change it: brackets, lists, `.format()`, `dedent()`."""
    parent = node.parent
    while parent is not None:
        if parent.type in {"attribute", "member_expression"} and parent.parent is not None:
            call = as_call(file, parent.parent)
            if call is None or call.name not in {"format", "trim", "strip", "join", "bindparams"}:
                return node, None
            node, parent = parent.parent, parent.parent.parent
        elif parent.type in _THROUGH:
            node, parent = parent, parent.parent
        elif _is_wrapping(file, parent):
            assert parent.parent is not None
            node, parent = parent.parent, parent.parent.parent
        else:
            break
    return node, parent


def _is_wrapping(file: SyntaxFile, arguments: Node) -> bool:
    """`text('...')`, `SQL('...')`, `dedent('...')`, whose result is what is handed on."""
    if arguments.type not in {"arguments", "argument_list"} or arguments.parent is None:
        return False
    call = as_call(file, arguments.parent)
    if call is None or call.name not in {"SQL", "dedent", "text", "DDL"}:
        return False
    outer = arguments.parent.parent
    return outer is not None and outer.type in {"argument_list", "arguments", "attribute"}


def _handed(file: SyntaxFile, call: Call, *, is_tag: bool) -> Use:
    """A string that a call takes."""
    receiver = call.receiver if call.receiver is not None else call.name_node
    if is_tag:
        return Use(is_database=_TAGS.search(call.name) is not None, receiver=receiver)
    if _is_database(file, call.name):
        return Use(is_database=True, receiver=receiver)
    if _SHOWN.search(call.name):
        return Use()
    is_common = call.name in _COMMON
    return Use(is_open=is_common or _talks_to_database(file), receiver=call.receiver)


def _is_database(file: SyntaxFile, name: str) -> bool:
    """Whether a function or method of that name runs SQL."""
    if name in _SURE or _SURE_WORDS.search(name):
        return True
    return name in _COMMON and bool(engines_of_file(file))


def _named(file: SyntaxFile, parent: Node) -> Use:
    """A string that a variable keeps: SQL for sure where the variable goes to a database."""
    name = parent.child_by_field_name("name") or parent.child_by_field_name("left")
    text = file.text(name) if name is not None else ""
    receiver = _receivers(file).get(text)
    if receiver is not None:
        return Use(is_database=True, receiver=receiver)
    is_constant = parent.parent is not None and _is_outermost(parent.parent)
    is_open = _NAMED_SQL.search(text) is not None or is_constant or _talks_to_database(file)
    return Use(is_open=is_open)


def _is_outermost(node: Node) -> bool:
    around = node.parent
    while around is not None and around.type in {"export_statement", "expression_statement"}:
        around = around.parent
    return around is not None and around.type in {"program", "module"}


@lru_cache(maxsize=4)
def _receivers(file: SyntaxFile) -> dict[str, Node]:
    """The variables that are handed to a database, and what they are handed to."""
    found: dict[str, Node] = {}
    for name, made in calls_by_name(file).items():
        if _is_database(file, name):
            for call in made:
                given = [plain(argument) for argument in call.arguments[:1]]
                receiver = call.receiver if call.receiver is not None else call.name_node
                found.update(
                    (file.text(one), receiver) for one in given if one.type == "identifier"
                )
    return found


@lru_cache(maxsize=4)
def _talks_to_database(file: SyntaxFile) -> bool:
    return bool(engines_of_file(file)) or any(name in calls_by_name(file) for name in _SURE)


def _parent(node: Node) -> Node:
    assert node.parent is not None
    return node.parent
