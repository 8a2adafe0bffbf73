"""User administration in the words of the swipe contract."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.accounts.role_names import GRANTED_ROLES, tinder_role
from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, PageArgs, names_of
from api.http.db import session
from api.http.fields import Moment, YesNo
from api.http.limits import address
from api.http.paging import PAGINATION, page_of, pagination
from models.accounts.audit import record
from models.accounts.users import User, all_users, lock_user
from models.core.enums import Role
from models.market.account_status import set_active, set_role

blp = Blueprint("admin-users", __name__, description="User administration")


class UserRow(Body):
    id = fields.Integer()
    name = fields.String(allow_none=True)
    role = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    is_active = fields.Boolean()
    created_at = Moment()


class UserChange(Body):
    role = fields.String(validate=validate.OneOf(list(GRANTED_ROLES)))
    is_active = YesNo()


@blp.route("/admin/users")
class Users(MethodView):
    """List all users, for administrators."""

    @for_roles(Role.ADMIN)
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, UserRow(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List users, oldest first

        In pages; X-Pagination holds the total. The portal's `/users/list` shows the same users with their profiles.
        """
        users, total = page_of(all_users(), args)
        return [user_row(user) for user in users], 200, pagination(total, args)


@blp.route("/admin/users/<int:user_id>")
class UserById(MethodView):
    """Change a user, for administrators."""

    @for_roles(Role.ADMIN)
    @blp.arguments(UserChange)
    @blp.response(200, UserRow)
    @blp.alt_response(404, description="There is no such user.")
    @blp.alt_response(409, description="It is the last active administrator.")
    def patch(self, body: dict[str, Any], user_id: int) -> Any:
        """Change a user's role, or deactivate and reactivate a user

        Deactivating a user voids all their tokens and takes their leads and properties off the market.
        """
        user = lock_user(session(), user_id)
        if "role" in body:
            set_role(session(), user_id, GRANTED_ROLES[body["role"]])
        if "is_active" in body:
            set_active(session(), user_id, body["is_active"])
        record(
            session(),
            "user_changed",
            actor_id=current_user().id,
            table_name="users",
            row_id=user_id,
            address=address(),
            **body,
        )
        return user_row(user)


def user_row(user: User) -> dict:
    """A user as administrators see them."""
    return {name: getattr(user, name) for name in names_of(UserRow)} | {"role": tinder_role(user.role)}
