"""Word and Excel over HTTP: from the file to the draft; what is refused leaves nothing behind."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from targets.models import ImportedTable, SourceDocument
from tests.targets.office import docx, small_content, word_body, word_parts, xlsx, zipped
from tests.targets.test_pages_import import upload
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import key
from workflow.models import Case

__all__ = ["at_now"]

OURS = small_content(department="演示办公室", unit="演示办公室本级", period="2027年1-12月", fiscal_year=2027)
FILES = {
    "目标表.docx": docx(OURS),
    "目标表.xlsx": xlsx(OURS),
    "全部.ZIP": zipped({"目标表.docx": docx(OURS)}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_word_or_excel_file_becomes_a_draft(world: SimpleNamespace, name: str) -> None:
    client = client_of(world.editor)
    status, where = upload(client, FILES[name], name=name)
    assert status == 302
    page = client.get(where).content.decode()
    assert OURS.project_name in page
    staged = ImportedTable.objects.get()
    assert staged.content_hash == OURS.hash()
    assert client.post(reverse("import_confirm", args=[staged.source_id]), {"key": key()}).status_code == 302
    assert Case.objects.get().title == OURS.project_name


def test_what_was_noticed_is_shown_with_its_place_in_chinese(world: SimpleNamespace) -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>勿印</w:t></w:r></w:p>"
    body = word_body([OURS]).replace("购置图书</w:t></w:r></w:p>", "购置图书</w:t></w:r>" + hidden)
    client = client_of(world.editor)
    _status, where = upload(client, docx(body=body), name="目标表.docx")
    page = client.get(where).content.decode()
    assert "「勿印」在文件中是隐藏文字，打印不出来，未读入。" in page
    assert "T1:R9:C4" in page


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("目标表.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000, "选「另存为」docx"),
        ("目标表.docx.exe", FILES["目标表.docx"], "文件名的后缀是 .exe"),
        ("目标表.docx", FILES["目标表.xlsx"], "内容却是 Excel"),
        ("目标表.docx", zipped({**word_parts(word_body([OURS])), "word/vbaProject.bin": b"x"}), "含有宏"),
        ("目标表.docx", FILES["目标表.docx"][:-400], "已损坏或不完整"),
    ],
)
def test_a_refused_file_is_explained_and_not_kept(
    world: SimpleNamespace, name: str, data: bytes, said: str
) -> None:
    status, page = upload(client_of(world.editor), data, name=name)
    assert status == 422
    assert said in page
    assert (SourceDocument.objects.count(), ImportedTable.objects.count(), Case.objects.count()) == (0, 0, 0)
