"""A few strokes of SVG: boxes, arrows and words, sized for Chinese and Latin text, without any library.

Pure. Colours come from classes, so that a page's style sheet rules them; a picture that stands alone carries its own
style, light, dark and for print. Used by workflow.pictures.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

FONT = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif"
STYLE = (
    f"text{{font-family:{FONT};fill:#1f2328;stroke:none}}.pic-soft{{fill:#57606a}}"
    ".pic-box{fill:#fff;stroke:#8c959f}.pic-band{fill:#f4f6f9;stroke:#d8dee4}"
    ".pic-now{fill:#eaf1fd;stroke:#1257c7}.pic-done{fill:#e6f4ea;stroke:#116329}.pic-end{fill:#eef1f4;stroke:#57606a}"
    ".pic-line{fill:none;stroke:#57606a}.pic-head{fill:#57606a}.pic-halo{stroke:#fff}"
    "@media (prefers-color-scheme:dark){svg{background:#161b22}text{fill:#e6edf3}.pic-soft{fill:#9da7b1}"
    ".pic-box{fill:#21262d;stroke:#8b949e}.pic-band{fill:#1c2129;stroke:#30363d}"
    ".pic-now{fill:#132f5c;stroke:#79b0ff}.pic-done{fill:#12351f;stroke:#56d364}.pic-end{fill:#2d333b;stroke:#8b949e}"
    ".pic-line{stroke:#9da7b1}.pic-head{fill:#9da7b1}.pic-halo{stroke:#161b22}}"
    "@media print{.pic-box,.pic-band,.pic-now,.pic-done,.pic-end{fill:#fff;stroke:#000}.pic-now{stroke-width:3}}"
)


def width_of(text: str, *, size: float) -> float:
    """Return about how wide `text` is in units of the picture: a Chinese character is as wide as it is high."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.56 for c in text)


def wrapped(text: str, *, size: float, width: float, most: int = 2) -> list[str]:
    """Return `text` in at most `most` lines of `width`; what does not fit ends in …"""
    lines, line = [], ""
    for c in text:
        if line and width_of(line + c, size=size) > width:
            lines.append(line)
            line = ""
        line += c
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
    return lines


@dataclass(slots=True)
class Picture:
    """A drawing of `width` × `height`; what is drawn later lies above."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def box(self, x: float, y: float, width: float, height: float, *, tone: str = "box", dashed: bool = False,
            radius: float = 8) -> None:  # fmt: skip
        """Draw a box. tone: box, band, now, done, end."""
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
            f' class="pic-{tone}" fill="#fff" stroke="#57606a" stroke-width="{2 if tone == "now" else 1.4}"{dash}/>'
        )

    def text(self, x: float, y: float, words: str, *, size: float = 13, anchor: str = "start", bold: bool = False,
             soft: bool = False, halo: bool = False) -> None:  # fmt: skip
        """Write one line; `halo` keeps it readable over a line."""
        weight = ' font-weight="600"' if bold else ""
        look = f'{weight} class="{"pic-soft" if soft else "pic-text"}"'
        if halo:
            self.parts.append(
                f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" aria-hidden="true"'
                f' class="pic-halo" stroke="#fff" stroke-width="5" stroke-linejoin="round">{escape(words)}</text>'
            )
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"{look}>{escape(words)}</text>'
        )

    def line(self, path: str, *, dashed: bool = False, head: bool = True) -> None:
        """Draw a path, with an arrow's head at its end."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        end = ' marker-end="url(#pic-arrow)"' if head else ""
        self.parts.append(
            f'<path d="{path}" class="pic-line" fill="none" stroke="#57606a" stroke-width="1.5"{dash}{end}/>'
        )

    def svg(self, *, name: str, title: str, says: Iterable[str], alone: bool) -> str:
        """Return the SVG. `name`: what its ids begin with, once a page. `says`: the same in sentences, for who does
        not see it; `alone`: with its own style.
        """
        style = f"<style>{STYLE}</style>" if alone else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}"'
            f' class="pic" role="img" aria-labelledby="{name}-title {name}-desc">'
            f'<title id="{name}-title">{escape(title)}</title>'
            f'<desc id="{name}-desc">{escape(" ".join(says))}</desc>{style}'
            '<defs><marker id="pic-arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
            ' orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" class="pic-head" fill="#57606a"/></marker></defs>'
            + "".join(self.parts)
            + "</svg>"
        )
