"""Listings into the table of properties: new ones in, changed ones updated, the rest not touched."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import literal_column, or_, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from models.accounts.users import User, normal_email
from models.core.enums import SUPPLY_ROLES, DealType, Origin, Role, Status
from models.core.errors import InvalidValueError
from models.market.places import City
from models.market.properties import Property
from scripts.batches import batched
from scripts.listings import BadRow, Listing

BATCH = 1_000  # rows an INSERT

#: Who owns imported listings when nobody is named: a firm that cannot sign in.
IMPORTER_EMAIL = "imports@leadmatch.example"

#: What an import leaves as it finds it: a second import neither revives what was archived nor changes hands.
KEPT = ("owner_id", "origin", "external_id", "status")


@dataclass
class Summary:
    """What became of the rows of a file."""

    new: int = 0
    changed: int = 0
    same: int = 0
    bad: int = 0
    #: Of the good rows: the markets that may have to be rescored.
    deal_types: set[DealType] = field(default_factory=set)


def import_listings(
    session: Session,
    rows: Iterable[Listing | BadRow],
    city: City,
    city_name: str,
    owner_id: int,
    *,
    on_bad: Callable[[BadRow], None] = lambda _: None,
    dry_run: bool = False,
) -> Summary:
    """
    Store the listings, a transaction each :data:`BATCH`; with *dry_run* all is rolled back in the end.

    A listing is known by origin and id. The caller's session must be free of changes.
    """
    summary = Summary()
    shared = {
        "owner_id": owner_id,
        "origin": Origin.IMPORT,
        "status": Status.ACTIVE,
        "city": city_name,
        "city_key": city.key,
    }
    statement = _upsert()
    for batch in batched(rows, BATCH):
        good = []
        for row in batch:
            if isinstance(row, BadRow):
                summary.bad += 1
                on_bad(row)
            else:
                good.append({**shared, "external_id": row.external_id, **row.columns})
        if good:
            summary.deal_types.update(row["deal_type"] for row in good)
            inserted = list(session.scalars(statement, good))
            summary.new += sum(inserted)
            summary.changed += len(inserted) - sum(inserted)
            summary.same += len(good) - len(inserted)
        if not dry_run:
            session.commit()
    if dry_run:
        session.rollback()
    return summary


def _upsert() -> Insert:
    """Insert or update; returns for each row that was written whether it is new, and nothing for one left as it was."""
    table = Property.__table__
    statement = insert(table)
    compared = [column.name for column in table.columns if column.name in _WRITTEN - set(KEPT)]
    return statement.on_conflict_do_update(
        index_elements=[table.c.origin, table.c.external_id],
        set_={name: statement.excluded[name] for name in compared} | {"updated_at": literal_column("now()")},
        where=or_(*(table.c[name].is_distinct_from(statement.excluded[name]) for name in compared)),
        # A row that this statement inserted has no deleting transaction; one that it updated has ours (xmax).
    ).returning(literal_column("(properties.xmax = 0)").label("is_new"))


#: Columns that an import writes.
_WRITTEN = {
    *("owner_id", "origin", "external_id", "status", "city", "city_key", "deal_type", "district", "metro_station"),
    *("street", "house_number", "title", "property_type", "property_class", "price", "currency", "area", "rooms"),
    *("floor", "total_floors", "year_built", "attributes", "search_text"),
}


def owner_of_imports(session: Session, email: str | None) -> int:
    """
    The id of the user with *email*, or of the firm that owns imports when nobody is named (made at the first call).

    Raises:
        InvalidValueError: Nobody active has this address, or they may not own properties.
    """
    if email is None:
        row = {"role": Role.AGENCY, "name": "Импорт объявлений", "email": IMPORTER_EMAIL}
        session.execute(insert(User).values(row).on_conflict_do_nothing())
        session.flush()
    user = session.scalar(
        select(User).where(User.email == normal_email(email or IMPORTER_EMAIL, "owner"), User.is_active)
    )
    if user is None:
        raise InvalidValueError("owner", f"no active user has the address {email or IMPORTER_EMAIL}")
    if user.role not in SUPPLY_ROLES:
        raise InvalidValueError("owner", f"a {user.role} cannot own properties")
    return user.id
