"""A county's own Word template of the target table: which fields it may name, whether it may be used, and filling it.

A template is a docx with tags, edited in Word; docxtpl fills it. What a tag may say is a short list, so that a template
can neither run away nor reach anything. Pure. Called by targets.word_templates and, for the check, by export.limited.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree  # type: ignore[import-untyped]

from targets.content import Funds, IndicatorContent, TableContent
from targets.export.docx import W, docx_of, table_row
from targets.export.glyphs import rare_in
from targets.export.layout import SIDE, Form, Mark, form_of
from targets.profiles import Profile
from targets.reading.container import open_package
from targets.reading.refusals import CannotRead

ROWS = "rows"
FIELDS: Mapping[str, str] = MappingProxyType({
    "title": "表名", "year_line": "年度（带括号）", "year": "年度", "project_name": "项目名称",
    "department": "主管部门", "unit": "实施单位", "attribute": "项目属性", "period": "项目期限",
    "funds_total": "年度资金总额", "funds_fiscal": "其中：财政拨款", "funds_other": "其他资金",
    "annual_goal": "年度总体绩效目标",
    "number": "编号", "version": "第几次报送或草稿", "check_code": "校验码", "value_label": "绩效值一栏的名称",
    "note": "生僻字提示（没有时为空）",
})  # fmt: skip
"""What a template may name → what is printed there."""
ROW_FIELDS: Mapping[str, str] = MappingProxyType({
    "side": "绩效指标（合并）", "family": "一级指标（合并）", "category": "二级指标（合并）", "code": "二级指标编码",
    "name": "三级指标", "value": "绩效值", "n": "序号",
})  # fmt: skip
"""What a row inside `for row in rows` has."""
NEEDED = ("project_name", "unit", "annual_goal", "funds_total", "name", "value")
"""Without these it is no target table."""
ABOVE = "\ue000\ue001\ue000"
"""Stands in a cell that is one with the cell above; taken out again when the rows are merged."""
MOST_BYTES = 1024 * 1024
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If, nodes.Const,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
LOOP = frozenset({"first", "last", "index", "length"})

REFUSED = "refused "


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a template is not taken: `kind` is a key of word_templates.FAULTS, or REFUSED and the code of a refusal of
    the reading; `what` the words that are wrong in it.
    """

    kind: str
    what: str = ""


