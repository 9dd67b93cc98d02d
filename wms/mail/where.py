"""Which messages a person sees: who sets the site up all, others those about their own matters."""

from wms.core.ids import MailId
from wms.mail import queries, rules
from wms.mail.queries import MailRow
from wms.web import auth

#: Who has messages to see at all.
VIEWS = (rules.ALL_RIGHT, *sorted({right for rights in rules.SUBJECT_RIGHTS.values() for right in rights}))


def kinds() -> list[str] | None:
    """What the messages this person sees are about; None for all."""
    if auth.permitted(rules.ALL_RIGHT):
        return None
    return [kind for kind, rights in rules.SUBJECT_RIGHTS.items() if any(auth.permitted(right) for right in rights)]


def message(mail_id: int) -> MailRow:
    """Give a message of this warehouse that this person may see."""
    return queries.get_mail(MailId(mail_id), warehouse=auth.current_warehouse(), kinds=kinds())
