"""The unsubscribe link in notifications of a saved search; anybody who has the link may use it."""

from flask import Response, render_template

from api.console.kit.access import public_page
from api.console.kit.pages import back, page_blueprint
from api.http.db import session
from models.core.errors import NotFoundError
from models.market.search.saved import NotificationPace, search_of_seed, stop_notifications

blp = page_blueprint("unsubscribe")


@blp.get("/homes/unsubscribe/<seed>")
@public_page
def unsubscribe_page(seed: str) -> str:
    """A page with one button, so that programs that follow links change nothing."""
    search = search_of_seed(session(), seed)
    return render_template(
        "console/public/unsubscribe.html", search=search, seed=seed, is_over=search.pace is NotificationPace.NEVER
    )


@blp.post("/homes/unsubscribe/<seed>")
@public_page
def unsubscribe(seed: str) -> Response:
    if not stop_notifications(session(), seed):
        raise NotFoundError("search")
    return back(f"/homes/unsubscribe/{seed}", "notifications_stopped")
