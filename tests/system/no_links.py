"""Starts a program for which the kernel makes no hard links, as a FAT or some network disk would.

``python no_links.py PROGRAM [ARGUMENT...]``. By a seccomp filter that answers link() and linkat()
with EPERM; it binds this process and all that it starts.
"""

import ctypes
import os
import platform
import struct
import sys

#: link and linkat (aarch64 has only the latter), by the kernel's tables of system calls.
CALLS = {"x86_64": (86, 265), "aarch64": (37,)}
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _EPERM = 0x7FFF0000, 0x00050001


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_links() -> None:
    """From here on no process of ours makes a link."""
    calls = CALLS[platform.machine()]
    lines = [(_LOAD, 0, 0, 0)]
    lines += [(_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    libc = ctypes.CDLL(None, use_errno=True)
    told = [
        libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(_Program(len(lines), code))),
    ]
    if any(told):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    refuse_links()
    os.execvp(sys.argv[1], sys.argv[1:])
