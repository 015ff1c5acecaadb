"""Which words does the page say? Every sentence in English and in French, so that none can be missing."""

from __future__ import annotations

import re

_WORDS: dict[str, tuple[str, str]] = {
    "name": ("Colorizer", "Colorizer"),
    "claim": (
        "Colour and enlarge your photographs. Everything runs on this machine.",
        "Mettez vos photographies en couleur, agrandissez-les. Tout se passe sur cette machine.",
    ),
    "claim_painting": (
        "Colour, enlarge and paint your photographs. Everything runs on this machine.",
        "Mettez vos photographies en couleur, agrandissez-les, peignez-les. Tout se passe sur cette machine.",
    ),
    "tab_colorize": ("Colorize", "Coloriser"),
    "tab_upscale": ("Upscale", "Agrandir"),
    "tab_monet": ("Monet", "Monet"),
    "tab_style": ("Own style", "Votre style"),
    "tab_dull": ("Why dull?", "Pourquoi ternes ?"),
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
    "send_upscale": ("Send to Upscale", "Envoyer vers Agrandir"),
    "send_monet": ("Send to Monet", "Envoyer vers Monet"),
    "send_style": ("Send to Own style", "Envoyer vers Votre style"),
    "send_colorize": ("Send to Colorize", "Envoyer vers Coloriser"),
    # Enlarging
    "no_upscaler": (
        "Enlarging isn’t possible here yet: the weights that it needs are not there.",
        "Agrandir n’est pas encore possible ici : les poids qu’il faut ne sont pas là.",
    ),
    "enlarge": ("Enlarge ×4", "Agrandir ×4"),
    "forecast_size": ("Enlarged, it will be {width} × {height}.", "Agrandie, elle fera {width} × {height}."),
    "forecast_cost": (
        "That takes about {duration} and {memory} GB of memory.",
        "Il y faut environ {duration} et {memory} Go de mémoire.",
    ),
    "enlarging_part": ("Enlarging a part…", "Agrandissement d’une partie…"),
    "getting_ready": ("Getting ready…", "Préparation…"),
    "tile": ("Tile {number} of {count}", "Carreau {number} sur {count}"),
    "testing": ("Reducing and enlarging again…", "Réduction, puis nouvel agrandissement…"),
    "plain": ("Enlarged plainly", "Simple agrandissement"),
    "ours": ("Enlarged here", "Agrandi ici"),
    "part": (
        "This is a small part of your photograph. Click anywhere on the photograph to see another.",
        "Voici une petite partie de votre photographie. "
        "Cliquez ailleurs sur la photographie pour en voir une autre.",
    ),
    "part_whole": ("This is all of your photograph.", "Voici toute votre photographie."),
    "part_how": (
        "On the left the pixels are only smoothed (bicubic), on the right they are redrawn.",
        "À gauche les pixels sont seulement lissés (bicubique), à droite ils sont redessinés.",
    ),
    "whole": ("Back to the whole photograph", "Revenir à la photographie entière"),
    "remaining": (
        "Reduced again, it differs from your photograph by {error}/255 on average.",
        "Réduite de nouveau, elle diffère de votre photographie de {error}/255 en moyenne.",
    ),
    "detail": ("Softer or more detailed", "Plus doux ou plus détaillé"),
    "detail_help": (
        "Left keeps to what is certain, right invents likely texture.",
        "À gauche seulement ce qui est sûr, à droite des textures vraisemblables sont inventées.",
    ),
    "upscale_model": ("Your photograph is", "Votre photographie est"),
    "upscale_model_help": (
        "The second also takes grain, noise and the blocks of JPEG away, as most old photographs need.",
        "Le second enlève aussi grain, bruit et blocs du JPEG : mieux pour la plupart des vieilles photos.",
    ),
    "upscale_model_clean": ("Small but clean", "Petite mais nette"),
    "upscale_model_photo": ("Old, noisy or compressed", "Ancienne, bruitée ou compressée"),
    "consistency": ("Truth to your photograph", "Fidélité à votre photographie"),
    "consistency_help": (
        "How many corrections so that, reduced again, it gives your photograph back. 0 is none.",
        "Combien de corrections pour que, réduite, elle redonne votre photographie. 0 : aucune.",
    ),
    "across": ("The part shown, across", "La partie montrée, en largeur"),
    "across_help": (
        "0 is the photograph’s left edge, 100 its right one. A click on the photograph does the same.",
        "0 : le bord gauche de la photographie, 100 : le droit. Un clic sur la photographie fait de même.",
    ),
    "down": ("The part shown, down", "La partie montrée, en hauteur"),
    "down_help": ("0 is the upper edge, 100 the lower one.", "0 : le bord du haut, 100 : celui du bas."),
    "truth": ("Test it on itself", "La mettre à l’épreuve"),
    "truth_help": (
        "Makes the middle of your photograph four times smaller, enlarges it again, and tells how close that "
        "comes to what was there.",
        "Réduit quatre fois le milieu de votre photographie, l’agrandit de nouveau, et dit si l’on retrouve "
        "ce qui y était.",
    ),
    "truth_small": (
        "For this test a photograph must be at least {side} pixels wide and high.",
        "Pour cette épreuve, une photographie doit faire au moins {side} pixels de large et de haut.",
    ),
    "truth_done": (
        "The middle of your photograph ({width} × {height}), made four times smaller and enlarged again.",
        "Le milieu de votre photographie ({width} × {height}), réduit quatre fois puis agrandi de nouveau.",
    ),
    "truth_found": (
        "Distance from the original: plainly {plain} dB, here {ours} dB (PSNR of the luminance; higher is "
        "closer).",
        "Écart à l’original : simplement {plain} dB, ici {ours} dB (PSNR de la luminance ; plus haut est "
        "plus proche).",
    ),
    # Painting
    "paint": ("Paint", "Peindre"),
    "painting": ("Painting, {percent:.0f}%", "Peinture, {percent:.0f} %"),
    "direction": ("From what to what", "De quoi à quoi"),
    "direction_photo2monet": ("Photograph to Monet", "Photographie en Monet"),
    "direction_monet2photo": ("Monet to photograph", "Monet en photographie"),
    "strength": ("How much of the painting", "Quelle part de peinture"),
    "strength_help": (
        "Left stays with your photograph, right is all painting.",
        "À gauche la photographie, à droite la peinture seule.",
    ),
    "brush": ("Width of the brush", "Largeur du pinceau"),
    "brush_help": (
        "Left paints fine things with many small strokes, right the large ones with broad strokes.",
        "À gauche les petites choses en touches fines, à droite les grandes en touches larges.",
    ),
    "keep_my_colours": ("Keep my colours", "Garder mes couleurs"),
    "keep_my_colours_help": (
        "Paints light and dark alone; the colours stay those of your photograph.",
        "Ne peint que le clair et le sombre ; les couleurs restent celles de la photographie.",
    ),
    "painted_at": (
        "Painted as if it had {width} × {height} pixels.",
        "Peinte comme si elle avait {width} × {height} pixels.",
    ),
    "cycle": ("There and back", "Aller et retour"),
    "cycle_help": (
        "Paints your photograph, makes a photograph of the painting, and shows what was lost on the way.",
        "Peint la photographie, refait de la peinture une photographie, et montre ce qui s’est perdu.",
    ),
    "there_and_back": ("Going there and back…", "Aller et retour en cours…"),
    "given": ("Given", "Donnée"),
    "translated": ("There", "Aller"),
    "back_again": ("Back again", "Retour"),
    "difference": ("Difference, four times", "Différence, quatre fois"),
    "cycle_lost": (
        "There and back, it differs from what was given by {difference}/255 on average.",
        "Aller et retour, elle diffère de ce qui était donné de {difference}/255 en moyenne.",
    ),
    # A style of one's own
    "style_mode": ("What to make", "Que faire"),
    "style_mode_photo": ("Paint a photograph", "Peindre une photographie"),
    "style_mode_texture": ("Make a texture", "Faire une texture"),
    "canvas": ("The painting whose style it takes", "Le tableau dont elle prend le style"),
    "drop_canvas": (
        "# Drop a painting here\n or any picture whose look you like",
        "# Déposez un tableau ici\n ou une image dont l’aspect vous plaît",
    ),
    "no_canvas": ("Give a painting first.", "Donnez d’abord un tableau."),
    "restyle": ("Start painting", "Commencer à peindre"),
    "stop_and_keep": ("Stop and keep this", "Arrêter et garder ceci"),
    "style_step": ("Step {step} of {steps}", "Étape {step} sur {steps}"),
    "style_preview": ("What has become of it so far", "Ce qu’elle est devenue jusqu’ici"),
    "style_by": ("compared by {features}", "comparé par {features}"),
    "style_stopped": ("stopped after {steps} of {of} steps", "arrêté après {steps} étapes sur {of}"),
    "style_fell": (
        "It is {factor} times nearer to the painting’s style than at the beginning (distance {before}, now "
        "{after}).",
        "Elle est {factor} fois plus près du style du tableau qu’au début (distance {before}, maintenant "
        "{after}).",
    ),
    "style_size": ("Size of the result", "Taille du résultat"),
    "style_size_help": (
        "Pixels of the long side. Twice as many take about four times as long.",
        "Pixels du grand côté. Le double demande environ quatre fois plus de temps.",
    ),
    "style_steps": ("Patience", "Patience"),
    "style_steps_help": (
        "How many steps it may take. More come nearer to the painting.",
        "Combien d’étapes lui sont permises. Plus il y en a, plus elle s’approche du tableau.",
    ),
    "style_keep_help": (
        "Takes the touch alone; the colours stay those of your photograph.",
        "Ne prend que la touche ; les couleurs restent celles de la photographie.",
    ),
    "style_features_vgg19": (
        "Styles are compared here by VGG-19, the network that this method was made for.",
        "Les styles sont comparés ici par VGG-19, le réseau pour lequel cette méthode a été faite.",
    ),
    "style_features_lite0": (
        "Styles are compared here by EfficientNet-Lite0, quickly but less well; after "
        "<code>python -m colorizer weights pull vgg19</code> (548 MB) and a new start it is VGG-19.",
        "Les styles sont comparés ici par EfficientNet-Lite0, vite mais moins bien ; après "
        "<code>python -m colorizer weights pull vgg19</code> (548 Mo) et un redémarrage, c’est VGG-19.",
    ),
    # Why are the colours dull?
    "dull_why": (
        "A dress may have been red or blue. A network that must name one colour, and is punished for the "
        "square of its error, names the middle of the two: grey. A and B learnt like that.",
        "Une robe a pu être rouge ou bleue. Un réseau qui doit nommer une seule couleur, et que l’on punit "
        "du carré de son erreur, nomme le milieu des deux : du gris. A et B ont appris ainsi.",
    ),
    "dull_cure": (
        "C says how likely every colour is, and only then chooses. Move over a picture to see what it holds "
        "likely there.",
        "C dit combien chaque couleur est probable, et ne choisit qu’ensuite. Passez sur une image pour voir "
        "ce qu’il y tient pour probable.",
    ),
    "dull_asking": ("Asking all three", "Les trois réfléchissent"),
    "dull_grey": ("What they were given", "Ce qu’ils ont reçu"),
    "dull_autoencoder": ("auto-encoder", "auto-encodeur"),
    "dull_course_unet": ("course U-Net", "U-Net du cours"),
    "dull_unet": ("classification U-Net", "U-Net par classification"),
    "dull_mean": ("middle of C’s likely colours", "milieu des couleurs probables de C"),
    "dull_true": ("the true colour", "la vraie couleur"),
    "dull_strength": ("colour strength", "force des couleurs"),
    "dull_own": ("the photograph itself: colour strength", "la photographie elle-même : force des couleurs"),
    "dull_error": ("off by", "écart"),
    "dull_plot": (
        "Squares are colours that C holds likely at the cross, the larger the likelier: green to red from "
        "left to right, blue to yellow upwards, grey in the middle. The numbers say how far from grey each "
        "answer is.",
        "Les carrés sont les couleurs que C tient pour probables à la croix, d’autant plus grands qu’elles "
        "le sont : du vert au rouge de gauche à droite, du bleu au jaune vers le haut, le gris au milieu. "
        "Les nombres disent combien chaque réponse s’éloigne du gris.",
    ),
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
