"""Takes off what is in the text but not on the paper: bold tags, heading signs, LaTeX, entities.

Pure text functions; called for each cell by the grid maker.
"""

import re

TAG = re.compile(
    r"</?(?:b|strong|i|em|u|s|p|span|div|font|sup|sub|br|td|tr|th|table)(?:\s[^<>]{0,200})?/?>", re.I
)
HEADING = re.compile(r"^#{1,6}\s+")
STARRED = re.compile(r"^(\*\*|__)([^*_].*?)\1$", re.S)
MATH = re.compile(r"\$([^$\n]{1,200})\$")
COMMAND = re.compile(
    r"\\(geqslant|leqslant|geq|leq|ge|le|gt|lt|times|sim|approx|pm|cdot|quad|%|_|&|#)(?![a-zA-Z])"
)
ENTITY = re.compile(r"&(nbsp|lt|gt|le|ge|amp|quot|ldquo|rdquo|times);")
SIGNS = {
    "geqslant": "≥",
    "geq": "≥",
    "ge": "≥",
    "leqslant": "≤",
    "leq": "≤",
    "le": "≤",
    "gt": ">",
    "lt": "<",
    "times": "×",
    "sim": "~",
    "approx": "≈",
    "pm": "±",
    "cdot": "·",
    "quad": " ",
    "%": "%",
    "_": "_",
    "&": "&",
    "#": "#",
}
ENTITIES = {
    "nbsp": " ",
    "lt": "<",
    "gt": ">",
    "le": "≤",
    "ge": "≥",
    "amp": "&",
    "quot": '"',
    "ldquo": "“",
    "rdquo": "”",
    "times": "×",
}
WRAPPER = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\{([^{}]{0,200})\}")
SUSPICIOUS = re.compile(r"[<$\\&#*_]")
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad\f\v\x1a"))


def clean(text: str) -> tuple[str, bool]:
    """Return the text as it is on paper, stripped, and whether markup had to be taken off."""
    text = text.translate(INVISIBLE).strip() if not text.isascii() or "\f" in text else text.strip()
    if not SUSPICIOUS.search(text):
        return text, False
    found = HEADING.sub("", TAG.sub("", text))
    found = STARRED.sub(r"\2", found)
    found = MATH.sub(lambda m: _latex(m[1]), found)
    found = _latex(found) if "\\" in found else found
    found = ENTITY.sub(lambda m: ENTITIES[m[1]], found).strip()
    return found, found != text


def _latex(text: str) -> str:
    text = COMMAND.sub(lambda m: SIGNS[m[1]], WRAPPER.sub(r"\1", text))
    return text.replace("{", "").replace("}", "").strip()
