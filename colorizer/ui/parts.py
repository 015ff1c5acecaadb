"""What do all tabs have that make something of a picture? The same components, under the same touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import gradio as gr
from gradio.events import Dependency

from colorizer.errors import ColorizerError
from colorizer.photo import FORMATS, SUFFIXES, Photo, with_caption
from colorizer.photo.provenance import after
from colorizer.ui import cards, files
from colorizer.ui.running import LINE, QUIET, Reply, Tab, Updates, Upload, busy, done, listen, shown
from colorizer.ui.texts import both, label, progress_line, remark_line, say, sentence, trouble_line
from colorizer.ui.work import Work, recall

GIVEN_SIDE = 1024  # of the copy that stands in for a file that browsers don't show
DOWNLOAD_KINDS = [kind for kind in ("PNG", "JPEG", "TIFF", "WebP") if kind in FORMATS]
# The file is written when it is asked for; the browser then takes it under its own name.
TAKE_HOME = """(file) => {
  if (!file) return;
  const link = document.createElement('a');
  link.href = file.url;
  link.download = file.orig_name;
  link.click();
}"""
# A list of links, in which one says what is to be opened, and by which event.
OPEN = """element.addEventListener('click', event => {
  const link = event.target.closest('[data-picture]');
  if (link) trigger(link.dataset.asks, {picture: Number(link.dataset.picture)});
});"""
STAGE = ("stage", "status", "examples", "below", "earlier")  # what showing a result changes
FIELDS = {"photo": "given", "canvas": "painting"}  # what a visitor's work calls the picture in a field


# What is on a tab


def picture_field(tab: Tab, sources: Sequence[str], name: str = "photo", height: int = 250) -> None:
    """Where a picture is given: the field of that name, and the button for files that browsers don't show."""
    others = "other-files" if name == "photo" else f"{name}-other-files"
    tab[name] = gr.Image(
        type="filepath",
        image_mode=None,
        sources=list(sources),  # type: ignore[arg-type]
        label=label(name),
        placeholder=label("drop" if name == "photo" else f"drop_{name}"),
        buttons=[],
        height=height,
        elem_id=f"{tab.prefix}{name}",
    )
    tab[f"other_{name}"] = gr.UploadButton(
        label("other_files"),
        file_types=sorted(SUFFIXES),
        size="sm",
        elem_id=f"{tab.prefix}{others}",
        elem_classes="quiet",
    )


def start_buttons(tab: Tab, name: str, cancel: str = "cancel") -> None:
    """The button, labelled by the text of that name, Cancel (or another word) in its place, and the line."""
    tab["start"] = gr.Button(label(name), variant="primary", elem_id=name, elem_classes="start")
    tab["cancel"] = gr.Button(
        label(cancel), visible=False, elem_id=f"{tab.prefix}cancel", elem_classes="cancel"
    )
    line(tab)


def line(tab: Tab) -> None:
    """Where the tab says what is going on and what went wrong."""
    sending = f'<div class="line sending">{both("sending")}</div>'  # seen while the browser uploads
    tab["line"] = gr.HTML(
        "", html_template=f"${{value}}{sending}", elem_id=f"{tab.prefix}line", elem_classes="line-box"
    )


def example_cards(tab: Tab, html: str) -> None:
    """Pictures that can be tried."""
    gr.set_static_paths(cards.FOLDER)
    tab["examples"] = gr.HTML(
        html, js_on_load=cards.CLICK, elem_id=f"{tab.prefix}examples", elem_classes="example-cards"
    )


def stage(tab: Tab, cards_html: str) -> None:
    """The examples, and the slider that takes their place."""
    example_cards(tab, cards_html)
    tab["stage"] = gr.ImageSlider(
        type="filepath",
        label=label(f"made_{tab.name}"),  # what a screen reader calls the picture on the right
        show_label=False,
        buttons=["fullscreen"],
        interactive=False,
        visible=False,
        elem_id=f"{tab.prefix}stage",
        elem_classes="on-stage",
    )


def on_stage(pair: tuple[str, str], status: str) -> Updates:
    """Two files on the slider, in the place of the examples, and the line below it."""
    return {
        "stage": gr.ImageSlider(pair, visible=True),
        "status": status,
        "examples": gr.HTML(visible=False),
        "below": gr.Column(visible=True),
    }


