"""The case study, trained for real with one button, and every step's input and output for one image."""

import numpy as np
import pandas as pd
import streamlit as st

from core import tasks
from core.concepts.case_study import IMAGES, NAME, held_out, latest, suitable
from core.concepts.inside import Inside, Seen, look_inside, most_active
from core.errors import VitrineError
from core.runs.library import get_run
from core.runs.run import Run
from core.training.presets import PRESETS
from ui.concepts.sheets import as_maps, levels, sheet
from ui.formats import duration, number, percent, plain
from ui.i18n import _, content
from ui.pickers import focus_run, known_runs
from ui.pictures import enlarged
from ui.progress import job_bar
from ui.states import epochs_words, phase_words, show_error

TICK = 1.0
PICTURE = 160  # pixels
COLUMNS = 8


def case_study(chosen: Run | None) -> None:
    """The button; while it trains, how far it is; afterwards its steps on an image that it never learnt from."""
    run = latest(known_runs(), chosen)
    st.header(_title(run), anchor=False)
    st.markdown(content("case-study"))
    _begin(run)
    if run is None:
        return
    if run.active:
        st.fragment(_progress, run_every=TICK)(run.id)
        return
    _outcome(run, is_chosen=chosen is not None and chosen.id == run.id)
    steps(run)


def _title(run: Run | None) -> str:
    if run is None or run.active or run.val_accuracy is None:
        return _("The case study: 1,000 images, ten classes, three layers")
    return _("The case study: 1,000 images, three layers, {share} right on validation").format(
        share=percent(run.val_accuracy)
    )


