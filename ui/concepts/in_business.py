"""Where business uses models, field by field; and what a founder has to ask before building one."""

import streamlit as st

from core.concepts.opening import Answers, most_it_can_save
from ui.business import USUAL, USUAL_CURRENCY
from ui.concepts.texts import sections
from ui.formats import money, plain
from ui.i18n import _

_ICONS = (":material/check_circle:", ":material/checklist:", ":material/warning:", ":material/science:")


@st.fragment
def where_it_works() -> None:
    """One of five fields: what works, what it needs, what goes wrong, and one that is real."""
    st.header(_("Where business uses it"), anchor=False)
    fields = {
        "language": _("Language"),
        "vision": _("Vision"),
        "speech": _("Speech"),
        "recommendation": _("Recommendation"),
        "finance": _("Finance"),
    }
    field = st.segmented_control(
        _("Field"),
        list(fields),
        default="language",
        required=True,
        format_func=fields.__getitem__,
        key="field",
        bind="query-params",
        label_visibility="collapsed",
    )
    with st.grid(2, min_column_width=300, gap="small"):
        for icon, (title, text) in zip(_ICONS, sections(f"field-{field or 'language'}"), strict=True):
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"{icon} **{title}**")
                st.markdown(text)


@st.fragment
def founders_questions() -> None:
    """Eight questions, what the answers come to, and the most that there is to save."""
    st.header(_("Your idea: eight questions"), anchor=False)
    opening, making, copying = st.columns(3, gap="medium")
    with opening:
        st.markdown(_("**Where is the opening?**"))
        own_data = _asked(
            "own_data",
            _("I have data that others lack"),
            _("And cannot buy: of your trade, your machines, your customers."),
        )
        costly = _asked(
            "costly", _("A mistake costs real money"), _("Or avoiding it does: people who check everything.")
        )
        often = _asked("often", _("It is decided often"), _("Hundreds of times a month, not once a year."))
    with making:
        st.markdown(_("**What to build, what to take?**"))
        common = _asked(
            "common",
            _("My input is ordinary"),
            _("What everybody has: photos of everyday things, everyday language. X-rays and sonar are not."),
        )
        enough = _asked(
            "enough",
            _("A ready-made model does it"),
            _("You tried one on examples of your own, and it is right often enough."),
        )
    with copying:
        st.markdown(_("**What makes it hard to copy?**"))
        returns = _asked("returns", _("Each use brings data back"), _("Users correct it, and it learns from that."))
        inside = _asked("inside", _("It sits where people work"), _("Leaving it costs them something."))
        proof = _asked("proof", _("It takes proof to be trusted"), _("A trial, an audit, an approval, which you have."))
    answers = Answers(own_data, costly, often, common, enough, returns, inside, proof)
    with st.container(border=True):
        _verdict(answers)
    _ceiling()


def _asked(key: str, question: str, explained: str) -> bool:
    return st.checkbox(question, key=f"founder-{key}", help=explained)


def _verdict(answers: Answers) -> None:
    if answers == Answers():
        st.markdown(_("Tick what holds for your idea: what it comes to will stand here."))
        return
    openings = {
        "open": _("**There is an opening.** You have data of your own, and a decision that costs and comes often."),
        "no-data": _(
            "**A market, but not yet yours.** The decision is worth it, and anybody can get the same data. Find some that they cannot."
        ),
        "no-decision": _("**Data in search of a decision.** Look for a mistake that costs, and is made often."),
        "none": _(
            "**No opening so far.** Begin with a decision that is made often and costs when it goes wrong; then ask who has data of it."
        ),
    }
    makings = {
        "take": _(
            "**Take the model ready-made.** Build what is around it: the threshold, the review, the place where people correct it."
        ),
        "new-head": _(
            "**Take a trained network, give it your classes.** Its eyes are there already; a new last layer takes minutes."
        ),
        "train": _(
            "**Train your own, beginning with a trained network.** Your images are unlike those that others learnt from: fine-tune all of it, and measure."
        ),
    }
    copyings = {
        "easy": _(
            "**Copied in a weekend.** The model is the part that anybody can have; seek what comes back with use, and proof."
        ),
        "some": _("**Some work to copy.** Two obstacles stand: enough for a start, not for long."),
        "hard": _("**Hard to copy.** What protects you is not the network, but what it learnt from and where it sits."),
    }
    st.markdown(openings[answers.opening])
    st.markdown(makings[answers.making])
    st.markdown(copyings[answers.copying])
    with st.container(horizontal=True):
        st.page_link(
            "pages/data.py", label=_("Bring your data"), icon=":material/add_photo_alternate:", width="content"
        )
        st.page_link(
            "pages/train.py", label=_("Train on your classes"), icon=":material/model_training:", width="content"
        )


def _ceiling() -> None:
    """What a perfect model would save: more than that no model is worth."""
    decisions, wrong, mistake = st.columns(3, gap="medium")
    count = decisions.number_input(
        _("Decisions a month"), 1, 10**9, int(USUAL.decisions), 1000, key="founder-decisions"
    )
    share = wrong.slider(_("Wrong today, of a hundred"), 0.0, 50.0, 3.0, 0.5, format="%.1f", key="founder-wrong")
    cost = mistake.number_input(_("A mistake costs"), 0.0, 1e9, USUAL.mistake, 1.0, key="founder-mistake")
    most = most_it_can_save(count, share / 100, cost)
    st.markdown(
        _(
            "A model that never erred would save **{money} a month**. Yours will save less: what it costs, and what it still gets wrong, comes off."
        ).format(money=plain(money(round(most), USUAL_CURRENCY)))
    )
    st.page_link(
        "pages/business.py",
        label=_("Count with a real model’s mistakes"),
        icon=":material/payments:",
        query_params={"mistake": f"{cost:.2f}", "decisions": str(count)},
    )