class NotAllowed(TemplateError):
    """A tag says more than a template may."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.fault = Fault(kind, what)


class Strict(ImmutableSandboxedEnvironment):
    """Jinja that reads only what ALLOWED lists, over the fields above, with one kind of loop that is never nested."""

    def __init__(self) -> None:
        super().__init__(autoescape=True)
        self.named: set[str] = set()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self._look(tree, {})
        return tree

    def _look(self, node: nodes.Node, known: Mapping[str, Mapping[str, str] | frozenset[str]]) -> None:
        if not isinstance(node, ALLOWED):
            raise NotAllowed("not_allowed", type(node).__name__)
        if isinstance(node, nodes.For):
            self._look_at_loop(node, known)
            return
        if isinstance(node, nodes.Getattr):
            self._look_at_field(node, known)
            return
        if isinstance(node, nodes.Name):
            if node.name not in FIELDS:
                raise NotAllowed("unknown_field", node.name)
            self.named.add(node.name)
        for child in node.iter_child_nodes():
            self._look(child, known)

    def _look_at_loop(self, node: nodes.For, known: Mapping[str, Any]) -> None:
        over = node.iter.name if isinstance(node.iter, nodes.Name) else ""
        is_plain = not (known or node.test or node.recursive or node.else_)
        if over != ROWS or not is_plain or not isinstance(node.target, nodes.Name):
            raise NotAllowed("loop", over or type(node.iter).__name__)
        for child in node.body:
            self._look(child, {node.target.name: ROW_FIELDS, "loop": LOOP})

    def _look_at_field(self, node: nodes.Getattr, known: Mapping[str, Any]) -> None:
        owner = node.node.name if isinstance(node.node, nodes.Name) else ""
        if node.attr not in known.get(owner, ()):
            raise NotAllowed("unknown_field", f"{owner}.{node.attr}")
        self.named.add(node.attr)


def shipped(profile: Profile, now: datetime) -> bytes:
    """Return the template that prints the official layout: the one to begin from in Word."""
    said = {name: f"{{{{ {name} }}}}" for name in FIELDS}
    content = TableContent(
        project_name=said["project_name"], department=said["department"], unit=said["unit"],
        attribute=said["attribute"], period=said["period"], annual_goal=said["annual_goal"],
        funds=Funds(said["funds_total"], said["funds_fiscal"], said["funds_other"]),
    )  # fmt: skip
    mark = Mark(said["number"], said["version"], said["check_code"])
    form = replace(form_of(content=content, profile=profile, mark=mark), title=said["title"],
                   year_line=said["year_line"])
    form = replace(form, columns=(*form.columns[:-1], said["value_label"]))
    cells = [f"{{{{ row.{name} }}}}" for name in ("side", "family", "category", "name", "value")]
    rows = [table_row(texts) for texts in (["{%tr for row in rows %}"], cells, ["{%tr endfor %}"])]
    return docx_of(form, now, lines=rows, note=said["note"])


def fill(*, template: bytes, form: Form, content: TableContent, profile: Profile, now: datetime) -> bytes:
    """Return the template with the table in it; cells that say the same group are merged. Its zip is dated `now`.

    Raises: NotAllowed and other TemplateErrors when the template was never checked.
    """
    filled = DocxTemplate(io.BytesIO(template))
    filled.render(_context(form, content.cleaned(), profile), jinja_env=Strict(), autoescape=True)
    _merge(filled.docx.element.body)
    properties = filled.docx.core_properties
    properties.modified = now.astimezone(UTC).replace(tzinfo=None)
    out = io.BytesIO()
    filled.save(out)
    return _dated(out.getvalue(), now)


def _context(form: Form, own: TableContent, profile: Profile) -> dict[str, Any]:
    mark = form.mark
    texts = dict(zip(("project_name", "department", "unit", "attribute", "period", "funds_total", "funds_fiscal",
                      "funds_other", "annual_goal"), form.typed(), strict=True))
    return {
        **texts, "title": form.title, "year_line": form.year_line, "year": own.fiscal_year or "",
        "number": mark.number if mark else "", "version": mark.words if mark else "",
        "check_code": mark.code if mark else "", "value_label": profile.value_label, "note": rare_in(form),
        ROWS: _rows(form),
    }  # fmt: skip


def _rows(form: Form) -> list[dict[str, Any]]:
    return [
        {
            "side": SIDE if n == 0 else ABOVE, "family": line.family if line.family_rows else ABOVE,
            "category": line.category if line.category_rows else ABOVE, "code": line.code, "name": line.name,
            "value": line.value, "n": n + 1,
        }
        for n, line in enumerate(form.lines)
    ]  # fmt: skip


def _merge(body: Any) -> None:
    """Merge each cell that holds ABOVE with the cell above it."""
    tag = lambda name: f"{{{W}}}{name}"  # noqa: E731
    for table in body.iter(tag("tbl")):
        above: dict[int, Any] = {}
        for row in table.findall(tag("tr")):
            at = 0
            for cell in row.findall(tag("tc")):
                look = cell.find(tag("tcPr"))
                span = look.find(tag("gridSpan")) if look is not None else None
                if "".join(text.text or "" for text in cell.iter(tag("t"))).strip() == ABOVE:
                    _join(cell, above.get(at), tag)
                else:
                    above[at] = cell
                at += int(span.get(tag("val"))) if span is not None else 1


def _join(cell: Any, above: Any, tag: Any) -> None:
    for text in cell.iter(tag("t")):
        text.text = ""
    for one, value in ((above, "restart"), (cell, None)):
        if one is None:
            continue
        look = one.find(tag("tcPr"))
        if look is None:
            look = etree.Element(tag("tcPr"))
            one.insert(0, look)
        if look.find(tag("vMerge")) is None:
            merged = etree.Element(tag("vMerge"))
            if value:
                merged.set(tag("val"), value)
            before = [child for child in look if child.tag in map(tag, ("tcW", "gridSpan", "cnfStyle", "hMerge"))]
            look.insert(len(before), merged)


def _dated(data: bytes, now: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for info in given.infolist():
            dated = zipfile.ZipInfo(info.filename, now.timetuple()[:6])
            dated.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(dated, given.read(info))
    return out.getvalue()


PROBE = TableContent(
    project_name="演示项目<&>{{ }}", department="演示局", unit="演示局本级", attribute="0101-一年期项目",
    period="2027年1-12月", fiscal_year=2027, funds=Funds("30", "20", "10"), annual_goal="第一行。\n第二行。",
    indicators=(IndicatorContent("11", "演示数量甲", "≥12台"), IndicatorContent("11", "演示数量乙", "=3块"),
                IndicatorContent("22", "演示效益", "显著提升"), IndicatorContent("31", "演示满意度", "≥90%")),
)  # fmt: skip
"""What a template is tried with: groups of several rows, a blank group, signs that would break markup."""


def probe(*, template: bytes, profile: Profile, now: datetime) -> bytes:
    """Return the template filled with demonstration texts."""
    form = form_of(content=PROBE, profile=profile, mark=Mark("2027-0000", "演示", "ABCD2345"))
    return fill(template=template, form=form, content=PROBE, profile=profile, now=now)


def faults_of(*, template: bytes, profile: Profile, now: datetime) -> tuple[Fault, ...]:
    """Return why a template may not be used, nothing when it may. Reads a hostile file: call it in a child only."""
    if len(template) > MOST_BYTES:
        return (Fault("too_large", str(MOST_BYTES // 1024 // 1024)),)
    try:
        package = open_package(template)
        if package.kind != "word":
            return (Fault("no_word"),)
        links = [name for name in package.zip.namelist() if name.endswith(".rels")]
        if any(b'TargetMode="External"' in package.zip.read(name) for name in links):
            return (Fault("external"),)
        probe(template=template, profile=profile, now=now)
        return tuple(_lacking(template, profile))
    except CannotRead as wrong:
        return (Fault(REFUSED + wrong.refusal.code, next(iter(wrong.refusal.facts.values()), "")),)
    except NotAllowed as wrong:
        return (wrong.fault,)
    except TemplateError as wrong:
        return (Fault("tag", f"{wrong.message or type(wrong).__name__}"[:200]),)
    except (etree.XMLSyntaxError, ValueError, KeyError, AttributeError, TypeError) as wrong:
        return (Fault("tag", f"{type(wrong).__name__}: {wrong}"[:200]),)


def _lacking(template: bytes, profile: Profile) -> Iterator[Fault]:
    strict = Strict()
    filled = DocxTemplate(io.BytesIO(template))
    form = form_of(content=PROBE, profile=profile)
    filled.render(_context(form, PROBE, profile), jinja_env=strict, autoescape=True)
    for name in NEEDED:
        if name not in strict.named:
            yield Fault("lacks", FIELDS.get(name) or ROW_FIELDS[name])
