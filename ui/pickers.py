"""The run and the dataset that all pages speak of: chosen once, kept in the address, shared by a link."""

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from core.runs.library import all_runs
from core.runs.run import Run
from ui.formats import percent, plain
from ui.i18n import _
from ui.states import icon, standing

if TYPE_CHECKING:
    from core.data.versions import Dataset

_RUN, _DATA = "run", "data"  # keys of the widgets, and so names in the address
_RUNS = "runs"  # all training runs as they were when this rerun began
_NEXT = "next-run"  # the id of a run to be chosen before the picker is drawn again
_NEXT_DATA = "next-data"  # the name of a dataset to be chosen as soon as it is there


def run_picker() -> None:
    """The select box of all training runs, for the sidebar. Draws nothing while there is no run."""
    st.session_state[_RUNS] = all_runs()
    labels = _labels(known_runs())
    if not labels:
        return
    asked = st.query_params.get(_RUN)
    following = st.session_state.pop(_NEXT, None) or asked
    wanted = next((label for label, run in labels.items() if run.id == following), st.session_state.get(_RUN))
    if wanted in labels:
        st.session_state[_RUN] = wanted
    elif wanted is not None:  # its run was deleted
        st.session_state[_RUN] = _default(labels)
    if asked and asked not in labels and asked != following:
        st.toast(_("There is no run “{name}” here.").format(name=plain(asked)), icon=":material/search_off:")
    options = list(labels)
    label = st.selectbox(
        _("Run"),
        options,
        options.index(_default(labels)),
        key=_RUN,
        bind="query-params",
        help=_("All pages show this run."),
    )
    st.caption(_summary(labels[label]))


def known_runs() -> list[Run]:
    """All training runs, newest first, those that come with Vitrine last; asked for once a rerun, so that all parts of a page speak of the same moment."""
    runs: list[Run] = st.session_state.get(_RUNS, [])
    return runs


def chosen_run() -> Run | None:
    """The run that this visit looks at: the one picked, else the newest finished, else the newest, else one of Vitrine's own."""
    labels = _labels(known_runs())
    if not labels:
        return None
    return labels.get(st.session_state.get(_RUN, ""), labels[_default(labels)])


def expect_run(run_id: str) -> None:
    """Choose another run when the page is drawn next."""
    st.session_state[_NEXT] = run_id


def focus_run(run_id: str) -> None:
    """Choose another run and draw the page anew."""
    expect_run(run_id)
    st.rerun()


def chosen_dataset() -> "Dataset":
    """The select box of all datasets, drawn where it is called; at first that of the run which the address names, or the newest."""
    from core.data.versions import list_datasets

    datasets = {dataset.name: dataset for dataset in list_datasets()}
    first = max(datasets.values(), key=lambda dataset: dataset.created).name
    if _RUN in st.query_params and (run := chosen_run()) and run.data in datasets:
        first = run.data
    if st.session_state.get(_NEXT_DATA) in datasets:
        st.session_state[_DATA] = st.session_state.pop(_NEXT_DATA)
    if st.session_state.get(_DATA) not in datasets:
        st.session_state.pop(_DATA, None)  # it was deleted
        if (asked := st.query_params.get(_DATA)) and asked not in datasets:
            st.toast(_("There is no dataset “{name}” here.").format(name=plain(asked)), icon=":material/search_off:")
    name = st.selectbox(
        _("Dataset"),
        list(datasets),
        list(datasets).index(first),
        key=_DATA,
        on_change=lambda: st.session_state.pop(_NEXT_DATA, None),  # who chooses does not wait for another any more
        bind="query-params",
    )
    return datasets[name]


def expect_dataset(name: str) -> None:
    """Choose another dataset as soon as it is there."""
    st.session_state[_NEXT_DATA] = name


def _labels(runs: list[Run]) -> dict[str, Run]:
    """Runs by a name that is theirs alone and does not change while they train: the address holds it."""
    names = Counter(run.name for run in runs)
    return {run.name if names[run.name] == 1 else f"{run.name} · {_mark(run)}": run for run in runs}


def _mark(run: Run) -> str:
    return "bundled" if run.bundled else run.id[:6]


def _default(labels: dict[str, Run]) -> str:
    own = {label: run for label, run in labels.items() if not run.bundled} or labels
    return next((label for label, run in own.items() if run.state == "finished"), next(iter(own)))


def _summary(run: Run) -> str:
    parts = [f"{icon(run)} {standing(run)}"]
    if run.val_accuracy is not None:
        parts.append(_("{share} on validation").format(share=percent(run.val_accuracy)))
    return " · ".join(parts)
