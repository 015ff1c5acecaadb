"""How does an assistant on this computer use the program? `python -m colorizer mcp --root DIR`

It speaks the Model Context Protocol over standard input and output.
"""

from __future__ import annotations

import argparse
import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import colorizer
from colorizer.cli.options import Subparsers, add_command
from colorizer.cli.terminal import reason
from colorizer.errors import ColorizerError
from colorizer.predictors.settings import OF_TASK

if TYPE_CHECKING:
    from mcp.types import CallToolResult

    from colorizer.cli.mcp_tools import Tools

TELL_EVERY = 0.01  # of the work


def add_commands(subparsers: Subparsers) -> None:
    """Add `mcp`."""
    text = "serve an assistant on this computer (Model Context Protocol over standard input and output)"
    add = add_command(subparsers, "mcp", run_mcp, text).add_argument
    text = "a folder that is open to the assistant, with all below it; may be given again"
    add("--root", action="append", type=Path, required=True, metavar="DIR", help=text)
    text = "the folder for results, open as well; default: each beside its photograph"
    add("--out", type=Path, metavar="DIR", help=text)


def run_mcp(args: argparse.Namespace) -> int:
    """`mcp`: serves until standard input ends."""
    try:
        import anyio

        from colorizer.cli.mcp_tools import Tools
    except ImportError:
        raise ColorizerError("mcp needs: pip install -r requirements-mcp.txt") from None
    tools = Tools(args.root, args.out)
    # A thread waits for the assistant's next line, and no KeyboardInterrupt reaches it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    anyio.run(serve, tools)
    return 0


async def serve(tools: Tools) -> None:
    """Answer calls until standard input ends. One at a time computes, on a thread; others wait for it."""
    from anyio import CapacityLimiter, from_thread, lowlevel, to_thread, wrap_file
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server

    text = f"Photographs are files in {tools.places}. A result is a new file; nothing is changed or replaced."
    server: Server[object, object] = Server("colorizer", version=colorizer.__version__, instructions=text)
    computing = CapacityLimiter(1)

    async def called(name: str, arguments: dict[str, Any]) -> CallToolResult:
        context, told = server.request_context, -1.0
        token = context.meta.progressToken if context.meta else None

        def progress(share: float, text: str) -> None:
            nonlocal told
            from_thread.check_cancelled()  # raises where the call was cancelled or the assistant is gone
            if token is not None and share >= told + TELL_EVERY:
                told = share
                from_thread.run(context.session.send_progress_notification, token, share, 1.0, text)

        work, limiter = partial(tools.answer, name, arguments, progress), computing
        try:
            return await to_thread.run_sync(work, limiter=limiter if name in OF_TASK else None)
        except Exception as error:
            return tools.said([reason(error)], failed=True)
        finally:
            await lowlevel.checkpoint()  # what was cancelled has its answer already

    server.list_tools()(tools.listed)
    server.call_tool(validate_input=False)(called)  # what is wrong is said in our sentences
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)  # what a library prints is no message
        async with stdio_server(stdout=wrap_file(output)) as (read, write):
            await server.run(read, write, server.create_initialization_options())
