"""A realtor's agency: found it, manage members and invitations, leave or dissolve it."""

from urllib.parse import quote

from flask import Response, make_response, render_template, request

from api.console.kit.access import page_for, public_page, visitor, visitor_or_none
from api.console.kit.i18n import translate_error
from api.console.kit.own_address import own_address
from api.console.kit.pages import back, page_blueprint
from api.console.kit.row_ids import id_in
from api.http.db import session
from models.accounts.notification_groups import mark_topic_read
from models.accounts.notification_switches import Topic
from models.agencies.invitations import (
    LIFETIME,
    accept_invitation,
    invite,
    open_invitations,
    read_invitation,
    withdraw_invitation,
)
from models.agencies.members import (
    Membership,
    create_agency,
    dissolve_agency,
    hand_over,
    leave_agency,
    members_of,
    membership_of,
    remove_member,
    rename_agency,
)
from models.agencies.tables import MAX_NAME
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, NotAllowedError

blp = page_blueprint("team")

for_realtors = page_for(Role.REALTOR)
PATH = "/console/team"


@blp.route("/console/team", methods=["GET", "POST"])
@for_realtors
def team() -> Response | str | tuple[str, int]:
    """The agency; posting a name founds one, or renames the agency that the visitor heads."""
    agency_member = membership_of(session(), visitor())
    if request.method == "GET":
        mark_topic_read(session(), visitor(), Topic.TEAM)
        return _page(agency_member)
    name = request.form.get("name", "")[:1000]
    try:
        if agency_member is not None and agency_member.is_head:
            rename_agency(session(), visitor(), name)
            return back(PATH, "saved")
        create_agency(session(), visitor(), name)
    except InvalidValueError as error:
        return _page(agency_member, error=translate_error(error), name=name), 400
    return back(PATH, "agency_created")


@blp.post("/console/team/leave")
@for_realtors
def leave() -> Response:
    leave_agency(session(), visitor())
    return back(PATH, "agency_left")


@blp.post("/console/team/dissolve")
@for_realtors
def dissolve() -> Response:
    dissolve_agency(session(), visitor())
    return back(PATH, "agency_dissolved")


@blp.post("/console/team/members/<int:user_id>/remove")
@for_realtors
def remove(user_id: int) -> Response:
    remove_member(session(), visitor(), user_id)
    return back(PATH, "member_removed")


@blp.post("/console/team/members/<int:user_id>/head")
@for_realtors
def make_head(user_id: int) -> Response:
    hand_over(session(), visitor(), user_id)
    return back(PATH, "head_changed")


@blp.post("/console/team/invitations")
@for_realtors
def new_invitation() -> str | tuple[str, int]:
    """Create an invitation link; only this answer shows it."""
    try:
        token = invite(session(), visitor(), request.form.get("label", "")[:1000])
    except (InvalidValueError, ConflictError) as error:
        status = 409 if isinstance(error, ConflictError) else 400
        return _page(membership_of(session(), visitor()), invitation_error=translate_error(error)), status
    link = f"{own_address()}{PATH}/join/{token}"
    return render_template("console/realtors/team_invited.html", link=link, days=LIFETIME.days)


@blp.post("/console/team/invitations/<int:invitation_id>/withdraw")
@for_realtors
def withdraw(invitation_id: int) -> Response:
    withdraw_invitation(session(), visitor(), invitation_id)
    return back(PATH, "invitation_withdrawn")


@blp.route("/console/team/join/<token>", methods=["GET", "POST"])
@public_page
def join(token: str) -> Response:
    """The page of an invitation, for anybody with the link; posting accepts it, for a signed-in realtor."""
    error, status = "", 200
    user = visitor_or_none()
    if request.method == "POST":
        try:
            head_id = id_in(request.form.get("head", "")) or 0
            accept_invitation(session(), visitor(), token, head_id)
            return back(PATH, "agency_joined")
        except (ConflictError, NotAllowedError) as refused:
            session().rollback()
            error = translate_error(refused)
            status = 409 if isinstance(refused, ConflictError) else 403
    agency, head = read_invitation(session(), token)
    page = render_template(
        "console/realtors/team_join.html",
        agency=agency,
        head=head,
        error=error,
        path=f"{PATH}/join/{token}",
        further=quote(f"{PATH}/join/{token}"),
        may_join=user is not None and user.role is Role.REALTOR and membership_of(session(), user) is None,
        is_realtor=user is not None and user.role is Role.REALTOR,
    )
    response = make_response(page, status)
    # The address is a secret that other sites and search engines must not learn.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _page(agency_member: Membership | None, **shown: str) -> str:
    if agency_member is None:
        return render_template("console/realtors/team_new.html", longest=MAX_NAME, **shown)
    agency, is_head = agency_member
    return render_template(
        "console/realtors/team.html",
        agency=agency,
        is_head=is_head,
        members=session().execute(members_of(agency)).all(),
        invitations=session().scalars(open_invitations(agency)).all() if is_head else [],
        longest=MAX_NAME,
        days=LIFETIME.days,
        **shown,
    )
