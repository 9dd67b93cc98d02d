"""A page as a browser holds it: elements, their text, and forms with the values they would send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_FIELDS = frozenset(("input", "select", "textarea", "button"))


@dataclass
class Element:
    """One element; `children` are elements and texts in order."""

    tag: str
    attributes: Mapping[str, str]
    children: list[Element | str] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """The value of an attribute."""
        return self.attributes.get(name, default)

    def walk(self) -> Iterator[Element]:
        """Every element below, in document order, this one first."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Every element of a tag whose attributes are these (`class_` holds one class among others)."""
        return [e for e in self.walk() if (not tag or e.tag == tag) and e.matches(**attributes)]

    def first(self, tag: str = "", **attributes: str) -> Element | None:
        """The first of them, None when there is none."""
        return next(iter(self.all(tag, **attributes)), None)

    def matches(self, **attributes: str) -> bool:
        """Say whether the attributes are these."""
        for name, value in attributes.items():
            if name == "class_":
                if value not in self.get("class").split():
                    return False
            elif self.get(name.rstrip("_")) != value:
                return False
        return True

    @property
    def text(self) -> str:
        """All text below, blanks joined."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "style"):
                yield from child._texts()
                yield " "


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, 0, -1):
            if self.open[place].tag == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(html: str) -> Element:
    """Read HTML."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


@dataclass(frozen=True)
class Form:
    """A form: where it goes, how, and what it would send untouched."""

    action: str
    method: str
    values: dict[str, str]
    names: frozenset[str]
    buttons: tuple[tuple[str, str], ...]
    text: str


def forms(page: Element) -> list[Form]:
    """Every form of a page; fields tied to one by `form=` count as its own."""
    return [_read_form(page, element) for element in page.all("form")]


def _read_form(page: Element, form: Element) -> Form:
    inside = list(form.walk())
    identity = form.get("id")
    tied = [e for e in page.walk() if e.get("form") and e.get("form") == identity and identity]
    fields = [e for e in inside if e.tag in _FIELDS and not e.get("form")] + [e for e in tied if e.tag in _FIELDS]
    values: dict[str, str] = {}
    names = set()
    buttons = []
    for element in fields:
        name = element.get("name")
        if not name or "disabled" in element.attributes:
            continue
        if element.tag == "button" or element.get("type") == "submit":
            buttons.append((name, element.get("value")))
            continue
        names.add(name)
        value = _value(element)
        if value is not None:
            values[name] = value
    return Form(
        action=form.get("action"), method=form.get("method", "get").lower(), values=values, names=frozenset(names),
        buttons=tuple(buttons), text=form.text,
    )  # fmt: skip


def _value(element: Element) -> str | None:
    """What a field would send; None for a box that is not ticked."""
    if element.tag == "select":
        options = element.all("option")
        chosen = [o for o in options if "selected" in o.attributes] or options[:1]
        return chosen[0].attributes.get("value", chosen[0].text) if chosen else None
    if element.tag == "textarea":
        return element.text
    if element.get("type") in ("checkbox", "radio"):
        return element.get("value", "on") if "checked" in element.attributes else None
    return element.get("value")


def choices(page: Element, name: str) -> dict[str, str]:
    """What may be chosen in a field of this name: value -> words."""
    found = {o.get("value"): o.text for s in page.all("select", name=name) for o in s.all("option")}
    return found | {b.get("value"): b.text for b in page.all("button", name=name)}
