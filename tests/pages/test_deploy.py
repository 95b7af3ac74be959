"""Deploy: nothing without a model; with one, the very files that were sealed and what runs them, and calls."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from core.bundle.predictor import Predictor
from core.runs.store import Run
from tests.pages.conftest import OpenPage
from ui.deployment import zipped


def test_without_a_model_it_leads_to_training(home: Path, open_page: OpenPage) -> None:
    app = open_page("deploy")
    assert app.header[0].value == "There is no model yet"
    assert [link.proto.page for link in app.main.get("page_link")] == ["train"]


def test_it_says_what_every_file_of_the_download_is_for(trained_run: Run, open_page: OpenPage) -> None:
    shown = "\n".join(element.value for element in open_page("deploy").markdown)
    with zipfile.ZipFile(io.BytesIO(zipped(trained_run))) as archive:
        for name in archive.namelist():
            assert re.search(rf"^- `{re.escape(name)}` · [\d.]+ \w+ · \w.+\.$", shown, re.MULTILINE), name


def test_it_shows_the_checksums_as_they_were_sealed(trained_run: Run, open_page: OpenPage) -> None:
    assert (trained_run.bundle / "SHA256SUMS").read_text().strip() in [code.value for code in open_page("deploy").code]


def test_the_calls_name_the_chosen_run(trained_run: Run, open_page: OpenPage) -> None:
    codes = [code.value for code in open_page("deploy").code]
    assert sum(f"/api/v1/models/{trained_run.id}/predict" in code for code in codes) == 3


def test_the_download_holds_the_bundle_bit_for_bit(trained_run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(trained_run))) as archive:
        archive.extractall(tmp_path)
    assert Predictor.open(tmp_path).metadata == Predictor.open(trained_run.bundle).metadata
    for path in trained_run.bundle.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("served", [True, False])
def test_the_calls_read_the_key_from_where_it_is_not_shown(
    trained_run: Run, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    """Only where this process answers them: without the API, nobody asks for a key."""
    monkeypatch.setenv("VITRINE_API_KEY", "open-sesame")
    monkeypatch.setattr("ui.deployment.api_is_served", lambda: served)
    page = open_page("deploy")
    codes = [code.value for code in page.code]
    assert sum("VITRINE_API_KEY" in code for code in codes) == (3 if served else 0)
    assert not any("open-sesame" in text for text in [*codes, *(caption.value for caption in page.caption)])
