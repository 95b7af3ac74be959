"""Labels that a person finds wrong: marked under the pictures, kept for the visit, and made into a new version of the dataset."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st

from core.data.corrections import correct, own_name
from core.data.versions import Dataset, hide_version
from core.errors import VitrineError
from core.runs.run import Run
from core.training.recipes import complete
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.pickers import expect_dataset
from ui.recipe_state import start_from
from ui.states import show_error
from ui.versions import look_at

_MARKED, _MADE, _TROUBLE = "corrections", "corrected", "correction-trouble"  # in the state of the session
_READY = "correction-ready"  # the fingerprint of the version that the Train page was set to
_KEEP, _LEAVE_OUT = -1, -2  # beside the numbers of classes


@dataclass
class Marked:
    """What is to change in one version of a dataset: rows of its manifest."""

    left_out: set[int] = field(default_factory=set)
    relabelled: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.left_out) + len(self.relabelled)


def judge(dataset: Dataset, row: int, label: int, place: str) -> None:
    """The choice under a picture: keep it, leave it out, or put it under another class.

    Args:
        place: on the page, as a picture may have several.
    """
    marked = _marked(dataset)
    key = f"judge-{dataset.name}-{dataset.version}-{row}-{place}"
    # Always what is marked: that may have been said elsewhere on the page.
    st.session_state[key] = _LEAVE_OUT if row in marked.left_out else marked.relabelled.get(row, _KEEP)
    st.selectbox(
        _("Label of picture {n}").format(n=row),
        [_KEEP, _LEAVE_OUT, *(other for other in range(len(dataset.classes)) if other != label)],
        key=key,
        format_func=lambda choice: _choice_words(dataset, choice),
        on_change=_mark,
        args=(dataset, row, key),
        label_visibility="collapsed",
    )


def leave_out(dataset: Dataset, rows: Iterable[int]) -> None:
    """Mark many pictures at once."""
    marked = _marked(dataset)
    for row in rows:
        marked.relabelled.pop(row, None)
        marked.left_out.add(row)


def corrections(run: Run, dataset: Dataset) -> None:
    """What was marked, the button that makes a version of it, and the one that trains on that; undo for both."""
    if trouble := st.session_state.pop(_TROUBLE, None):
        show_error(trouble)
    made: Dataset | None = st.session_state.get(_MADE)
    marked = _marked(dataset)
    if made is not None and not marked:
        _made(run, made)
        return
    if not marked:
        st.caption(
            _(
                "A label is wrong, or a picture should not be here? Say so below it: a new version of the dataset is made of what you "
                "say, and the model can be trained again on that."
            )
        )
        return
    parts = []
    if marked.left_out:
        parts.append(ngettext("{n} image left out", "{n} images left out", len(marked.left_out)))
        parts[-1] = parts[-1].format(n=len(marked.left_out))
    if marked.relabelled:
        parts.append(ngettext("{n} under another class", "{n} under another class", len(marked.relabelled)))
        parts[-1] = parts[-1].format(n=len(marked.relabelled))
    tested = _tested(dataset, marked)
    if tested:
        text = ngettext(
            "{n} of them is a test image. That changes what is measured, not what is learnt: leave out only what is wrong, not what was "
            "named wrongly, or the test flatters.",
            "{n} of them are test images. That changes what is measured, not what is learnt: leave out only what is wrong, not what was "
            "named wrongly, or the test flatters.",
            tested,
        )
        st.caption(":material/warning: " + text.format(n=tested))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(" · ".join(parts))
        st.button(
            _make_words(dataset),
            type="primary",
            icon=":material/library_add_check:",
            on_click=_make,
            args=(dataset,),
            help=_("The version that this model learnt from stays as it is."),
        )
        st.button(_("Forget it"), icon=":material/undo:", on_click=_forget, args=(dataset,))


def finish(dataset: Dataset) -> None:
    """The button alone, where the dataset itself is looked at: the page goes on with the version that is made."""
    if trouble := st.session_state.pop(_TROUBLE, None):
        show_error(trouble)
    st.button(
        _make_words(dataset),
        type="primary",
        icon=":material/library_add_check:",
        disabled=not _marked(dataset),
        on_click=_make_and_look,
        args=(dataset,),
        help=_("Of what you said below the pictures. The version before stays."),
    )


def _make_words(dataset: Dataset) -> str:
    text = _("Make {name}, a copy with these changes") if dataset.embedded else _("Make a new version of {name}")
    return text.format(name=plain(own_name(dataset)))


def _tested(dataset: Dataset, marked: Marked) -> int:
    """How many of the marked pictures are in the test split."""
    splits = dataset.manifest("split")["split"].to_numpy()
    return sum(splits[row] == "test" for row in {*marked.left_out, *marked.relabelled})


def _made(run: Run, made: Dataset) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        text = _("**{name}**, version {version}, has {n:,} images.")
        st.markdown(text.format(name=plain(made.name), version=made.version, n=made.images))
        if st.session_state.get(_READY) == made.fingerprint:
            st.page_link("pages/train.py", label=_("Train is set up for it"), icon=":material/arrow_forward:")
        else:
            st.button(
                _("Train again on it"),
                type="primary",
                icon=":material/model_training:",
                on_click=_prepare,
                args=(run, made),
                help=_("With the same recipe. The test images may differ too: compare by validation."),
            )
        st.button(_("Undo"), icon=":material/undo:", on_click=_undo, args=(made,))


def _marked(dataset: Dataset) -> Marked:
    everything: dict[tuple[str, int], Marked] = st.session_state.setdefault(_MARKED, {})
    return everything.setdefault((dataset.name, dataset.version), Marked())


def _choice_words(dataset: Dataset, choice: int) -> str:
    if choice == _KEEP:
        return _("is right")
    if choice == _LEAVE_OUT:
        return _("leave it out")
    return _("is {name}").format(name=dataset.classes[choice])


def _mark(dataset: Dataset, row: int, key: str) -> None:
    marked, choice = _marked(dataset), st.session_state[key]
    marked.left_out.discard(row)
    marked.relabelled.pop(row, None)
    if choice == _LEAVE_OUT:
        marked.left_out.add(row)
    elif choice != _KEEP:
        marked.relabelled[row] = choice


def _make(dataset: Dataset) -> None:
    marked = _marked(dataset)
    try:
        st.session_state[_MADE] = correct(dataset, marked.left_out, marked.relabelled)
        _forget(dataset)
    except VitrineError as error:
        st.session_state[_TROUBLE] = error


def _make_and_look(dataset: Dataset) -> None:
    _make(dataset)
    if _TROUBLE not in st.session_state:
        look_at(st.session_state.pop(_MADE))


def _forget(dataset: Dataset) -> None:
    st.session_state[_MARKED].pop((dataset.name, dataset.version), None)


def _prepare(run: Run, made: Dataset) -> None:
    """Set the Train page to the run's recipe and the new version: there one sees what it takes before it begins."""
    start_from(run.name, complete(run.recipe), run=run.id)
    expect_dataset(made.name)
    st.session_state[_READY] = made.fingerprint


def _undo(made: Dataset) -> None:
    hide_version(made)
    st.session_state[_MADE] = None
