"""An owner's reusable answers to inquiries, each in a language."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed
from models.core.errors import ConflictError, InvalidValueError, NotFoundError

MAX_LENGTH = 4000  # characters, as in a message
MAX_TEMPLATES = 50  # of one owner


class AnswerTemplate(Base):
    """One reusable answer; only its owner sees it."""

    __tablename__ = "answer_templates"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text_says_something"),
        Index("ix_answer_templates_owner", "owner_id", "id"),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    language: Mapped[str] = mapped_column(String(2))
    text: Mapped[str] = mapped_column(String(MAX_LENGTH))
    created_at: Mapped[CreatedAt]


def templates_of(user: User) -> Select[AnswerTemplate]:
    """Select the user's templates, oldest first."""
    return select(AnswerTemplate).where(AnswerTemplate.owner_id == user.id).order_by(AnswerTemplate.id)


def add_template(session: Session, user: User, text: str, language: str) -> AnswerTemplate:
    """Save an answer as a template; an identical one is not stored twice.

    Raises:
        InvalidValueError: The text is empty or longer than MAX_LENGTH.
        ConflictError: The user has MAX_TEMPLATES.
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH or "\x00" in text:
        raise InvalidValueError("message", "message.wrong_length")
    session.refresh(user, with_for_update={"key_share": True})  # two simultaneous calls must not exceed the limit
    same = session.scalar(templates_of(user).where(AnswerTemplate.text == text))
    if same is not None:
        return same
    count = session.scalar(select(func.count()).select_from(templates_of(user).subquery())) or 0
    if count >= MAX_TEMPLATES:
        raise ConflictError("template.too_many")
    made = AnswerTemplate(owner_id=user.id, language=language, text=text)
    session.add(made)
    session.flush()
    return made


def delete_template(session: Session, user: User, template_id: int) -> None:
    """Delete one of the user's templates; raises NotFoundError."""
    own_template = AnswerTemplate.id == template_id, AnswerTemplate.owner_id == user.id
    if not rows_changed(session.execute(delete(AnswerTemplate).where(*own_template))):
        raise NotFoundError("template")


def erase_templates(session: Session, user: User) -> None:
    """Delete all of the user's templates, in the caller's transaction."""
    session.execute(delete(AnswerTemplate).where(AnswerTemplate.owner_id == user.id))
