"""The county's Word template: what may be in it, what is refused and says why, what it prints, how one goes back."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given, settings

from targets import word_templates
from targets.content import IndicatorContent
from targets.export import Format, county, export
from targets.export.layout import Mark
from targets.export.limited import faults_in_child
from targets.models import WordTemplate
from targets.profiles import load
from targets.reading import read
from tests.targets import papers
from tests.targets.office import read_here
from tests.targets.test_pages_tables import at_now, client_of
from tests.targets.test_reading_same import SAMPLE, contents
from tests.world import NOW
from workflow.refusals import NotVisible

__all__ = ["at_now"]
PROFILE = load()
MARK = Mark("2027-0001", "第1次报送", "ABCD2345")


@pytest.fixture(scope="module")
def shipped() -> bytes:
    return county.shipped(PROFILE, NOW)


def changed(data: bytes, old: str, new: str, part: str = "word/document.xml") -> bytes:
    """Return the docx with one text of a part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given_zip, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given_zip.namelist():
            text = given_zip.read(name)
            if name == part:
                assert old in text.decode()
                text = text.decode().replace(old, new).encode()
            made.writestr(name, text)
    return out.getvalue()


def kinds(data: bytes) -> list[str]:
    return [fault.kind for fault in county.faults_of(template=data, profile=PROFILE, now=NOW)]


def test_the_shipped_template_prints_the_eight_real_tables_so_that_they_read_back_the_same(shipped: bytes) -> None:
    assert kinds(shipped) == []
    for table in read(name="s", data=SAMPLE.read_bytes()).tables:
        made = export(content=table.content, profile=PROFILE, format=Format.DOCX, now=NOW, mark=MARK,
                      word_template=shipped)
        (again,) = read_here("表.docx", made).tables
        assert again.content.hash() == table.content.hash()
        assert again.problems == ()


@settings(max_examples=12, deadline=None)
@given(contents())
def test_any_table_reads_back_the_same_from_the_shipped_template(content) -> None:
    made = export(content=content, profile=PROFILE, format=Format.DOCX, now=NOW, mark=MARK,
                  word_template=county.shipped(PROFILE, NOW))
    (again,) = read_here("表.docx", made).tables
    assert again.content.hash() == content.hash()


def test_what_is_typed_never_becomes_a_tag_or_markup(shipped: bytes) -> None:
    content = replace(county.PROBE, project_name="{{ number }} {% for x in y %} <w:p/> &amp;", annual_goal="甲\t乙\n丙",
                      indicators=(IndicatorContent("11", "=1+1", "{{ 7*7 }}"),))
    made = export(content=content, profile=PROFILE, format=Format.DOCX, now=NOW, mark=MARK, word_template=shipped)
    (again,) = read_here("表.docx", made).tables
    assert again.content.hash() == content.hash()


def test_the_version_stands_at_the_foot_and_the_same_table_is_the_same_file(shipped: bytes) -> None:
    options = {"content": county.PROBE, "profile": PROFILE, "format": Format.DOCX, "now": NOW, "mark": MARK}
    made = export(**options, word_template=shipped)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert "2027-0001　第1次报送　校验码 ABCD2345" in archive.read("word/footer1.xml").decode()
        assert "vMerge" in archive.read("word/document.xml").decode()
        assert not re.search("[\ue000\ue001]", archive.read("word/document.xml").decode())
    assert made == export(**options, word_template=shipped)


