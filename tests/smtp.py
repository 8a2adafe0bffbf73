"""A mail server that speaks SMTP over a socket, and the fixture `smtp`, which every test can use."""

import email
import email.policy
import re
import socketserver

import pytest

from tests.serving import serve_in_thread


class SmtpServer(socketserver.ThreadingTCPServer):
    """Accepts mail by RFC 5321; *refusals* are answers to a command in place of 250."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages: list[tuple[str, str, email.message.EmailMessage]] = []
        self.refusals: dict[str, str] = {}
        self.logins: list[str] = []

    def url(self, login: str = "") -> str:
        return f"smtp+plain://{login}127.0.0.1:{self.server_address[1]}?from=no-reply@leadmatch.example"


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("220 test")
        sender = to = ""
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line.split()[0].upper()
            if verb in self.server.refusals:
                self.say(self.server.refusals[verb])
                if self.server.refusals[verb].startswith("421"):
                    return
            elif verb == "EHLO":
                self.wfile.write(b"250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n")
            elif verb == "AUTH":
                self.server.logins.append(line)
                self.say("235 in")
            elif verb == "MAIL":
                sender = re.search("<(.*?)>", line)[1]
                self.say("250 ok")
            elif verb == "RCPT":
                to = re.search("<(.*?)>", line)[1]
                self.say("250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                content = b"".join(line[1:] if line.startswith(b".") else line for line in lines)
                message = email.message_from_bytes(content, policy=email.policy.default)
                self.server.messages.append((sender, to, message))
                self.say("250 kept")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@pytest.fixture
def smtp():
    with SmtpServer() as server:
        serve_in_thread(server)
        yield server
        server.shutdown()
