"""Which text model a run scores with: the newest one, or a new one when that is out of date."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from matching.engine.text import TextModel
from models.core.base import database_now
from models.core.enums import RunScope, Status
from models.core.locks import lock_until_commit
from models.market.facts import property_text
from models.market.leads import Lead
from models.market.properties import Property
from models.market.sample_keys import is_no_sample
from models.ranking.recommendations import TextModelRow

#: The most texts of each side that a model is fitted on: more improve it little, and cost time and memory.
MAX_TEXTS = 50_000

#: A model is used until the number of texts has changed by this share since it was fitted, or until this age. A new
#: model changes every score a little and makes every worker load its markets again, which delays new leads by seconds.
#: So a run fits a new model only when necessary.
CHANGED_SHARE = 0.2
MAX_AGE = timedelta(days=7)


def text_model_for(session: Session, scope: RunScope) -> int:
    """
    The id of the text model for a run of this scope; the caller commits a model that was fitted for it.

    Only a run over everything replaces a model. If two runs need a new one at the same time, it is fitted once: the
    second waits for the commit of the first.
    """
    texts = _count(session)
    newest = _newest(session)
    if newest is None or _needs_replacing(session, newest, scope, texts):
        lock_until_commit(session, "fit-text-model")
        newest = _newest(session)
    if newest is None or _needs_replacing(session, newest, scope, texts):
        return fit_text_model(session, texts)
    return newest.id


def _newest(session: Session) -> TextModelRow | None:
    """The newest model, without its bytes."""
    return session.scalars(
        select(TextModelRow)
        .order_by(TextModelRow.id.desc())
        .limit(1)
        .options(load_only(TextModelRow.texts, TextModelRow.created_at))
    ).one_or_none()


def _needs_replacing(session: Session, model: TextModelRow, scope: RunScope, texts: int) -> bool:
    return scope is RunScope.ALL and _is_out_of_date(session, model, texts)


def fit_text_model(session: Session, texts: int) -> int:
    """Fit a model on the newest texts of both sides and store it; returns its id."""
    property_texts = [
        property_text(*row)
        for row in session.execute(
            select(Property.title, Property.description, Property.search_text)
            .where(Property.status == Status.ACTIVE, is_no_sample(Property))
            .order_by(Property.id.desc())
            .limit(MAX_TEXTS)
        )
    ]
    requirements = select(Lead.additional_requirements).where(
        Lead.status == Status.ACTIVE, is_no_sample(Lead), Lead.additional_requirements.is_not(None)
    )
    newest = session.scalars(requirements.order_by(Lead.id.desc()).limit(MAX_TEXTS))
    lead_texts = [words for words in newest if words]
    row = TextModelRow(model=TextModel.fit(property_texts, lead_texts).to_bytes(), texts=texts)
    session.add(row)
    session.flush()
    return row.id


def _is_out_of_date(session: Session, model: TextModelRow, texts: int) -> bool:
    changed = abs(texts - model.texts) > CHANGED_SHARE * model.texts
    return changed or database_now(session) - model.created_at > MAX_AGE


def _count(session: Session) -> int:
    """The number of active leads and properties, which is about the number of texts."""
    counts = (
        session.scalar(select(func.count()).select_from(table).where(table.status == Status.ACTIVE))
        for table in (Lead, Property)
    )
    return sum(count or 0 for count in counts)
