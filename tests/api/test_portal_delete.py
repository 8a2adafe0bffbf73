"""`DELETE /users/delete` reads the phone from the body or from the query."""

from tests.factories import make_user, token_header

PHONE = "+77015550143"


def test_a_client_that_sends_no_body_with_a_delete_names_the_phone_in_the_query(client, database):
    header = token_header(make_user(database, phone=PHONE))
    database.commit()

    nobody, empty, two = (
        client.delete("/users/delete/", headers=header),
        client.delete("/users/delete/", json={}, headers=header),
        client.delete("/users/delete/", query_string={"phone": PHONE}, json={"phone": "+77017654321"}, headers=header),
    )
    gone = client.delete("/users/delete/", query_string={"phone": PHONE}, headers=header)

    assert [answer.status_code for answer in (nobody, empty, two)] == [400, 400, 400]
    assert [answer.json["faults"][0]["code"] for answer in (nobody, empty, two)] == [
        "value.required",
        "value.required",
        "phone.two_named",
    ]
    assert (gone.status_code, gone.json) == (200, {"message": "User deleted successfully"})
    assert client.get("/users/me", headers=header).status_code == 401
