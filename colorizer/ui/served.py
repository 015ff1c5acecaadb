"""What does whoever runs the page see of it? A line in the log for each piece of work, and an address that
says whether it is ready. Nobody's files are named."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from colorizer import weights
from colorizer.errors import WeightsError
from colorizer.photo import Photo
from colorizer.predictors.settings import OF_TASK

TASK_OF: dict[type, str] = {settings: task for task, settings in reversed(OF_TASK.items())}
LOG_LEVELS = ("debug", "info", "warning", "error")

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


def log_from(level: str) -> None:
    """Write to stderr what the package logs from that level on: "info" is a line for each piece of work."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("colorizer").setLevel(level.upper())


def logged(function: Callable[P, T]) -> Callable[P, T]:
    """The same; after each call the log says what it was, how large, how it ended and how long it took."""

    @wraps(function)
    def called(*values: P.args, **named: P.kwargs) -> T:
        began, outcome = time.perf_counter(), "done"
        try:
            return function(*values, **named)
        except BaseException as error:
            outcome = type(error).__name__  # its text may name a file
            raise
        finally:
            given = (*values, *named.values())
            work = [function.__name__, *(TASK_OF[type(one)] for one in given if type(one) in TASK_OF)]
            photos = [one for one in given if isinstance(one, Photo)]
            sizes = " and ".join(f"{one.width} x {one.height}" for one in photos)
            seconds = time.perf_counter() - began
            log.info("%s %s: %s, %.1f s", " ".join(work), sizes, outcome, seconds)

    return called


def health(_: Request) -> JSONResponse:
    """200 where every network's weights are there and right; else 503, and what isn't."""
    try:
        wrong = [name for name, found in weights.verify().items() if isinstance(found, str)]
    except WeightsError:
        wrong = ["manifest.json"]
    return JSONResponse({"ready": not wrong, "missing": wrong}, 503 if wrong else 200)


ROUTES = [Route("/health", health)]
