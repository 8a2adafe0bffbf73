"""The canonical words of the domain, as they stand in tables. Contracts translate their own words to these."""

from enum import StrEnum


class Role(StrEnum):
    """
    Who somebody is. `tenant` is also the portal's `user`, `realtor` also tinder's `agent`. No contract knows
    `operator` and `marketer`: only administrators give them.
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
#: Who runs the engine, and who runs the advertising. Administrators do both.
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
    """How exactly strangers see where a property is."""

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
    """The contract or the other way by which a lead or property came."""

    EXCHANGE = "exchange"
    TINDER = "tinder"
    PORTAL = "portal"
    LEADGEN = "leadgen"
    IMPORT = "import"
    DEMO = "demo"


class ListOrder(StrEnum):
    """In which order a market's lists are read (models.ranking.display_order)."""

    SCORE = "score"
    BALANCED = "balanced"


class Side(StrEnum):
    """The side of a (lead, property) pair that acts."""

    LEAD = "LEAD"
    PROPERTY = "PROPERTY"

    @property
    def other(self) -> "Side":
        """The side that it is paired with."""
        return Side.PROPERTY if self is Side.LEAD else Side.LEAD


class ContactSharing(StrEnum):
    """Whether a lead's match opens the contacts of the client to the other realtor."""

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


#: States from which a run or shard still moves.
OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


class FeedActionKind(StrEnum):
    """What a tenant did about a listing of the feed."""

    LIKE = "like"
    DISLIKE = "dislike"
    FAVORITE = "favorite"


class InquiryStatus(StrEnum):
    """How far the owner is with an inquiry; it only moves on."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
