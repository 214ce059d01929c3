"""Names are followed to where they are written down; what cannot be told is said so."""

from __future__ import annotations

import pytest

from mainstem.unify.code.facts import Names, Reference
from mainstem.unify.code.names import resolve
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language, SyntaxFile, literal, pieces


def asked(text: str, language: Language = Language.TYPESCRIPT) -> Names:
    """What the argument of the only call of `q` stands for."""
    file = SyntaxFile("a", language, text.encode())
    [call] = calls_by_name(file)["q"]
    return resolve(file, call.arguments[0])


def python(text: str) -> Names:
    return asked(text, Language.PYTHON)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("q('a')", "a"),
        ("const T = 'a' as const; q(T)", "a"),
        ("const T = { x: { y: `a_${'b'}` } } satisfies O; q(T.x.y)", "a_b"),
        ("const T = { x: 'a' }; q(T['x'])", "a"),
        ("const T = { x: 'a', y: 'b' }; q(T[kind])", "a b"),
        ("const T = { ['x']: 'a' }; q(T.x)", "a"),
        ("const T = Object.freeze({ x: 'a' }); q(T.x)", "a"),
        ("const { x: y } = { x: 'a' }; q(y)", "a"),
        ("enum T { X = 'a', Y = 'b' } q(T.X)", "a"),
        ("class T { static readonly x = 'a' } q(T.x)", "a"),
        ("class T { x = 'a'; f() { q(this.x) } }", "a"),
        ("class T { constructor() { this.x = 'a' } f() { q(this.x) } }", "a"),
        ("class T { name() { return 'a' } f() { q(this.name()) } }", "a"),
        ("q(old ? 'a' : 'b')", "a b"),
        ("let t = 'a'; if (old) { t = 'b' } q(t)", "a b"),
        ("const f = () => 'a'; q(f())", "a"),
        ("for (const t of ['a', 'b']) q(t)", "a b"),
        ("for (const { t } of [{ t: 'a' }, { t: 'b' }]) q(t)", "a b"),
        ("['a', 'b'].map(async (t) => q(t))", "a b"),
        ("Object.keys({ a: 1, b: 2 }).forEach((t) => q(t))", "a b"),
        ("for (const [, t] of Object.entries({ x: 'a', y: 'b' })) q(t)", "a b"),
        ("Object.values({ x: 'a' }).filter(Boolean).forEach(t => q(t))", "a"),
        ("function f(t: string) { q(t) } f('a'); f('b')", "a b"),
        ("const f = async (c, t = 'a') => q(t); f(c); f(c, 'b')", "a b"),
        ("function f({ t }: O) { q(t) } f({ t: 'a' })", "a"),
        ("function f(t: 'a' | 'b') { q(t) }", "a b"),
        ("type T = 'a' | 'b'; function f(t: T) { q(t) }", "a b"),
        ("class C { f(t) { q(t) } g() { this.f('a') } }", "a"),
        ("const o = { f(t) { q(t) } }; o.f('a')", "a"),
        ("q('a' + '_' + `b`)", "a_b"),
        ("const t = 'x'; function f() { const t = 'a'; q(t) }", "a"),
    ],
)
def test_script(text: str, texts: str) -> None:
    assert asked(text) == Names(tuple(texts.split()))


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("T = 'a'\nq(T)", "a"),
        ("T = {'x': 'a'}\nq(T['x'])", "a"),
        ("class T:\n    x = 'a'\nq(T.x)", "a"),
        ("class T:\n    x = 'a'\n    def f(self): q(self.x)", "a"),
        ("class T:\n    def __init__(self): self.x = 'a'\n    def f(self): q(self.x)", "a"),
        ("q('a' if old else 'b')", "a b"),
        ("for t in ('a', 'b'): q(t)", "a b"),
        ("[q(t) for t in ['a', 'b']]", "a b"),
        ("def f(t): q(t)\nf('a')\nf(t='b')", "a b"),
        ("P = 'a'\nq(f'{P}_b')", "a_b"),
        ("q('a' '_b')", "a_b"),
    ],
)
def test_python(text: str, texts: str) -> None:
    assert python(text) == Names(tuple(texts.split()))