def take_home(tab: Tab, tabs: Sequence[str], left: str = "before", right: str = "after") -> None:
    """Below the slider, once there is a result: what is on its sides, the status line, and what can be done
    with the result; `tabs` are those that it can be sent to."""
    with gr.Column(visible=False, elem_classes="below") as tab["below"]:
        sides = "".join(f"<span>{both(text)}</span>" for text in (left, "closer", right))
        gr.HTML(f'<div class="sides">{sides}</div>')
        tab["status"] = gr.HTML("", elem_id=f"{tab.prefix}status", elem_classes="status")
        with gr.Row(elem_classes="take-home") as tab["take_home"]:
            tab["kind"] = gr.Radio(
                DOWNLOAD_KINDS,
                value=DOWNLOAD_KINDS[0],
                label=label("format"),
                show_label=False,
                container=False,
                elem_id=f"{tab.prefix}kind",
                elem_classes="kind",
            )
            tab["caption"] = gr.Checkbox(
                False, label=label("caption"), elem_id=f"{tab.prefix}caption", elem_classes="say-so"
            )
            tab["download"] = gr.Button(label("download"), elem_id=f"{tab.prefix}download", min_width=140)
            for other in tabs:
                tab[f"send_{other}"] = gr.Button(
                    label(f"send_{other}"), elem_id=f"{tab.prefix}send-{other}", min_width=140
                )
        tab["file"] = gr.File(visible="hidden", elem_id=f"{tab.prefix}file", elem_classes="unseen")
        with gr.Row(elem_classes="ways-back"):
            for name in ("undo", "link"):
                tab[name] = gr.Button(label(name), size="sm", elem_id=f"{tab.prefix}{name}", min_width=140)
        tab["query"] = gr.HTML(visible="hidden", elem_classes="unseen")
        link = f"<span>{both('link_copied')} </span><label>{both('link_help')}<input readonly></label>"
        gr.HTML(f'<div class="link" role="status">{link}</div>', elem_id=f"{tab.prefix}link-box")
        tab["earlier_box"] = gr.Accordion(
            label("earlier"), open=False, elem_id=f"{tab.prefix}earlier", elem_classes="more"
        )
        with tab["earlier_box"]:
            tab["earlier"] = gr.HTML("", js_on_load=OPEN, elem_classes="earlier")


def slider(tab: Tab, name: str, low: float, high: float, value: float, step: float, text: str = "") -> None:
    """A slider with its sentence of help and its reset, labelled by the text of its name, or by another."""
    tab[name] = gr.Slider(
        low,
        high,
        value,
        step=step,
        label=label(text or name),
        info=label(f"{text or name}_help"),
        buttons=["reset"],
        elem_id=f"{tab.prefix}{text or name}",
    )


def radio(
    tab: Tab,
    name: str,
    choices: Sequence[tuple[str, str | int]],
    value: str | int,
    text: str = "",
    visible: bool = True,
) -> None:
    """A choice of one, with its sentence of help, labelled by the text of its name, or by another."""
    tab[name] = gr.Radio(
        list(choices),
        value=value,
        label=label(text or name),
        info=label(f"{text or name}_help"),
        visible=visible,
        elem_id=f"{tab.prefix}{name}",
    )


def more(tab: Tab) -> gr.Accordion:
    """Where the controls are that few need."""
    return gr.Accordion(label("more"), open=False, elem_id=f"{tab.prefix}more", elem_classes="more")


def gallery(tab: Tab, name: str, elem_id: str, columns: int, preview: bool = True, classes: str = "") -> None:
    """Small pictures with their captions."""
    tab[name] = gr.Gallery(
        show_label=False,
        columns=columns,
        height="auto",
        object_fit="contain",
        interactive=False,
        buttons=[],
        container=False,
        allow_preview=preview,
        elem_id=elem_id,
        elem_classes=classes,
    )


# A picture is given


def accepted(
    tab: Tab, work: Work | None, code: str, photo: Photo, stand_in: bool = True, field: str = "photo"
) -> Updates:
    """That photograph is in the field from now on; a copy has to stand in for what a browser can't show."""
    side = max(photo.width, photo.height)
    known: Updates = {FIELDS[field]: photo}
    said: Updates = {}
    if field == "photo":
        known["given_side"] = min(side, GIVEN_SIDE) if stand_in else side
        said = tab.describe(photo, code)
    updates = {**said, "work": replace(work or Work(), **known), "line": ""}
    if stand_in:
        # As a component: Gradio loses sight of files that come as plain values, and never deletes them.
        updates[field] = gr.Image(files.write_shown(photo.preview(GIVEN_SIDE), "given"))
    return updates


def opened(tab: Tab, work: Work | None, code: str, path: str, field: str = "photo") -> Updates:
    """The file is opened as it is, or the field is emptied and the line says why."""
    try:
        photo = Photo.open(path)
        return accepted(tab, work, code, photo, photo.metadata.format not in files.BROWSERS_SHOW, field)
    except ColorizerError as error:
        line = trouble_line(sentence(code, error, tab.name))
        return {**taken_off(tab, work, code, field), field: None, "line": line}


def taken_off(tab: Tab, work: Work | None, code: str, field: str = "photo") -> Updates:
    """The field is empty; the result stays."""
    unsaid = tab.describe(None, code) if field == "photo" else {}
    known: Updates = {FIELDS[field]: None}
    return {**unsaid, "work": replace(work or Work(), **known), "line": ""}


