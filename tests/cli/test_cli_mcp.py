"""Can an assistant use the program over the Model Context Protocol, by the official client?"""

from __future__ import annotations

import json
import os
import shutil
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from PIL import Image

from colorizer import cli
from colorizer.photo import Photo
from colorizer.predictors.settings import OF_TASK

ROOT = Path(cli.__file__).resolve().parents[2]
HINT = {"x": 0.3, "y": 0.6, "colour": "#b03020"}
# A library that prints mustn't disturb the protocol.
SERVER = """
import os, sys
from colorizer import cli
from colorizer.cli.mcp_tools import Tools

answer = Tools.answer
Tools.answer = lambda *given: print("noise", flush=True) or os.write(1, b"noise") and answer(*given)
sys.exit(cli.main())
"""


class Assistant:
    """A client that waits for answers."""

    def __init__(self, portal: BlockingPortal, session: ClientSession, folder: Path) -> None:
        self.portal, self.session, self.folder = portal, session, folder

    def call(self, tool: str, **arguments: object) -> types.CallToolResult:
        return self.portal.call(self.session.call_tool, tool, arguments)

    def made(self, tool: str, **arguments: object) -> SimpleNamespace:
        """What a tool says of its result."""
        answer = self.call(tool, **arguments)
        assert not answer.isError, answer.content
        return SimpleNamespace(**answer.structuredContent, text=answer.content[0].text)

    def refused(self, tool: str, **arguments: object) -> str:
        """Why a tool gives none."""
        before = files_in(self.folder)
        answer = self.call(tool, **arguments)
        assert answer.isError and files_in(self.folder) == before
        (content,) = answer.content
        assert "Traceback" not in content.text and "unforeseen" not in content.text
        return content.text


