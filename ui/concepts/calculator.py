"""The calculator: what training a network of any size takes, and what was published of the same."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.concepts.own_training import own_training
from core.concepts.training_cost import (
    HARDWARE,
    PRESETS,
    SERVED,
    Bill,
    Check,
    Hardware,
    Place,
    Preset,
    Workload,
    bill,
    checks,
)
from core.data.lookup import images_for
from core.errors import VitrineError
from core.runs.run import Run
from core.training.speeds import peak_here
from ui.charts import show_chart
from ui.concepts.amounts import amount_of_energy, amount_of_memory, scientific, span
from ui.concepts.time_chart import name_of, time_chart
from ui.formats import large_number, money, number, percent, plain
from ui.i18n import _, content

OWN = "this run"  # the preset that is the chosen run; no name of the others
_KEY = "cost-"  # of all widgets here
_SET_TO = "costs-of"  # the preset that they were set to
_SINGLE = (("laptop", 1), ("V100", 1), ("A100", 1), ("H100", 1))  # where else a run of ours could train
_ELSEWHERE = (("laptop", 1), ("A100", 1), ("H100", 1), ("H100", 8), ("A100", 1024), ("H100", 16_384))


@st.fragment
def calculator(run: Run | None) -> None:
    """Sliders for the work and the place; what it comes to; how long it would take elsewhere; what was published."""
    presets = _presets(run)
    st.header(_("What would it take to train?"), anchor=False)
    if st.session_state.get(f"{_KEY}preset") not in presets:  # a run that took no step was chosen
        st.session_state.pop(f"{_KEY}preset", None)
    name = st.segmented_control(
        _("Begin with"),
        list(presets),
        default="GPT-3",
        required=True,
        key=f"{_KEY}preset",
        format_func=lambda one: plain(presets[one].name),
    )
    preset = presets.get(str(name), presets["GPT-3"])
    places = _places(preset)
    _begin(preset)
    sliders, figures = st.columns([5, 6], gap="large")
    with sliders:
        work = _work(preset)
        place = _place(places)
    with figures:
        spent = bill(work, place)
        _figures(work, place, spent)
    measured = name != OWN or preset.place.utilisation < 1  # else there is no share of a peak to go by elsewhere
    others = [
        Place(_here() if key == "laptop" else HARDWARE[key], count, place.utilisation, 0)
        for key, count in (_SINGLE if name == OWN else _ELSEWHERE)
        if measured
    ]
    title = _("On {place} it takes {time}").format(place=name_of(place), time=span(spent.hours))
    if name != OWN:
        alone = bill(work, Place(HARDWARE["H100"], 1, place.utilisation, 0))
        title = _("On one H100 it would take {time}").format(time=span(alone.hours))
    show_chart(time_chart(work, place, others), title, "cost-times", height=100 + 33 * (1 + len(others)))
    st.caption(_("Every line at the utilisation that is set above; the blue one is yours. The axis is logarithmic."))
    _published(str(name), preset, run)
    with st.expander(_("The formulas, and where these figures stand"), icon=":material/menu_book:"):
        st.markdown(content("cost-sources"))


def _presets(run: Run | None) -> dict[str, Preset]:
    own = None
    if run is not None:
        try:
            classes = len(run.spec["classes"] if run.bundled else images_for(run).classes)
            own = own_training(run, classes, None if run.bundled else peak_here())
        except VitrineError:  # its dataset is gone
            pass
    return {**PRESETS, OWN: own} if own else dict(PRESETS)


def _begin(preset: Preset) -> None:
    """Set the sliders to the preset, where it is another than that they were set to."""
    another = st.session_state.get(_SET_TO) != preset.name
    for key, value in _values(preset).items():
        if another or _KEY + key not in st.session_state:
            st.session_state[_KEY + key] = value
    st.session_state[_SET_TO] = preset.name


def _values(preset: Preset) -> dict[str, Any]:
    """What the widgets begin with."""
    work, place = preset.work, preset.place
    return {
        "parameters": work.parameters,
        "tokens": round(work.examples),
        "forward": round((work.forward or 0) / 2),
        "images": round(work.examples / preset.epochs),
        "epochs": preset.epochs,
        "hardware": place.hardware.name,
        "count": place.count,
        "utilisation": place.utilisation,
        "watts": int(place.watts),
        "overhead": place.overhead,
        "price": place.price,
    }


def _work(preset: Preset) -> Workload:
    parameters = _steps(_("Parameters"), "parameters", 3, 13)
    if preset.work.forward is None:
        return Workload(parameters, _steps(_("Tokens read in training"), "tokens", 6, 14))
    forward = _steps(_("Multiply-adds of one image’s forward pass"), "forward", 4, 13)
    images = _steps(_("Training images"), "images", 2, 10)
    epochs = st.slider(_("Epochs"), 1, 500, key=f"{_KEY}epochs")
    return Workload(parameters, images * epochs, 2 * forward)


def _steps(title: str, key: str, low: int, high: int) -> int:
    """A slider over powers of ten, in steps of 1, 2 and 5; what is set already is one of the steps."""
    steps = {digit * 10**power for power in range(low, high) for digit in (1, 2, 5)} | {10**high}
    options = sorted(steps | {st.session_state[_KEY + key]})
    return int(st.select_slider(title, options, key=_KEY + key, format_func=large_number))


def _place(places: dict[str, Hardware]) -> Place:
    device, count = st.columns([3, 2])
    chosen = device.selectbox(
        _("Hardware"), list(places), key=f"{_KEY}hardware", on_change=_other_watts, args=(places,)
    )
    devices = count.number_input(_("How many"), 1, 10**6, key=f"{_KEY}count")
    shares = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, *(step / 20 for step in range(2, 21))}
    share = st.select_slider(
        _("Utilisation"),
        sorted(shares | {st.session_state[f"{_KEY}utilisation"]}),
        key=f"{_KEY}utilisation",
        format_func=percent,
        help=_(
            "The share of the peak that training reaches: a fifth to a half for large language models, less for small networks."
        ),
    )
    price, watts, overhead = st.columns(3)
    return Place(
        places[str(chosen)],
        int(devices),
        float(share),
        float(
            watts.number_input(_("Watts each"), 1, 5000, key=f"{_KEY}watts", help=_("With its part of the machine."))
        ),
        float(
            overhead.number_input(
                _("Building"),
                1.0,
                3.0,
                step=0.05,
                key=f"{_KEY}overhead",
                help=_(
                    "Power usage effectiveness: what the building takes for each watt of the machines. 1.1 is good."
                ),
            )
        ),
        float(price.number_input(_("$ an hour"), 0.0, 1000.0, step=0.1, key=f"{_KEY}price", help=_("For one device."))),
    )


def _other_watts(places: dict[str, Hardware]) -> None:
    st.session_state[f"{_KEY}watts"] = int(places[st.session_state[f"{_KEY}hardware"]].watts)


def _places(preset: Preset) -> dict[str, Hardware]:
    """All hardware by its name, the preset's own among it."""
    known = [_here() if key == "laptop" else hardware for key, hardware in HARDWARE.items()]
    return {hardware.name: hardware for hardware in [preset.place.hardware, *known]}


