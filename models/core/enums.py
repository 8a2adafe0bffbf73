"""The canonical words of the domain, which tables store. Contracts translate their own words to these."""

from enum import StrEnum


class Role(StrEnum):
    """
    The role of a user. The portal calls a `tenant` `user`, and tinder calls a `realtor` `agent`. No contract has
    `operator` and `marketer`: only administrators assign them.
    """

    TENANT = "tenant"
    LANDLORD = "landlord"
    REALTOR = "realtor"
    DEVELOPER = "developer"
    AGENCY = "agency"
    OPERATOR = "operator"
    MARKETER = "marketer"
    ADMIN = "admin"


#: Roles with rights over others' data: runs and markets, prospects, everything.
PRIVILEGED_ROLES = frozenset({Role.OPERATOR, Role.MARKETER, Role.ADMIN})
#: Roles that operate the engine, and roles that run the advertising. Administrators may do both.
ENGINE_ROLES = (Role.ADMIN, Role.OPERATOR)
ADVERTISING_ROLES = (Role.ADMIN, Role.MARKETER)
#: Roles that may own properties.
SUPPLY_ROLES = frozenset({Role.LANDLORD, Role.REALTOR, Role.DEVELOPER, Role.AGENCY, Role.ADMIN})


class DealType(StrEnum):
    SALE = "SALE"
    RENT = "RENT"


#: A market: (canonical city key, deal type).
MarketKey = tuple[str, DealType]


class Status(StrEnum):
    """Whether a lead or property is on the market."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class PropertyType(StrEnum):
    APARTMENT = "APARTMENT"
    HOUSE = "HOUSE"
    APARTMENTS = "APARTMENTS"
    TOWNHOUSE = "TOWNHOUSE"
    ROOM = "ROOM"
    COMMERCIAL = "COMMERCIAL"


class PropertyClass(StrEnum):
    ECONOMY = "ECONOMY"
    COMFORT = "COMFORT"
    BUSINESS = "BUSINESS"
    ELITE = "ELITE"


class AddressPrecision(StrEnum):
    """How precisely others see the place of a property."""

    EXACT = "EXACT"
    STREET = "STREET"
    DISTRICT = "DISTRICT"


class Condition(StrEnum):
    ROUGH = "ROUGH"
    PRE_FINISHING = "PRE_FINISHING"
    FINISHING = "FINISHING"
    DESIGN = "DESIGN"


class PaymentMethod(StrEnum):
    CASH = "CASH"
    MORTGAGE = "MORTGAGE"
    EXCHANGE = "EXCHANGE"


class Origin(StrEnum):
    """The contract, or the other way, through which a lead or property was created."""

    EXCHANGE = "exchange"
    TINDER = "tinder"
    PORTAL = "portal"
    LEADGEN = "leadgen"
    IMPORT = "import"
    DEMO = "demo"


class ListOrder(StrEnum):
    """The order in which a market's lists are read (models.ranking.display_order)."""

    SCORE = "score"
    BALANCED = "balanced"


class Side(StrEnum):
    """The side of a (lead, property) pair that acts."""

    LEAD = "LEAD"
    PROPERTY = "PROPERTY"

    @property
    def other(self) -> "Side":
        """The other side of the pair."""
        return Side.PROPERTY if self is Side.LEAD else Side.LEAD


class ContactSharing(StrEnum):
    """Whether a lead's match shares the client's contacts with the other realtor."""

    AFTER_AGREEMENT = "after_agreement"
    NEVER = "never"


class ActionKind(StrEnum):
    LIKE = "LIKE"
    DISLIKE = "DISLIKE"


class MatchStatus(StrEnum):
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    COMPLETED = "COMPLETED"


class NegotiationStatus(StrEnum):
    PENDING = "PENDING"
    AGREED = "AGREED"
    REJECTED = "REJECTED"


class RunScope(StrEnum):
    """What a rescoring run covers."""

    ALL = "all"
    STALE = "stale"
    MARKET = "market"


class RunState(StrEnum):
    """State of a rescoring run and of each of its shards."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: States that a run or shard can still leave.
OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


class FeedActionKind(StrEnum):
    """A tenant's action on a listing of the feed."""

    LIKE = "like"
    DISLIKE = "dislike"
    FAVORITE = "favorite"


class InquiryStatus(StrEnum):
    """The owner's progress with an inquiry; it only moves forward."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
