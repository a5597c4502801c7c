"""Children that do not outlive us: programs that the server starts for itself."""

import os
import sys

# Runs between fork and exec of the program, as a program of its own: Python code in a forked child
# of a process with threads may deadlock. The parent may have died before the signal was asked for.
_SHIM = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15);"
    " os.getppid() == int(sys.argv[1]) or sys.exit(1); os.execv(sys.argv[2], sys.argv[2:])"
)


def bound(command: list[str]) -> list[str]:
    """The same command, terminated by the kernel when we end, however we end.

    On Linux only; elsewhere the command itself. The kernel looks at the *thread* that started the
    child, so start it in one that lasts as long as the child is to last.
    """
    if sys.platform != "linux" or not sys.executable:
        return command
    return [sys.executable, "-I", "-S", "-c", _SHIM, str(os.getpid()), *command]
