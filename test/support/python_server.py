"""Runs programs in forks of a process that has loaded torch and transformers, which takes ten seconds: once for all tests.

    python test/support/python_server.py SOCKET PID

It ends when the process PID has: the one that runs the tests. Who connects to SOCKET sends JSON, `{program, args, input}`,
and gets JSON, `{output, error}`.
"""

import io
import json
import os
import signal
import socket
import sys
import traceback

SECONDS_BETWEEN_LOOKS = 1


def listen(path: str) -> socket.socket:
    """Where the socket is another server's, there is an error, and this one is not needed."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(16)
    server.settimeout(SECONDS_BETWEEN_LOOKS)
    return server


def load() -> None:
    import torch  # noqa: F401
    import transformers  # noqa: F401
    from transformers import AutoTokenizer, BertModel, DistilBertModel, RobertaModel  # noqa: F401, what is loaded late


def answer(connection: socket.socket) -> None:
    with connection.makefile() as lines:
        request = json.load(lines)
    sys.argv = ["-c", *request["args"]]
    sys.stdin, sys.stdout = io.StringIO(request["input"]), io.StringIO()
    error = None
    try:
        exec(compile(request["program"], "program", "exec"), {"__name__": "__main__"})
    except BaseException:
        error = traceback.format_exc()
    connection.sendall(json.dumps({"output": sys.stdout.getvalue(), "error": error}).encode())


def serve(server: socket.socket, pid: str) -> None:
    while os.path.exists(f"/proc/{pid}"):
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            try:
                connection.setblocking(True)
                answer(connection)
            finally:
                os._exit(0)
        connection.close()


if __name__ == "__main__":
    path, pid = sys.argv[1:]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork
    server = listen(path)
    try:
        load()
        serve(server, pid)
    finally:
        os.unlink(path)
