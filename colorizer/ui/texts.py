"""In which language does the page speak? The browser translates what never changes, the rest is said here.

`label` names a text that Gradio's front end translates; `language` is what the browser asked for, and `say`,
`sentence` and `note` write in it what has just happened.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from html import escape
from typing import cast

import gradio as gr

from colorizer import errors
from colorizer.networks.resampling import FACTOR
from colorizer.photo import LIMITS, Photo
from colorizer.predictors.upscale import LIMITS as UPSCALE_LIMITS
from colorizer.ui.files import shown_side
from colorizer.ui.words import TEXTS, french

LANGUAGES = ("en", "fr")

# English shows the error's own sentence, with the value that was wrong; French says of what kind it is.
FRENCH_ERRORS: dict[type[errors.ColorizerError], str] = {
    errors.UnreadablePhoto: "Ce fichier ne se lit pas comme une image. Essayez un JPEG, un PNG ou un TIFF.",
    errors.UnsupportedPhoto: "Ce genre d’image ne se lit pas ici. Enregistrez-la en JPEG, PNG ou TIFF.",
    errors.PhotoTooLarge: (
        f"Cette photographie dépasse la limite de {LIMITS.max_pixels // 1_000_000} mégapixels, "
        f"{LIMITS.max_side} pixels de côté et {LIMITS.max_bytes >> 20} Mio. Réduisez-la."
    ),
    errors.PhotoNotSaved: "Le résultat n’a pas pu être enregistré dans ce format. Choisissez-en un autre.",
    errors.WeightsError: "Ce modèle manque ou son fichier est abîmé. Choisissez-en un autre sous « Plus ».",
    errors.SettingsError: "Un réglage est hors de ses limites.",
    errors.Cancelled: TEXTS["stopped"][1],
    errors.ColorizerError: "Cette demande n’a pas pu aboutir. Essayez une autre photographie.",
}

# What the same errors mean where a photograph is enlarged.
FRENCH_UPSCALE_ERRORS: dict[type[errors.ColorizerError], str] = {
    **FRENCH_ERRORS,
    errors.PhotoTooLarge: (
        "Cette photographie est trop grande pour être agrandie ; la limite est de "
        f"{UPSCALE_LIMITS.max_pixels // FACTOR**2 / 1e6:g} mégapixels et {UPSCALE_LIMITS.max_side // FACTOR} "
        "pixels de côté. Recadrez-la ou réduisez-la."
    ),
    errors.WeightsError: "Ce qu’il faut pour agrandir manque ou est abîmé.",
}

# And where one takes on a style.
FRENCH_STYLE_ERRORS: dict[type[errors.ColorizerError], str] = {
    **FRENCH_ERRORS,
    errors.SettingsError: (
        "Une des images est trop étroite, ou un réglage est hors de ses limites. Recadrez l’image, ou "
        "choisissez une plus grande taille."
    ),
    errors.WeightsError: "Le réseau qui compare les styles manque ou son fichier est abîmé.",
}

FRENCH_NOTES = (
    (
        r"Enlarged four times; reduced again, it differs from the photo by (\d+)\.(\d+)/255 on average\.",
        r"Agrandie quatre fois ; réduite de nouveau, elle en diffère de \1,\2/255 en moyenne.",
    ),
    (r"Converted from (.+) to sRGB\.", r"Converti de \1 en sRGB."),
    (r"First of (\d+) frames\.", r"Première image sur \1."),
    (
        r"The embedded profile .+ was set aside\.",
        "Le profil de couleur intégré ne convient pas ; il a été ignoré.",
    ),
    (
        r"The embedded colour profile is damaged.+",
        "Le profil de couleur est abîmé ; l’image est prise pour du sRGB.",
    ),
    (
        r"The CMYK picture has no profile.+",
        "L’image CMJN n’a pas de profil ; ses couleurs sont approximatives.",
    ),
)

I18N = gr.I18n(**{code: {key: pair[i] for key, pair in TEXTS.items()} for i, code in enumerate(LANGUAGES)})


def label(key: str) -> str:
    """A text that the browser translates; Gradio takes it wherever it takes a string."""
    if key not in TEXTS:
        raise KeyError(key)
    return cast(str, I18N(key))


def language(request: gr.Request | None) -> str:
    """The language that the browser prefers: "fr", or "en" for everybody else."""
    wanted = request.headers.get("accept-language", "") if request is not None else ""
    return "fr" if wanted.strip().lower().startswith("fr") else "en"


def say(code: str, key: str, **values: object) -> str:
    """The sentence of that name in the language `code`, filled with `values`."""
    return TEXTS[key][LANGUAGES.index(code)].format(**values)


def sentence(
    code: str, error: errors.ColorizerError, known: dict[type[errors.ColorizerError], str] = FRENCH_ERRORS
) -> str:
    """What a person reads of an error; `known` are the French sentences."""
    if code == "fr":
        return french(next(known[kind] for kind in type(error).__mro__ if kind in known))
    return str(error)


def note(code: str, text: str) -> str:
    """A photo's note in that language."""
    for pattern, translation in FRENCH_NOTES if code == "fr" else ():
        if re.fullmatch(pattern, text):
            return french(re.sub(pattern, translation, text))
    return text


def decimal(code: str, value: float, form: str = ".1f") -> str:
    """A number, with one decimal unless `form` says otherwise, as the language writes it."""
    return f"{value:{form}}".replace(".", "," if code == "fr" else ".")


def both(key: str) -> str:
    """A text in both languages as HTML, of which the style sheet shows the one of the page."""
    return in_both(TEXTS[key])


def in_both(pair: tuple[str, str]) -> str:
    """An English and a French text as HTML."""
    return "".join(f'<span lang="{code}">{text}</span>' for code, text in zip(LANGUAGES, pair, strict=True))


# The sentences on the page as HTML


def progress_line(text: str, share: float | None = None) -> str:
    """What is going on, and how far it is (0..1, None when nobody knows)."""
    bar = "<progress></progress>" if share is None else f'<progress value="{share:.3f}"></progress>'
    return f'<div class="line" role="status"><span>{escape(text)}</span>{bar}</div>'


def trouble_line(text: str) -> str:
    """What went wrong."""
    return f'<div class="line trouble" role="alert">{escape(text)}</div>'


def remark_line(text: str) -> str:
    """What is no trouble."""
    return f'<div class="line" role="status">{escape(text)}</div>'


def paragraphs(*texts: str) -> str:
    """One below the other."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def status_line(
    code: str,
    began: float,
    facts: Sequence[str],
    sentences: Sequence[str],
    photo: Photo,
    result: Photo | None = None,
) -> str:
    """Below a result: the seconds since it was begun, the facts, the sentences, and the photo's notes."""
    result = result or photo
    first = [say(code, "status_time", seconds=decimal(code, time.monotonic() - began)), *facts]
    if shown_side(result) < max(result.width, result.height):
        first.append(say(code, "shown_smaller"))
    notes = [note(code, text) for text in photo.metadata.notes]
    return paragraphs(" · ".join(first), " ".join([*sentences, *notes]))
