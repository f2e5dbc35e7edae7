#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to a machine's serial console as a person would: serial.py SOCKET STEP...

A step is "SECONDS:REGEX" (waits for it, in what has come since the last match, and prints the line it
is on) or "=TEXT" (types TEXT and Enter; "=^X" a control key; "=>" cursor down). SOCKET is a unix socket.
"""

import re
import socket
import sys
import time

ESCAPE = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")


def connect(path):
    deadline = time.monotonic() + 30
    while True:
        try:
            line = socket.socket(socket.AF_UNIX)
            line.connect(path)
            return line
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Console:
    def __init__(self, path):
        self.line = connect(path)
        self.text = b""

    def wait(self, seconds, pattern):
        deadline = time.monotonic() + seconds
        expression = re.compile(pattern.encode(), re.MULTILINE)
        while True:
            plain = ESCAPE.sub(b"", self.text).replace(b"\r", b"")
            match = expression.search(plain)
            if match:
                start = plain.rfind(b"\n", 0, match.start()) + 1
                end = plain.find(b"\n", match.end())
                print(plain[start : end if end >= 0 else None].decode(errors="replace"), flush=True)
                self.text = plain[match.end() :]
                return
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.line.settimeout(left)
            data = self.line.recv(65536)
            if not data:
                raise EOFError
            self.text += data

    def type(self, text):
        if text == ">":
            keys = b"\x1b[B"
        elif re.fullmatch(r"\^[A-Z]", text):
            keys = bytes([ord(text[1]) - 64])
        else:
            keys = text.encode() + b"\r"
        for key in [keys] if keys.startswith(b"\x1b") else [keys[i : i + 1] for i in range(len(keys))]:
            self.line.sendall(key)  # a serial line has a small buffer
            time.sleep(0.02)


def main():
    console = Console(sys.argv[1])
    for step in sys.argv[2:]:
        if step.startswith("="):
            console.type(step[1:])
            continue
        seconds, pattern = step.split(":", 1)
        try:
            console.wait(int(seconds), pattern)
        except (TimeoutError, EOFError, ConnectionError) as error:
            plain = ESCAPE.sub(b"", console.text).replace(b"\r", b"")
            sys.stderr.write("--- the last lines of the console:\n")
            sys.stderr.write(plain[-3000:].decode(errors="replace") + "\n")
            sys.exit("waited for %r: %s" % (pattern, type(error).__name__))


main()
