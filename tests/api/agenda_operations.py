"""Operations on tasks, shortlists, histories and the calendar, for the tables of the access and round-trip tests."""

_LEAD = "/leads/<int:lead_id>"
_TASK = "/tasks/<int:task_id>"
_MANY_TASKS = (("POST", "/leads/{lead_id}/tasks"), ("PATCH", "/tasks/{id}"))

#: For all roles that may own leads; only the owner of a lead has access (tests/api/test_tasks.py).
AGENDA = (
    f"POST {_LEAD}/tasks",
    f"GET {_LEAD}/tasks",
    "GET /tasks",
    f"GET {_TASK}",
    f"PATCH {_TASK}",
    f"DELETE {_TASK}",
    f"GET {_LEAD}/history",
    f"GET {_LEAD}/notification-frequency",
    f"PUT {_LEAD}/notification-frequency",
    f"GET {_LEAD}/shortlist",
    f"PUT {_LEAD}/shortlist/<int:property_id>",
    f"DELETE {_LEAD}/shortlist/<int:property_id>",
    "GET /calendar",
    "POST /calendar",
    "DELETE /calendar",
)
ACCEPTING_OPERATIONS = {
    f"GET {_LEAD}/tasks": ("realtor", _MANY_TASKS),
    "GET /tasks": ("realtor", _MANY_TASKS[1:]),
    f"GET {_LEAD}/notification-frequency": ("realtor", [("PUT", "/leads/{lead_id}/notification-frequency")]),
    f"GET {_TASK}": ("realtor", _MANY_TASKS[1:]),
}
NOT_SENT_BACK = {
    f"GET {_LEAD}/history": "the record of what happened",
    f"GET {_LEAD}/shortlist": "homes, added by their ids",
    "GET /calendar": "an address, which is made",
}
SHOWING = {"kind": "SHOWING", "title": "x", "due_at": "2030-01-01T10:00:00Z", "remind_minutes": 60, "notes": "y"}
