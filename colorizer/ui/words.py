"""Which words does the page say? Every sentence in English and in French, so that none can be missing."""

from __future__ import annotations

import re

_WORDS: dict[str, tuple[str, str]] = {
    "name": ("Colorizer", "Colorizer"),
    "claim": (
        "Colour for your black-and-white photographs. Everything runs on this machine.",
        "De la couleur pour vos photographies en noir et blanc. Tout se passe sur cette machine.",
    ),
    "tab_colorize": ("Colorize", "Coloriser"),
    "tab_about": ("About", "À propos"),
    # Giving a photograph
    "photo": ("Your photograph", "Votre photographie"),
    "drop": (
        "# Drop a photograph here\n or click to choose one",
        "# Déposez une photographie ici\n ou cliquez pour choisir",
    ),
    "other_files": ("Choose a TIFF, HEIC or other file", "Choisir un fichier TIFF, HEIC ou autre"),
    "examples": (
        "No photograph at hand? Try one of these.",
        "Pas de photographie sous la main ? Essayez l’une de celles-ci.",
    ),
    "colour": ("Colour", "Mettre en couleur"),
    "cancel": ("Cancel", "Annuler"),
    "nothing_given": ("Give a photograph first.", "Donnez d’abord une photographie."),
    # While it works
    "waiting": ("Waiting for your turn…", "En attente de votre tour…"),
    "opening": ("Opening your photograph…", "Ouverture de votre photographie…"),
    "looking": ("Looking at your photograph…", "Lecture de votre photographie…"),
    "colouring": (
        "Laying the colours, {percent:.0f}%",
        "Pose des couleurs, {percent:.0f} %",
    ),
    "left": ("about {seconds:.0f} s left", "encore {seconds:.0f} s environ"),
    "stopped": ("Stopped, as you asked.", "Arrêté, comme vous l’avez demandé."),
    "put_away": (
        "Your photograph was put away, as this page keeps nothing for long. Give it again.",
        "Votre photographie a été effacée : cette page ne garde rien longtemps. Donnez-la de nouveau.",
    ),
    "broken": (
        "Something went wrong here; nothing on the page is lost. Try again, or try another photograph.",
        "Quelque chose s’est mal passé ici ; rien n’est perdu sur la page. Réessayez, ou essayez "
        "une autre photographie.",
    ),
    # Notices about a photograph
    "toned": (
        "This photograph has a tone of its own, such as sepia; new colours would replace it.",
        "Cette photographie a sa propre teinte, comme le sépia ; de nouvelles couleurs la remplaceraient.",
    ),
    "keep_tone": ("Keep some of the tone", "Garder un peu de la teinte"),
    "coloured": (
        "This photograph already has colours; new ones would replace them.",
        "Cette photographie a déjà des couleurs ; de nouvelles les remplaceraient.",
    ),
    "keep_colours": ("Keep half of its colours", "Garder la moitié de ses couleurs"),
    "small": (
        "This photograph is very small ({width} × {height}), so colours will be coarse. A larger "
        "scan does better.",
        "Cette photographie est très petite ({width} × {height}) : les couleurs seront grossières. "
        "Un scan plus grand donnera mieux.",
    ),
    "large": (
        "This photograph is very large ({megapixels:.0f} megapixels), so each change takes a few "
        "seconds at full size.",
        "Cette photographie est très grande ({megapixels:.0f} mégapixels) : chaque réglage prendra "
        "quelques secondes.",
    ),
    # The result
    "before": ("Before", "Avant"),
    "after": ("After", "Après"),
    "result": ("Before and after", "Avant et après"),
    "unchanged": (
        "The luminance of your photograph is unchanged.",
        "La luminance de votre photographie est inchangée.",
    ),
    "status_size": ("{width} × {height} in and out", "{width} × {height} avant et après"),
    "status_time": ("{seconds} s", "{seconds} s"),
    "shown_smaller": (
        "shown smaller here, downloaded at full size",
        "montré plus petit ici, téléchargé en pleine taille",
    ),
    "download": ("Download", "Télécharger"),
    "format": ("File format", "Format du fichier"),
    # Sliders
    "saturation": ("Strength of the colours", "Force des couleurs"),
    "saturation_help": ("Left is paler, right is more vivid.", "À gauche plus pâle, à droite plus vif."),
    "temperature": ("Bolder or calmer", "Plus franc ou plus sage"),
    "temperature_help": (
        "Left dares stronger colours, right stays with safe ones.",
        "À gauche des couleurs plus osées, à droite des couleurs plus prudentes.",
    ),
    "keep": ("Keep its own colours", "Garder ses propres couleurs"),
    "keep_help": (
        "For sepia or colour photographs: how much of what is already there stays.",
        "Pour le sépia ou la couleur : la part de ce qui est déjà là qui reste.",
    ),
    # More
    "more": ("More", "Plus"),
    "variants": ("Other colourings", "Autres mises en couleur"),
    "variants_help": (
        "What else it could have been. Click one to take it.",
        "Ce que cela aurait pu être aussi. Cliquez pour choisir.",
    ),
    "likeliest": ("Likeliest", "La plus probable"),
    "variant": ("Other {number}", "Autre {number}"),
    "confidence": ("Show where it is guessing", "Montrer où elle devine"),
    "confidence_help": (
        "Veils the places where the colour could well be another. Only on screen, never in the file.",
        "Voile les endroits où la couleur pourrait bien être autre. À l’écran seulement, jamais "
        "dans le fichier.",
    ),
    "model": ("Who chooses the colours", "Qui choisit les couleurs"),
    "model_help": (
        "The first is the best. The others show why simpler ways give dull colours.",
        "Le premier est le meilleur. Les autres montrent pourquoi des méthodes plus simples "
        "donnent des couleurs ternes.",
    ),
    "model_unet": ("The best one (classification U-Net)", "Le meilleur (U-Net par classification)"),
    "model_course_unet": ("A simpler one (course U-Net)", "Un plus simple (U-Net du cours)"),
    "model_autoencoder": ("The simplest (auto-encoder)", "Le plus simple (auto-encodeur)"),
    "size": ("How closely it looks", "Avec quelle finesse elle regarde"),
    "size_help": (
        "Pixels of the small copy in which it recognises things. Larger is slower and finds smaller things.",
        "Pixels de la petite copie où elle reconnaît les choses. Plus grand : plus lent, et de "
        "plus petites choses.",
    ),
}


def french(text: str) -> str:
    """Spaces before the signs that French sets apart don't break."""
    return re.sub(r" (?=[;:?!%»])|(?<=«) ", "\u00a0", text)


TEXTS = {key: (english, french(other)) for key, (english, other) in _WORDS.items()}
