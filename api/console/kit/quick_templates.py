"""
Jinja2's calls and escaping, without the steps that this application's templates do not need. A list of thirty rows
calls seven hundred functions and escapes fourteen hundred values, which took a quarter of the time of its template.
"""

from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from flask import Flask
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, _escape_inner

#: Types of functions that nothing but Jinja2's own decorators, which leave `jinja_pass_arg`, makes to take a context.
_FUNCTIONS = frozenset({FunctionType, BuiltinFunctionType, MethodType})


def make_templates_quick(app: Flask) -> None:
    """Let the application's templates call functions and escape values faster, with the same result."""
    app.jinja_env.context_class = _Context
    app.jinja_env.code_generator_class = _CodeGenerator
    app.jinja_env.extend(escaped=escaped)


def escaped(value: Any) -> str:
    """
    A value as the text of a page. Unlike the result of `markupsafe.escape`, it is not marked as escaped: it only
    becomes a piece of the page, and marking it would take longer than escaping it.

    >>> escaped("<b>"), escaped(Markup("<b>")), escaped(5)
    ('&lt;b&gt;', Markup('<b>'), '5')
    """
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is Markup:
        return value
    return value.__html__() if hasattr(value, "__html__") else _escape_inner(str(value))


class _Context(Context):
    def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        kind = type(function)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind not in _FUNCTIONS or hasattr(function, "jinja_pass_arg"):
            return super().call(function, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return function(*args, **kwargs)


class _CodeGenerator(CodeGenerator):
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")
