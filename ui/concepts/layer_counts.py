"""Calculators of layers: one convolution, and a whole network of any family, layer by layer."""

import dataclasses
from typing import Any

import pandas as pd
import streamlit as st

from core.concepts.counting import FLOAT, OPERATIONS, TRAINING, convolution, networks
from core.models import BACKBONES, FAMILIES, Layer, Shape
from core.training.recipe import limits
from ui.formats import file_size, large_number, number, percent
from ui.i18n import _, content
from ui.settings import title_of

CLASSES = 10
SIDES = (28, 32, 48, 64, 96, 128, 160, 224)
WIDTHS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)


@st.fragment
def one_convolution() -> None:
    """Sliders for one convolution, and what it gives, holds and costs."""
    with st.grid(3, min_column_width=130, gap="medium"):
        side = st.slider(_("Image side n"), 1, 64, 32, key="conv-side")
        inputs = st.select_slider(_("Channels in C"), (1, 3, 8, 16, 32, 64, 128, 256), 3, key="conv-inputs")
        filters = st.select_slider(_("Filters F"), (1, 3, 8, 16, 32, 64, 128, 256), 32, key="conv-filters")
        kernel = st.slider(_("Kernel K"), 1, 11, 3, key="conv-kernel")
        stride = st.slider(_("Stride s"), 1, 4, 1, key="conv-stride")
        padding = st.slider(_("Padding p"), 0, 5, 1, key="conv-padding")
    layer = convolution(side, inputs, filters, kernel, stride, padding)
    if not layer.multiplications:
        st.header(_("The kernel is larger than the image: it fits nowhere"), anchor=False)
    else:
        st.header(
            _("It gives {shape}, from {n} parameters").format(shape=_shape(layer), n=number(layer.parameters)),
            anchor=False,
        )
    places = (side + 2 * padding - kernel) // stride + 1  # below one where the kernel fits nowhere
    st.latex(
        rf"\;\begin{{aligned}} \lfloor ({side} + 2 \cdot {padding} - {kernel})/{stride} \rfloor + 1 &= {places} \\ "
        rf"{filters}\,({kernel}^2 \cdot {inputs} + 1) &= {_typeset(layer.parameters)} \\ {layer.outputs[0]}^2 \cdot {filters} \cdot {kernel}^2 \cdot {inputs} &= {_typeset(layer.multiplications)} "
        r"\end{aligned}\;"
    )
    st.caption(_("Places a side; parameters; multiply-adds for one image. Checked against PyTorch's Conv2d by a test."))


@st.fragment
def whole_network() -> None:
    """The network that was chosen, at the shape that was chosen, layer by layer."""
    offered = networks(CLASSES)
    name = st.selectbox(_("Network"), list(offered), key="count-network", bind="query-params")
    family, first = offered[name or "article-cnn"]
    shape = _sliders(name, family, first)
    layers = FAMILIES[family].layers(shape)
    parameters = sum(layer.parameters for layer in layers)
    work = OPERATIONS * sum(layer.multiplications for layer in layers)
    st.header(
        _("{parameters} parameters, {flops} FLOPs an image").format(
            parameters=large_number(parameters) if parameters >= 10**7 else number(parameters),
            flops=large_number(work),
        ),
        anchor=False,
    )
    st.markdown(_where(layers))
    st.dataframe(
        _table(layers),
        hide_index=True,
        column_config={
            "parameters": st.column_config.NumberColumn(_("Parameters"), format="localized"),
            "held": st.column_config.ProgressColumn(_("of all"), format="percent", color="blue"),
            "flops": st.column_config.NumberColumn(_("FLOPs"), format="localized"),
            "done": st.column_config.ProgressColumn(_("of all "), format="percent", color="blue"),
            "layer": _("Layer"),
            "gives": _("Gives"),
        },
    )
    st.caption(
        _(
            "The weights fill {size} in single precision. Training takes about {training} FLOPs an image. Exact FLOPs of an image: {work}."
        ).format(size=file_size(FLOAT * parameters), training=large_number(TRAINING * work), work=number(work))
    )
    with st.expander(_("What is counted"), icon=":material/menu_book:"):
        st.markdown(content("counting"))


def _sliders(name: str, family: str, first: Shape) -> Shape:
    """What the family leaves open. Each network has widgets of its own, so that it begins at its own shape."""
    changed: dict[str, Any] = {}
    with st.grid(4, min_column_width=150, gap="medium"):
        changed["classes"] = st.number_input(_("Classes"), 2, 100_000, CLASSES, key=f"count-{name}-classes")
        if family not in BACKBONES:
            options = sorted({*SIDES, first.side})
            changed["side"] = st.select_slider(title_of("image_side"), options, first.side, key=f"count-{name}-side")
        for setting in FAMILIES[family].settings:
            if setting == "grow":
                continue
            value, key = getattr(first, setting), f"count-{name}-{setting}"
            if setting == "cell":
                changed[setting] = st.segmented_control(
                    title_of(setting), ["lstm", "gru"], default=value, required=True, key=key
                )
            elif setting == "width":
                changed[setting] = st.select_slider(title_of(setting), sorted({*WIDTHS, value}), value, key=key)
            else:
                low, high = limits(setting) or (1, 12)
                changed[setting] = st.slider(title_of(setting), int(low), int(high), value, key=key)
    return dataclasses.replace(first, **changed)


def _where(layers: list[Layer]) -> str:
    """Which layers hold most of the weights and do most of the work."""
    holds, works = (max(layers, key=lambda layer: getattr(layer, kind)) for kind in ("parameters", "multiplications"))
    held = holds.parameters / sum(layer.parameters for layer in layers)
    done = works.multiplications / sum(layer.multiplications for layer in layers)
    if holds == works:
        return _("**{layer}** holds most of the weights, {held}, and does most of the work, {done}.").format(
            layer=holds.name, held=percent(held, 0), done=percent(done, 0)
        )
    return _("**{holds}** holds most of the weights, {held}; **{works}** does most of the work, {done}.").format(
        holds=holds.name, held=percent(held, 0), works=works.name, done=percent(done, 0)
    )


def _table(layers: list[Layer]) -> pd.DataFrame:
    parameters, multiplications = (
        sum(getattr(layer, kind) for layer in layers) for kind in ("parameters", "multiplications")
    )
    return pd.DataFrame(
        {
            "layer": [f"{place} · {layer.name}" for place, layer in enumerate(layers, 1)],
            "gives": [_shape(layer) for layer in layers],
            "parameters": [layer.parameters for layer in layers],
            "held": [layer.parameters / parameters for layer in layers],
            "flops": [OPERATIONS * layer.multiplications for layer in layers],
            "done": [layer.multiplications / multiplications for layer in layers],
        }
    )


def _shape(layer: Layer) -> str:
    return " × ".join(map(str, layer.outputs))


def _typeset(count: int) -> str:
    """A count in LaTeX, whose commas would else have a space behind them."""
    return number(count).replace(",", "{,}")
