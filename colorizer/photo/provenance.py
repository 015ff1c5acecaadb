"""What was done to a photo, and how does its file say so to any software?

A step is what made a result: its task, the weights and the settings. A file has them as JSON in EXIF's
UserComment, and marks in XMP: IPTC's DigitalSourceType, the CreatorTool, and a sentence a step in Photoshop's
History, which is plain text (the structured xmpMM:History wants times and its own verbs).
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from PIL.ExifTags import Base

from colorizer import __version__
from colorizer.photo.metadata import Metadata, Step
from colorizer.photo.tags import DETAILS, Tags

PROGRAM = f"Colorizer {__version__}"
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPES = {  # and IPTC's names for them; the more of a picture is a machine's, the later
    "algorithmicallyEnhanced": "Algorithmically-altered media",
    "compositeWithTrainedAlgorithmicMedia": "Edited using Generative AI",
    "compositeSynthetic": "Composite including generative AI elements",
    "trainedAlgorithmicMedia": "Created using Generative AI",
}
ALTERED, EDITED, _, CREATED = SOURCE_TYPES
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MARKS = {  # and their namespaces
    "Iptc4xmpExt:DigitalSourceType": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp:CreatorTool": "http://ns.adobe.com/xap/1.0/",
    "photoshop:History": "http://ns.adobe.com/photoshop/1.0/",
}
TYPE, TOOL, HISTORY = MARKS
FULL_NAMES = {f"{{{uri}}}{mark.partition(':')[2]}": mark for mark, uri in MARKS.items()}
LONGEST = 1 << 23  # bytes of a packet that is looked into
EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF></x:xmpmeta>'.encode()
HEAD, TAIL = f'<rdf:Description xmlns:rdf="{RDF}" rdf:about="">', "</rdf:Description>"

NETWORKS = {
    "mend": "damage U-Net",
    "unet": "U-Net",
    "course-unet": "course U-Net",
    "autoencoder": "auto-encoder",
    "srresnet": "SRResNet",
    "srgan": "SRGAN",
    "srgan-photo": "SRGAN for old photographs",
    "photo2monet": "CycleGAN from photograph to Monet",
    "monet2photo": "CycleGAN from Monet to photograph",
    "vgg19": "VGG-19",
    "lite0": "EfficientNet-Lite0",
}
SENTENCES = {
    "restore": "Restored by {by}: {restored}.",
    "colorize": "Colours added by {by}; the lightness is the photograph's own.",
    "upscale": "Enlarged four times by {by}; the finest detail is likely, not recorded.",
    "stylize": "Painted over by {by}.",
    "restyle": "Painted over in the style of “{painting}” by {by}.",
    "texture": "A texture made by {by} of the pixels of “{painting}”.",
}


def networks(step: Step) -> dict[str, str]:
    """The networks that took part, as the manifest calls them, and their versions ("" where none is told)."""
    if step["task"] == "colorize":
        return {str(step.get("model", "")): str(step.get("version", ""))}
    told = step.get("weights", step.get("features", ""))
    each = (one.partition(" ") for one in str(told).split(", ") if one)
    return {name: version for name, _, version in each}


def sentence(step: Step) -> str:
    """What a step did, in plain words."""
    made = (f"{NETWORKS.get(name, name)} {version}".strip() for name, version in networks(step).items())
    by, form = ", ".join(filter(None, ("Colorizer", *made))), SENTENCES.get(str(step["task"]))
    words = {"painting": "", "restored": restored(step), **step, "by": by}
    text = (form or "Changed by {by} ({task}).").format_map(words)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def restored(step: Step) -> str:
    """What a restoration did to a photograph."""
    done = {
        "light and dark exchanged": step.get("negative"),
        "black and white brought back": step.get("fading"),
        "damage filled in": step.get("mend"),
        "printed dots smoothed": step.get("screen") == "smooth",
        f"enlarged {step.get('enlarge')} times": step.get("enlarge") != 1,
        "colours added": step.get("colour") == "always",
    }
    return ", ".join(what for what, so in done.items() if so) or "nothing was asked for"


def source_type(step: Step) -> str:
    """IPTC's code for what a step makes (Digital Source Type NewsCodes, version of October 2024).

    compositeWithTrainedAlgorithmicMedia: “Augmentation, correction or enhancement using a Generative AI
    model, such as with inpainting or outpainting operations”. So it is with colours, with SRGAN's texture and
    with painting: there was a photograph, and a network added what nobody recorded.
    trainedAlgorithmicMedia: “Digital media created algorithmically using an Artificial Intelligence model
    trained on captured content”: a texture, which begins as noise.
    algorithmicallyEnhanced: “Modification or correction by algorithm without changing the main content of
    the media, initiated or configured by a human, such as sharpening or applying noise reduction”: SRResNet
    alone, which is trained by squared error and invents nothing, or no network at all.
    """
    if step["task"] == "texture":
        return CREATED
    mild = step["task"] in ("upscale", "restore") and set(networks(step)) <= {"srresnet"}
    return ALTERED if mild else EDITED


def after(about: Metadata, step: Step) -> Metadata:
    """What is known of a photo once that step was done to it."""
    return replace(about, steps=(*about.steps, step), xmp=marked(about.xmp, step))


def steps_in(tags: Tags) -> tuple[Step, ...]:
    """The steps that an EXIF block tells of, the first one first; none where it tells of other things."""
    _, comment = tags.get(DETAILS, {}).get(Base.UserComment, (0, b""))
    try:
        last = json.loads(comment.removeprefix(b"ASCII\0\0\0"))
        steps = (*last.pop("before", ()), last)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ()
    return steps if all(map(_is_step, steps)) else ()


def _is_step(one: object) -> bool:
    """Whether this is what the program writes, or another's."""
    if not isinstance(one, dict) or not isinstance(one.get("task"), str):
        return False
    hashes, names = one.get("sha256", {}), ("model", "version") if one["task"] == "colorize" else ()
    texts = (
        *(one.get(name, "") for name in names),
        *(hashes.values() if isinstance(hashes, dict) else (None,)),
    )
    return all(isinstance(text, str) for text in texts)


