"""An empty query is read as the defaults, without reading it again for every request."""

import pytest
from marshmallow import ValidationError, fields, post_load
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from api.http.blueprint import Body, PageArgs


def read(schema: Body, **query: str) -> dict:
    return schema.load(MultiDictProxy(MultiDict(query), schema), unknown="raise")


def test_a_change_of_what_was_read_does_not_reach_the_next_request():
    schema = PageArgs()
    read(schema).clear()

    assert read(schema) == {"page": 1, "limit": 20}
    assert read(schema, page="3") == {"page": 3, "limit": 20}


def test_a_required_parameter_is_missed_every_time():
    class Args(Body):
        city = fields.String(required=True)

    schema = Args()
    for _ in range(2):
        with pytest.raises(ValidationError):
            read(schema)


def test_a_default_or_a_hook_that_depends_on_the_request_is_called_every_time():
    numbers = iter(range(4))

    class WithDefault(Body):
        number = fields.Integer(load_default=lambda: next(numbers))

    class WithHook(Body):
        @post_load
        def add(self, data: dict, **_: object) -> dict:
            return {**data, "number": next(numbers)}

    default, hook = WithDefault(), WithHook()

    assert [read(default), read(default), read(hook), read(hook)] == [{"number": number} for number in range(4)]
