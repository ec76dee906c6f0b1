"""The sentences for rows of indicators: shifted, inferred, divided, left out, out of place.

Merged into KINDS by `problems`, which says what the ids mean.
"""

from dataclasses import dataclass

from targets.profiles import HINT, SHOULD_FIX
from workflow.text import _


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: rule id, severity where the profile is silent, sentence.

    `fixed` overrules the profile.
    """

    code: str
    severity: str
    message: str
    fixed: bool = False


ROW_KINDS = {
    "shifted": Kind(
        "STR-06",
        HINT,
        _(
            "The cells of this line are shifted. Read as “%(name)s” with the value "
            "“%(value)s” under %(category)s; "
            "compare with the paper."
        ),
    ),
    "inferred": Kind(
        "STR-06",
        HINT,
        _(
            "The cells of this line are shifted and its category is missing. Read as "
            "“%(name)s” with the value "
            "“%(value)s” under %(category)s, as the line above; compare with the paper."
        ),
    ),
    "category_inferred": Kind(
        "STR-06",
        HINT,
        _(
            "The category of this line is missing; %(category)s was inferred for “%(name)s”. "
            "Compare with the paper."
        ),
    ),
    "label_missing": Kind(
        "STR-06",
        HINT,
        _(
            "No line stands under %(missing)s, and “%(name)s” has no label of its own; it was read under %(category)s. "
            "If it belongs under %(missing)s, move it there."
        ),
    ),
    "label_order": Kind(
        "STR-06",
        HINT,
        _(
            "The label %(category)s stands twice, or not where the form has it. Compare the category of “%(name)s” "
            "with the paper."
        ),
    ),
    "label_exchanged": Kind(
        "STR-06",
        HINT,
        _(
            "“%(name)s” stands under %(category)s but reads like %(missing)s, and another line the other way round. "
            "If they changed places, move both."
        ),
    ),
    "label_shifted": Kind(
        "STR-06",
        HINT,
        _("The label %(category)s does not stand in its column; it was recognised all the same."),
    ),
    "glued": Kind(
        "STR-06",
        HINT,
        _(
            "The label and the text behind it stood in one cell (“%(raw)s”) and were "
            "divided. Compare with the paper."
        ),
    ),
    "joined": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "This line has more cells than the form; “%(extra)s” was added to the name. "
            "Correct it if that is wrong."
        ),
        fixed=True,
    ),
    "value_joined": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "The value of this line stands in several cells; they were put together. Compare with the paper."
        ),
        fixed=True,
    ),
    "left_out": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "“%(text)s” belongs to no cell of the form and was left out. If it belongs to the table, type it in."
        ),
        fixed=True,
    ),
    "variant": Kind(
        "STR-07", HINT, _("The label is written differently from the form: %(labels)s. Nothing to do.")
    ),
    "swapped": Kind(
        "STR-06",
        SHOULD_FIX,
        _("“%(name)s” stands where the name should be, and “%(value)s” where the value should be. Exchange them."),
        fixed=True,
    ),
    "value_in_name": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "Name and value stand in one cell (“%(text)s”). Divide them: the name “%(name)s”, the value “%(value)s”."
        ),
        fixed=True,
    ),
    "all_divided": Kind(
        "STR-06",
        SHOULD_FIX,
        _("This form prints name and value in one cell; they were divided. Compare names and values with the paper."),
        fixed=True,
    ),
    "half_name": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "“%(name)s” has no value and no category of its own. If it is the rest of “%(above)s” above, add it there; "
            "if it is an indicator, type its value in."
        ),
        fixed=True,
    ),
    "no_value": Kind(
        "STR-06",
        HINT,
        _("“%(name)s” has no value in its line. Look whether it stands in another cell, or type it in."),
    ),
    "no_head": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "The head of the columns (一级指标 … 指标值) is missing; the columns were counted from the first label. "
            "Compare the values with the paper."
        ),
        fixed=True,
    ),
    "several_values": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "The values stand in several columns (%(heads)s); they were put together, each behind its head. "
            "Compare with the paper."
        ),
        fixed=True,
    ),
    "value_guessed": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "No column is known to hold the values; “%(value)s” was taken from the column “%(head)s”. "
            "Compare with the paper."
        ),
        fixed=True,
    ),
    "mid_only": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "Only indicators of the mid term were found (“%(text)s”); they were read. If the table should hold the "
            "year, type the year's in."
        ),
        fixed=True,
    ),
    "mid_columns": Kind(
        "STR-07",
        HINT,
        _("The form shows mid term and year side by side; the columns of the year were read."),
    ),
    "other_columns": Kind(
        "STR-07",
        HINT,
        _("The columns %(heads)s do not belong to a target table and were left out."),
    ),
    "unknown_columns": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "The columns %(heads)s are not known and were left out. If something in them belongs to the table, "
            "type it in."
        ),
        fixed=True,
    ),
    "three_columns": Kind(
        "STR-07",
        HINT,
        _("Sign, number and unit of the values stand in columns of their own; they were put together."),
    ),
    "numbered": Kind(
        "STR-07",
        HINT,
        _("Printed numbers such as “指标1：” in front of the names were taken off."),
    ),
    "merged": Kind(
        "STR-06",
        HINT,
        _(
            "“%(text)s” stands in one cell for several lines; it was taken for each. Compare with the paper."
        ),
    ),
    "foot": Kind(
        "STR-07",
        HINT,
        _("“%(text)s” stands at the foot of the form and is no part of the table; it was left out."),
    ),
    "several": Kind(
        "STR-06",
        SHOULD_FIX,
        _(
            "%(count)s indicators stand in one cell, a line each; they were divided. Compare with the paper."
        ),
        fixed=True,
    ),
    "no_indicators": Kind(
        "STR-10",
        SHOULD_FIX,
        _(
            "This table has a head but not one indicator. Check whether the file is whole, "
            "or type the indicators in."
        ),
    ),
    "unknown_label": Kind(
        "STR-13",
        SHOULD_FIX,
        _(
            "The category “%(label)s” is not in the form. Its lines were put under %(category)s; "
            "move them to the right category."
        ),
    ),
    "clash": Kind(
        "STR-13",
        SHOULD_FIX,
        _(
            "The code and the words of “%(label)s” do not belong together; its lines were "
            "put under %(category)s. "
            "Move them if that is wrong."
        ),
    ),
}
