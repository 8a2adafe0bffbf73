"""
What passes to the new owner with a reassigned lead or property, and what does not.

=================================  =====================================================================================
goes along, through the row        tasks and showings, shortlist, selections with the client's answers, history,
                                   actions, matches and their negotiation, former prices, whose client it is
goes along, and names its owner    inquiries about a property; the photos that the former owner uploaded or that were
                                   fetched for it; who completed a match
stays with the former owner        chats (people wrote to that person), private notes, documents and tags (they return
                                   with the row), files and feeds, saved views, the audit log
is deleted                         the record of what the former owner has seen of the lead's list; their notifications
                                   about the row, whose links would not work; the new owner's inquiries, favourites and
                                   views about the property, which is now their own
=================================  =====================================================================================
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from models.accounts.notifications import Notification
from models.accounts.uploads import FEED, FETCHED, Upload
from models.agencies.former_owner_notes import FormerOwnerNotes
from models.agenda.following import LeadFollow
from models.core.enums import Side
from models.deals.feed import FeedAction
from models.deals.home_views import HomeView
from models.deals.inquiries import Inquiry
from models.deals.match_table import Match
from models.market.favorites import Favorite
from models.market.properties import Property
from models.market.tags import TAGGED
from models.sources.photos import FetchedPhoto


class Rule(StrEnum):
    """What happens to the rows of a column that references a user, a lead or a property."""

    CHANGES = "names the new owner"
    ALONG = "belongs to the lead or property, and so to the new owner"
    ASIDE = "is kept apart for the former owner"
    DELETED = "is deleted"
    STAYS = "is somebody's own, or nobody's, and stays as it is"
    OWN_DELETED = "stays, but the new owner's about their own property is deleted"


#: Column -> its rule.
RULES: dict[str, Rule] = {
    column: rule
    for rule, columns in {
        Rule.CHANGES: """
            leads.owner_id properties.owner_id inquiries.owner_id uploads.owner_id fetched_photos.owner_id
            matches.completed_by_id
            """,
        Rule.ALONG: """
            actions.lead_id actions.property_id advert_groups.property_id advert_keys.property_id
            archived_words.property_id client_contact_keys.lead_id client_keys.lead_id
            inquiries.property_id lead_changes.lead_id lead_recommendations.lead_id lead_relaxations.lead_id
            lead_tasks.lead_id lead_tasks.property_id lead_texts.lead_id listing_words.property_id
            matches.lead_id matches.property_id
            photo_checks.property_id property_prices.property_id property_recommendations.property_id
            property_texts.property_id prospects.lead_id
            selections.lead_id selection_homes.property_id shortlisted_homes.lead_id shortlisted_homes.property_id
            told_homes.property_id unkeyed_leads.lead_id
            """,
        Rule.ASIDE: """
            lead_tags.lead_id property_tags.property_id put_aside_words.owner_id put_aside_words.lead_id
            put_aside_words.property_id
            """,
        Rule.DELETED: "lead_follows.lead_id notifications.user_id",
        Rule.OWN_DELETED: """
            favorites.user_id favorites.property_id feed_actions.user_id feed_actions.property_id home_views.viewer_id
            home_views.property_id inquiries.tenant_id
            """,
        Rule.STAYS: """
            account_exports.user_id account_sessions.user_id agencies.head_id agency_members.user_id
            agenda_settings.user_id answer_templates.owner_id audit_log.actor_id base_views.user_id bot_chats.user_id
            bot_codes.user_id bot_drafts.user_id chat_messages.sender_id chats.buyer_id chats.property_id
            chats.seller_id documents.lead_id documents.property_id
            one_time_links.made_by outgoing_feeds.owner_id phone_codes.user_id saved_searches.user_id
            sample_sets.partner_id sample_sets.user_id
            sources.owner_id suspended_claims.user_id webhook_endpoints.owner_id webhook_events.owner_id
            """,
    }.items()
    for column in columns.split()
}

#: Keys of a lead or property in a notification's data.
_NAMED = {Side.LEAD: ("lead_id", "request_id"), Side.PROPERTY: ("property_id", "listing_id")}
_MEDIA = "/media/"


def follow_owner(session: Session, side: Side, row: Any, former_id: int, owner_id: int) -> None:
    """
    Apply the rules to everything attached to a lead or property that has passed from its former owner to the present
    one.
    """
    _store_former_notes(session, side, row, former_id)
    _restore_former_notes(session, side, row, owner_id)
    named = [Notification.data[name].as_string() == str(row.id) for name in _NAMED[side]]
    session.execute(delete(Notification).where(Notification.user_id == former_id, or_(*named)))
    row_column = Match.lead_id if side is Side.LEAD else Match.property_id
    completed = update(Match).where(row_column == row.id, Match.completed_by_id == former_id)
    session.execute(completed.values(completed_by_id=owner_id))
    if side is Side.LEAD:
        session.execute(delete(LeadFollow).where(LeadFollow.lead_id == row.id))
        return
    for own in (
        delete(Inquiry).where(Inquiry.property_id == row.id, Inquiry.tenant_id == owner_id),
        delete(Favorite).where(Favorite.property_id == row.id, Favorite.user_id == owner_id),
        delete(FeedAction).where(FeedAction.property_id == row.id, FeedAction.user_id == owner_id),
        delete(HomeView).where(HomeView.property_id == row.id, HomeView.viewer_id == owner_id),
    ):
        session.execute(own)
    session.execute(update(Inquiry).where(Inquiry.property_id == row.id).values(owner_id=owner_id))
    _move_photos(session, row, former_id, owner_id)


def _store_former_notes(session: Session, side: Side, row: Any, former_id: int) -> None:
    _, tags, key = TAGGED[side]
    words = list(session.scalars(delete(tags).where(key == row.id).returning(tags.tag)))
    notes = None
    if side is Side.LEAD:
        notes, row.private_notes = row.private_notes, None
    if notes or words:
        session.add(
            FormerOwnerNotes(owner_id=former_id, private_notes=notes, tags=sorted(words), **_key_of(side, row.id))
        )
        session.flush()


def _restore_former_notes(session: Session, side: Side, row: Any, owner_id: int) -> None:
    query = select(FormerOwnerNotes).filter_by(owner_id=owner_id, **_key_of(side, row.id))
    kept = session.scalar(query)
    if kept is None:
        return
    if side is Side.LEAD:
        row.private_notes = kept.private_notes
    _, tags, key = TAGGED[side]
    session.add_all(tags(**{key.key: row.id, "tag": tag}) for tag in kept.tags)
    session.delete(kept)
    session.flush()


def _key_of(side: Side, row_id: int) -> dict[str, int]:
    return {"lead_id" if side is Side.LEAD else "property_id": row_id}


def _move_photos(session: Session, listing: Property, former_id: int, owner_id: int) -> None:
    """
    Transfer the property's photo files to the new owner, so that they are served as long as the property shows them.
    Files that another property of the former owner shows too stay; the new owner's copy is fetched again.
    """
    others = aliased(Property)
    address = literal(_MEDIA).concat(Upload.name)

    def shown_elsewhere(link: Any) -> Any:
        return exists().where(others.owner_id == former_id, others.id != listing.id, link == func.any(others.photos))

    owners_photo = aliased(FetchedPhoto)
    known = exists().where(owners_photo.owner_id == owner_id, owners_photo.digest == FetchedPhoto.digest)
    fetched = (
        select(FetchedPhoto, Upload)
        .outerjoin(Upload, Upload.id == FetchedPhoto.upload_id)
        .where(
            FetchedPhoto.owner_id == former_id,
            or_(FetchedPhoto.address.in_(listing.photos), address.in_(listing.photos)),
            ~shown_elsewhere(FetchedPhoto.address),
            or_(Upload.id.is_(None), ~shown_elsewhere(address)),
        )
    )
    for photo, upload in session.execute(fetched.where(~known)).all():
        photo.owner_id = owner_id
        if upload is not None:
            upload.owner_id = owner_id
    for photo, upload in session.execute(fetched.where(known, Upload.id.is_not(None))).all():
        # The new owner already has this picture, which is shown by its original address.
        copy = _MEDIA + upload.name
        listing.photos = list(dict.fromkeys(photo.address if link == copy else link for link in listing.photos))
        listing.photo_kinds = {photo.address if link == copy else link: of for link, of in listing.photo_kinds.items()}
    sent = update(Upload).where(
        Upload.owner_id == former_id,
        Upload.purpose.not_in((FETCHED, FEED)),
        address.in_(listing.photos),
        ~shown_elsewhere(address),
    )
    session.execute(sent.values(owner_id=owner_id).execution_options(synchronize_session=False))
    session.flush()
