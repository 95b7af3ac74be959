"""The chosen run's own filters, and what its layers make of a picture, one after the other."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.bundle.decoding import Rejected
from core.concepts.inside import Inside, Layer, Seen, look_inside, most_active
from core.errors import VitrineError
from core.runs.run import Run
from ui.concepts.picture import Picture
from ui.concepts.sheets import as_filters, as_maps, sheet
from ui.empty import nothing_trained
from ui.formats import number, percent, plain
from ui.i18n import _, ngettext
from ui.pictures import enlarged
from ui.states import show_error

MAPS = 24  # of a layer, at most
FILTERS = 48  # of the first layer, at most
NAMED = 10  # classes, at most
COLUMNS = 8  # of a sheet
SMALL = 224  # pixels of the picture beside the maps


def insides(run: Run | None, picture: Picture) -> None:
    """What the run's model has learnt to look for, and what it finds in this picture; or why there is no model to ask."""
    if run is None or run.active or not run.has_bundle:
        nothing_trained(run)
        return
    try:
        model = look_inside(run.bundle)
        seen, pixels = _seen(run, picture)
    except VitrineError as error:
        show_error(error)
        return
    st.header(_title(run, model), anchor=False)
    if len(model.filters):
        _filters(model, seen)
    if model.layers:
        _layers(model, seen, pixels, run.id)
    if len(seen.positions):
        _positions(seen, pixels, model)
    if picture.label and picture.label not in model.classes:
        st.markdown(_stranger(picture.label, model.classes))
    said = int(seen.probabilities.argmax())
    st.markdown(
        _("What the last layer makes of all that: **{label}**, {share}.").format(
            label=plain(model.classes[said]), share=percent(float(seen.probabilities[said]))
        )
    )


def _stranger(label: str, classes: Sequence[str]) -> str:
    """That no answer of the model can be right."""
    names = ", ".join(classes[:NAMED]) + (", …" if len(classes) > NAMED else "")
    text = _(
        ":material/warning: This model has never learnt “{label}”. It can only answer with what it knows: {names}."
    )
    return text.format(label=plain(label), names=plain(names))


def _title(run: Run, model: Inside) -> str:
    name = plain(run.name)
    if model.layers:
        text = ngettext(
            "Inside {run}: {n} layer of convolutions", "Inside {run}: {n} layers of convolutions", len(model.layers)
        )
        return text.format(run=name, n=len(model.layers))
    return _("Inside {run}: a network without convolutions").format(run=name)


def _seen(run: Run, picture: Picture) -> tuple[Seen, np.ndarray]:
    """What the model makes of the picture as it takes it, and that picture; remembered until another is asked for."""
    model = look_inside(run.bundle)
    key = (run.id, model.metadata.created, picture.key)
    if st.session_state.get("insides", (None,))[0] != key:
        (image,) = model.read([picture.file])
        if isinstance(image, Rejected):
            raise VitrineError(image.code, **image.params)
        pixels = model.looks(image.pixels)[0]  # the whole picture: a closer look shows no other layers
        st.session_state["insides"] = key, model.see(pixels), pixels
    _key, seen, pixels = st.session_state["insides"]
    return seen, pixels


def _filters(model: Inside, seen: Seen) -> None:
    """The weights of the first layer as pictures."""
    n, _colours, height, width = model.filters.shape
    shown = model.filters[:FILTERS]
    if model.layers:
        text = _(
            "**What its first layer looks for.** Each of its {n} filters is {height} × {width} pixels of three colours, learnt from the images."
        )
    else:
        # Of so many neurons, those that this picture moves most.
        shown = model.filters[np.argsort(-np.abs(seen.hidden), kind="stable")[:FILTERS]]
        text = _(
            "**What its first layer looks for.** It has no filters that move over the picture: each of its {n} neurons has a weight for every colour of "
            "every pixel, a template of {height} × {width}. These are the ones that answer most to this picture."
        )
    st.markdown(text.format(n=number(n), height=height, width=width))
    alt = _("{n} small pictures: the weights of the first layer").format(n=len(shown))
    st.image(sheet(as_filters(shown), 2 * COLUMNS), width="stretch", alt=alt)
    st.caption(
        _(
            "Grey is a weight of zero; brighter and darker in a colour: it adds to the answer, or takes from it. Each is scaled by its own largest weight."
        )
    )


