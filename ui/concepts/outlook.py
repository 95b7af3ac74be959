"""Where it goes, what can go wrong, questions and answers, what to read, and where the article errs."""

import streamlit as st

from ui.concepts.texts import sections
from ui.i18n import _, content

_SECTION = "section"  # of the Evaluate page, in the address


def outlook_topics() -> None:
    """All of it: trends and risks with the part of this product that answers them, then what else one may ask."""
    st.header(_("Where it goes"), anchor=False)
    with st.grid(3, min_column_width=260, gap="small"):
        _card(0, "trends", "pages/deploy.py", _("See the smaller forms"), ":material/compress:")
        _card(1, "trends", "pages/train.py", _("Teach it your classes"), ":material/school:", {"from": "own"})
        _card(2, "trends", "pages/predict.py", _("Show it a photo"), ":material/image_search:")
    st.header(_("What can go wrong"), anchor=False)
    with st.grid(2, min_column_width=300, gap="small"):
        _card(0, "risks", "pages/train.py", _("See what a run will cost"), ":material/bolt:")
        _card(1, "risks", "pages/predict.py", _("Try it: nothing is kept"), ":material/lock:")
        _card(2, "risks", "pages/evaluate.py", _("See the gaps"), ":material/balance:", {_SECTION: _("Fairness")})
        _card(3, "risks", "pages/deploy.py", _("Read the model card"), ":material/description:")
    st.header(_("Questions and answers"), anchor=False)
    with st.container(gap="xsmall"):
        for question, answer in sections("questions"):
            with st.expander(question):
                st.markdown(answer)
    st.header(_("Where the article errs"), anchor=False)
    st.markdown(_("This product grew out of an article for founders. Where it is wrong, the product is right:"))
    st.markdown(content("corrections"))
    st.page_link(
        "pages/evaluate.py",
        label=_("Its claim of 89%, beside what is measured"),
        icon=":material/fact_check:",
        query_params={_SECTION: _("Claims")},
    )
    st.header(_("To read on"), anchor=False)
    st.markdown(content("resources"))


def _card(place: int, texts: str, page: str, link: str, icon: str, query: dict[str, str] | None = None) -> None:
    """One part of a long text, and the page of this product that answers it."""
    title, text = sections(texts)[place]
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{title}**")
        st.markdown(text)
        st.space("stretch")
        st.page_link(page, label=link, icon=icon, query_params=query)
