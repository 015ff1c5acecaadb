"""Does a program that errs read what was wrong, at every endpoint, and get what it leaves out by default?"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import gradio_client
import httpx
import pytest
from page import called
from PIL import Image

from colorizer.photo import Photo
from colorizer.photo.provenance import HISTORY, marks_in
from colorizer.predictors.settings import OF_TASK

NUMBERS = {
    "colorize": "saturation",
    "restore": "mend",
    "upscale": "detail",
    "stylize": "strength",
    "restyle": "brush",
}
CHOICES = {
    "colorize": "model",
    "restore": "screen",
    "upscale": "model",
    "stylize": "direction",
    "restyle": "features",
}
LATER = ["quality", "caption"]
ORDER = {
    "colorize": "photo saturation temperature strength model variant format rebalance size hints",
    "restore": "photo mend colour enlarge saturation model detail screen negative fading hints format",
    "upscale": "photo detail model consistency format",
    "stylize": "photo direction strength brush keep_colours format",
    "restyle": "photo painting strength brush size steps keep_colours features format",
}
each_endpoint = pytest.mark.parametrize("endpoint", ORDER)


@pytest.fixture
def sent(url: str, small: Path) -> dict[str, object]:
    """An uploaded file, as plain HTTP has it."""
    with small.open("rb") as file:
        (path,) = httpx.post(f"{url}gradio_api/upload", files={"files": file}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(autouse=True)
def quiet_log(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What a program does wrong leaves no traceback in the server's log."""
    yield
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err


@cache
def parameters(url: str, endpoint: str) -> list[dict]:
    return httpx.get(f"{url}gradio_api/info").json()["named_endpoints"][f"/{endpoint}"]["parameters"]


def asked(url: str, endpoint: str, *calls: list[object]) -> list[tuple[str, object]]:
    """The last event of each of these calls over plain HTTP, and what it says."""
    call, answers = f"{url}gradio_api/call/{endpoint}", []
    with httpx.Client(timeout=60) as http:
        events = [http.post(call, json={"data": data}).json()["event_id"] for data in calls]
        for event in events:
            *_, last = http.get(f"{call}/{event}").text.strip().split("\n\n")
            name, said = last.split("\n", 1)
            answers.append((name.removeprefix("event: "), json.loads(said.removeprefix("data: "))))
    return answers


def values(url: str, endpoint: str, sent: object, **given: object) -> list[object]:
    """All of an endpoint's values in their order: the pictures, what is given, and null for the rest."""
    given = {"photo": sent, "painting": sent} | given
    return [given.get(parameter["parameter_name"]) for parameter in parameters(url, endpoint)]


def mistakes(endpoint: str) -> Iterator[tuple[str, object, str]]:
    """A parameter, a wrong value, and what is said of it."""
    number, choice = NUMBERS[endpoint], CHOICES[endpoint]
    yield number, "much", f"{number} is 'much', but must be a number from "
    yield number, [0.5], f"{number} is [0.5], but must be a number from "
    yield number, 99, f"{number} is 99, but must be a number from "
    yield choice, "best", f"no {choice} “best”. Choose one of "
    yield choice, {"a": 1}, f"no {choice} “{{'a': 1}}”. Choose one of "
    yield "format", "PDF", "no format “PDF”. Choose one of PNG, JPEG, "
    yield "quality", 101, "quality is 101, but must be a number from 1 to 100"
    yield "caption", 5, "caption is 5, but must be text"
    picture = "painting" if endpoint == "restyle" else "photo"
    must = "but must be a file that was sent to /gradio_api/upload"
    yield picture, None, f"{picture} is missing, {must}"
    yield picture, 5, f"{picture} is 5, {must}"
    yield picture, "photo.jpg", f"{picture} is 'photo.jpg', {must}"
    yield picture, __file__, f"{picture} is '"
    yield picture, "a\0b", f"{picture} is 'a\\x00b', {must}"
    yield picture, "a" * 5000, f"{picture} is 'aaaa"
    yield picture, "data:image/png;base64,%%%", f"{picture} is 'data:image"
    file = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    for there in (file, file | {"path": "/proc/self/environ"}, file | {"path": "http://10.0.0.1/a.jpg"}):
        yield picture, there, f"{picture} is '{there['path']}', {must}"
    yield picture, [file, file], f"{picture} is [{{"


WRITTEN = [
    ("colorize", {"model": "course-unet", "saturation": 1.5}, "dog-colorized.png", (150, 100), "0.0.1"),
    ("restore", {"enlarge": 2, "format": "JPEG"}, "dog-restored.jpg", (300, 200), "mend 0.0.1, unet 0.0.1"),
    ("upscale", {"detail": 1, "format": "WebP"}, "dog-x4.webp", (600, 400), "srgan 0.0.1"),
    ("upscale", {}, "dog-x4.png", (600, 400), "srresnet 0.0.1, srgan 0.0.1"),
    ("stylize", {"strength": 0.5, "format": "WebP"}, "dog-painted.webp", (150, 100), "photo2monet 0.0.1"),
    ("restyle", {"size": 128, "steps": 10, "format": "JPEG"}, "dog-styled.jpg", (128, 85), "lite0"),
    ("restyle", {"size": 128, "steps": 10}, "painting-texture.png", (128, 85), "lite0"),
]
USUAL = {
    "colorize": {},
    "restore": {"colour": "always", "mend": 0.5},
    "upscale": {"consistency": 2, "detail": 0.5, "model": "clean"},
    "stylize": {"brush": 1},
    "restyle": {"steps_done": 10},
}