def marked(xmp: bytes, step: Step) -> bytes:
    """The packet with the marks of a step; all else in it stays to the byte, unless it is damaged: then the
    marks are alone. History goes on, and what is said to be more a machine's stays so."""
    known = marks_in(xmp)
    codes = {source_type(step), known.get(TYPE, "").removeprefix(IPTC)}
    most = [code for code in SOURCE_TYPES if code in codes][-1]
    history = "\n".join((*known.get(HISTORY, "").splitlines(), sentence(step)))
    wanted, block = {TYPE: IPTC + most, TOOL: PROGRAM, HISTORY: history}, HEAD
    for mark, text in wanted.items():
        block += f'<{mark} xmlns:{mark.partition(":")[0]}="{MARKS[mark]}">{escape(text)}</{mark}>'
    added = (block + TAIL).encode("ascii", "xmlcharrefreplace")
    for packet in (_without_marks(xmp) if known else xmp, EMPTY):
        new = re.sub(rb"</(?:[\w.-]+:)?RDF\s*>", lambda end: added + end[0], packet, count=1)
        if marks_in(new) == wanted:
            break
    return new


def marks_in(xmp: bytes) -> dict[str, str]:
    """The three marks that a packet has, by TYPE, TOOL and HISTORY; none where it is damaged."""
    found: dict[str, str] = {}
    if len(xmp) > LONGEST or b"<!DOCTYPE" in xmp:  # which no XMP has, and which may make it grow
        return found
    with suppress(ElementTree.ParseError, ValueError, LookupError):
        for element in ElementTree.fromstring(xmp.strip(b"\0 \t\r\n")).iter():
            text = element.get(f"{{{RDF}}}resource") or element.text or ""
            here = {**element.attrib, element.tag: text}
            found |= {FULL_NAMES[name]: here[name].strip() for name in here if name in FULL_NAMES}
    return found


def _without_marks(xmp: bytes) -> bytes:
    for mark, uri in MARKS.items():
        for prefix in set(re.findall(rb"xmlns:([\w.-]+)\s*=\s*[\"']" + uri.encode() + rb"[\"']", xmp)):
            name = re.escape(prefix + b":" + mark.partition(":")[2].encode())
            attribute = rb"\s" + name + rb"\s*=\s*(\"[^\"]*\"|'[^']*')"
            element = b"<" + name + rb"(\s[^>]*)?(/>|(?<!/)>.*?</" + name + rb"\s*>)"
            xmp = re.sub(attribute + b"|" + element, b"", xmp, flags=re.DOTALL)
    return xmp.replace(f"{HEAD}{TAIL}".encode(), b"")
