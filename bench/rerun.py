"""A visit without a browser: Streamlit's WebSocket, to time a rerun without the browser's own work."""

import time
from types import TracebackType
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PATIENCE = 30.0  # seconds
DONE = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY


class Session:
    """One visit to a Streamlit server."""

    def __init__(self, url: str) -> None:
        address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
        self._connection = connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None)

    def rerun(self, page: str = "", query: str = "") -> float:
        """Ask for a run of the whole page; the seconds until the server says that it is done.

        A run that asks for another one before its end counts with that one.
        """
        request = BackMsg()
        request.rerun_script.page_name = page
        request.rerun_script.query_string = query
        since = time.perf_counter()
        self._socket.send(request.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._bytes())
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished == DONE:
                return time.perf_counter() - since

    def _bytes(self) -> bytes:
        message = self._socket.recv(PATIENCE)
        assert isinstance(message, bytes)
        return message

    def __enter__(self) -> "Session":
        self._socket = self._connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.__exit__(kind, error, trace)