@pytest.mark.parametrize(("endpoint", "asked", "name", "size", "network"), WRITTEN)
def test_the_file_has_its_size_and_a_name_and_says_what_made_it(
    url: str, small: Path, painting: Path, endpoint, asked, name, size, network
) -> None:
    photos = [None if "texture" in name else small, painting][: 2 if endpoint == "restyle" else 1]
    path, about = called(url, f"/{endpoint}", *photos, **asked)
    assert path.name == name and Image.open(path).size == size
    known = USUAL[endpoint] | {key: value for key, value in asked.items() if key != "format"}
    assert about.items() >= known.items()
    assert str(about.get("weights") or about.get("version") or about["features"]).startswith(network)
    photo = Photo.open(path)
    (step,) = photo.metadata.steps
    assert step.items() <= about.items() and "Colorizer" in marks_in(photo.metadata.xmp)[HISTORY]


@each_endpoint
def test_a_mistake_is_a_sentence_over_plain_http_and_in_python(url: str, endpoint: str, sent, small) -> None:
    number, photos = NUMBERS[endpoint], [small] * (2 if endpoint == "restyle" else 1)
    made = list(mistakes(endpoint))
    calls = [values(url, endpoint, sent, **{name: value}) for name, value, _ in made]
    for (name, value, sentence), (event, said) in zip(made, asked(url, endpoint, *calls), strict=True):
        assert event == "error"
        assert sentence in said["error"], (name, value)
        assert len(said["error"]) < 350
        if name != number:
            continue  # in Python one setting is enough
        with pytest.raises(gradio_client.exceptions.AppError) as error:
            called(url, f"/{endpoint}", *photos, **{name: value})
        assert str(error.value) == said["error"]


@each_endpoint
def test_too_few_and_too_many_values_are_told(url: str, endpoint: str, sent) -> None:
    most = len(parameters(url, endpoint))
    few, many = asked(url, endpoint, [], [sent] * (most + 1))
    assert few[0] == "error" and " is missing, but must be a file" in few[1]["error"]
    assert many[1]["error"] == f"/{endpoint} takes {most} values, but {most + 1} were sent."


@pytest.mark.parametrize(("endpoint", "name"), [("restore", "negative"), ("stylize", "keep_colours")])
def test_yes_or_no_is_not_a_text(url: str, endpoint: str, name: str, sent) -> None:
    ((_, said),) = asked(url, endpoint, values(url, endpoint, sent, **{name: "no"}))
    assert said["error"] == f"{name} is 'no', but must be true or false."


@each_endpoint
def test_an_endpoint_has_every_setting_in_the_order_that_programs_know(url: str, endpoint: str) -> None:
    found = parameters(url, endpoint)
    names, known = [one["parameter_name"] for one in found], ORDER[endpoint].split()
    assert names[: len(known)] == known
    assert names[-2:] == LATER
    usual = {field.name: field.default for field in fields(OF_TASK[endpoint])}
    assert usual.keys() <= set(names)
    defaults = {one["parameter_name"]: one["parameter_default"] for one in found}
    assert {name: defaults[name] for name in usual} == {
        name: [] if name == "hints" else value for name, value in usual.items()
    }


@each_endpoint
def test_null_is_the_default_and_the_rest_may_be_left_out(url: str, endpoint: str, sent) -> None:
    pictures = [sent] * (2 if endpoint == "restyle" else 1)
    quick = {"size": 128, "steps": 10} if endpoint == "restyle" else {}
    all_null = values(url, endpoint, sent, **quick)
    shorter = all_null[: all_null.index(10) + 1] if quick else pictures
    answers = asked(url, endpoint, all_null, shorter)
    assert [event for event, _ in answers] == ["complete"] * 2
    assert answers[0][1][1] == answers[1][1][1]
    usual = {field.name: field.default for field in fields(OF_TASK[endpoint])}
    assert answers[0][1][1].items() >= {"task": endpoint}.items()
    number = NUMBERS[endpoint]
    assert usual[number] is None or answers[0][1][1][number] == usual[number]


def test_a_file_is_taken_by_its_path_its_address_and_as_data(url: str, sent, small: Path) -> None:
    data = f"data:image/jpeg;base64,{base64.b64encode(small.read_bytes()).decode()}"
    ((_, (result, _)),) = asked(url, "colorize", [sent])
    assert result["url"].startswith(f"{url}gradio_api/file=")
    ways = (sent["path"], {"path": sent["path"]}, data, result["url"], result["path"])
    for event, (made, about) in asked(url, "colorize", *([photo] for photo in ways)):
        assert event == "complete" and (about["width"], about["height"]) == (150, 100)
        assert httpx.get(made["url"]).status_code == 200


def test_no_address_is_fetched(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/photo.jpg"
        ways = (address, {"path": address}, {"path": address, "meta": {"_type": "gradio.FileData"}})
        for event, said in asked(url, "colorize", *([photo] for photo in ways)):
            assert event == "error" and "other addresses are not fetched" in said["error"]
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_result_is_written_as_is_asked(url: str, sent) -> None:
    written = {"format": "JPEG", "caption": "Colourised"}
    calls = [values(url, "colorize", sent, quality=quality, **written) for quality in (30, 95)]
    (_, (coarse, about)), (_, (fine, _)) = asked(url, "colorize", *calls)
    assert coarse["size"] < fine["size"]
    assert (about["caption"], about["width"]) == ("Colourised", 150)
    assert about["height"] == Image.open(coarse["path"]).height > 100
