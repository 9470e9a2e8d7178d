"""A TCP relay in the test's own process that counts what passes, each way."""
import socket
import threading


class CountingRelay:
    """Listens on a port of its own and passes on to `to_port`; `up` and `down` are bytes on the socket since the start.

    Threads: one for each direction of each connection, ended with the connection.
    """

    def __init__(self, to_port):
        self.to_port = to_port
        self.up = self.down = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                here, _ = self.listener.accept()
                there = socket.create_connection(("127.0.0.1", self.to_port))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                here.close()
                continue
            threading.Thread(target=self._pass, args=(here, there, "up"), daemon=True).start()
            threading.Thread(target=self._pass, args=(there, here, "down"), daemon=True).start()

    def _pass(self, source, target, direction):
        try:
            while chunk := source.recv(1 << 16):
                setattr(self, direction, getattr(self, direction) + len(chunk))  # one thread writes each
                target.sendall(chunk)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
