"""The sentences with which a file is refused before or while its container is opened; each says what to do next.

`CannotRead` carries one of them up to the edge of the child process; nobody outside reading sees the exception.
"""

from collections.abc import Mapping
from types import MappingProxyType

from targets.reading.result import Refusal
from workflow.text import _

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "old_format": _(
            "This is a file of Word 97–2003 or WPS (.doc, .wps), which is not read. Open it in Word or WPS, choose "
            "“Save as” and the kind docx (for a sheet: xlsx), and upload that."
        ),
        "encrypted": _(
            "The file is protected by a password and cannot be opened. Open it with the password, take the protection "
            "off, save it and upload it again."
        ),
        "damaged": _(
            "The file is damaged or incomplete (%(what)s). Open it in Word, Excel or WPS; if that works, save it "
            "under a new name and upload that."
        ),
        "macros": _(
            "The file holds macros or active controls (%(what)s), which are never opened here. Save it as docx or "
            "xlsx without macros and upload that."
        ),
        "embedded": _(
            "Another file is embedded in this one (%(what)s), which is never opened here. Delete the embedded object, "
            "save and upload again; upload the other file by itself."
        ),
        "external": _(
            "The file draws on something outside itself (%(what)s). Break the link (Word: attached template; Excel: "
            "Data, Edit links), save and upload again."
        ),
        "unsafe": _(
            "The file holds a part with a name that no office program writes (%(what)s) and is not opened. Save it "
            "anew in Word, Excel or WPS and upload that."
        ),
        "disguised": _(
            "The parts of this file contradict each other (%(what)s), as in files made to deceive. Save it anew in "
            "Word, Excel or WPS and upload that."
        ),
        "too_large": _(
            "The file is larger inside than any target table can be (%(what)s, at most %(limit)s). Keep only the "
            "tables, delete the rest, save and upload again."
        ),
        "nested_zip": _(
            "This zip holds another zip (%(what)s). Unpack it and upload the files, or one zip with the files in it."
        ),
        "empty_zip": _("This zip holds no file that can be read. Put docx, xlsx, xls or text files into it."),
        "bad_xml": _(
            "The file is written in a way that is not allowed (%(what)s). Save it anew in Word, Excel or WPS and "
            "upload that."
        ),
        "not_supported": _(
            "A file of the kind %(what)s is not read here. Save the table as docx or xlsx and upload that."
        ),
        "wrong_name": _(
            "The name of the file ends with %(ends)s, but inside it is %(kind)s. Give it the right ending, or choose "
            "the right file."
        ),
        "no_ending": _(
            "The name of the file has no ending, but inside it is %(kind)s. Add the ending that belongs to it to the "
            "name and upload it again."
        ),
        "not_converted": _(
            "The old Word or WPS file could not be converted. Open it in Word or WPS, choose “Save as” and the kind "
            "docx (for a sheet: xlsx), and upload that."
        ),
        "infected": _(
            "The virus scanner found %(what)s in this file; it was not opened. Tell your administrator, and upload the "
            "table from a clean computer."
        ),
        "scanner_away": _(
            "The virus scanner does not answer, and without it no file is opened. Nothing was stored. Try again in "
            "some minutes; if it stays so, tell your administrator."
        ),
        "scanned": _(
            "This PDF is a scan: its pages are pictures without text, and pictures are not read here. Upload the Word "
            "or Excel file it was printed from, or type the table in."
        ),
        "sideways": _(
            "The text of this PDF stands sideways on its pages. Turn the pages upright in the PDF program and save, or "
            "upload the Word or Excel file it was printed from."
        ),
        "no_letters": _(
            "The text of this PDF cannot be taken out: it has no letters, or its fonts do not say which. Upload the "
            "Word or Excel file it was printed from, or type the table in."
        ),
        "no_answer": _(
            "The file took too much time or memory and reading was stopped. Keep only the target tables, save and "
            "upload again; several files can go in one zip."
        ),
        "blank_form": _(
            "This is a blank form: it has all the labels of a target table and nothing filled in. Fill it in and "
            "upload it again."
        ),
    }
)


def refusal(kind: str, /, **facts: str) -> Refusal:
    """Return the refusal of this kind with its facts."""
    return Refusal(kind, SENTENCES[kind], facts)


class CannotRead(Exception):
    """A file is not read; `refusal` says why."""

    def __init__(self, kind: str, /, **facts: str) -> None:
        super().__init__(kind)
        self.refusal = refusal(kind, **facts)
