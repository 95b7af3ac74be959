"""The parts of the Deploy page: the bundle to take away, what is in it, and how to call it."""

import io
import sys
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from core.bundle.card import thresholds
from core.bundle.format import CARD, MODEL, RECIPE, SUMS, WEIGHTS, Metadata
from core.errors import VitrineError
from core.evaluation.variants import ORIGINAL
from core.runs.run import Run
from core.serving.models import served
from core.serving.packing import ABOUT, LABELS, PREPROCESS, pack, sizes
from core.serving.settings import Settings
from core.training.command import command
from core.training.recipes import complete
from ui import calls
from ui.concepts.scale import parameters
from ui.formats import file_size, number, percent, plain
from ui.i18n import _
from ui.smaller import name_of
from ui.states import show_error


def facts(run: Run) -> None:
    """The figures of the bundle, the one that matters largest first, and the download."""
    now = served(run)
    name = run.name if now.form == ORIGINAL else f"{run.name}-{now.form}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        st.metric(_("The model"), file_size((now.folder / MODEL).stat().st_size), width="content")
        st.download_button(
            _("Download the bundle"),
            lambda: zipped(run),
            f"{name}.zip",
            "application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            help=_("A ZIP of the files below: the sealed model, and all that runs it elsewhere."),
        )


def contents(run: Run) -> None:
    """Each file of the download, its size, what it is for; the checksums one click below."""
    st.header(_("One download, and no Vitrine needed to run it"), anchor=False)
    found = sizes(run)
    to_run = {
        "README.md": _("How to begin."),
        "predict.py": _("Verdicts on photos, on the command line."),
        "serve.py": _("The model as an HTTP server that takes the same calls as the API here."),
        "Dockerfile": _("That server as a container."),
        "requirements.txt": _("The libraries that they need, by version."),
        PREPROCESS: _(
            "From any image file to the square of pixels that the model takes: the very code that is used here."
        ),
        LABELS: _("The classes, in the order of the probabilities."),
        ABOUT: _("What the server calls the model."),
    }
    sealed = {
        MODEL: _("The model itself: bytes of an image in, probabilities out. All it needs is inside."),
        CARD: _("What it is for, what it was measured on, where it fails."),
        WEIGHTS: _("The trained numbers alone, for PyTorch."),
        RECIPE: _("How it was trained: enough to train it again."),
        SUMS: _("Checksums of the others of these: they prove that nothing was altered."),
    }
    sealed |= {name: "" for name in found if name not in to_run | sealed}  # sealed by a later version
    now = served(run)
    title = _("The model, as it was sealed")
    if now.form != ORIGINAL:
        title = _("The model, in the form that answers: {form}").format(form=name_of(now.form))
    st.markdown(_list(title, sealed, found))
    st.markdown(_list(_("What runs it"), to_run, found))
    with st.expander(_("SHA-256 checksums"), icon=":material/fingerprint:"):
        st.code((now.folder / SUMS).read_text(), language=None, wrap_lines=True)
        st.caption(_("In the unpacked folder, `sha256sum --check SHA256SUMS` compares them."))


def _list(title: str, purposes: dict[str, str], found: dict[str, int]) -> str:
    """A list, and no table: on a phone, three columns would leave no room for what a file is for."""
    files = [f"- `{name}` · {file_size(found[name])} · {text}" for name, text in purposes.items() if name in found]
    return "\n".join([f"**{title}**", "", *files])


def metadata(run: Run, inside: Metadata) -> None:
    """What the graph tells its consumer."""
    st.header(_("It answers “known”, “unsure” or “unknown”"), anchor=False)
    st.markdown(thresholds(inside, _))
    count = parameters(run)
    lines = [
        (_("Property"), _("Value")),
        (":--", ":--"),
        (_("Classes"), plain(", ".join(inside.classes))),
        (_("Image side"), _taken(inside)),
        (_("Parameters"), number(count) if count else "–"),
        (_("Temperature"), f"{inside.temperature:.3g}"),
        (_("Trained on"), plain(_("{name}, version {version}").format(**inside.dataset))),
        (
            _("Validation accuracy"),
            _("{share} of {n} images").format(
                share=percent(inside.validation["accuracy"]), n=number(inside.validation["n"])
            ),
        ),
    ]
    st.markdown("\n".join(f"| {name} | {value} |" for name, value in lines))


def _taken(inside: Metadata) -> str:
    """How photos are made into what the model takes."""
    looks = len(inside.zooms)
    if inside.ground:
        text = _("{side} pixels; of a larger one, the drawing in it, cropped and cleaned")
    elif looks > 1:
        text = _("{side} pixels; larger ones are looked at {n} times, closer each time")
    else:
        text = _("{side} pixels; larger ones are cropped to a square and resized")
    return text.format(side=inside.side, n=looks)


def how_to_train_again(run: Run) -> None:
    """The one command that trains the same recipe again."""
    with st.expander(_("The command that trains it again"), icon=":material/replay:"):
        try:
            st.code(command(complete(run.recipe), run.data), language="bash", wrap_lines=True)
        except VitrineError as error:  # a later version wrote it
            show_error(error)
            return
        st.caption(_("It stands on the model card too, with every setting."))


def how_to_call(run: Run) -> None:
    """Calls to copy: the running API in three languages, and the unpacked download without it."""
    st.header(_("Call it from your own program"), anchor=False)
    answers = api_is_served()
    if not answers:
        st.caption(
            _(
                ":material/info: This dashboard was started without its API. Start it with `make run`, "
                "and these calls answer at this address."
            )
        )
    with_key = answers and Settings.from_environment().key is not None
    url = f"{address()}/api/v1/models/{run.id}/predict"
    curl, python, javascript, alone = st.tabs([_("curl"), _("Python"), _("JavaScript"), _("Without Vitrine")])
    curl.code(calls.curl(url, with_key), language="bash", wrap_lines=True)
    python.code(calls.python(url, with_key), language="python", wrap_lines=True)
    javascript.code(calls.javascript(url, with_key), language="javascript", wrap_lines=True)
    with alone:
        st.caption(_("In the unpacked folder, on any machine with Python 3.11 or newer:"))
        st.code(calls.alone(), language="bash", wrap_lines=True)
        st.caption(_("As an HTTP server that takes the same calls:"))
        st.code(calls.server(), language="bash", wrap_lines=True)
        st.caption(_("As a container:"))
        st.code(calls.container(), language="bash", wrap_lines=True)
    if with_key:
        st.caption(
            _(
                "This server asks for its key: the calls to it read that from the environment variable `{name}`. What is "
                "downloaded asks for none."
            ).format(name=calls.KEY)
        )
    if answers:
        st.page_link(f"{address()}/api/docs", label=_("All of the API"), icon=":material/api:")


def zipped(run: Run) -> bytes:
    """The download."""
    memory = io.BytesIO()
    pack(run, memory)
    return memory.getvalue()


def address() -> str:
    """Scheme and host that the browser reached this page by."""
    parts = urlsplit(st.context.url or "http://127.0.0.1:8501")
    return f"{parts.scheme}://{parts.netloc}"


def api_is_served() -> bool:
    """Whether this process is ``server.py``, and so answers API calls too."""
    return any(Path(getattr(module, "__file__", None) or "").name == "server.py" for module in _entry_points())


def _entry_points() -> list[object]:
    return [sys.modules[name] for name in ("__main__", "server") if name in sys.modules]
