"""The text of Word's paragraphs as printed, with what paper would not show: changes, hidden text, boxes, signs.

Elements are found by their names without namespace, so that both kinds of Office documents are read alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

THROUGH = frozenset(
    {"sdtContent", "customXml", "smartTag", "ins", "moveTo", "hyperlink", "fldSimple", "dir", "bdo"}
    | {"oMath", "oMathPara", "rubyBase", "ruby", "e", "num", "den", "sup", "sub"}
)
MATH = frozenset({"f", "sSup", "sSub", "rad", "d", "func", "acc", "bar", "nary"})
SYMBOL_FONT = {
    0xA3: "≤",
    0xB3: "≥",
    0xB1: "±",
    0xB4: "×",
    0xB0: "°",
    0xA5: "∞",
    0xB9: "≠",
    0xBB: "≈",
    0xB8: "÷",
}
SYMBOL_FONT |= {0xB7: "·", 0x3C: "<", 0x3D: "=", 0x3E: ">", 0x25: "%"}
WINGDINGS = {
    0xFE: "☑",
    0xFD: "☒",
    0xA8: "□",
    0x6F: "□",
    0x52: "☑",
    0x51: "☒",
    0xFC: "✓",
    0xFB: "✗",
    0xA3: "□",
    0x6E: "■",
}
BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
OFF = ("0", "false", "off")


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: etree._Element | None, name: str) -> str | None:
    """Return an attribute by its name without namespace."""
    if element is None:
        return None
    return next((str(v) for k, v in element.attrib.items() if str(k).rpartition("}")[2] == name), None)


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    """Return the first child of that name, and so on down the names, or None."""
    for name in names:
        if element is None:
            return None
        element = next((c for c in element if local(c) == name), None)
    return element


def is_on(element: etree._Element | None) -> bool:
    """Whether a switch such as w:vanish stands there and is not turned off."""
    return element is not None and attribute(element, "val") not in OFF


@dataclass(slots=True)
class Pieces:
    """The text of some paragraphs, and what was met in it."""

    text: list[str] = field(default_factory=list)
    inserted: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    boxes: list[etree._Element] = field(default_factory=list)
    tables: list[etree._Element] = field(default_factory=list)
    unknown_signs: int = 0
    commented: bool = False

    def written(self) -> str:
        """Return the text without blanks around it."""
        return "".join(self.text).strip()

    def facts(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the kinds of problems in this text."""
        inserted, deleted, hidden = ("".join(t).strip() for t in (self.inserted, self.deleted, self.hidden))
        if inserted or deleted:
            yield "tracked", {"inserted": inserted or "—", "deleted": deleted or "—"}
        if hidden:
            yield "hidden_text", {"text": hidden}
        if self.unknown_signs:
            yield "unknown_sign", {}
        if self.commented:
            yield "commented", {}


def flat(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the children as printed: through content controls and wrappers, without deleted and moved-away ones."""
    for element in parent:
        name = local(element)
        if name == "sdt":
            if not is_on(child(element, "sdtPr", "showingPlcHdr")):
                content = child(element, "sdtContent")
                if content is not None:
                    yield from flat(content)
        elif name in ("customXml", "smartTag", "ins", "moveTo") and child(element, "r") is None:
            yield from flat(element)
        elif name == "AlternateContent":
            yield from flat(_chosen(element))
        elif name not in ("del", "moveFrom"):
            yield element


def _chosen(alternatives: etree._Element) -> etree._Element:
    """Return the branch that a current Word shows: the first choice, else the fallback."""
    found = child(alternatives, "Choice")
    if found is None or (len(found) == 0 and child(alternatives, "Fallback") is not None):
        found = child(alternatives, "Fallback")
    return found if found is not None else alternatives


def paragraph_text(paragraph: etree._Element, pieces: Pieces) -> None:
    """Add the text of one paragraph, and what was met in it, to `pieces`."""
    _inline(paragraph, pieces, pieces.text, [])


def _inline(parent: etree._Element, pieces: Pieces, out: list[str], fields: list[str]) -> None:
    """Add the text below `parent` to `out`. `fields` is the stack of open fields: "code" before, "result" after."""
    for element in parent:
        name = local(element)
        if name == "r":
            _run(element, pieces, out, fields)
        elif name == "ins" or name == "moveTo":
            before = len(out)
            _inline(element, pieces, out, fields)
            pieces.inserted += out[before:]
        elif name == "del" or name == "moveFrom":
            _inline(element, Pieces(), pieces.deleted, fields)
        elif name == "sdt":
            if not is_on(child(element, "sdtPr", "showingPlcHdr")):
                _inline(element, pieces, out, fields)
        elif name == "AlternateContent":
            _inline(_chosen(element), pieces, out, fields)
        elif name in ("commentRangeStart", "commentReference"):
            pieces.commented = True
        elif name in THROUGH or name in MATH:
            _inline(element, pieces, out, fields)


def _run(run: etree._Element, pieces: Pieces, out: list[str], fields: list[str]) -> None:
    if is_on(child(run, "rPr", "vanish")):
        out = pieces.hidden
    for element in run:
        name = local(element)
        if name == "fldChar":
            _field(attribute(element, "fldCharType"), fields)
        elif name == "commentReference":
            pieces.commented = True
        elif name in ("drawing", "pict", "object"):
            pieces.boxes += _boxes_below(element)
        elif name == "AlternateContent":
            pieces.boxes += _boxes_below(_chosen(element))
        elif "code" in fields:
            continue
        elif name in ("t", "delText"):
            out.append(element.text or "")
        elif name in BREAKS:
            out.append("" if attribute(element, "type") in ("page", "column") else BREAKS[name])
        elif name == "sym":
            out.append(_symbol(element, pieces))
        elif name == "ruby":
            _inline(child(element, "rubyBase") or element, pieces, out, fields)


def _boxes_below(element: etree._Element) -> list[etree._Element]:
    return [found for found in element.iter() if local(found) == "txbxContent"]


def _field(kind: str | None, fields: list[str]) -> None:
    if kind == "begin":
        fields.append("code")
    elif kind == "separate" and fields:
        fields[-1] = "result"
    elif kind == "end" and fields:
        fields.pop()


def _symbol(element: etree._Element, pieces: Pieces) -> str:
    """Return the sign of a character in a picture font, as ≥ in the font Symbol."""
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        code = 0
    font = (attribute(element, "font") or "").casefold()
    known = SYMBOL_FONT if font == "symbol" else WINGDINGS if font.startswith("wingdings") else {}
    sign = known.get(code & 0xFF) if 0xF000 <= code <= 0xF0FF or code <= 0xFF else chr(code)
    if sign is None:
        pieces.unknown_signs += 1
    return sign or "□"
