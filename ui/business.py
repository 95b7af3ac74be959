"""The parts of the Business page: what things cost, what the model saves, and the curve between the two extremes."""

import math
from typing import Literal

import streamlit as st

from core.business.costs import CostCurve, Prices, Value
from ui.charts import cost_chart, show_chart
from ui.formats import at_least, money, number, percent, plain
from ui.i18n import _

FEW = 1000  # test images, below which it is said
USUAL, USUAL_CURRENCY = Prices(mistake=20.0, review=1.0, decisions=10_000), "€"  # what the form begins with


def price_form() -> tuple[Prices, str]:
    """What a mistake and a review cost and how often it is decided, as the address and the visitor say; and the currency."""
    mistake, review, decisions, unit = st.columns([3, 3, 3, 2], gap="medium")
    asked = Prices(
        mistake=mistake.number_input(
            _("Cost of a mistake"),
            0.0,
            1e9,
            USUAL.mistake,
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
            USUAL.review,
            0.1,
            format="%.2f",
            key="review",
            bind="query-params",
            help=_("What it costs when a human looks at one image and decides. Humans are taken to be right."),
        ),
        decisions=decisions.number_input(
            _("Decisions a month"), 1, 10**9, int(USUAL.decisions), 1000, key="decisions", bind="query-params"
        ),
    )
    currency = unit.text_input(_("Currency"), USUAL_CURRENCY, max_chars=8, key="currency", bind="query-params")
    return asked, (currency or "").strip() or USUAL_CURRENCY


def _advice(worth: Value) -> Literal["threshold", "automatic", "by hand"]:
    """The policy to recommend: a threshold only where it saves money on images that did not help to pick it."""
    return "threshold" if worth.saved > 0 and not math.isinf(worth.threshold) else worth.rival


def finding(run_name: str, worth: Value) -> str:
    """What to do, in one sentence."""
    sentence = {
        "threshold": _(
            "Let **{run}** decide where it is at least **{threshold}** sure, and send the rest to a human: that costs least."
        ),
        "automatic": _(
            "At these prices, let **{run}** decide everything: no threshold was shown to save money against that."
        ),
        "by hand": _(
            "At these prices, let **{run}** decide nothing alone, and review everything by hand: no threshold was shown to "
            "save money against that."
        ),
    }[_advice(worth)]
    threshold = at_least(min(worth.threshold, 1.0))  # it is infinite where everything is best reviewed by hand
    return sentence.format(run=plain(run_name), threshold=threshold)


def headline(worth: Value, currency: str) -> None:
    """The money saved, largest; then what a month looks like. Where nothing is saved, what the advice costs."""
    if _advice(worth) != "threshold":
        st.metric(_("Cost a month"), _price(min(worth.all_automatic, worth.all_by_hand), currency))
        st.markdown(
            _("The best threshold comes to {money} a month, on images that did not help to pick it.").format(
                money=_price(worth.money, currency)
            )
        )
        return
    st.metric(
        _("Saved a month"),
        _price(worth.saved, currency),
        _("95% interval {low} to {high}").format(low=_price(worth.low, currency), high=_price(worth.high, currency)),
        delta_color="off",
        delta_arrow="off",
        help=_("Expected, at these prices; every image was judged by a threshold chosen without it."),
    )
    rival = {
        "automatic": _("Against letting the model decide everything, which would cost {money} a month."),
        "by hand": _("Against reviewing everything by hand, which would cost {money} a month."),
    }[worth.rival]
    st.markdown(rival.format(money=_price(min(worth.all_automatic, worth.all_by_hand), currency)) + _doubt(worth))
    with st.grid(4, min_column_width=150, gap="small"):
        for figure, unit in (
            (percent(worth.automatic), _("decided automatically")),
            (number(worth.mistakes), _("mistakes a month")),
            (number(worth.reviews), _("reviews a month")),
            (_price(worth.money, currency), _("cost of both a month")),
        ):
            st.markdown(f"**{figure}**  \n:small[{unit}]")


def _price(amount: float, currency: str) -> str:
    """Money among Markdown, to the whole unit."""
    return plain(money(round(amount), currency))


def _doubt(worth: Value) -> str:
    if worth.low > 0 or worth.saved <= 0:
        return ""
    return " " + _("The interval reaches below zero: on {n} images it is not certain that it saves anything.").format(
        n=number(worth.n)
    )


def curve(found: CostCurve, judged: Value, currency: str) -> None:
    """Money over the share left to the model, the cheapest point marked."""
    title = {
        "threshold": _("Cheapest with {share} left to the model: fewer costs reviews, more costs mistakes"),
        "automatic": _("No threshold was shown to cost less than leaving everything to the model"),
        "by hand": _("No threshold was shown to cost less than reviewing everything by hand"),
    }[_advice(judged)].format(share=percent(float(found.automatic[found.cheapest]), 0))
    show_chart(cost_chart(found, judged, currency), title, "cost-curve", height=440)


def comparison(worth: Value, currency: str) -> None:
    """The three policies side by side, in words, the recommended one in bold."""
    who, cost = _("Who decides"), _("Cost a month")
    rows = [f"| {who} | {cost} |", "|:--|--:|"]
    for policy, name, amount in (
        ("by hand", _("Humans, everything"), worth.all_by_hand),
        ("automatic", _("The model, everything"), worth.all_automatic),
        ("threshold", _("The model where it is sure, humans the rest"), worth.money),
    ):
        bold = "**" if policy == _advice(worth) else ""
        rows.append(f"| {bold}{name}{bold} | {bold}{_price(amount, currency)}{bold} |")
    st.markdown("\n".join(rows))


def caveats(worth: Value, run_data: str) -> None:
    """What the figures rest on."""
    st.caption(
        _(
            "Measured on {n} test images of {data}. A threshold chosen and judged on the same images looks better "
            "than it is, so the figures are cross-fitted: the images fall into ten parts, each decided by the threshold "
            "that was cheapest on the other nine. The curve shows all images at once, so its lowest point flatters; the "
            "diamond does not. All of it holds as far as your images are like the test images."
        ).format(n=number(worth.n), data=plain(run_data))
    )
    if worth.n < FEW:
        st.caption(_("With so few images the interval is wide: more test images would narrow it."))
