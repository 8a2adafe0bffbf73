"""What every contract uses: access, blueprints, fields, errors, limits, paging, transactions."""
