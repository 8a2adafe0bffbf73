"""Sending one e-mail by SMTP.

SMTP_URL is one of

    smtp://login:password@host:587?from=no-reply@example.com     with STARTTLS, which is required
    smtps://login:password@host:465?from=...                     with TLS from the first byte
    smtp+plain://host:25?from=...                                without TLS: for a server on this machine

The class of an error states whether to try again, as for SMS (worker.jobs.sms). MailBusyError: the message certainly
was not sent. MailError: the message was refused or the answer was lost, so it must not be sent again.
"""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from models.core.errors import SettingsError

TIMEOUT_SECONDS = 15.0
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class MailError(Exception):
    """A message was not, or perhaps not, sent. The error's text contains neither the address nor the message."""


class MailBusyError(MailError):
    """The message certainly was not sent; try again."""


@dataclass(frozen=True)
class Mailer:
    """Sends messages through one SMTP server; see :func:`mailer_of`."""

    scheme: str
    host: str
    port: int
    login: str
    password: str
    sender: str

    def send(self, to: str, subject: str, body: str) -> None:
        """
        Send one text message.

        Raises:
            MailBusyError: The server was not reached, or answered 4xx.
            MailError: The server refused the message, or closed the connection while it was sent.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise MailBusyError(type(error).__name__) from None
        try:
            with server:
                if self.login:
                    server.login(self.login, self.password)
                server.send_message(message)
        except smtplib.SMTPResponseException as error:
            kind = MailBusyError if 400 <= error.smtp_code < 500 else MailError
            raise kind(f"SMTP {error.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            kind = MailBusyError if all(400 <= code < 500 for code in codes) else MailError
            raise kind(f"SMTP {codes[0]}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(type(error).__name__) from None

    def _connected(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        if self.scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=tls)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if self.scheme == "smtp":
                server.starttls(context=tls)
        except BaseException:
            server.close()
            raise
        return server


def mailer_of(url: str) -> Mailer:
    """
    The mailer for *url*.

    Raises:
        SettingsError: A part of the URL is missing. The message does not repeat the password.
    """
    try:
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        if parts.scheme not in PORTS:
            raise ValueError(f"begin it with one of: {', '.join(PORTS)}")
        if not parts.hostname:
            raise ValueError("give it a host")
        sender = options.get("from", [""])[-1]
        if sender.count("@") != 1 or any(sign.isspace() for sign in sender):
            raise ValueError("give it ?from=no-reply@example.com")
        port = parts.port or PORTS[parts.scheme]
    except ValueError as error:
        raise SettingsError(f"SMTP_URL is not usable: {error}") from None
    return Mailer(
        parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), sender
    )
