"""Decides, from its parse tree, whether a statement runs as it stands, otherwise, or not at all.

Nothing here is what keeps the machine safe: the role that runs statements has no right to reach
outside its database. This makes what it would be refused a record instead of a failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.replay import standins
from mainstem.unify.replay.syntax import Node, Step, block_of, found, options, strings, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Verdict:
    """What to do with a statement: `sql` runs, or nothing does where it is None.

    `reason` says why it does not run as it stands; `roles` are made before. `is_skipped` says that
    nothing stands in for it.
    """

    sql: str | None
    reason: str | None = None
    roles: tuple[str, ...] = ()
    is_skipped: bool = False


def judge(step: Step) -> Verdict:
    """Decide what to do with a statement."""
    statement = step.statement
    if statement.opening.startswith("\\"):
        return Verdict(None, f"{statement.opening} is a command of psql, not SQL", is_skipped=True)
    if _REACHES_OUT.search(statement.text):
        called = [strings(call["funcname"])[-1] for call in found(step.node, "FuncCall")]
        for name in called:
            if _REACHES_OUT.fullmatch(name):
                return Verdict(None, f"{name}() reaches outside the database")
    if statement.opening.startswith("insert into"):
        return Verdict(statement.text)
    if (reason := _LEFT_OUT.get(step.kind)) is not None:
        return Verdict(None, reason)
    judging = _JUDGES.get(step.kind)
    verdict = judging(step, step.node) if judging is not None else None
    return verdict or Verdict(statement.text)


_REACHES_OUT: Final = re.compile(
    r"\b(?:pg_(?:read_(?:binary_)?file|ls_\w+|stat_file|reload_conf|rotate_logfile|promote"
    r"|terminate_backend|cancel_backend|logical_\w+|create_\w*slot|file_write)"
    r"|lo_(?:import|export)|dblink\w*)\b",
    re.IGNORECASE,
)
_OF_SERVER: Final = "it concerns the server or another database, not the schema"
_OF_ROLE: Final = "roles belong to the server: a role without rights stands in"
_OF_FOREIGN: Final = "foreign servers are not reached"
_OF_UPKEEP: Final = "it is upkeep and changes nothing of the schema"

#: what is not run, whatever it says
_LEFT_OUT: Final[Mapping[str, str]] = {
    "AlterRoleStmt": _OF_ROLE,
    "AlterRoleSetStmt": _OF_ROLE,
    "DropRoleStmt": _OF_ROLE,
    "GrantRoleStmt": _OF_ROLE,
    "CreatedbStmt": _OF_SERVER,
    "DropdbStmt": _OF_SERVER,
    "AlterDatabaseStmt": _OF_SERVER,
    "AlterDatabaseSetStmt": _OF_SERVER,
    "AlterDatabaseRefreshCollStmt": _OF_SERVER,
    "CreateTableSpaceStmt": _OF_SERVER,
    "DropTableSpaceStmt": _OF_SERVER,
    "AlterTableSpaceOptionsStmt": _OF_SERVER,
    "AlterSystemStmt": _OF_SERVER,
    "LoadStmt": _OF_SERVER,
    "CheckPointStmt": _OF_UPKEEP,
    "VacuumStmt": _OF_UPKEEP,
    "ClusterStmt": _OF_UPKEEP,
    "ReindexStmt": _OF_UPKEEP,
    "CreatePLangStmt": "a new language needs a superuser",
    "SecLabelStmt": "security labels need a provider",
    "CreateEventTrigStmt": "an event trigger needs a superuser",
    "AlterEventTrigStmt": "an event trigger needs a superuser",
    "CreateSubscriptionStmt": _OF_FOREIGN,
    "AlterSubscriptionStmt": _OF_FOREIGN,
    "DropSubscriptionStmt": _OF_FOREIGN,
    "CreateFdwStmt": _OF_FOREIGN,
    "AlterFdwStmt": _OF_FOREIGN,
    "CreateForeignServerStmt": _OF_FOREIGN,
    "AlterForeignServerStmt": _OF_FOREIGN,
    "CreateUserMappingStmt": _OF_FOREIGN,
    "AlterUserMappingStmt": _OF_FOREIGN,
    "DropUserMappingStmt": _OF_FOREIGN,
    "ImportForeignSchemaStmt": _OF_FOREIGN,
}
#: kinds of object whose comments, owners, grants and drops are left out with them
_OUTSIDE: Final = {
    "OBJECT_DATABASE": _OF_SERVER,
    "OBJECT_TABLESPACE": _OF_SERVER,
    "OBJECT_ROLE": _OF_ROLE,
    "OBJECT_EVENT_TRIGGER": "an event trigger needs a superuser",
    "OBJECT_FDW": _OF_FOREIGN,
    "OBJECT_FOREIGN_SERVER": _OF_FOREIGN,
    "OBJECT_SUBSCRIPTION": _OF_FOREIGN,
    "OBJECT_LANGUAGE": "a new language needs a superuser",
}


def _on_object(step: Step, node: Node) -> Verdict | None:
    del step
    for key in ("objtype", "objectType", "removeType", "renameType"):
        if (reason := _OUTSIDE.get(str(node.get(key)))) is not None:
            return Verdict(None, reason)
    return None


def _create_role(step: Step, node: Node) -> Verdict:
    del step
    return Verdict(None, _OF_ROLE, (node["role"],))


def _create_extension(step: Step, node: Node) -> Verdict:
    name = node["extname"]
    if "language" in step.statement.opening.split():
        return Verdict(None, "a new language needs a superuser")
    is_stood_in = name in standins.extensions()
    given = options(node)
    sql = step.statement.text
    if is_stood_in or "new_version" in given or name == "plpgsql":
        schema = "".join(strings(given["schema"])) if "schema" in given else None
        where = f" schema {_quoted(schema)}" if schema else ""
        # Some of them are there from the start.
        is_own = is_stood_in or name == "plpgsql" or node.get("if_not_exists")
        guard = "if not exists " if is_own else ""
        sql = f"create extension {guard}{_quoted(name)}{where} cascade"
    reason = f"functions written in SQL stand in for the extension {name}" if is_stood_in else None
    return Verdict(sql, reason)


def _copy(step: Step, node: Node) -> Verdict | None:
    if node.get("is_program") or "filename" in node:
        what = "a program" if node.get("is_program") else "a file of the server"
        return Verdict(None, f"COPY with {what} reaches outside the database")
    if not node.get("is_from"):
        return Verdict(None, "COPY to the client changes nothing")
    if step.statement.rows is None:
        return Verdict(None, "no rows follow the COPY")
    return None


def _publication(step: Step, node: Node) -> Verdict | None:
    del step
    kinds = {value for key, value in walk(node) if key == "pubobjtype"}
    if node.get("for_all_tables") or kinds - {"PUBLICATIONOBJ_TABLE"}:
        return Verdict(
            f"create publication {_quoted(node['pubname'])}",
            "a publication of all tables needs a superuser: an empty one stands in",
        )
    return None


_FOREIGN_TABLE: Final = re.compile(r"\Acreate\s+foreign\s+table", re.IGNORECASE)


def _foreign_table(step: Step, node: Node) -> Verdict:
    del node
    text = _FOREIGN_TABLE.sub("create table", step.statement.text)
    text = re.sub(r"\)\s*server\s.*\Z", ")", text, flags=re.IGNORECASE | re.DOTALL)
    return Verdict(text, "an ordinary table stands in for the foreign one")


_STATEMENT_START: Final = r"(?P<before>(?:;|\bbegin\b|\bthen\b|\belse\b|\bloop\b|\$\w*\$)\s*)"
_REST: Final = r"(?:[^;']|'(?:[^']|'')*')*;"
_ROLE_IN_BLOCK: Final = re.compile(
    _STATEMENT_START
    + r"(?P<cut>(?:(?:create|alter|drop)\s+(?:role|user|group)\s+(?!mapping\b)"
    + r"(?:if\s+(?:not\s+)?exists\s+)?(?P<role>\w+|\"[^\"]+\")"
    + r"|(?:grant|revoke)\s+[\w\s,\"]+?\s(?:to|from)\s+[\w\s,\"]+?(?=;))"
    + _REST
    + r")",
    re.IGNORECASE,
)


def _block(step: Step, node: Node) -> Verdict | None:
    """Cut statements on roles out of a DO block; line breaks stay, for the server's messages."""
    body = block_of(node)
    text = step.statement.text
    if not re.search(r"\b(?:role|user|group|grant|revoke)\b", body, re.IGNORECASE):
        return None
    roles: list[str] = []

    def cut(match: re.Match[str]) -> str:
        if not match["role"] and re.search(r"\bon\b", match["cut"], re.IGNORECASE):
            return match[0]
        if match["role"] and match["cut"][:6].lower() == "create":
            role = match["role"]
            roles.append(role.strip('"') if role[0] == '"' else role.lower())
        return f"{match['before']}null;" + "\n" * match["cut"].count("\n")

    without = text
    for _ in range(20):
        replaced = _ROLE_IN_BLOCK.sub(cut, without)
        if replaced == without:
            break
        without = replaced
    return Verdict(without, _OF_ROLE, tuple(roles)) if without != text else None


def _jobs(step: Step, node: Node) -> Verdict | None:
    for call in found(node, "FuncCall"):
        parts = strings(call["funcname"])
        if len(parts) > 1 and parts[0] in {"cron", "net"}:
            what = "no job is run" if parts[0] == "cron" else "no request is sent"
            return Verdict(step.statement.text, f"{'.'.join(parts)} is a stand-in: {what}")
    return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_JUDGES: Final[Mapping[str, Callable[[Step, Node], Verdict | None]]] = {
    "CreateRoleStmt": _create_role,
    "CreateExtensionStmt": _create_extension,
    "CopyStmt": _copy,
    "CreatePublicationStmt": _publication,
    "CreateForeignTableStmt": _foreign_table,
    "DoStmt": _block,
    "SelectStmt": _jobs,
    "DropStmt": _on_object,
    "CommentStmt": _on_object,
    "AlterOwnerStmt": _on_object,
    "GrantStmt": _on_object,
    "RenameStmt": _on_object,
}
