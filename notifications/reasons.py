"""Why a message could not be sent, in words that an administrator can act on.

The channels give short technical reasons; here each becomes a sentence that says what to do. Used by the pages of
channels and incidents and by `manage.py test_channels`.
"""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: tuple[tuple[re.Pattern[str], str | Promise], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"^refused: \[(?P<code>\d+)",
            _("The mail server does not take the recipient (%(code)s). Check the address of the person."),
        ),
        (
            r"^log-in refused: (?P<code>\d+)",
            _("The mail server refuses the log-in (%(code)s). Check BTR_EMAIL_USER and BTR_EMAIL_PASSWORD."),
        ),
        (
            r"^the robot answered (?P<code>.+)",
            _("The robot does not take the message (%(code)s). Check its key, its keyword and its secret."),
        ),
        (
            r"^answered (?P<code>3\d\d)",
            _("The other side sends on to another address (%(code)s); that is not followed. Enter the final address."),
        ),
        (
            r"^answered (?P<code>4(?:04|10))",
            _("There is nothing at this address (%(code)s). Copy the address anew from the group or the system."),
        ),
        (
            r"^answered (?P<code>4(?:01|03))",
            _("The other side refuses us (%(code)s). Check the key in the address and the secret."),
        ),
        (r"^answered (?P<code>4\d\d)", _("The other side does not take the message (%(code)s).")),
        (
            r"^answered (?P<code>5\d\d)",
            _("The other side is in trouble (%(code)s). Try again later, or ask who runs it."),
        ),
        (
            r"^(?P<code>\S+) is not among the hosts of BTR_WEBHOOK_HOSTS",
            _("%(code)s may not be called. Whoever runs this system adds it to BTR_WEBHOOK_HOSTS first."),
        ),
        (
            r"^(?P<code>\S+) is an address of an internal network",
            _("%(code)s leads into the internal network; such addresses are never called."),
        ),
        (r"^(?P<code>\S+) cannot be found", _("The name %(code)s cannot be found. Check how it is written.")),
        (r"^the address must begin with https", _("The address must begin with https:// and name a host.")),
        (
            r"^(?:TimeoutError|timeout)",
            _("No answer in time. Check whether this machine reaches the other side (firewall, proxy)."),
        ),
        (r"^SSL", _("The certificate of the other side cannot be trusted. Ask who runs it.")),
        (
            r"^(?P<code>ConnectionRefusedError|gaierror|OSError|ConnectionResetError|SMTPServerDisconnected)",
            _("The other side cannot be reached (%(code)s). Check host and port, and whether it runs."),
        ),
        (
            r"^(?P<code>SMTPSenderRefused|SMTPNotSupportedError|SMTPHeloError)",
            _("The mail server refuses to talk to us (%(code)s). Check BTR_EMAIL_FROM and BTR_EMAIL_TLS."),
        ),
    )
)
"""The first that fits holds. `code` is what stands in the sentence."""


def in_words(why: object) -> str:
    """Return the sentence for a technical reason; one that nobody has met yet is quoted."""
    text = str(why)
    for pattern, words in REASONS:
        found = pattern.search(text)
        if found is not None:
            facts: Mapping[str, str] = found.groupdict()
            return str(words) % facts
    return str(_("It could not be sent: %(why)s")) % {"why": text}
