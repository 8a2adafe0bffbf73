"""What pages say, in Russian: sentences by their English, as templates and forms write them."""

from api.console.russian_frame import FRAME
from api.console.russian_imports import IMPORTS
from api.console.russian_market import MARKET
from api.console.russian_operations import OPERATIONS

SENTENCES = IMPORTS | FRAME | MARKET | OPERATIONS