@st.fragment
def _layers(model: Inside, seen: Seen, pixels: np.ndarray, key: str) -> None:
    """The maps of one layer, chosen by a slider."""
    numbers = list(range(1, len(model.layers) + 1))
    chosen = 1
    if len(numbers) > 1:
        chosen = st.select_slider(
            _("Layer"), numbers, key=f"layer-{key}", help=_("From the pixels towards the answer.")
        )
    layer, maps = model.layers[chosen - 1], seen.maps[chosen - 1]
    strongest = most_active(maps, MAPS)
    taken, made = st.columns([1, 3], gap="large")
    with taken:
        st.image(enlarged(pixels, SMALL), width="stretch", alt=_("The picture as the model takes it"))
        st.caption(_taken(model))
    with made:
        st.markdown(f"**{_facts(layer, chosen, len(numbers))}**")
        alt = _("{n} maps of layer {number}, the most active first").format(n=len(strongest), number=chosen)
        st.image(sheet(as_maps(maps[strongest]), COLUMNS), width="stretch", alt=alt)
        st.caption(_about(layer, maps, model.side, chosen / len(numbers)))


def _taken(model: Inside) -> str:
    if model.metadata.ground:
        text = _("What it takes: {side} × {side}; a photo becomes a drawing like those it learnt from")
        return text.format(side=model.side)
    return _("What it takes: {side} × {side}").format(side=model.side)


def _facts(layer: Layer, number_: int, of: int) -> str:
    channels, height, width = layer.shape
    return _("Layer {number} of {of}: {channels} filters of {kernel}, {channels} maps of {height} × {width}").format(
        number=number_, of=of, channels=channels, kernel="{} × {}".format(*layer.kernel), height=height, width=width
    )


def _about(layer: Layer, maps: np.ndarray, side: int, depth: float) -> str:
    """What one sees, in words, and no more than can be seen."""
    channels, height, _width = layer.shape
    parts = [
        _("The {n} most active of {channels} maps.").format(n=MAPS, channels=channels)
        if channels > MAPS
        else _("All its maps, the most active first."),
        _("Bright: the filter found what it looks for at that place. Black: nothing."),
    ]
    if (maps < 0).any():
        parts.append(_("Blue: below zero."))
    parts.append(_("{share} of the numbers are zero.").format(share=percent(float((maps == 0).mean()), 0)))
    if layer.stride > 1:
        parts.append(_("It moves by {n} pixels at a time, which makes the maps smaller.").format(n=layer.stride))
    if layer.own != layer.shape[1:]:
        parts.append(
            _("A pool has kept the largest of neighbouring numbers: {before} became {after}.").format(
                before=layer.own[0], after=height
            )
        )
    if depth == 1:
        parts.append(_("What stands in these maps is all that the dense layers after them learn of the picture."))
    elif height == side:
        parts.append(_("The maps are as large as the picture: what is found is told place by place."))
    else:
        parts.append(
            _("One number here stands for {n} × {n} pixels of the picture and what lies around them.").format(
                n=round(side / height)
            )
        )
    return " ".join(parts)


def _positions(seen: Seen, pixels: np.ndarray, model: Inside) -> None:
    """What a network that reads rows or patches has made of each of them."""
    places, features = seen.positions.shape
    taken, made = st.columns([1, 3], gap="large")
    if not model.layers:
        taken.image(enlarged(pixels, SMALL), width="stretch", alt=_("The picture as the model takes it"))
        text = _(
            "It reads the picture row by row. A line below is a row of the picture, and holds the {features} numbers that the last recurrent layer says of it."
        )
    else:
        text = _(
            "After that it attends to patches. A line below is one of {places} patches, and holds the {features} numbers that the last block says of it."
        )
    with made:
        st.markdown(text.format(places=places, features=features))
        st.image(
            enlarged(as_maps(seen.positions[None])[0], SMALL),
            width="stretch",
            alt=_("{places} rows of {features} numbers as a picture").format(places=places, features=features),
        )