def _begin(run: Run | None) -> None:
    """Choose the images, and train. While one trains there is nothing to begin."""
    if run is not None and run.active:
        return
    datasets = {dataset.name: dataset for dataset in suitable()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = next(iter(datasets))
        if len(datasets) > 1:
            name = st.selectbox(_("Images of"), list(datasets), key="case-data", width=220)
        label = _("Train it again") if run else _("Train it now")
        if st.button(label, type="secondary" if run else "primary", icon=":material/model_training:", key="case-train"):
            try:
                with st.spinner(_("Starting")):  # the first run of all makes the store
                    begun = tasks.train(name, PRESETS[NAME])
                focus_run(begun.id)
            except VitrineError as error:
                show_error(error)
    st.caption(
        _(
            "{images} images of {data}, {epochs} epochs, by the preset “{preset}”. It goes on when you close this page."
        ).format(images=number(IMAGES), data=plain(name), epochs=PRESETS[NAME].epochs, preset=NAME)
    )


def _progress(run_id: str) -> None:
    """How far it is, in place."""
    try:
        run = get_run(run_id)
    except VitrineError:
        st.rerun()  # it was deleted in another window
    if not run.active:
        st.rerun()
    parts = [phase_words(run), epochs_words(run)]
    if run.val_accuracy is not None:
        parts.append(_("{share} right on validation so far").format(share=percent(run.val_accuracy)))
    job_bar(run, *parts)
    st.caption(
        _(
            "When it is done, each of its steps is shown here on one image. All pages look at this run from now on; the sidebar chooses another."
        )
    )


def _outcome(run: Run, *, is_chosen: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.val_accuracy is not None:
            st.metric(_("Validation accuracy"), percent(run.val_accuracy), width="content")
        facts = [plain(run.name), epochs_words(run)]
        if "train_images" in run.result:
            facts.append(_("learnt from {n} images").format(n=number(run.result["train_images"])))
        if run.result.get("seconds"):
            facts.append(_("trained in {time}").format(time=duration(run.result["seconds"])))
        st.caption(" · ".join(facts), width="content")
    with st.container(horizontal=True):
        if not is_chosen:  # all pages speak of the chosen run
            if st.button(_("Choose this run"), icon=":material/check:", key="case-choose"):
                focus_run(run.id)
            return
        st.page_link("pages/train.py", label=_("See its curves"), icon=":material/monitoring:")
        st.page_link("pages/predict.py", label=_("Try it on photos"), icon=":material/image_search:")


@st.fragment
def steps(run: Run) -> None:
    """One image on its way through the network: what goes in and what comes out of each step."""
    try:
        model = look_inside(run.bundle)
        images, labels, classes = held_out(run)
    except VitrineError as error:  # a fragment's errors never reach what called it
        show_error(error)
        return
    number_ = st.slider(
        _("Image"), 1, len(images), 1, key="case-image", help=_("Some that were held out: it never learnt from them.")
    )
    image, truth = images[number_ - 1], classes[labels[number_ - 1]]
    seen = model.see(image)
    raw, scaled = st.columns(2, gap="large")
    with raw:
        _raw(image, truth)
    with scaled:
        _scaled(image, seen)
    for place in range(len(model.layers)):
        _maps(model, seen, place)
    dense, softmax = st.columns(2, gap="large")
    with dense:
        _dense(model, seen)
    with softmax:
        _softmax(model, seen, truth)


def _step(number_: int, name: str, taken: str, given: str) -> None:
    st.markdown(f"**{number_} · {name}**  \n" + _("{taken} in, {given} out").format(taken=taken, given=given))


def _shape(*sides: int) -> str:
    return " × ".join(map(number, sides))


def _raw(image: np.ndarray, truth: str) -> None:
    height, width, _colours = image.shape
    st.markdown("**" + _("The image") + "**  \n" + _("{shape} whole numbers").format(shape=_shape(height, width, 3)))
    picture, words = st.columns([1, 2], vertical_alignment="center")
    picture.image(
        enlarged(image, PICTURE), width="stretch", alt=_("A validation image of class {name}").format(name=truth)
    )
    words.markdown(
        _("It is of class **{name}**. The pixel in its middle has red {red}, green {green}, blue {blue}.").format(
            name=plain(truth),
            **dict(zip(("red", "green", "blue"), image[height // 2, width // 2].tolist(), strict=True)),
        )
    )


def _scaled(image: np.ndarray, seen: Seen) -> None:
    height, width, _colours = image.shape
    _step(1, _("Scale"), _shape(height, width, 3), _shape(*seen.taken.shape))
    colours = [_("red"), _("green"), _("blue")]
    st.image(
        sheet(levels(seen.taken)[..., None].repeat(3, axis=3), 3),
        width=3 * PICTURE,
        alt=_("Three grey pictures: red, green and blue"),
    )
    red, green, blue = (f"{value:.3f}" for value in seen.taken[:, height // 2, width // 2])
    st.caption(
        _(
            "Divided by 255, each colour a plane of its own: {colours}. The pixel in the middle is now {red}, {green}, {blue}."
        ).format(colours=", ".join(colours), red=red, green=green, blue=blue)
    )


def _maps(model: Inside, seen: Seen, place: int) -> None:
    layer, maps = model.layers[place], seen.maps[place]
    before = seen.maps[place - 1].shape if place else seen.taken.shape
    name = _("Convolution {height} × {width}, stride {stride}, and ReLU").format(
        height=layer.kernel[0], width=layer.kernel[1], stride=layer.stride
    )
    _step(2 + place, name, _shape(*before), _shape(*maps.shape))
    alt = _("{n} maps of layer {number}, the most active first").format(n=len(maps), number=place + 1)
    order = most_active(maps, len(maps))
    st.image(sheet(as_maps(maps[order]), COLUMNS), width="stretch", alt=alt)
    st.caption(
        _("Its {n} maps, the most active first. {share} of the numbers are zero.").format(
            n=len(maps), share=percent(float((maps == 0).mean()), 0)
        )
    )


def _dense(model: Inside, seen: Seen) -> None:
    inputs = seen.maps[-1].size
    _step(2 + len(model.layers), _("Fully connected"), number(inputs), number(len(seen.logits)))
    st.table(
        _bars(model.classes, [f"{value:.2f}" for value in seen.logits], _("Logit")),
        border="horizontal",
        hide_index=True,
    )
    st.caption(
        _(
            "The maps in one row, {inputs} numbers, times {weights} weights, and ten biases: a logit for each class, of any size and sign."
        ).format(inputs=number(inputs), weights=number(inputs * len(seen.logits)))
    )


def _softmax(model: Inside, seen: Seen, truth: str) -> None:
    n = number(len(seen.logits))
    _step(3 + len(model.layers), _("Softmax"), n, n)
    shares = pd.DataFrame(
        {_("Class"): list(model.classes), _("Probability"): seen.probabilities.astype(float)},
    )
    st.dataframe(
        shares,
        hide_index=True,
        height=36 * (len(shares) + 1),
        column_config={
            _("Probability"): st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")
        },
        alt=_("The probability of each class"),
    )
    said = model.classes[int(seen.probabilities.argmax())]
    verdict = (
        _("It says **{said}**, and is right.")
        if said == truth
        else _("It says **{said}**, and is wrong: it is {truth}.")
    )
    st.markdown(verdict.format(said=plain(said), truth=plain(truth)))
    st.caption(
        _(
            "Each logit is divided by {temperature:.2f}, the temperature fitted on validation images, and e to that power by the sum over all classes."
        ).format(temperature=model.metadata.temperature)
    )


def _bars(classes: tuple[str, ...], values: list[str], title: str) -> pd.DataFrame:
    return pd.DataFrame({_("Class"): [plain(name) for name in classes], title: values})
