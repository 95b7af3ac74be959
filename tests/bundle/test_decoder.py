"""A decoder that hangs, ends or swells is given up alone, and what it might be made to do, it cannot."""

import json
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from core.bundle.decoding import MAX_BYTES, MAX_PIXELS, MEMORY_MIB, Decoded, DecoderPool, Rejected
from tests.bundle.files import COLOUR, plain, scan_bomb
from tests.processes import ROOT


def decoders() -> set[psutil.Process]:
    """The decoder processes that this process has now."""
    found = set()
    for process in psutil.Process().children():
        with suppress(psutil.Error):  # it ended at this very moment
            if "core.bundle.decoder" in process.cmdline():
                found.add(process)
    return found


def test_a_slow_image_is_given_up_in_time_and_is_the_only_one() -> None:
    timeout, blobs = 1.5, [plain(), scan_bomb(), plain()]
    before = decoders()
    with DecoderPool(1, timeout) as strict:
        strict.decode([plain()], 8)
        started = time.monotonic()
        first, slow, last = strict.decode(blobs, 8)
        took = time.monotonic() - started
        assert isinstance(first, Decoded) and isinstance(last, Decoded)
        assert slow == Rejected("image_too_slow", {"seconds": timeout})
        assert timeout <= took < 10 * timeout
        (replacement,) = decoders() - before
        assert replacement.status() != psutil.STATUS_ZOMBIE


def test_how_long_a_process_takes_to_start_is_no_images_fault() -> None:
    before = decoders()

    def hold_up() -> None:
        while not (started := decoders() - before):
            time.sleep(0.01)
        (process,) = started
        process.suspend()
        time.sleep(1.5)
        process.resume()

    with DecoderPool(1, timeout=1) as strict:
        threading.Thread(target=hold_up, daemon=True).start()
        assert isinstance(strict.decode([plain()], 8)[0], Decoded)


def test_a_decoder_that_was_killed_between_images_is_replaced_and_nobody_is_blamed() -> None:
    before = decoders()
    with DecoderPool(1) as pool:
        pool.decode([plain()], 8)
        (first,) = decoders() - before
        first.kill()
        assert all(isinstance(image, Decoded) for image in pool.decode([plain()] * 3, 8))
        (second,) = decoders() - before
        assert second != first


def test_an_image_that_ends_every_decoder_is_rejected_and_the_others_are_read() -> None:
    before, culprits, done = decoders(), set(), threading.Event()

    def kill_whoever_works_hard() -> None:
        """As the kernel does when memory is short. Starting takes a fraction of this time, a plain image even less."""
        while not done.wait(0.02):
            for process in decoders() - before:
                with suppress(psutil.Error):
                    if process.cpu_times().user > 0.8:
                        culprits.add(process)
                        process.kill()

    killer = threading.Thread(target=kill_whoever_works_hard)
    killer.start()
    try:
        with DecoderPool(1) as pool:
            pool.decode([plain()], 8)
            first, bad, last = pool.decode([plain(), scan_bomb(), plain()], 8)
    finally:
        done.set()
        killer.join()
    assert isinstance(first, Decoded) and isinstance(last, Decoded)
    assert bad == Rejected("image_damaged", {"reason": "its decoder ended"})
    assert len(culprits) == 2  # a decoder that had served others may have been ended from outside: a new one tried too


def test_closing_ends_the_decoders_and_starts_none_before_they_are_needed() -> None:
    before = decoders()
    with DecoderPool(2) as pool:
        assert decoders() == before
        pool.decode([plain(size=(3000, 3000))] * 2, 8)
        assert len(decoders() - before) == 2
    assert decoders() == before


def test_the_kernel_holds_a_decoder_to_its_limits() -> None:
    before = decoders()
    with DecoderPool(1) as pool:
        pool.decode([plain()], 8)
        (decoder,) = decoders() - before
        for limit, value in (
            (resource.RLIMIT_NOFILE, 3),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_AS, MEMORY_MIB << 20),
        ):
            assert decoder.rlimit(limit) == (value, value)
        assert {file.name for file in Path(f"/proc/{decoder.pid}/fd").iterdir()} == {"0", "1", "2"}
        assert not {"HOME", "VITRINE_HOME"} & set(decoder.environ())


@pytest.mark.parametrize(
    "attempt",
    [
        "open(sys.executable)",
        "open(sys.argv[1], 'w')",
        "socket.socket()",
        "os.pipe()",
        "os.write(0, b'x')",  # its input is an empty file here, and files may not grow
        "bytearray(300 << 20)",
        "os.listdir('/')",
    ],
)
def test_a_decoder_can_open_nothing_write_nothing_and_take_no_more_memory(tmp_path: Path, attempt: str) -> None:
    """The code that an image might smuggle in is run here where the decoder would run it."""
    program = (
        "import os, socket, sys\n"
        "from core.bundle.decoder import main\n"
        "main(250, 100)\n"
        f"try:\n    {attempt}\n"
        "except (OSError, MemoryError):\n    sys.exit(42)\n"
    )
    with open(tmp_path / "input", "w+b") as file:
        command = [sys.executable, "-c", program, str(tmp_path / "written")]
        ended = subprocess.run(command, cwd=ROOT, stdin=file, capture_output=True)
    assert ended.returncode == 42, ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["input"]
    assert (tmp_path / "input").stat().st_size == 0


def test_an_image_that_needs_too_much_memory_is_rejected_and_the_next_one_read() -> None:
    blobs = [plain("PNG", (6000, 6000)), plain("PNG", (6, 6))]
    request = json.dumps({"sizes": [len(blob) for blob in blobs], "side": 1, "preview": None, "reading": {}}).encode()
    answers = subprocess.run(
        [sys.executable, "-m", "core.bundle.decoder", "250", str(MAX_PIXELS)],
        input=b"\n".join([request, b"".join(blobs)]) + b"{}\n",
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    ready, large, first, second, pixel = answers.split(b"\n", 4)
    assert json.loads(ready) == {"ready": True}
    assert json.loads(large) == {"large": True}
    assert json.loads(first) == {"code": "image_too_much_memory", "params": {}}
    assert json.loads(second)["width"] == 6 and tuple(pixel) == COLOUR


def test_a_file_that_is_too_large_never_reaches_a_decoder() -> None:
    before = decoders()
    with DecoderPool(1) as pool:
        assert isinstance(pool.decode([bytes(MAX_BYTES + 1)], 8)[0], Rejected)
        assert decoders() == before
