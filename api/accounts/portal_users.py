"""The portal's users: read, change and delete one's profile with its files; list all users, for administrators."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from api.accounts.portal_auth import Message
from api.accounts.role_names import PORTAL_LABELS
from api.http.access import claims, current_user, for_roles, signed_in
from api.http.answered import answered_by
from api.http.blueprint import Blueprint, Body, shown_word
from api.http.db import session
from api.http.fields import Email, FormWhole, Moment, Phone, Text
from api.http.file_fields import File
from api.http.limits import address
from api.http.uploads import read_pictures, remove_all_uploads, remove_uploads, store_image, takes_uploads
from models.accounts.audit import record
from models.accounts.notification_switches import follow_flags
from models.accounts.tokens import end
from models.accounts.users import (
    User,
    all_users,
    change_profile,
    lock_user,
    normal_email,
    normal_phone,
    user_by_phone,
)
from models.core.enums import Role
from models.core.errors import InvalidValueError, NotAllowedError, NotFoundError
from models.upkeep.erasure import erase_user

blp = Blueprint("portal-users", __name__, description="Users of the portal")

SWITCHES = ("all_messages", "new_matches", "responses", "contacts", "news")
#: Fields of the profile that are texts, and their longest lengths.
TEXTS = {
    "middle_name": 100,
    "sex": 20,
    "city": 100,
    "user_type": 50,
    "whatsapp": 100,
    "telegram": 100,
    "viber": 100,
    "zoom": 100,
    "prop_city": 200,
    "prop_offer": 200,
    "prop_type": 200,
    "prop_state": 200,
    "about": 5000,
}


class Flag(fields.Boolean):
    """Yes or no in a form."""

    truthy = {"true", "True", "1", "on", "yes"}
    falsy = {"false", "False", "0", "off", "no"}


ProfileTexts: Any = Body.from_dict(
    {name: Text(maximum, empty=True) for name, maximum in TEXTS.items()}, name="ProfileTexts"
)
ProfileSwitches: Any = Body.from_dict({f"notifications_{name}": Flag() for name in SWITCHES}, name="ProfileSwitches")


class PhoneInAddress(Body):
    phone = Phone(
        metadata={"description": "The phone of the user to delete, if the request has no body; `+` is written `%2B`."}
    )


class PhoneInBody(Body):
    phone = Phone(metadata={"description": "The phone of the user to delete."})


class ProfileForm(ProfileTexts, ProfileSwitches):
    """The fields of a profile that its user may change. Fields that are left out do not change."""

    phone = Phone(required=True, metadata={"description": "The caller's own phone."})
    first_name = Text(90)
    last_name = Text(90)
    email = Email(empty=True, metadata={"description": "Empty: none."})
    avatar = File()
    licenses = fields.List(File(), validate=validate.Length(max=20))


ShownTexts: Any = Body.from_dict({name: fields.String(allow_none=True) for name in TEXTS}, name="ShownTexts")


class PortalUser(ShownTexts, ProfileSwitches):
    """A user as the portal shows them to themselves and to administrators; fields that were never set are null."""

    id = fields.Integer()
    first_name = fields.String(allow_none=True)
    last_name = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    role = shown_word(PORTAL_LABELS.values(), metadata={"description": "A label for people."})
    avatar = fields.String(allow_none=True, metadata={"description": "URL."})
    licenses = fields.List(fields.String(), metadata={"description": "URLs."})
    is_active = fields.Boolean()
    created_at = Moment()


class Updated(Message):
    user = fields.Nested(PortalUser)


class SliceArgs(Body):
    skip = FormWhole(0, 1_000_000, load_default=0)
    limit = FormWhole(1, 100, load_default=20)


@blp.route("/users/me")
class Me(MethodView):
    """The caller's profile in the portal's words."""

    @signed_in
    @blp.response(200, PortalUser)
    def get(self) -> Any:
        """Read my own profile

        Uploaded files are given as URLs; `role` is a label for people.
        """
        return portal_user(current_user())


@blp.route("/users/update")
class Update(MethodView):
    """Change the caller's profile."""

    @signed_in
    @takes_uploads
    @answered_by(PortalUser)
    @blp.arguments(ProfileForm, location="multipart")
    @blp.response(200, Updated)
    @blp.alt_response(403, description="The phone is not mine.")
    @blp.alt_response(413, description="A file is too large.")
    @blp.alt_response(415, description="A file is not an image.")
    def put(self, form: dict[str, Any]) -> Any:
        """Change my own profile

        `avatar` and `licenses` (which may be repeated) are images; new ones replace the old.
        """
        user = current_user()
        if normal_phone(form.pop("phone")) != user.phone:
            raise NotAllowedError("phone.not_yours")
        read_pictures([form.get("avatar"), *form.get("licenses", [])], user)
        if "email" in form:
            form["email"] = normal_email(form["email"]) if form["email"].strip() else None
        change_profile(session(), user, form | stored_files(form.pop("avatar", None), form.pop("licenses", []), user))
        follow_flags(user, form)
        return {"message": "User updated successfully", "user": portal_user(user)}


