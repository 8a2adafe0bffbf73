"""The caller's sessions: list them, end one."""

from flask.views import MethodView
from marshmallow import fields

from api.http.access import claims, current_user, signed_in
from api.http.blueprint import Blueprint, Body, StatusOk
from api.http.db import session
from api.http.fields import Moment
from api.http.limits import address
from models.accounts.audit import record
from models.accounts.sessions import end_session_of, sessions_of
from models.accounts.users import User

blp = Blueprint("sessions", __name__, description="The sessions of a user")


class SessionRow(Body):
    id = fields.Integer()
    way = fields.String(metadata={"description": "The method of signing in: password, sms, telegram, email, ..."})
    network = fields.String(
        allow_none=True, metadata={"description": "The client's network: an IPv4 address or an IPv6 /64."}
    )
    agent = fields.String(allow_none=True, metadata={"description": "The client's User-Agent."})
    created_at = Moment()
    expires_at = Moment()
    is_current = fields.Boolean(metadata={"description": "Whether it is the session of this request."})


class SessionRows(Body):
    sessions = fields.List(fields.Nested(SessionRow))


@blp.route("/auth/sessions")
class Sessions(MethodView):
    """List the caller's sessions."""

    @signed_in
    @blp.response(200, SessionRows)
    def get(self) -> dict[str, list[dict]]:
        """List my sessions, newest first

        One row for each valid access token: how and from where it was obtained.
        """
        return {"sessions": session_rows(current_user(), claims().jti)}


@blp.route("/auth/sessions/<int:session_id>")
class SessionById(MethodView):
    """One of the caller's sessions."""

    @signed_in
    @blp.response(200, StatusOk)
    @blp.alt_response(404, description="There is no such session of mine, or it has ended.")
    def delete(self, session_id: int) -> dict[str, str]:
        """End one of my sessions: its token is void from now on

        This may be the current session; `/auth/logout` ends that one without its id. Changing the password ends all
        sessions.
        """
        end_session(current_user(), session_id)
        return {"status": "ok"}


def session_rows(user: User, current_jti: str) -> list[dict]:
    """The user's sessions as the API shows them, at most the hundred newest."""
    names = ("id", "way", "network", "agent", "created_at", "expires_at")
    return [
        {name: getattr(row, name) for name in names} | {"is_current": row.jti == current_jti}
        for row in session().scalars(sessions_of(user).limit(100))
    ]


def end_session(user: User, session_id: int) -> None:
    """End a session of *user*; raises NotFoundError."""
    end_session_of(session(), user, session_id)
    record(session(), "session_ended", actor_id=user.id, row_id=session_id, address=address())
