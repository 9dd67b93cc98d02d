"""Every sentence for people is one that the catalogues can reach, and every code that stands inside a refusal has a word.

Babel reads no call inside an f-string before Python 3.12, and none whose sentence is put together; such a sentence is never
translated, and no other test misses it. A code without a word stands in English inside a Chinese sentence.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

from wms.core import errors
from wms.web.sentences import OWN_WORDS, SENTENCES, WORDS

ROOT = Path(__file__).resolve().parents[2]
GETTEXT = frozenset({"_", "_l", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext", "pgettext", "lazy_pgettext"})
#: What a template may hold outside the calls it is made of.
TEMPLATES = [*(ROOT / "wms" / "templates").rglob("*.html"), *(ROOT / "mobile_templates").rglob("*.html")]
ERRORS = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.WmsError) and kind().code in SENTENCES
}
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
#: Said by a table of their own (questions, rights, fields) or just as a person typed them.
NOT_CODES = frozenset({"question", "field", "permission", "text", "content_type"})


@cache
def _trees() -> Mapping[str, ast.Module]:
    paths = sorted((ROOT / "wms").rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _sentences(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in GETTEXT:
            yield node


def test_no_sentence_stands_inside_an_f_string() -> None:
    unseen = {
        f"{path}:{call.lineno}: {ast.unparse(call)}"
        for path, tree in _trees().items()
        for text in ast.walk(tree)
        if isinstance(text, ast.JoinedStr)
        for call in _sentences(text)
    }
    assert not unseen, "take these out of their f-strings: " + "; ".join(sorted(unseen))


def test_every_sentence_of_the_code_is_written_out() -> None:
    unseen = [
        f"{path}:{call.lineno}: {ast.unparse(call)[:80]}"
        for path, tree in _trees().items()
        for call in _sentences(tree)
        if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert not unseen


def test_every_sentence_of_a_page_is_written_out() -> None:
    reader = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    unseen = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in TEMPLATES
        for call in reader.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT
        if not (call.args and isinstance(call.args[0], nodes.Const) and isinstance(call.args[0].value, str))
    ]
    assert not unseen


def _texts(node: ast.expr, known: Mapping[str, list[str]]) -> Iterator[str]:
    """The texts that an argument may be: written out, one of several, of a constant of its module."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.BoolOp(values=parts):
            for part in parts:
                yield from _texts(part, known)
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, known)
            yield from _texts(other, known)
        case ast.Call(func=ast.Name(id="sorted" | "list" | "frozenset"), args=[part, *_]):
            yield from _texts(part, known)
        case ast.Name(id=name):
            yield from known.get(name, ())


def _constants(tree: ast.Module) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in tree.body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if isinstance(target, ast.Name) and isinstance(value := getattr(line, "value", None), ast.expr):
            found[target.id] = list(_texts(value, {}))
    return found


def test_every_code_inside_a_refusal_has_a_word() -> None:
    without = set()
    for path, tree in _trees().items():
        known = _constants(tree)
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or (kind := ERRORS.get(_called(call))) is None:
                continue
            said = set(re.findall(r"%\((\w+)\)s", SENTENCES[kind().code]._args[0])) - NOT_CODES
            of = next((t for k in call.keywords if k.arg == "of" for t in _texts(k.value, known)), "")
            words = WORDS.keys() | OWN_WORDS.get(of, {}).keys()
            without |= {
                f"{path}:{call.lineno}: {text}"
                for given in call.keywords
                if given.arg in said
                for text in _texts(given.value, known)
                if CODE.fullmatch(text) and text not in words
            }
    assert not without, "give these a word in wms/web/sentences.py: " + "; ".join(sorted(without))
