"""Which kinds are looked for, and the forms of each. A new kind is a file with `FORMS`."""

from typing import Literal

from curate.screen.pii import cards, emails, ibans, ip_addresses, keys, national_ids, phones
from curate.screen.pii.forms import Form

Kind = Literal["secret", "email", "iban", "card", "national_id", "ip", "phone"]
FORMS: dict[Kind, tuple[Form, ...]] = {
    "secret": keys.FORMS,
    "email": emails.FORMS,
    "iban": ibans.FORMS,
    "card": cards.FORMS,
    "national_id": national_ids.FORMS,
    "ip": ip_addresses.FORMS,
    "phone": phones.FORMS,
}
"""In this order a place that two kinds claim goes to the first: the stricter form."""
