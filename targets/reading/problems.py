"""The sentences for what reading mended, inferred or left out, each under the id of the catalogue.

STR-06 shifted, STR-07 label variant, STR-08 markup, STR-09 page break, STR-10 odd number of rows,
STR-13 unknown label, STR-01 missing field, FND-02 amount that is no number, STR-11 year inferred.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from targets.reading.result import Place, Problem
from targets.reading.rowproblems import ROW_KINDS, Kind
from workflow.text import _

__all__ = ["KINDS", "Kind", "told_once"]

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **ROW_KINDS,
        "header_shifted": Kind(
            "STR-06",
            HINT,
            _("“%(value)s” does not stand right behind its label %(label)s; compare with the paper."),
        ),
        "continued": Kind(
            "STR-06",
            HINT,
            _("“%(text)s” stood on a line of its own and was added to %(label)s; compare with the paper."),
        ),
        "unit_printed": Kind(
            "STR-07",
            HINT,
            _(
                "The amount is written as “%(typed)s”; it was taken as %(taken)s ten-thousand "
                "yuan. Compare with the paper."
            ),
        ),
        "dash": Kind("STR-07", HINT, _("“%(typed)s” was taken as blank.")),
        "mid_term": Kind(
            "STR-07",
            HINT,
            _("“%(text)s” belongs to the mid term and was left out; this table holds the year."),
        ),
        "other_field": Kind(
            "STR-07",
            HINT,
            _("“%(text)s” is a field that a target table does not have; it was left out."),
        ),
        "goal_otherwise": Kind(
            "STR-07",
            HINT,
            _("The form has no goal of the year by that name; what stands at “%(label)s” was taken for it."),
        ),
        "other_table": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "Another table follows, beginning with “%(text)s”; it is no part of the form and was left out."
            ),
            fixed=True,
        ),
        "outside": Kind(
            "STR-07",
            HINT,
            _(
                "Text outside the table was left out, beginning with “%(text)s”. If it belongs to it, type it in."
            ),
        ),
        "tracked": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "Tracked changes: “%(inserted)s” was inserted and is kept, “%(deleted)s” was deleted and is left out. "
                "Compare; correct it here if the change was not meant."
            ),
            fixed=True,
        ),
        "hidden_text": Kind(
            "STR-06",
            SHOULD_FIX,
            _("“%(text)s” is hidden in the file, does not show on paper and was left out."),
            fixed=True,
        ),
        "hidden_row": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "This row is hidden in the sheet and was left out: “%(text)s”. Unhide it and upload again if it counts."
            ),
            fixed=True,
        ),
        "hidden_cell": Kind(
            "STR-06",
            SHOULD_FIX,
            _("“%(text)s” stands in a hidden column; it was read all the same. Compare with the paper."),
            fixed=True,
        ),
        "hidden_sheet": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "The sheets %(names)s are hidden and were not read. Unhide them and upload again if they count."
            ),
            fixed=True,
        ),
        "text_box": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "“%(text)s” stands in a text box and was read behind the place it hangs on. Compare with the paper."
            ),
            fixed=True,
        ),
        "unknown_sign": Kind(
            "STR-06",
            SHOULD_FIX,
            _("A sign of a picture font could not be read and shows as □. Type the right sign."),
            fixed=True,
        ),
        "commented": Kind("STR-07", HINT, _("A comment of Word is attached here; it was left out.")),
        "error_cell": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "This cell holds the error %(text)s instead of a value and was read as blank. Type the value in."
            ),
            fixed=True,
        ),
        "uncomputed": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "This cell holds a formula without a result and was read as blank. Open the file in Excel or WPS, save "
                "it and upload it again, or type the value in."
            ),
            fixed=True,
        ),
        "odd_number": Kind(
            "FND-02",
            SHOULD_FIX,
            _("“%(text)s” is stored as a number but is none that a table can hold. Type the value in."),
            fixed=True,
        ),
        "long_number": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "“%(text)s” has more digits than Excel keeps; the last ones may be wrong. Type it in from the paper."
            ),
            fixed=True,
        ),
        "old_excel": Kind(
            "STR-06",
            HINT,
            _(
                "“%(text)s” comes from an old sheet (xls) that does not say how it is printed; it may be a percentage."
            ),
        ),
        "member_refused": Kind(
            "STR-06",
            SHOULD_FIX,
            _("“%(file)s” in this zip was not read. %(because)s"),
            fixed=True,
        ),
        "same_file": Kind(
            "STR-10",
            HINT,
            _("The same file was uploaded before, as “%(earlier)s”. Confirm its tables only once."),
            fixed=True,
        ),
        "name_twin": Kind(
            "STR-10",
            SHOULD_FIX,
            _(
                "The name of this file looks like that of an earlier one, “%(earlier)s”, but is written with other "
                "signs. Make sure that it is the file you mean."
            ),
            fixed=True,
        ),
        "open_quote": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "A quotation mark is opened in this line and never closed; what follows stands in one cell "
                "(“%(text)s”). Compare with the paper."
            ),
            fixed=True,
        ),
        "one_cell_a_line": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "The cells of this table stand below each other, a line each; they were put beside each other by their "
                "labels. Compare with the paper."
            ),
            fixed=True,
        ),
        "prose": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "This table is written as running text; it was divided at its labels. Compare every line with the "
                "paper."
            ),
            fixed=True,
        ),
        "undivided": Kind(
            "STR-06",
            SHOULD_FIX,
            _("Name and value in “%(text)s” cannot be told apart; all of it stands as the name. Divide it here."),
            fixed=True,
        ),
        "from_pdf": Kind(
            "STR-06",
            HINT,
            _(
                "This table was read from a PDF, which keeps places and no cells. Look through it once; the Word or "
                "Excel file, if you have it, is read without doubt."
            ),
            fixed=True,
        ),
        "pdf_unsure": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "“%(text)s” was put together from several lines of a PDF, or holds a sign without a letter: a blank "
                "or a sign may be wrong. Compare with the paper."
            ),
            fixed=True,
        ),
        "pdf_split": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "“%(text)s” stands at the top of a page and may belong to the last line of the page before. Compare "
                "with the paper."
            ),
            fixed=True,
        ),
        "scanned_page": Kind(
            "STR-06",
            SHOULD_FIX,
            _("Page %(page)s is a picture (a scan) and was not read. Type in what stands on it."),
            fixed=True,
        ),
        "scanned_letters": Kind(
            "STR-06",
            SHOULD_FIX,
            _(
                "Page %(page)s is a scan with text that a machine recognised; it may hold wrong letters and digits. "
                "Compare every value with the paper."
            ),
            fixed=True,
        ),
        "markup": Kind(
            "STR-08", HINT, _("Signs that are not on paper were taken off: %(raw)s. Nothing to do.")
        ),
        "page_break": Kind(
            "STR-09",
            HINT,
            _("The table goes on behind a page break; the lines below were read as its continuation."),
        ),
        "no_field": Kind(
            "STR-01",
            SHOULD_FIX,
            _("The field %(label)s was not found in this table. Check the file, or type the field in."),
        ),
        "twice": Kind(
            "STR-13",
            SHOULD_FIX,
            _("The field %(label)s stands twice; the first was kept and “%(value)s” was left out."),
        ),
        "no_number": Kind(
            "FND-02",
            MUST_FIX,
            _(
                "“%(typed)s” in %(label)s is not a number. Write the amount in ten-thousand yuan with digits, "
                "as 50 or 0.642."
            ),
        ),
        "year_inferred": Kind(
            "STR-11",
            SHOULD_FIX,
            _(
                "The line with the year is missing; %(year)s was taken from the period. Correct it if that is wrong."
            ),
        ),
        "no_year": Kind(
            "STR-11",
            SHOULD_FIX,
            _("No year was found above the table nor in its period. Choose the year of the budget."),
        ),
    }
)


def told_once(problems: Sequence[Problem], alike: Sequence[Problem], place: Place) -> list[Problem]:
    """Return the problems with those that are alike (labels written otherwise) as one, at the place given."""
    first, *others = alike
    told = ", ".join(dict.fromkeys(problem.facts["labels"] for problem in alike))
    return [
        replace(problem, place=place, facts={"labels": told}) if problem is first else problem
        for problem in problems
        if not any(problem is other for other in others)
    ]
