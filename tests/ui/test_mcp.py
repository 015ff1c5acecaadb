"""Can an assistant use the page? The endpoints as tools, by the official client over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import mcp
import pytest
from mcp.client.streamable_http import streamablehttp_client
from page import served
from PIL import Image

TASKS = {"restore", "colorize", "upscale", "stylize", "restyle"}
PASSED_OFF = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def url(page_weights: Path) -> Iterator[str]:
    """The address of the page, which serves assistants, too."""
    with served(mcp_server=True) as address:
        yield address


@pytest.fixture
def data(small: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(small.read_bytes()).decode()}"


def answers(url: str, *calls: tuple[str, dict[str, object]], at_once: bool = False) -> list:
    """What the tools answer; no calls list them."""

    async def session() -> list:
        async with (
            streamablehttp_client(f"{url}gradio_api/mcp/") as (read, write, _),
            mcp.ClientSession(read, write) as client,
        ):
            await client.initialize()
            if not calls:
                return (await client.list_tools()).tools
            if at_once:
                return await asyncio.gather(*(client.call_tool(*call) for call in calls))
            return [await client.call_tool(*call) for call in calls]

    return asyncio.run(session())


def result(answer) -> tuple[Path, dict]:
    """The file and what made it."""
    address, about = (part.text for part in answer.content)
    assert not answer.isError and httpx.get(address).status_code == 200
    return Path(address.split("/gradio_api/file=")[1]), json.loads(about)


def test_the_endpoints_are_the_tools_and_tell_of_their_parameters(url: str) -> None:
    tools = {tool.name: tool for tool in answers(url)}
    assert tools.keys() == TASKS | {"explain", "models"}
    for name in TASKS:
        schema = tools[name].inputSchema
        assert all(len(one["description"]) > 10 for one in schema["properties"].values())
        assert "settings" not in schema["properties"] and "photo" in schema["required"]
        assert "Returns: the result's file" in tools[name].description
    saturation = tools["colorize"].inputSchema["properties"]["saturation"]
    assert (saturation["type"], saturation["default"]) == ("number", 1.0)
    assert "0..2" in saturation["description"]


def test_a_photograph_is_coloured_enlarged_and_explained(url: str, data: str) -> None:
    hint = {"x": 0.5, "y": 0.5, "colour": "#c04040", "reach": 0.3}
    (coloured,) = answers(url, ("colorize", {"photo": data, "hints": [hint]}))
    path, about = result(coloured)
    red, _, blue = Image.open(path).convert("RGB").getpixel((75, 50))
    assert red > blue + 30
    assert (about["hints"], about["width"], about["height"]) == ([hint], 150, 100)
    assert about["done"].startswith("Colours added by Colorizer")
    address = coloured.content[0].text
    enlarged, explained = answers(url, ("upscale", {"photo": address}), ("explain", {"photo": address}))
    assert result(enlarged)[1]["width"] == 600
    assert "1 colour set by hand" in explained.content[0].text


def test_what_there_is_and_how_large_it_may_be_is_told(url: str) -> None:
    (answer,) = answers(url, ("models", {}))
    told = json.loads(answer.content[0].text)
    assert {"name": "unet", "task": "colorize", "version": "0.0.1"} in told["models"]
    assert told["settings"]["colorize"]["saturation"] == [0, 2]
    assert told["pictures"]["given"]["max_pixels"] == 100_000_000


def test_what_is_wrong_is_a_sentence_and_no_other_file_is_taken(url: str, data: str) -> None:
    before = {name for _, _, names in os.walk(os.environ["GRADIO_TEMP_DIR"]) for name in names}
    wrong = {
        "saturation is 9, but must be a number from 0 to 2": {"photo": data, "saturation": 9},
        "There is no model “best”. Choose one of unet": {"photo": data, "model": "best"},
        "photo is '/etc/passwd', but must be a file": {"photo": "/etc/passwd"},
        "photo is 'http://10.0.0.1/x.jpg', but must be a file": {"photo": "http://10.0.0.1/x.jpg"},
        "is not of type 'string'": {"photo": PASSED_OFF},
        "is not valid under any": {"photo": data, "hints": [PASSED_OFF]},
        "A picture is named by its path": {"photo": data, "painting": PASSED_OFF},
        "'photo' is a required property": {"hints": []},
    }
    said = answers(url, *(("colorize", values) for values in wrong.values()))
    for sentence, answer in zip(wrong, said, strict=True):
        assert answer.isError and sentence in answer.content[0].text
    after = {name for _, _, names in os.walk(os.environ["GRADIO_TEMP_DIR"]) for name in names}
    assert after == before


def test_two_calls_at_once_are_both_answered(url: str, data: str) -> None:
    calls = [("colorize", {"photo": data, "saturation": value}) for value in (0.5, 1.5)]
    both = [result(answer)[1]["saturation"] for answer in answers(url, *calls, at_once=True)]
    assert both == [0.5, 1.5]