@pytest.mark.parametrize(("old", "new", "kind", "what"), [
    ("{{ project_name }}", "{{ projekt }}", "unknown_field", "projekt"),
    ("{{ row.name }}", "{{ row.weight }}", "unknown_field", "row.weight"),
    ("{{ row.name }}", "{{ row.__class__ }}", "unknown_field", "row.__class__"),
    ("{{ project_name }}", "{{ project_name.__class__.__mro__ }}", "unknown_field", "__mro__"),
    ("{{ project_name }}", "{{ ().__class__ }}", "unknown_field", "__class__"),
    ("{{ project_name }}", "{{ range(9) }}", "not_allowed", "Call"),
    ("{{ project_name }}", "{{ project_name|safe }}", "not_allowed", "Filter"),
    ("{{ project_name }}", "{% set x = 1 %}", "not_allowed", "Assign"),
    ("{{ project_name }}", "{% include 'x' %}", "not_allowed", "Include"),
    ("{{ project_name }}", "{{ 9**9**9 }}", "not_allowed", "Pow"),
    ("{{ row.name }}", "{% for a in rows %}{{ a.name }}{% endfor %}", "loop", "rows"),
    ("{{ project_name }}", "{% for a in unit %}甲{% endfor %}", "loop", "unit"),
    ("{{ project_name }}", "{{ project_name", "tag", ""),
    ("{%tr endfor %}", "完", "tag", ""),
    ("{{ unit }}", "实施单位", "lacks", "实施单位"),
    ("{{ row.value }}", "值", "lacks", "绩效值"),
])
def test_what_a_template_may_not_say_is_named(shipped: bytes, old: str, new: str, kind: str, what: str) -> None:
    (fault,) = county.faults_of(template=changed(shipped, old, new), profile=PROFILE, now=NOW)
    assert fault.kind == kind
    assert what in fault.what
    assert str(word_templates.FAULTS[kind])


def test_a_tag_that_word_cut_into_runs_and_a_condition_are_understood(shipped: bytes) -> None:
    cut = changed(shipped, "{{ unit }}", '{{ un</w:t></w:r><w:r><w:t xml:space="preserve">it }}')
    assert kinds(cut) == []
    assert kinds(changed(shipped, "{{ unit }}", "{% if unit %}{{ unit }}{% endif %}")) == []


def test_macros_links_outside_and_what_is_no_word_file_are_refused(shipped: bytes) -> None:
    out = io.BytesIO(shipped)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")
    assert kinds(out.getvalue()) == ["refused macros"]
    link = ('<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
            'Target="http://example.test/x.png" TargetMode="External"/></Relationships>')
    assert kinds(changed(shipped, "</Relationships>", link, "word/_rels/document.xml.rels")) == ["external"]
    book = export(content=county.PROBE, profile=PROFILE, format=Format.XLSX, now=NOW)
    assert kinds(book) == ["no_word"]
    assert kinds(b"text") == ["refused damaged"]
    assert kinds(bytes(county.MOST_BYTES + 1)) == ["too_large"]


def test_the_check_runs_in_a_process_of_its_own(shipped: bytes) -> None:
    assert faults_in_child(template=shipped, profile=PROFILE.id) == ()
    (fault,) = faults_in_child(template=changed(shipped, "{{ unit }}", "{{ einheit }}"), profile=PROFILE.id)
    assert (fault.kind, fault.what) == ("unknown_field", "einheit")


# Over HTTP


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check and read in this process, so that a page's test takes no process."""
    def faults(*, template: bytes, profile: str) -> tuple[county.Fault, ...]:
        return county.faults_of(template=template, profile=load(profile), now=NOW)

    monkeypatch.setattr(word_templates.limited, "faults_in_child", faults)
    monkeypatch.setattr(word_templates.reading, "read", lambda *, name, data: read_here(name, data))


def post(client, data: bytes, name: str = "模板.docx"):
    return client.post(reverse("word_templates"), {"file": SimpleUploadedFile(name, data)})


