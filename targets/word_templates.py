"""The county's own Word template of the target table: uploaded, checked, tried, put in force, taken out again.

Versions are kept. Which one is in force is one row; none in force means the official layout. Called by the views and
by exporting. What a template may say is targets.export.county.
"""

import hashlib
import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from targets import profiles, reading
from targets.export import county, limited
from targets.models import WordTemplate
from targets.reading.refusals import SENTENCES
from targets.reading.result import Refusal
from workflow import queries
from workflow.canonical import clean_text
from workflow.models import User
from workflow.refusals import NotPermitted, NotVisible, Refused

logger = logging.getLogger(__name__)

MOST_VERSIONS = 200
FAULTS = {
    "too_large": _("The template is larger than %(what)s MB. Make its pictures smaller."),
    "no_word": _("This is no Word file. Save the template as docx."),
    "external": _("The template links to something outside (a picture, a sheet, an address). Put it in as a copy, or "
                  "remove the link."),
    "not_allowed": _("A tag says more than a template may (%(what)s). Only the fields listed below, “for row in rows” "
                     "and “if” are possible."),
    "unknown_field": _("There is no field “%(what)s”. The fields are listed below."),
    "loop": _("The only loop is “{%%tr for row in rows %%}” … “{%%tr endfor %%}”, and not inside another one."),
    "tag": _("A tag is not closed or not written as it should be: %(what)s"),
    "lacks": _("The template does not print “%(what)s”. A target table needs it."),
    "no_answer": _("The template could not be checked in time. Begin from the shipped one and change less at a time."),
}
"""Kind of county.Fault → its sentence."""


class NotTemplateEditor(NotPermitted):
    code = "not_template_editor"
    message = _("Only the finance bureau and the administrators look after the Word template.")


class TemplateRefused(Refused):
    code = "template_refused"
    message = _("The template is not taken. %(sentences)s")


class SameTemplate(Refused):
    code = "same_template"
    message = _("This is the same file as version %(version)s. Put that one in force instead.")


class TooManyVersions(Refused):
    code = "too_many_versions"
    message = _("At most %(limit)s versions are kept.")


def check_may(by: User) -> None:
    """Raises: NotTemplateEditor."""
    if not queries.sets_rules(by):
        raise NotTemplateEditor


def upload(*, name: str, data: bytes, by: User, now: datetime) -> WordTemplate:
    """Keep a new version after it was checked in a limited process and its print was read back; nothing is in force
    by that. Raises: NotTemplateEditor, TemplateRefused, SameTemplate, TooManyVersions.
    """
    check_may(by)
    digest = hashlib.sha256(data).hexdigest()
    same = WordTemplate.objects.filter(sha256=digest).values_list("version", flat=True).first()
    if same is not None:
        raise SameTemplate(version=same)
    profile = profiles.load(settings.DEFAULT_PROFILE)
    faults = limited.faults_in_child(template=data, profile=profile.id)
    if faults:
        raise TemplateRefused(sentences=" ".join(map(_sentence, faults)))
    reads_back = _reads_back(data, now)
    with transaction.atomic():
        last = WordTemplate.objects.aggregate(last=Max("version"))["last"] or 0
        if last >= MOST_VERSIONS:
            raise TooManyVersions(limit=MOST_VERSIONS)
        return WordTemplate.objects.create(
            version=last + 1, name=clean_text(name).strip()[:120] or f"{last + 1}.docx", data=data, size=len(data),
            sha256=digest, reads_back=reads_back, uploaded_by=by, uploaded_at=now)


def _sentence(fault: county.Fault) -> str:
    if fault.kind in FAULTS:
        return str(FAULTS[fault.kind]) % {"what": fault.what}
    said = gettext(SENTENCES[fault.kind.removeprefix(county.REFUSED)])
    return said % dict.fromkeys(("what", "kind", "limit", "ends"), fault.what)


def _reads_back(data: bytes, now: datetime) -> bool:
    made = county.probe(template=data, profile=profiles.load(settings.DEFAULT_PROFILE), now=localtime(now))
    found = reading.read(name="x.docx", data=made)
    if isinstance(found, Refusal) or len(found.tables) != 1:
        return False
    return found.tables[0].content.hash() == county.PROBE.hash()


def activate(*, template: WordTemplate, by: User, now: datetime) -> None:
    """Put a version in force for every Word file made from now on. Raises: NotTemplateEditor."""
    check_may(by)
    with transaction.atomic():
        WordTemplate.objects.filter(is_active=True).exclude(pk=template.pk).update(is_active=False)
        WordTemplate.objects.filter(pk=template.pk).update(is_active=True, activated_by=by, activated_at=now)
    logger.info("Word template %s was put in force by person %s", template.version, by.pk)


def return_to_shipped(*, by: User) -> None:
    """Take the county's template out of force; Word files have the official layout again. Raises: NotTemplateEditor."""
    check_may(by)
    WordTemplate.objects.filter(is_active=True).update(is_active=False)
    logger.info("The official layout was put in force by person %s", by.pk)


def in_force() -> bytes | None:
    """Return the template that Word files are made from, None for the official layout. One statement."""
    data = WordTemplate.objects.filter(is_active=True).values_list("data", flat=True).first()
    return None if data is None else bytes(data)


def version_of(pk: int) -> WordTemplate:
    """Return one version with its file. Raises: NotVisible."""
    found = WordTemplate.objects.filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def shipped(*, now: datetime) -> bytes:
    """Return the template of the official layout, to begin from in Word."""
    return county.shipped(profiles.load(settings.DEFAULT_PROFILE), localtime(now))


def preview(template: WordTemplate, *, now: datetime) -> bytes:
    """Return a version filled with demonstration texts."""
    profile = profiles.load(settings.DEFAULT_PROFILE)
    return county.probe(template=bytes(template.data), profile=profile, now=localtime(now))
