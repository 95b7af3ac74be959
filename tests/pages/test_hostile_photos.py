"""Predict: hundreds of files as nobody should send them, at once; each is judged or named with its reason."""

from pathlib import Path

from core.bundle.decoding import Decoded, shared_pool
from tests.bundle.files import plain
from tests.hostile import is_a_reason
from tests.pages.conftest import OpenPage


def test_the_page_answers_for_every_file(hostile: dict[str, bytes], open_page: OpenPage, first_start: Path) -> None:
    app = open_page("predict", run="digits-cnn")
    uploader = app.file_uploader(key="photos")
    for name, data in hostile.items():
        uploader.upload(name, data)
    app.run()
    while not app.dataframe:  # it looks at some at a time
        assert app.button(key="stop-judging")
        app.run()
    assert not app.exception and not app.error
    told = app.dataframe[0].value
    assert list(told["file"]) == list(hostile)
    for row in told[told["guess"].isna()].to_dict("records"):
        assert is_a_reason(row["reason"]), row
    assert told["guess"].notna().any()  # some are only strange, and are judged
    (still,) = shared_pool().decode([plain()], 8)
    assert isinstance(still, Decoded)