def wire_field(tab: Tab, field: str = "photo") -> list[Dependency]:
    """A picture is given in the field or by its button, or taken off it."""
    outputs = [field, "line", *(tab.said if field == "photo" else ())]

    def give(work: Work | None, code: str, upload: Upload) -> Iterator[Updates]:
        if upload:
            if not files.is_upload(upload["path"]):
                raise Reply("nothing_given")
            yield {"line": progress_line(say(code, "opening"))}
            yield opened(tab, work, code, upload["path"], field)

    def clear(work: Work | None, code: str) -> Updates:
        return taken_off(tab, work, code, field)

    # multiple: of several pictures the last counts, and Gradio would not hear of it while the first waits.
    uploads = [
        listen(tab, tab[name].upload, give, outputs, {"upload": name}, trigger_mode="multiple")
        for name in (field, f"other_{field}")
    ]
    listen(tab, tab[field].clear, clear, outputs, cancels=uploads)
    return uploads


def wire_examples(tab: Tab) -> Dependency:
    """A card was clicked: its picture is given."""

    def give_example(work: Work | None, code: str, event: gr.EventData) -> Updates:
        path = str(cards.EXAMPLES[int(event.example)].path)
        return {"photo": path, **opened(tab, work, code, path)}

    return listen(tab, tab["examples"].click, give_example, ["photo", "line", *tab.said])


def wire_sending(source: Tab, target: Tab) -> Dependency:
    """The source's button sends its result to the target, without a file and without loss."""

    def receive(work: Work | None, code: str, visitor: str) -> Iterator[Updates]:
        _, sent = shown(recall((visitor, source.name)), "there")
        yield {"line": progress_line(say(code, "opening"))}
        # Under the name that its file would have: what comes of it says all that was done.
        named = replace(sent.photo.metadata, name=f"{sent.photo.name}{sent.ending}.png")
        yield accepted(target, work, code, replace(sent.photo, metadata=after(named, sent.made_by)))

    button = source[f"send_{target.name}"]
    button.click(None, None, None, js=f"() => window.goToTab('{target.name}')", **QUIET)
    return listen(target, button.click, receive, ["photo", "line", *target.said])


# Work is asked for, stopped and taken home


def waiting(code: str, photo: Upload) -> Updates:
    """The button was pressed: it becomes Cancel before the queue is asked."""
    if not photo:
        raise Reply("nothing_given")
    return busy(progress_line(say(code, "waiting")))


def waiting_again(work: Work | None, code: str) -> Updates:
    """The result on the page is to be made anew, if there is one."""
    return busy(progress_line(say(code, "waiting"))) if work and work.shown else {}


def wire_start(
    tab: Tab,
    presses: Sequence[Callable[..., Dependency] | Sequence[Callable[..., Dependency]]],
    handler: Callable[..., Iterator[Updates]],
    outputs: Sequence[str],
    wait: Callable[..., Updates] = waiting,
    cancels: Sequence[Dependency] = (),
) -> list[Dependency]:
    """Each of the triggers makes the button Cancel at once, and calls the handler when its turn comes."""
    started = []
    for pressed in presses:
        at_once = listen(tab, pressed, wait, LINE, queue=False, trigger_mode="multiple", cancels=cancels)
        started.append(listen(tab, at_once.then, handler, outputs, trigger_mode="always_last"))
    return started


def wire_at_once(
    tab: Tab, uploads: Sequence[Dependency], handler: Callable[..., Iterator[Updates]], outputs: Sequence[str]
) -> list[Dependency]:
    """The same without the button, of what was uploaded or came from another tab: where the tab's switch
    wants it, and the file could be opened."""

    def wanted(work: Work | None, at_once: bool) -> bool:
        return at_once and work is not None and work.given is not None

    def wait(work: Work | None, code: str, at_once: bool) -> Updates:
        return busy(progress_line(say(code, "waiting"))) if wanted(work, at_once) else {}

    def begin(
        work: Work | None, code: str, photo: Upload, settings: object, at_once: bool
    ) -> Iterator[Updates]:
        if wanted(work, at_once):
            yield from handler(work, code, photo, settings)

    tab.arrive = lambda arrived: wire_start(tab, [arrived.then], begin, outputs, wait)
    return wire_start(tab, [upload.then for upload in uploads], begin, outputs, wait)


def wire_cancel(tab: Tab, started: Sequence[Dependency]) -> None:
    """Cancel stops what was started, whether it waits or runs; the page says so at once."""

    def stopped(code: str) -> Updates:
        return done(remark_line(say(code, "stopped")))

    listen(tab, tab["cancel"].click, stopped, LINE, queue=False, cancels=list(started))


def wire_download(tab: Tab) -> None:
    """The result is taken home."""

    def download(work: Work | None, code: str, kind: str, caption: bool) -> Iterator[Updates]:
        yield {"file": None}  # so that no older one is taken in its place
        _, result = shown(work, "there")
        photo, made_by = result.photo, dict(result.made_by)
        if caption:
            done = (step["task"] for step in (*photo.metadata.steps, made_by))
            text = ", ".join(dict.fromkeys(say(code, f"caption_{task}") for task in done))
            photo, made_by["caption"] = with_caption(photo, text), text
        yield {"file": files.write_result(photo, kind, result.ending, made_by)}

    saved = listen(tab, tab["download"].click, download, ["file", "line", "download"])
    saved.success(None, [tab["file"]], None, js=TAKE_HOME, **QUIET)
