"""What the two owners of a match are told about it; each thing once, however often its function is called."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from models.accounts.notifications import NoticeType, notify
from models.core.enums import Side

if TYPE_CHECKING:
    from models.deals.matches import Match


def notify_of_like(session: Session, match: "Match", side: Side) -> None:
    """Tell the owner of *side* that the other side likes the pair."""
    liked = "Вашим лидом" if side is Side.LEAD else "Вашим объектом"
    _tell(
        session,
        match,
        owner_of(match, side),
        NoticeType.NEW_LIKE,
        "Есть интерес",
        f"Другой риелтор заинтересовался {liked}. Посмотрите пару и ответьте.",
    )


def notify_of_match(session: Session, match: "Match", *, is_agreed: bool) -> None:
    """Tell both owners that both sides like the pair."""
    next_step = "Комиссия согласована." if is_agreed else "Согласуйте комиссию, чтобы обменяться контактами."
    for side in Side:
        _tell(
            session,
            match,
            owner_of(match, side),
            NoticeType.NEW_MATCH,
            "Новый мэтч",
            f"Обе стороны заинтересованы в сделке. {next_step}",
        )


def notify_of_contacts(session: Session, match: "Match") -> None:
    """Tell both owners that contacts are shared."""
    for side in Side:
        _tell(
            session,
            match,
            owner_of(match, side),
            NoticeType.CONTACT_SHARED,
            "Контакты открыты",
            "Комиссия согласована, контакты второй стороны открыты.",
        )


def notify_of_completion(session: Session, match: "Match", user_id: int) -> None:
    """Tell one owner that the other has completed the deal."""
    _tell(
        session,
        match,
        user_id,
        NoticeType.DEAL_COMPLETED,
        "Сделка завершена",
        "Вторая сторона сообщила, что сделка состоялась: лид и объект сняты с рынка. Если это не так, "
        "возразите в течение недели, и всё вернётся.",
        count=match.completions,
    )


def notify_of_undoing(session: Session, match: "Match", user_id: int) -> None:
    """Tell one owner that the other has undone the completion."""
    _tell(
        session,
        match,
        user_id,
        NoticeType.DEAL_UNDONE,
        "Завершение сделки отменено",
        "Вторая сторона считает, что сделка не состоялась: всё вернулось к тому, что было.",
        count=match.completions,
    )


def notify_of_closing(session: Session, match: "Match", side: Side, deal: "Match") -> None:
    """Tell the owner of *side* that *deal* has closed their match with a row of it."""
    gone = "Объект продан или сдан" if side is Side.LEAD else "Клиент уже выбрал жильё"
    _tell(
        session,
        match,
        owner_of(match, side),
        NoticeType.MATCH_CLOSED,
        "Мэтч закрыт",
        f"{gone} в другой сделке.",
        count=(deal.id, deal.completions),
    )


def notify_of_reopening(session: Session, match: "Match", side: Side, deal: "Match") -> None:
    """Tell the owner of *side* that their match, which *deal* had closed, is open again."""
    _tell(
        session,
        match,
        owner_of(match, side),
        NoticeType.MATCH_REOPENED,
        "Мэтч снова открыт",
        "Другая сделка не состоялась, и всё вернулось к тому, что было.",
        count=(deal.id, deal.completions),
    )


def subject_of(match: "Match") -> str:
    """What notices about a match are about."""
    return f"match:{match.id}"


def look_at(session: Session, match: "Match") -> None:
    """Have the pages of both owners look for what is new of the match, once the transaction is committed."""
    session.info.setdefault("looks", set()).update(owner_of(match, side) for side in Side)


def owner_of(match: "Match", side: Side) -> int:
    """The id of the user who owns the match's lead or property; both are loaded."""
    return match.lead.owner_id if side is Side.LEAD else match.property.owner_id


def _tell(
    session: Session,
    match: "Match",
    user_id: int,
    type_: NoticeType,
    title: str,
    message: str,
    *,
    count: int | tuple[int, int] | None = None,
) -> None:
    """Store a notice about the match; *count* makes one that may come again another one."""
    subject = subject_of(match)
    if count is not None:
        subject += ":" + ":".join(map(str, count if isinstance(count, tuple) else (count,)))
    data = {"match_id": str(match.id), "lead_id": str(match.lead_id), "property_id": str(match.property_id)}
    notify(session, user_id, type_, subject, title=title, message=message, data=data)
