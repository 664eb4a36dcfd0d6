"""Whatever goes wrong → one sentence on the page, and the page keeps serving."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from html import escape
from inspect import isgeneratorfunction
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from controllable.app.errors import said
from controllable.budget import OutOfMemory, is_shortage

P = ParamSpec("P")
R = TypeVar("R")
_log = logging.getLogger(__name__)
_SHORT = "There is not enough memory for a picture of this size; try a smaller one."


class Cancelled(Exception):
    """Raised inside a run whose visitor pressed Cancel."""


def sentence(text: str) -> gr.Error:
    """An error for the page's corner; `text` may quote a file's name, so it is escaped."""
    return gr.Error(escape(said(text), quote=False), title="That did not work", print_exception=False)


def one_sentence(handler: Callable[P, R]) -> Callable[P, R]:
    """A handler, or one that yields, whose every failure reaches the visitor as one sentence: theirs as it is, ours
    without its details.
    """
    if isgeneratorfunction(handler):

        @wraps(handler)
        def guarded_steps(*args: P.args, **kwargs: P.kwargs) -> Any:
            with _said():
                yield from handler(*args, **kwargs)

        return guarded_steps

    @wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        with _said():
            return handler(*args, **kwargs)

    return guarded


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except gr.Error:
        raise
    except Cancelled:
        raise gr.Error(said("Cancelled; nothing was changed."), title="Cancelled", print_exception=False) from None
    except OutOfMemory:
        raise sentence(_SHORT) from None
    except ValueError as error:
        raise sentence(str(error)) from None
    except Exception as error:
        _log.exception("a handler of the page failed")
        if is_shortage(error):
            raise sentence(_SHORT) from None
        raise sentence("Something went wrong in the program itself; the server's log has the details.") from None
