"""Jobs for accounts: send codes by SMS and links by e-mail, remove files without rows."""

import logging
from datetime import timedelta
from functools import cache

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.accounts.account_exports import lost_exports
from models.accounts.codes import claim_delivery, delete_old_codes, digits_of, waiting_codes
from models.accounts.links import OneTimeLink, claim_mail, delete_old_links, link_of, waiting_links
from models.accounts.phone_codes import Delivery, PhoneCode
from models.accounts.uploads import known_names
from models.accounts.users import User
from models.core.base import database_now, utc_now
from models.platform.storage import Storage
from models.translations.catalogue import LANGUAGES, translate
from models.translations.notifications import DEFAULT_LANGUAGE
from worker.celery_app.task_context import client, new_session, settings
from worker.jobs.mail import MailBusyError, Mailer, MailError, mailer_of
from worker.jobs.sms import Gateway, SmsBusyError, SmsError, gateway_of

log = logging.getLogger(__name__)

#: Attempts to send one message through a busy gateway; the code expires, after ten minutes, before these are used up.
MAX_ATTEMPTS = 6
#: A code that no worker has claimed for this long has been lost by the broker.
LOST_AFTER = timedelta(seconds=30)
#: By this age the request that stored a file has ended; a file still without a row is an orphan.
ORPHANED_AFTER = timedelta(hours=1)
#: If the clocks differ by more than this, the age of files is unknown.
CLOCK_SKEW = timedelta(minutes=5)


def send_code(code_id: int) -> None:
    """
    Send one code by SMS, at most once.

    The row is claimed and committed before the gateway is called: a second delivery of the message, or one after a
    crash, finds it claimed and sends nothing.

    Raises:
        SmsBusyError: The gateway certainly did not send the message; the claim is released.
    """
    with new_session() as session:
        row = claim_delivery(session, code_id, database_now(session))
        session.commit()
        if row is None:
            return
        user = session.get(User, row.user_id) if row.user_id is not None else None
        text = translate(_language_for(user, row.language), "sms.code", {"code": digits_of(row, settings().secret_key)})
        try:
            gateway().send(row.phone, text, row.id)
        except SmsBusyError as busy:
            _set_delivery(session, code_id, Delivery.QUEUED)
            log.warning("sms_busy", extra={"code_id": code_id, "reason": str(busy)})
            raise
        except SmsError as error:
            _set_delivery(session, code_id, Delivery.FAILED)
            log.error("sms_failed", extra={"code_id": code_id, "kind": type(error).__name__, "reason": str(error)})
        else:
            _set_delivery(session, code_id, Delivery.SENT)


def send_link(link_id: int) -> None:
    """
    Send one link by e-mail, at most once; see :func:`send_code`. Without a configured mail server nothing is done.

    Raises:
        MailBusyError: The server certainly did not send the message; the claim is released.
    """
    if not settings().smtp_url:
        return
    with new_session() as session:
        row = claim_mail(session, link_id, database_now(session))
        session.commit()
        if row is None or row.email is None:
            return
        address = f"{settings().public_url}/console/sign-in/email?link={link_of(row, settings().secret_key)}"
        user = session.scalar(select(User).where(User.email == row.email))
        language = _language_for(user, row.language)
        text = translate(language, "mail.link", {"address": address})
        try:
            mailer().send(row.email, translate(language, "mail.link_subject"), f"{text}\n")
        except MailBusyError as busy:
            _set_mail_delivery(session, link_id, Delivery.QUEUED)
            log.warning("mail_busy", extra={"link_id": link_id, "reason": str(busy)})
            raise
        except MailError as error:
            _set_mail_delivery(session, link_id, Delivery.FAILED)
            log.error("mail_failed", extra={"link_id": link_id, "reason": str(error)})
        else:
            _set_mail_delivery(session, link_id, Delivery.SENT)


def _language_for(user: User | None, requested: str | None) -> str:
    """The language of a message: the user's, otherwise the request's, otherwise that of most users."""
    candidates = (user.language if user is not None else None, requested)
    return next((each for each in candidates if each in LANGUAGES), DEFAULT_LANGUAGE)


def sweep() -> None:
    """Process codes, links and exports that the broker lost; delete codes and links that no limit counts any more."""
    with new_session() as session:
        now = database_now(session)
        lost = waiting_codes(session, now, min_wait=LOST_AFTER)
        lost_links = waiting_links(session, now, min_wait=LOST_AFTER) if settings().smtp_url else []
        delete_old_codes(session, now)
        delete_old_links(session, now)
        lost_requests = lost_exports(session)
        session.commit()
    for export_id in lost_requests:
        client().export_requested(export_id)
    for code_id in lost:
        client().code_made(code_id)
    for link_id in lost_links:
        client().link_made(link_id)


def remove_orphans() -> None:
    """Delete stored files that have no row, because a crash occurred between storing and committing them."""
    storage = Storage(settings().media_url)
    with new_session() as session:
        now = database_now(session)
    skew = utc_now() - now
    if abs(skew) > CLOCK_SKEW:
        # Files bear this machine's time: if its clock were a day ahead, a new file would seem to be an orphan.
        log.warning("clock_is_off", extra={"seconds": round(skew.total_seconds())})
        return
    old = [name for name, stored_at in storage.names() if now - stored_at > ORPHANED_AFTER]
    for start in range(0, len(old), 1000):
        names = old[start : start + 1000]
        with new_session() as session:
            known = known_names(session, names)
        for name in set(names) - known:
            try:
                storage.remove(name)
            except OSError:
                log.exception("orphan_not_removed", extra={"file": name})
            else:
                log.info("orphan_removed", extra={"file": name})


@cache
def gateway() -> Gateway:
    """The gateway of this process's settings."""
    return gateway_of(settings().sms_gateway_url)


@cache
def mailer() -> Mailer:
    """The mailer of this process's settings."""
    return mailer_of(settings().smtp_url)


def _set_mail_delivery(session: Session, link_id: int, delivery: Delivery) -> None:
    session.execute(update(OneTimeLink).where(OneTimeLink.id == link_id).values(delivery=delivery))
    session.commit()


def _set_delivery(session: Session, code_id: int, delivery: Delivery) -> None:
    session.execute(update(PhoneCode).where(PhoneCode.id == code_id).values(delivery=delivery))
    session.commit()
