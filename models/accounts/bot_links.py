"""Link an account to the Telegram bot: by a code from the profile page, or by an already proven Telegram account."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.accounts.bot_tables import BotChat, BotCode, BotDraft, BotMessage
from models.accounts.identity import Claim, proven_of, release, set_proven
from models.accounts.users import User
from models.core.base import database_now
from models.core.errors import ConflictError, NotFoundError

CODE_VALID = timedelta(minutes=10)


def new_code(session: Session, user: User) -> str:
    """
    Create a code. A Telegram account that sends it to the bot is linked to this user. It works once; earlier codes
    become invalid.
    """
    session.execute(delete(BotCode).where(BotCode.user_id == user.id))
    code = secrets.token_urlsafe(24)
    session.add(BotCode(digest=_digest(code), user_id=user.id, expires_at=database_now(session) + CODE_VALID))
    session.flush()
    return code


def user_of_code(session: Session, code: str) -> User:
    """The user whom a code would link; the code stays valid. Raises NotFoundError."""
    user = session.scalar(
        select(User)
        .join(BotCode, BotCode.user_id == User.id)
        .where(BotCode.digest == _digest(code), BotCode.expires_at >= func.now(), User.is_active)
    )
    if user is None:
        raise NotFoundError("bot_code")
    return user


def link_by_code(session: Session, code: str, telegram_id: str) -> User:
    """The user of a code; records the sender's Telegram account as proven, because Telegram vouches for the sender.

    Raises:
        NotFoundError: There is no such code, or it is no longer valid.
        ConflictError: Another account has proven this Telegram account, or this account another one.
    """
    # The user is locked before the code, as where codes end (models.accounts.users.end_all_tokens).
    user = user_of_code(session, code)
    session.refresh(user, with_for_update={"key_share": True})
    used_code = delete(BotCode).where(BotCode.digest == _digest(code)).returning(BotCode.user_id)
    if session.scalar(used_code) is None or not user.is_active:
        raise NotFoundError("bot_code")
    if user.telegram_id != telegram_id and Claim.TELEGRAM in proven_of(user):
        raise ConflictError("bot.other_telegram")
    holder = session.scalar(select(User).where(User.telegram_id == telegram_id).with_for_update(key_share=True))
    if holder is not None and holder.id != user.id:
        if Claim.TELEGRAM in proven_of(holder):
            raise ConflictError("bot.other_account")
        release(session, holder, Claim.TELEGRAM)  # it only claimed the account, which its owner has now proven
    set_proven(session, user, Claim.TELEGRAM, telegram_id)
    _store_chat(session, user, telegram_id)
    return user


def linked_user(session: Session, telegram_id: str) -> User | None:
    """The active user who has proven this Telegram account; from now on the bot may write to them."""
    user = session.scalar(select(User).where(User.telegram_id == telegram_id, User.is_active))
    if user is None or Claim.TELEGRAM not in proven_of(user):
        return None
    _store_chat(session, user, telegram_id)
    return user


def is_linked(session: Session, user: User) -> bool:
    """Whether the user has started the bot with the Telegram account that they have proven."""
    query = select(BotChat.user_id).where(BotChat.user_id == user.id, BotChat.telegram_id == user.telegram_id)
    return session.scalar(query) is not None and Claim.TELEGRAM in proven_of(user)


def unlink(session: Session, user: User) -> None:
    """Stop the bot's messages to the user until they start it again; the Telegram account stays proven."""
    for table in (BotDraft, BotCode):
        session.execute(delete(table).where(table.user_id == user.id))
    if user.telegram_id is not None:
        session.execute(delete(BotMessage).where(BotMessage.chat_id == user.telegram_id))
    session.execute(delete(BotChat).where(BotChat.user_id == user.id))


def _store_chat(session: Session, user: User, telegram_id: str) -> None:
    session.execute(delete(BotChat).where(BotChat.telegram_id == telegram_id, BotChat.user_id != user.id))
    session.execute(
        insert(BotChat)
        .values(user_id=user.id, telegram_id=telegram_id)
        .on_conflict_do_update(
            index_elements=[BotChat.user_id],
            set_={"telegram_id": telegram_id, "created_at": func.now()},
            where=BotChat.telegram_id != telegram_id,
        )
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