@blp.route("/users/delete")
class Delete(MethodView):
    """Delete a user."""

    @signed_in
    @blp.arguments(PhoneInAddress, location="query")
    @blp.arguments(PhoneInBody, required=False)
    @blp.response(200, Message)
    @blp.alt_response(403, description="The user is not the caller, and the caller is not an administrator.")
    @blp.alt_response(404, description="No user has this phone.")
    @blp.alt_response(409, description="It is the last administrator.")
    def delete(self, address_args: dict[str, Any], body: dict[str, Any]) -> Any:
        """Delete a user: myself, or anybody as an administrator

        The phone is in the body, or in the query for clients that send no body with a DELETE; it is required in one of
        the two. Personal data is erased, tokens are void, leads and properties leave the market.
        """
        caller, phone = current_user(), normal_phone(requested_phone(address_args.get("phone"), body.get("phone")))
        if phone != caller.phone and caller.role is not Role.ADMIN:
            # The same answer for every phone except the caller's own, so that it does not reveal whether the phone is
            # registered.
            raise NotAllowedError("user.delete_not_allowed")
        user = user_by_phone(session(), phone)
        if user is None:
            raise NotFoundError("user")
        erase_account(user, caller)
        if user.id == caller.id:
            end(session(), claims())  # otherwise a Mini App's next request would create the account again
        return {"message": "User deleted successfully"}


@blp.route("/users/list")
class List(MethodView):
    """List all users with their profiles, for administrators."""

    @for_roles(Role.ADMIN)
    @blp.arguments(SliceArgs, location="query")
    @blp.response(200, PortalUser(many=True))
    def get(self, args: dict[str, Any]) -> Any:
        """List users, oldest first, as an administrator

        Skips `skip` rows, then returns at most `limit`. `/admin/users` lists the same users in pages.
        """
        users = session().scalars(all_users().offset(args["skip"]).limit(args["limit"]))
        return [portal_user(user) for user in users]


def requested_phone(in_address: str | None, in_body: str | None) -> str:
    """
    The phone in the request's body, its query, or both; raises InvalidValueError if there is none or two different
    ones.
    """
    if in_address is not None and in_body is not None and normal_phone(in_address) != normal_phone(in_body):
        raise InvalidValueError("phone", "phone.two_named")
    phone = in_body or in_address
    if phone is None:
        raise InvalidValueError("phone", "value.required")
    return phone


def erase_account(user: User, caller: User | None = None) -> None:
    """
    Erase a user and their files at the request of *caller* (None: the user); raises ConflictError for the last
    administrator.
    """
    record(
        session(),
        "user_deleted",
        actor_id=(caller or user).id,
        table_name="users",
        row_id=user.id,
        address=address(),
    )
    session().flush()
    remove_all_uploads(user)
    erase_user(session(), user)


def portal_user(user: User) -> dict[str, Any]:
    """A user in the portal's words."""
    return (
        dict.fromkeys(TEXTS)
        | {f"notifications_{name}": True for name in SWITCHES}  # an unset switch is on
        | {"avatar": None, "licenses": []}
        | user.profile
        | user.names
        | {name: getattr(user, name) for name in ("id", "phone", "email", "is_active", "created_at")}
        | {"role": PORTAL_LABELS[user.role]}
    )


def stored_files(avatar: FileStorage | None, licenses: list[FileStorage | None], user: User) -> dict[str, Any]:
    """Store the uploaded files, remove those that they replace, and return the profile's fields with the new URLs."""
    sent = [upload for upload in licenses if upload is not None]
    links: dict[str, Any] = {}
    if avatar is not None or sent:
        lock_user(session(), user.id)  # before the lock of has_room, as a transaction that sends a feed does
    if avatar is not None:
        remove_uploads(filter(None, [user.profile.get("avatar")]), user)
        links["avatar"] = store_image(avatar, user, "avatar")
    if sent:
        remove_uploads(user.profile.get("licenses", []), user)
        links["licenses"] = [store_image(upload, user, "licenses") for upload in sent]
    return links
