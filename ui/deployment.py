"""The parts of the Deploy page: the bundle to take away, what is in it, and how to call it."""

import io
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from core.bundle.format import CARD, MODEL, RECIPE, SUMS, WEIGHTS, Metadata
from core.errors import VitrineError
from core.runs.run import Run
from core.serving.models import served
from core.training.command import command
from core.training.recipes import complete
from ui import calls
from ui.formats import at_least, file_size, number, percent, plain
from ui.i18n import _
from ui.sizes import parameters
from ui.states import show_error


def facts(run: Run) -> None:
    """The figures of the bundle, the one that matters largest first, and the download."""
    bundle = served(run).folder
    size = sum(path.stat().st_size for path in bundle.iterdir())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        st.metric(_("The whole model"), file_size(size), width="content")
        st.download_button(
            _("Download the bundle"),
            lambda: zipped(bundle),
            f"{run.name}.zip",
            "application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            help=_("A ZIP of the files below, with their checksums."),
        )


def contents(run: Run) -> None:
    """Each file, its size, what it is for; the checksums one click below."""
    purpose = {
        MODEL: _("The model itself: bytes of an image in, probabilities out. All it needs is inside."),
        WEIGHTS: _("The trained numbers alone, for PyTorch."),
        RECIPE: _("How it was trained: enough to train it again."),
        CARD: _("What it is for, what it was measured on, where it fails."),
        SUMS: _("Checksums of the other files: they prove that nothing was altered."),
    }
    bundle = served(run).folder
    count = len(list(bundle.iterdir()))
    st.header(_("{n} files, and no Vitrine needed to run them").format(n=count), anchor=False)
    file, size, use = _("File"), _("Size"), _("What it is for")
    rows = [f"| {file} | {size} | {use} |", "|:--|--:|:--|"]
    for name, text in purpose.items():
        path = bundle / name
        if path.is_file():
            rows.append(f"| `{name}` | {file_size(path.stat().st_size)} | {text} |")
    st.markdown("\n".join(rows))
    with st.expander(_("SHA-256 checksums"), icon=":material/fingerprint:"):
        st.code((bundle / SUMS).read_text(), language=None)
        st.caption(_("In the unpacked folder, `sha256sum --check SHA256SUMS` compares them."))


def metadata(run: Run, inside: Metadata) -> None:
    """What the graph tells its consumer."""
    st.header(_("It answers “known”, “unsure” or “unknown”"), anchor=False)
    st.markdown(
        _(
            "Below a winning probability of **{probability}** it says “unsure”. Below a knownness of **{knownness}** "
            "it says “unknown”: the image is like nothing it was trained on. Both were set on validation images."
        ).format(probability=at_least(inside.probability_threshold), knownness=f"{inside.knownness_threshold:.3g}")
    )
    count = parameters(run)
    lines = [
        (_("Property"), _("Value")),
        (":--", ":--"),
        (_("Classes"), plain(", ".join(inside.classes))),
        (_("Image side"), _("{side} pixels; larger ones are cropped to a square and resized").format(side=inside.side)),
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


def how_to_train_again(run: Run) -> None:
    """The one command that trains the same recipe again."""
    with st.expander(_("The command that trains it again"), icon=":material/replay:"):
        try:
            st.code(command(complete(run.recipe), run.data), language="bash", wrap_lines=True)
        except VitrineError as error:  # a later version wrote it
            show_error(error)
            return
        st.caption(_("It stands on the model card too, with every setting."))


def how_to_call(run: Run, inside: Metadata) -> None:
    """Calls to copy: the running API in three languages, and the file itself without it."""
    st.header(_("Call it from your own program"), anchor=False)
    served = api_is_served()
    if not served:
        st.caption(
            _(
                ":material/info: This dashboard was started without its API. Start it with `make run`, "
                "and these calls answer at this address."
            )
        )
    url = f"{address()}/api/v1/models/{run.id}/predict"
    curl, python, javascript, file = st.tabs([_("curl"), _("Python"), _("JavaScript"), _("Without Vitrine")])
    curl.code(calls.curl(url), language="bash")
    python.code(calls.python(url), language="python")
    javascript.code(calls.javascript(url), language="javascript")
    file.code(calls.onnx(inside), language="python")
    file.caption(_("Needs `pip install onnxruntime pillow numpy`, the unpacked bundle and a photo."))
    if served:
        st.page_link(f"{address()}/api/docs", label=_("All of the API"), icon=":material/api:")


def zipped(bundle: Path) -> bytes:
    """The bundle's folder as a ZIP."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bundle.iterdir()):
            archive.write(path, path.name)
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