@pytest.mark.parametrize(
    ("text", "module", "path"),
    [
        ("import { T } from '@/t'; q(T.x)", "@/t", "T x"),
        ("import { T as U } from './t'; q(U.x)", "./t", "T x"),
        ("import T from './t'; q(T)", "./t", "default"),
        ("import * as t from './t'; q(t.T.x)", "./t", "T x"),
        ("const { T } = require('./t'); q(T.x)", "./t", "T x"),
        ("const { T } = await import('./t'); q(T.x)", "./t", "T x"),
    ],
)
def test_what_another_file_holds_is_a_reference(text: str, module: str, path: str) -> None:
    assert asked(text) == Names(elsewhere=(Reference(module, tuple(path.split())),))


def test_what_another_module_holds_is_a_reference() -> None:
    assert python("from .t import T as U\nq(U.x)").elsewhere == (Reference(".t", ("T", "x")),)
    assert python("import a.t\nq(a.t.X)").elsewhere == (Reference("a", ("t", "X")),)


@pytest.mark.parametrize(
    "text",
    [
        "q(t)",
        "q(`a_${t}`)",
        "function f(t: string) { q(t) }",
        "class C { get(t) { q(t) } } const m = new Map(); m.get('a')",
        "q(process.env.TABLE)",
        "const t = await fetchName(); q(t)",
        "const T = { x: 'a' }; q(T.y)",
        "const a = b; const b = a; q(a.x)",
    ],
)
def test_what_only_running_would_tell_is_never_guessed(text: str) -> None:
    found = asked(text)
    assert not found.texts
    assert found.is_open or "const a = b" in text


def test_a_default_beside_something_unknown_is_told_with_it() -> None:
    found = asked("q(process.env.TABLE || 'a')")
    assert found.texts == ("a",)
    assert found.unknown
    assert found.sole is None


@pytest.mark.parametrize(
    "text",
    [
        "const a = `${a}x`; q(a)",
        "const o = { [o.x]: 'a' }; q(o.x)",
        "const f = () => f(); q(f())",
        "".join(f"const a{n} = a{n + 1};" for n in range(2_000)) + "q(a0)",
        "".join(f"const a{n} = `${{a{n + 1}}}${{a{n + 1}}}`;" for n in range(40)) + "q(a0)",
    ],
)
def test_names_that_lead_on_and_on_end(text: str) -> None:
    assert not asked(text).texts


def test_an_assignment_belongs_to_the_scope_that_declares_the_name() -> None:
    text = "let t = 'a'; function f() { let t = 'b'; if (x) { t = 'c' } } function g() { t = 'd' } "
    assert asked(text + "q(t)").texts == ("a", "d")
    assert asked(text.replace("{ t = 'c' }", "{ t = 'c'; q(t) }")).texts == ("b", "c")


def test_literals_have_their_escapes_read() -> None:
    text = r"""q('a\n\u0062\x63\u{64}\'\
e')"""
    file = SyntaxFile("a.ts", Language.TYPESCRIPT, text.encode())
    assert literal(file, calls_by_name(file)["q"][0].arguments[0]) == "a\nbcd'e"
    file = SyntaxFile("a.py", Language.PYTHON, rb"q(r'a\n')")
    assert literal(file, calls_by_name(file)["q"][0].arguments[0]) == r"a\n"


def test_pieces_keep_the_parts_to_fill_in() -> None:
    file = SyntaxFile("a.ts", Language.TYPESCRIPT, b"q(`a ${b.c} d` + e)")
    parts = pieces(file, calls_by_name(file)["q"][0].arguments[0])
    assert parts is not None
    assert [part if isinstance(part, str) else file.text(part) for part in parts] == [
        "a ",
        "b.c",
        " d",
        "e",
    ]


def test_a_long_sum_and_deep_nesting_end() -> None:
    assert asked("q(" + " + ".join(["'a'"] * 3_000) + ")").texts == ("a" * 3_000,)
    assert asked("q(" + "(" * 2_000 + "'a'" + ")" * 2_000 + ")").texts == ("a",)
