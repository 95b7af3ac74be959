"""A message crosses processes as a code with parameters, and becomes words in the reader's language."""

from typing import get_args

import pytest

from core.data_messages import DATASETS
from core.errors import VitrineError
from core.messages import MESSAGES, STATES, words
from core.runs.run import State

GERMAN = {"“{run}” is {state}: there is nothing to stop.": "„{run}“ ist {state}.", "waiting": "in der Schlange"}


def test_a_message_comes_back_as_it_was_sent() -> None:
    sent = VitrineError("image_too_slow", seconds=2.5)
    got = VitrineError.from_json(sent.to_json())
    assert (got.code, got.params, str(got)) == (sent.code, sent.params, str(sent))


def test_no_sentence_about_datasets_is_hidden_by_another() -> None:
    assert all(MESSAGES[code] == sentence for code, sentence in DATASETS.items())


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_has_words(state: str) -> None:
    assert (
        words("run_not_active", {"run": "mine", "state": state})
        == f"“mine” is {STATES[state]}: there is nothing to stop."
    )


def test_a_state_inside_a_sentence_is_translated_with_it() -> None:
    said = words("run_not_active", {"run": "mine", "state": "queued"}, lambda text: GERMAN.get(text, text))
    assert said == "„mine“ ist in der Schlange."
