"""What every contract uses: access, blueprints, fields, errors, limits, paging, transactions."""

from api.http import faults

# Before any schema is made: fields and validators take their messages when they are made.
faults.install()
