"""What the next pages need, loaded while the first one is being read."""

import gc
import threading

first_page = threading.Event()  # set when a visitor has one on the screen


def warm_up() -> None:
    """Wait for the first page, then import what others would wait for, and open the store: its first use takes seconds."""
    first_page.wait()
    from core.runs.store import store

    store().runs()
    import onnxruntime  # noqa: F401
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    from pyarrow import parquet  # noqa: F401

    # Streamlit collects garbage after every script run. What is here by now lives as long as the process: left out of
    # that, it costs a rerun nothing.
    gc.collect()
    gc.freeze()
