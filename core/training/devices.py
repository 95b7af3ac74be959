"""What trains: the processor or a graphics card, in which precision, and how fast that is at best."""

import time

import torch

from core.errors import VitrineError

BF16_FEATURES = ("amx_bf16", "avx512_bf16")  # without them a processor imitates bf16, slowly
PRODUCT = 2048  # rows and columns of the matrices whose product tells the speed
TRIES = 5


def choose_device(wanted: str) -> torch.device:
    """The device that ``auto``, ``cpu`` or ``cuda`` means here.

    Raises:
        VitrineError: ``device_missing`` when a graphics card is asked for and there is none that torch can use.
    """
    here = torch.cuda.is_available()
    if wanted == "cuda" and not here:
        raise VitrineError("device_missing")
    return torch.device("cuda" if here and wanted != "cpu" else "cpu")


def graphics_card(wanted: str) -> dict[str, str]:
    """The name of the graphics card that a run uses, as its record has it; nothing where the processor does the work."""
    device = choose_device(wanted)
    return {"graphics_card": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}


def use_bf16(precision: str, device: torch.device) -> bool:
    """Whether to compute in bf16: when asked for, or when the device has it and may choose (``auto``)."""
    return has_bf16(device) if precision == "auto" else precision == "bf16"


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 is in hardware, and pays: of processors that is known of AMX and AVX-512 alone."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(feature, False) for feature in BF16_FEATURES)


def clocks() -> tuple[float, float]:
    """Seconds by the clock, and those that all processors together worked for this process."""
    return time.perf_counter(), time.process_time()


def processor_share(device: torch.device, worked: float, passed: float) -> float:
    """Of the time of the processors that torch may use, what this process had of it; 1 where a graphics card does the work.

    Args:
        worked, passed: seconds, of all processors together and by the clock.
    """
    return 1.0 if device.type == "cuda" else min(1.0, worked / passed / torch.get_num_threads())


def product_speed(device: torch.device, kind: torch.dtype) -> float:
    """Floating-point operations a second of a large matrix product, measured now: about the most that a network can reach."""
    left, right = (torch.randn(PRODUCT, PRODUCT).to(device, kind) for _ in range(2))
    best = float("inf")
    for _ in range(TRIES):
        started = time.perf_counter()
        product = left @ right
        product[0, 0].item()  # a graphics card is waited for
        best = min(best, time.perf_counter() - started)
    return 2 * PRODUCT**3 / best
