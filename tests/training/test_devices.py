"""What trains, and in which precision."""

import pytest
import torch

from core.errors import VitrineError
from core.training.devices import choose_device, product_speed, use_bf16

CPU = torch.device("cpu")


def test_precision_is_as_asked_for() -> None:
    assert use_bf16("bf16", CPU)
    assert not use_bf16("fp32", CPU)
    able = torch.cpu.get_capabilities()
    assert use_bf16("auto", CPU) == bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def test_the_processor_can_always_be_asked_for() -> None:
    assert choose_device("cpu") == CPU


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_graphics_card_that_is_not_there_is_named_in_a_sentence() -> None:
    assert choose_device("auto") == CPU
    with pytest.raises(VitrineError, match="no graphics card"):
        choose_device("cuda")


def test_the_speed_of_a_product_is_that_of_a_real_machine() -> None:
    assert 1e9 < product_speed(CPU, torch.float32) < 1e15