def files_in(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def assistant(networks_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """One server for all tests, with a folder of photographs open, and one beside it that isn't."""
    home = tmp_path_factory.mktemp("home")
    album = home / "album"
    album.mkdir()
    Image.linear_gradient("L").resize((90, 60)).save(album / "aunt.png")
    Image.radial_gradient("L").resize((64, 64)).save(album / "bay.jpg")
    shutil.copy(album / "aunt.png", home / "secret.png")
    (album / "link.png").symlink_to(home / "secret.png")
    (album / "circle.png").symlink_to(album / "circle.png")
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", SERVER, "mcp", "--root", str(album)],
        env={**os.environ, "COLORIZER_WEIGHTS_DIR": str(networks_folder)},
        cwd=ROOT,
    )
    wrong: list[Exception] = []

    async def notice(message: object) -> None:
        wrong.extend([message] if isinstance(message, Exception) else [])

    @asynccontextmanager
    async def connected():
        async with (
            stdio_client(server) as streams,
            ClientSession(*streams, message_handler=notice) as session,
        ):
            await session.initialize()
            yield session

    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        session = stack.enter_context(portal.wrap_async_context_manager(connected()))
        yield Assistant(portal, session, album)
        assert wrong == []  # all that came from the server were messages


def test_tools_say_what_they_take(assistant):
    tools = {tool.name: tool for tool in assistant.portal.call(assistant.session.list_tools).tools}
    assert set(tools) == {*OF_TASK, "explain", "models"} - {"texture"}
    for task in set(tools) & set(OF_TASK):
        schema = tools[task].inputSchema["properties"]
        names = {field.name for field in fields(OF_TASK[task])} - {"marks"}
        assert names | {"photo", "format", "quality", "caption"} <= set(schema)
        assert all(one["description"] for one in schema.values())
        assert tools[task].description and not tools[task].annotations.readOnlyHint
    colour = tools["colorize"].inputSchema
    assert colour["required"] == ["photo"]
    range_ = {"minimum": 0.1, "maximum": 1.0, "default": 0.38}
    assert colour["properties"]["temperature"].items() >= range_.items()
    assert colour["properties"]["model"]["enum"] == ["unet", "course-unet", "autoencoder"]
    hint = colour["properties"]["hints"]["items"]
    assert set(hint["properties"]) == {"x", "y", "colour", "reach"} and hint["required"] == [
        "x",
        "y",
        "colour",
    ]
    assert all(one["description"] for one in hint["properties"].values())


def test_a_photograph_is_coloured_with_a_hint_and_then_enlarged(assistant):
    made = assistant.made("colorize", photo="aunt.png", hints=[HINT], saturation=1.5)
    path = assistant.folder / "aunt-colorized.png"
    assert Path(made.path) == path and (made.width, made.height) == (90, 60)
    assert made.bytes == path.stat().st_size
    assert made.done.startswith("Colours added by Colorizer") and made.done in made.text
    step = Photo.open(path).metadata.steps[-1]
    assert step.items() >= {"task": "colorize", "saturation": 1.5, "hints": [{**HINT, "reach": 0.3}]}.items()
    assert made.settings["hints"] == step["hints"] and json.dumps(made.settings) in made.text

    again = assistant.made("colorize", photo=str(assistant.folder / "aunt.png"), **made.settings)
    assert Path(again.path).name == "aunt-colorized-2.png"  # nothing is written over
    assert Path(again.path).read_bytes() == path.read_bytes()

    large = assistant.made("upscale", photo=made.path, format="JPEG", caption="Enlarged")
    assert Path(large.path).name == "aunt-colorized-x4.jpg" and large.width == 360 and large.height > 240
    assert any("/255 on average" in note for note in large.notes)


def test_it_paints_restores_and_makes_textures(assistant):
    painted = assistant.made("stylize", photo="bay.jpg", strength=None)
    assert painted.settings["strength"] == 0.8 and painted.path.endswith("bay-painted.png")
    restored = assistant.made("restore", photo="aunt.png", enlarge=2, mend=0)
    assert (restored.width, restored.height) == (180, 120) and "marks" not in restored.settings
    quick = {"painting": "bay.jpg", "size": 128, "steps": 10}
    styled = assistant.made("restyle", photo="aunt.png", **quick)
    assert styled.path.endswith("aunt-styled.png") and "in the style of “bay.jpg”" in styled.done
    assert assistant.made("restyle", **quick).path.endswith("bay-texture.png")


def test_it_explains_shows_and_lists(assistant):
    path = assistant.made("colorize", photo="bay.jpg").path
    answer = assistant.call("explain", photo=path, show=True)
    assert "Colours added by Colorizer" in answer.content[0].text
    told = answer.structuredContent
    assert (told["path"], told["width"], told["height"]) == (path, 64, 64)
    picture = Image.open(BytesIO(b64decode(answer.content[1].data)))
    assert picture.size == (64, 64) and answer.content[1].mimeType == "image/jpeg"
    known = assistant.call("models").structuredContent
    assert {"name": "unet", "task": "colorize", "version": "0.0.1"} in known["models"]
    assert known["pictures"]["given"]["max_pixels"] == 100_000_000
    assert known["folders"] == [str(assistant.folder)]


@pytest.mark.parametrize(
    ("tool", "wrong", "why"),
    [
        ("colorize", {"saturation": 3}, "saturation is 3, but must be a number from 0 to 2."),
        ("colorize", {"size": "large"}, "size is 'large', but must be a number from 128 to 512."),
        ("colorize", {"hints": [{"x": 2, "y": 0, "colour": "#b03020"}]}, "Hint 1: x is 2, but must be"),
        ("colorize", {"model": "best"}, "There is no model “best”. Choose one of unet,"),
        ("colorize", {"photo": None}, "photo is None, but must be the path of a picture."),
        ("colorize", {"photo": ["aunt.png"]}, "photo is ['aunt.png'], but must be the path of a picture."),
        ("colorize", {"photo": "uncle.png"}, "There is no file “uncle.png”."),
        ("colorize", {"photo": "circle.png"}, "“circle.png”"),
        ("colorize", {"photo": "a" * 5000}, "aaa…aaa"),
        ("colorize", {"brush": 2}, "colorize has no parameter “brush”. It has photo,"),
        ("restyle", {}, "painting is None, but must be"),
        ("upscale", {"format": "PSD"}, "There is no format “PSD”. Choose one of PNG,"),
        ("stylize", {"direction": "monet2photo"}, "monet2photo"),
        ("paint", {}, "There is no tool “paint”."),
    ],
)
def test_what_is_wrong_is_said(assistant, tool, wrong, why):
    assert why in assistant.refused(tool, **{"photo": "aunt.png", **wrong})


OUTSIDE = ["../secret.png", "{home}/secret.png", "link.png", "{album}/link.png", "/etc/hostname", "\0"]
OUTSIDE += ["../missing.png", "{album}/../secret.png"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_of_the_folders_is_read(assistant, path):
    path = path.format(home=assistant.folder.parent, album=assistant.folder)
    for tool in ("colorize", "explain"):
        assert "is not open to you. Open are “" in assistant.refused(tool, photo=path)


def test_a_cancelled_call_stops_and_others_are_answered_meanwhile(assistant):
    session, arguments = assistant.session, {"painting": "bay.jpg", "size": 192, "steps": 500}

    async def cancelled() -> tuple[str, list[float]]:
        told, begun = [], anyio.Event()

        async def progress(share: float, total: float | None, text: str | None) -> None:
            told.append(share / total)
            if share > 0:
                begun.set()

        async def stop() -> None:
            await begun.wait()
            assert not (await session.call_tool("models")).isError  # not behind what computes
            about = types.CancelledNotificationParams(requestId=number)
            await session.send_notification(
                types.ClientNotification(types.CancelledNotification(params=about))
            )

        number = session._request_id  # of the next one
        async with anyio.create_task_group() as group:
            group.start_soon(stop)
            with pytest.raises(McpError) as failed:
                await session.call_tool("restyle", arguments, progress_callback=progress)
        return str(failed.value), told

    before = files_in(assistant.folder)
    why, told = assistant.portal.call(cancelled)
    assert why == "Request cancelled" and told == sorted(set(told)) and told[-1] < 0.5
    made = assistant.made("colorize", photo="aunt.png")  # waits for the last step of what was stopped
    assert set(files_in(assistant.folder)) == {*before, Path(made.path)}


def test_two_calls_at_once_are_both_answered(assistant):
    call = assistant.session.call_tool
    waiting = [
        assistant.portal.start_task_soon(call, "colorize", {"photo": "aunt.png", "saturation": saturation})
        for saturation in (0.5, 2)
    ]
    first, second = (future.result().structuredContent for future in waiting)
    assert first["path"] != second["path"]
    assert (first["settings"]["saturation"], second["settings"]["saturation"]) == (0.5, 2)
    assert Photo.open(first["path"]).metadata.steps[-1]["saturation"] == 0.5


def test_results_can_have_their_own_folder_and_folders_have_to_be_there(tmp_path, draw, weights_folder):
    from colorizer.cli.mcp_tools import Tools

    (tmp_path / "album").mkdir()
    draw("album/dog.png")
    tools = Tools([tmp_path / "album"], tmp_path / "new" / "results")
    made = tools.answer("colorize", {"photo": "dog.png"}, lambda share, text: None).structuredContent
    assert Path(made["path"]) == tmp_path / "new" / "results" / "dog-colorized.png"
    tools.answer("explain", {"photo": "dog-colorized.png"}, lambda share, text: None)  # is open as well
    assert [path.name for path in (tmp_path / "album").iterdir()] == ["dog.png"]
    assert cli.main(["mcp", "--root", str(tmp_path / "nowhere")]) == 1
    assert cli.main(["mcp", "--root", str(tmp_path), "--out", str(draw("file.png") / "out")]) == 1


def test_without_the_protocols_package_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    for name in ("mcp", "mcp.types", "colorizer.cli.mcp_tools"):
        monkeypatch.setitem(sys.modules, name, None)
    assert cli.main(["mcp", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "mcp needs: pip install -r requirements-mcp.txt\n"
