"""What every contract uses: access, blueprints, fields, errors, limits, paging, transactions."""

from api.http import faults

# Before any schema is created: fields and validators copy their messages when they are created.
faults.install()
