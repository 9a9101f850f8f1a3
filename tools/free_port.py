"""Exit with a plain sentence if nobody can listen on 127.0.0.1:PORT: `python tools/free_port.py PORT`."""

import errno
import os
import socket
import sys


def main() -> int:
    asked = sys.argv[1]
    if not asked.isdigit() or not 0 < int(asked) < 65536:
        print(f"{asked!r} is not a port number (1 to 65535)", file=sys.stderr)
        return 1
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(asked)))
        except OSError as error:
            return _explain(asked, error)
    return 0


def _explain(port: str, error: OSError) -> int:
    taken = error.errno == errno.EADDRINUSE
    why = "is in use: stop what listens there" if taken else f"cannot be used ({error.strerror})"
    print(f"Port {port} {why}, or choose another: make demo PORT=5001", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
