"""The ladder of published models."""

from core.concepts.ladder import LADDER


def test_every_rung_has_a_source_to_open() -> None:
    for model in LADDER:
        assert model.source.startswith("https://") and model.said


def test_the_rungs_go_up_and_beyond_gpt3() -> None:
    sizes = [model.parameters for model in LADDER]
    assert sizes == sorted(sizes) and sizes[-1] > 175_000_000_000


def test_only_mixtures_of_experts_work_with_a_part_of_their_parameters() -> None:
    for model in LADDER:
        assert model.active is None or (model.expert and model.active < model.parameters)
