"""The parts of the Business page: what things cost, what the model saves, and the curve between the two extremes."""

import math

import streamlit as st

from core.business.costs import CostCurve, Prices, Value
from ui.charts import cost_chart, show_chart
from ui.formats import money, number, percent
from ui.i18n import _


def price_form() -> tuple[Prices, str]:
    """What a mistake and a review cost and how often it is decided, as the address and the visitor say; and the currency."""
    mistake, review, decisions, unit = st.columns([3, 3, 3, 2], gap="medium")
    asked = Prices(
        mistake=mistake.number_input(
            _("Cost of a mistake"),
            0.0,
            1e9,
            20.0,
            1.0,
            format="%.2f",
            key="mistake",
            bind="query-params",
            help=_("What one wrong automatic decision costs you, all consequences counted."),
        ),
        review=review.number_input(
            _("Cost of a human review"),
            0.0,
            1e9,
            1.0,
            0.1,
            format="%.2f",
            key="review",
            bind="query-params",
            help=_("What it costs when a human looks at one image and decides. Humans are taken to be right."),
        ),
        decisions=decisions.number_input(
            _("Decisions a month"), 1, 10**9, 10_000, 1000, key="decisions", bind="query-params"
        ),
    )
    currency = unit.text_input(_("Currency"), "€", max_chars=8, key="currency", bind="query-params")
    return asked, (currency or "").strip() or "€"


def finding(run_name: str, worth: Value) -> str:
    """What to do, in one sentence."""
    if math.isinf(worth.threshold):
        return _(
            "At these prices, **{run}** should decide nothing alone: reviewing everything by hand costs least."
        ).format(run=run_name)
    if worth.rival == "automatic" and worth.saved <= 0:
        return _("At these prices, let **{run}** decide everything: no review pays for itself.").format(run=run_name)
    return _(
        "Let **{run}** decide where it is at least **{threshold}** sure, and send the rest to a human: that costs least."
    ).format(run=run_name, threshold=_at_least(worth.threshold))


def _at_least(threshold: float) -> str:
    """A threshold as a percentage, never rounded up: what reaches it must be meant by it."""
    digits = 1 if threshold < 0.999 else 2
    return percent(math.floor(threshold * 10 ** (digits + 2)) / 10 ** (digits + 2), digits)


def headline(worth: Value, currency: str) -> None:
    """The money saved, largest; then what a month looks like."""
    st.metric(
        _("Saved a month"),
        money(round(worth.saved), currency),
        _("95% interval {low} to {high}").format(
            low=money(round(worth.low), currency), high=money(round(worth.high), currency)
        ),
        delta_color="off",
        delta_arrow="off",
        help=_("Expected, at these prices; every image was judged by a threshold chosen without it."),
    )
    rival = {
        "automatic": _("Against letting the model decide everything, which would cost {money} a month."),
        "by hand": _("Against reviewing everything by hand, which would cost {money} a month."),
    }[worth.rival]
    st.markdown(rival.format(money=money(round(min(worth.all_automatic, worth.all_by_hand)), currency)) + _doubt(worth))
    with st.grid(4, min_column_width=150, gap="small"):
        for figure, unit in (
            (percent(worth.automatic), _("decided automatically")),
            (number(worth.mistakes), _("mistakes a month")),
            (number(worth.reviews), _("reviews a month")),
            (money(round(worth.money), currency), _("cost of both a month")),
        ):
            st.markdown(f"**{figure}**  \n:small[{unit}]")


def _doubt(worth: Value) -> str:
    if worth.low > 0 or worth.saved == 0:
        return ""
    return " " + _("The interval reaches below zero: on {n} images it is not certain that it saves anything.").format(
        n=number(worth.n)
    )


def curve(found: CostCurve, judged: Value, currency: str) -> None:
    """Money over the share left to the model, the cheapest point marked."""
    best = found.cheapest
    if best == 0:
        title = _("Every review costs more than the mistakes it prevents")
    elif best == len(found.thresholds) - 1:
        title = _("Every automatic decision risks more than a review costs")
    else:
        title = _("Cheapest with {share} left to the model: fewer costs reviews, more costs mistakes").format(
            share=percent(float(found.automatic[best]), 0)
        )
    show_chart(cost_chart(found, judged, currency), title, "cost-curve", height=440)


def comparison(worth: Value, currency: str) -> None:
    """The three policies side by side, in words."""
    st.markdown(
        "\n".join(
            [
                f"| {_('Who decides')} | {_('Cost a month')} |",
                "|:--|--:|",
                f"| {_('Humans, everything')} | {money(round(worth.all_by_hand), currency)} |",
                f"| {_('The model, everything')} | {money(round(worth.all_automatic), currency)} |",
                f"| **{_('The model where it is sure, humans the rest')}** | **{money(round(worth.money), currency)}** |",
            ]
        )
    )


def caveats(worth: Value, run_data: str) -> None:
    """What the figures rest on."""
    few = _("With so few images the interval is wide: more test images would narrow it. ") if worth.n < 1000 else ""
    st.caption(
        _(
            "Measured on {n} test images of {data}. {few}A threshold chosen and judged on the same images looks better "
            "than it is, so the figures are cross-fitted: the images fall into ten parts, each decided by the threshold "
            "that was cheapest on the other nine. The curve shows all images at once, so its lowest point flatters; the "
            "diamond does not. All of it holds as far as your images are like the test images."
        ).format(n=number(worth.n), data=run_data, few=few)
    )