def _here() -> Hardware:
    """The processor: this machine's where a trial measured how fast it is, else two cores of a laptop."""
    peak = peak_here()
    laptop = HARDWARE["laptop"]
    return replace(laptop, name=_("this machine"), peak=peak) if peak else laptop


def _figures(work: Workload, place: Place, spent: Bill) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Time"), span(spent.hours), width="content")
        st.metric(_("Money"), plain(_short(spent.money)), width="content")
    bits = st.segmented_control(
        _("Serve with weights of"),
        list(SERVED),
        default=16,
        required=True,
        key=f"{_KEY}bits",
        format_func=lambda one: _("{n} bits").format(n=one),
    )
    serving = amount_of_memory(work.serving_memory(int(bits or 16)))
    with st.grid(2, min_column_width=150, gap="small"):
        for figure, unit in (
            (scientific(work.operations), _("floating-point operations")),
            (amount_of_energy(spent.energy), _("energy, the building’s too")),
            (amount_of_memory(work.training_memory), _("memory to train, without activations")),
            (serving, _("memory to serve: the weights")),
            (
                number(spent.device_hours) if spent.device_hours >= 10 else f"{spent.device_hours:.2g}",
                _("device-hours"),
            ),
            (
                _("{n} × {device}").format(n=number(spent.to_hold), device=plain(place.hardware.name)),
                _("at least, to hold what is trained"),
            ),
        ):
            st.markdown(f"**{figure}**  \n:small[{unit}]")


def _short(amount: float) -> str:
    """Money in few figures: ``$7.1 million``."""
    return f"${large_number(float(f'{amount:.3g}'))}" if amount >= 1e6 else money(float(f"{amount:.3g}"), "$")


def _published(name: str, preset: Preset, run: Run | None) -> None:
    """What was published of the preset, or measured of the run, beside what the formulas make of it."""
    found = [check for check in checks() if check.preset == name]
    if name == OWN and run is not None:
        taken = run.result["train_seconds"]
        st.markdown(_("**{run}**, as it was measured").format(run=plain(run.name)))
        text = _(
            "Its steps took {time}, validation and sealing left aside: {speed} operations a second, {share} of the peak. The figures above begin with that. "
            "So small a network never fills a large card: what they say of other places is the least that it would take."
        )
        if preset.place.utilisation == 1:
            text = _(
                "Its steps took {time}, validation and sealing left aside: {speed} operations a second, on a machine whose peak was not measured. The figures "
                "above begin with that, and say nothing of other places."
            )
        st.markdown(
            text.format(
                time=span(taken / 3600),
                speed=scientific(preset.work.operations / taken),
                share=percent(preset.place.utilisation),
            )
        )
        return
    st.markdown(_("**{model}**, published beside computed").format(model=preset.name))
    columns = [_("Figure"), _("Published"), _("Computed"), _("Ratio"), _("Source")]
    rows = [(*_row(check), f"{check.ratio:.2f}", f"[{check.said}]({check.source})") for check in found]
    st.table(pd.DataFrame(rows, columns=columns).set_index(columns[0]), border="horizontal")
    if name == "BERT-large":
        st.caption(
            _(
                "What it ran on, 64 TPU chips for four days, has no published utilisation. So eight A100 at 40% of their peak are only an "
                "example, and time and money are not compared."
            )
        )


def _row(check: Check) -> tuple[str, str, str]:
    """The figure's name, and both values with their unit."""
    title, words = {
        "operations": (_("Operations"), scientific),
        "petaflop-days": (_("Petaflop/s-days"), number),
        "days": (_("Days on 10,000 V100"), lambda days: f"{days:.1f}"),
        "device-hours": (_("H100-hours"), large_number),
        "energy": (_("Energy"), lambda mwh: amount_of_energy(1000 * mwh)),
        "serving": (_("Weights at 16 bits"), lambda size: f"{number(size)} GiB"),
        "training": (_("States in training"), lambda size: f"{number(size)} GB"),
        "forward": (_("Multiply-adds an image"), scientific),
        "forward-total": (_("Forward passes of 90 epochs"), scientific),
    }[check.quantity]
    return title, words(check.published), words(check.computed)
