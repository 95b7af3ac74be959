"""A kernel of one's own on a picture, and the sum behind any pixel of the result."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.concepts.convolution import KERNELS, SIZE, Convolution, Sum, to_grey
from ui.concepts.sheets import levels
from ui.i18n import _
from ui.pictures import address

SIDE = 64  # pixels of the picture that is filtered: few enough to see each
FIRST = list(KERNELS).index("vertical")
STRIDES, PADDINGS = [1, 2, 3], [0, 1, 2]
KEY = "by-hand"

_PICTURES = st.components.v2.component(
    "filtering",
    html="""<section><figure><div class="stage pointed"><img alt=""><i></i></div><figcaption></figcaption></figure>
<figure><div class="stage" tabindex="0" role="application"><img alt=""><i></i></div><figcaption></figcaption></figure></section>
""",
    css="""section { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; }
.stage { position: relative; }
[tabindex], .pointed { cursor: crosshair; touch-action: none; }
[tabindex]:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 3px; }
img { display: block; width: 100%; image-rendering: pixelated; border-radius: var(--st-base-radius); user-select: none; -webkit-user-drag: none; }
i { position: absolute; box-sizing: border-box; border: 2px solid #E69F00; box-shadow: 0 0 0 1px #161513; pointer-events: none; }
figcaption { margin-top: 0.5rem; font-size: 0.875rem; line-height: 1.5; color: var(--st-text-color); opacity: 0.75; }
""",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@st.fragment
def filtering(pixels: np.ndarray) -> None:
    """Kernel, stride and padding; the picture uint8 `[side, side, 3]` beside its result; the sum of the pixel that is picked."""
    picture = to_grey(pixels)
    _result(picture, _controls())


@st.fragment
def _result(picture: np.ndarray, convolution: Convolution) -> None:
    """A fragment of its own: to pick another pixel moves nothing else."""
    result = convolution(picture)
    st.caption(
        _("Click a place in either picture, or move on with the arrow keys: below stands the sum that made that pixel.")
    )
    row, column = picked(result, -(-convolution.padding // convolution.stride))
    _show(picture, result, convolution, row, column)
    _sum(convolution.sum_at(picture, row, column), convolution, row, column)


def kernel_words(name: str) -> tuple[str, str]:
    """What a kernel is called, and what it does."""
    return {
        "identity": (_("Identity"), _("Takes the middle pixel alone: nothing changes.")),
        "blur": (_("Blur"), _("The mean of nine pixels: what is fine disappears.")),
        "sharpen": (_("Sharpen"), _("Adds how much a pixel differs from its four neighbours.")),
        "horizontal": (
            _("Horizontal edges"),
            _("What is below, less what is above: it answers where brightness changes downwards."),
        ),
        "vertical": (
            _("Vertical edges"),
            _("What is right, less what is left: it answers where brightness changes sideways."),
        ),
        "emboss": (
            _("Emboss"),
            _("Lower right less upper left, and the pixel itself: as if light fell from a corner."),
        ),
        "outline": (_("Outline"), _("Eight times the pixel, less its eight neighbours: even ground gives zero.")),
    }[name]


def _controls() -> Convolution:
    choice, numbers, settings = st.columns([6, 8, 7], gap="medium")
    with choice:
        name = st.selectbox(
            _("Kernel"), list(KERNELS), FIRST, format_func=lambda one: kernel_words(one)[0], key="kernel"
        )
        about = st.empty()
    with numbers:
        kernel = _edited(name)
    said, does = kernel_words(name)
    mine = _("Your own kernel, which began as “{name}”.").format(name=said)
    about.caption(does if np.array_equal(kernel, KERNELS[name]) else mine)
    with settings:
        with st.container(horizontal=True):
            stride = st.segmented_control(
                _("Stride"),
                STRIDES,
                default=1,
                required=True,
                key="stride",
                help=_("How many pixels the window moves on."),
            )
            padding = st.segmented_control(
                _("Padding"),
                PADDINGS,
                default=1,
                required=True,
                key="padding",
                help=_("Rows and columns of zeros around it."),
            )
        bias = st.slider(_("Bias"), -1.0, 1.0, 0.0, 0.05, key="bias", help=_("Added to every sum."))
        relu = st.toggle(_("ReLU"), key="relu", help=_("What is below zero becomes zero."))
    return Convolution(kernel, stride, padding, bias, relu)


def _edited(name: str) -> np.ndarray:
    """The kernel's nine numbers, each of which can be changed."""
    sides = [_("left"), _("middle"), _("right")]
    column = st.column_config.NumberColumn(format="%.2f", step=0.01, width="small")
    edited = st.data_editor(
        pd.DataFrame(KERNELS[name], columns=sides),
        hide_index=True,
        key=f"kernel-{name}",
        column_config=dict.fromkeys(sides, column),
        alt=_("The kernel’s nine numbers, to be changed"),
    )
    return np.nan_to_num(edited.to_numpy(np.float64, na_value=0.0))  # a number that was deleted


def picked(result: np.ndarray, edge: int = 0) -> tuple[int, int]:
    """The pixel of the result `[h, w]` that was pointed at; what comes from a browser is checked. At first the strongest.

    Args:
        edge: rows and columns around it whose windows hold padding: white ground has its strongest edge there.
    """
    rows, columns = result.shape
    state: Any = st.session_state.get(KEY) or {}
    given = state.get("pixel")
    if isinstance(given, list) and len(given) == 2 and all(isinstance(one, int) for one in given):
        return min(max(given[0], 0), rows - 1), min(max(given[1], 0), columns - 1)
    inner = np.abs(result[edge : rows - edge, edge : columns - edge])
    row, column = divmod(int(inner.argmax()), inner.shape[1])
    return row + edge, column + edge


def _show(picture: np.ndarray, result: np.ndarray, convolution: Convolution, row: int, column: int) -> None:
    low, high = min(0.0, float(result.min())), max(1.0, float(result.max()))
    padded = np.pad(picture, convolution.padding)
    size, (rows, columns) = len(padded), result.shape
    _PICTURES(
        key=KEY,
        data={
            "pictures": [_grey(padded, 0.0, 1.0), _grey(result, low, high)],
            "captions": [
                _("The picture in grey, taken at {side} × {side}; black is 0, white is 1").format(
                    side=size - 2 * convolution.padding
                ),
                _("The result, {rows} × {columns}; black is {low:.2f}, white is {high:.2f}").format(
                    rows=rows, columns=columns, low=low, high=high
                ),
            ],
            "size": size,
            "grid": [rows, columns],
            "stride": convolution.stride,
            "window": SIZE,
            "pixel": [row, column],
            "alts": [
                _("The picture, the window of the kernel marked in it"),
                _("What the kernel makes of the picture, the picked pixel marked in it"),
            ],
            "label": _("The result: click a pixel, or move with the arrow keys, and see how it is made"),
        },
        on_pixel_change=lambda: None,
    )


def _sum(found: Sum, convolution: Convolution, row: int, column: int) -> None:
    """The nine pixels, the kernel, the nine products, and what comes of them."""
    st.markdown(
        "**" + _("How the pixel in row {row}, column {column} was made").format(row=row + 1, column=column + 1) + "**"
    )
    named = ((_("pixels"), found.patch), (_("kernel"), convolution.kernel), (_("products"), found.products))
    pixels, kernel, products = (_matrix(values, name) for name, values in named)
    # Three formulas, so that a narrow screen breaks the line between them.
    formula = rf"$\displaystyle {pixels}$ $\displaystyle \odot\;{kernel}$ $\displaystyle =\;{products}$"
    st.markdown(formula)
    text = _("The nine products together with the bias of {bias:.2f} give **{total:.2f}**.")
    if convolution.relu:
        text = _(
            "The nine products together with the bias of {bias:.2f} give {total:.2f}; ReLU makes that **{value:.2f}**."
        )
    st.markdown(text.format(bias=convolution.bias, total=_plus_zero(found.total), value=_plus_zero(found.value)))


def _matrix(values: np.ndarray, name: str) -> str:
    rows = r" \\ ".join(" & ".join(f"{_plus_zero(value):.2f}" for value in row) for row in values)
    return rf"\underset{{\text{{{name}}}}}{{\begin{{bmatrix}}{rows}\end{{bmatrix}}}}"


def _plus_zero(value: float) -> float:
    """What is printed as zero has no sign."""
    return 0.0 if abs(value) < 0.005 else float(value)


def _grey(values: np.ndarray, low: float, high: float) -> str:
    """Numbers `[h, w]` as a picture with a pixel for each; the browser enlarges it."""
    return address(levels((values - low) / (high - low)))
