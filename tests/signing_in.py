"""The operations that sign in whoever proves an identifier, with what the API passes to them."""

from functools import partial

from models.accounts import codes, identity, links, telegram
from models.upkeep.end_access import end_standing_access

prove = partial(identity.prove, end_access=end_standing_access)
activate = partial(codes.activate, end_access=end_standing_access)
spend = partial(codes.use_code, end_access=end_standing_access)
use_email_link = partial(links.use_email_link, end_access=end_standing_access)
user_of_bot = partial(telegram.user_of_bot, end_access=end_standing_access)
user_of_telegram = partial(telegram.user_of_telegram, end_access=end_standing_access)