@pytest.mark.usefixtures("in_process")
def test_a_version_is_kept_looked_at_put_in_force_and_taken_out_again(world: SimpleNamespace, shipped: bytes) -> None:
    case = papers.submitted(world)
    client = client_of(world.performance_reviewer)
    own = changed(shipped, "{{ row.category }}", "不写类别")
    assert post(client, own).status_code == 302
    version = WordTemplate.objects.get()
    assert (version.version, version.name, version.is_active) == (1, "模板.docx", False)
    assert not version.reads_back, "no reader can know the second levels then"
    url = reverse("table_export", args=[case.number, "docx"])
    official = client.get(url).content
    looked = client.get(reverse("word_template_preview", args=[version.pk]))
    assert "演示" in unquote(looked["Content-Disposition"])
    assert client.post(reverse("word_template_activate", args=[version.pk])).status_code == 302
    own_print = client.get(url).content
    with zipfile.ZipFile(io.BytesIO(own_print)) as archive:
        assert "不写类别" in archive.read("word/document.xml").decode()
    page = client.get(reverse("word_templates")).content.decode()
    assert reverse("word_template_return") in page
    assert client.post(reverse("word_template_return")).status_code == 302
    assert client.get(url).content == official
    assert WordTemplate.objects.count() == 1, "versions are kept"
    assert client.get(reverse("word_template_file", args=[version.pk])).content == own


@pytest.mark.usefixtures("in_process")
def test_only_one_version_is_in_force_and_the_same_file_is_kept_once(world: SimpleNamespace, shipped: bytes) -> None:
    client = client_of(world.performance_reviewer)
    assert post(client, shipped).status_code == 302
    assert WordTemplate.objects.get().reads_back
    assert post(client, shipped).status_code == 422
    assert post(client, changed(shipped, "主管部门（盖章）", "主管部门（公章）")).status_code == 302
    for version in WordTemplate.objects.all():
        client.post(reverse("word_template_activate", args=[version.pk]))
    assert [v.version for v in WordTemplate.objects.filter(is_active=True)] == [1]


@pytest.mark.usefixtures("in_process")
def test_a_refused_template_says_why_and_nothing_is_kept(world: SimpleNamespace, shipped: bytes) -> None:
    client = client_of(world.performance_reviewer)
    answer = post(client, changed(shipped, "{{ unit }}", "{{ einheit }}"))
    assert answer.status_code == 422
    assert "einheit" in answer.content.decode()
    assert client.post(reverse("word_templates")).status_code == 422
    assert not WordTemplate.objects.exists()


def test_only_finance_and_administrators_look_after_it(world: SimpleNamespace, shipped: bytes) -> None:
    client = client_of(world.editor)
    assert client.get(reverse("word_templates")).status_code == 403
    assert post(client, shipped).status_code == 403
    assert client.get(reverse("word_template_shipped")).status_code == 403
    assert client.post(reverse("word_template_return")).status_code == 403
    assert not WordTemplate.objects.exists()
    with pytest.raises(NotVisible):
        word_templates.version_of(1)


@pytest.mark.usefixtures("in_process")
def test_the_command_puts_a_template_in_force_and_goes_back(world: SimpleNamespace, shipped: bytes,
                                                            tmp_path: Path) -> None:
    path = tmp_path / "模板.docx"
    person = world.performance_reviewer.username
    call_command("set_word_template", write=path)
    assert county.faults_of(template=path.read_bytes(), profile=PROFILE, now=NOW) == ()
    for wrong in ({}, {"shipped": True}, {"shipped": True, "person": "nobody"},
                  {"shipped": True, "person": world.editor.username}, {"shipped": True, "write": path}):
        with pytest.raises(CommandError):
            call_command("set_word_template", **wrong)
    call_command("set_word_template", path, person=person)
    assert word_templates.in_force() == path.read_bytes()
    call_command("set_word_template", shipped=True, person=person)
    assert word_templates.in_force() is None
    path.write_bytes(changed(shipped, "{{ unit }}", "{{ einheit }}"))
    for name in (path, tmp_path / "none.docx"):
        with pytest.raises(CommandError):
            call_command("set_word_template", name, person=person)
    assert WordTemplate.objects.count() == 1


def test_a_file_that_cannot_be_opened_is_refused_in_a_whole_sentence(world):
    with override("zh-hans"), pytest.raises(word_templates.TemplateRefused) as told:
        word_templates.upload(name="坏.docx", data=b"PK\x03\x04zzz", by=world.leader, now=NOW)
    assert "文件已损坏或不完整" in str(told.value)
    assert "%(" not in str(told.value)
    assert not WordTemplate.objects.exists()
