# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls other people's programs."""

import subprocess
import sys


def run(*command, **options):
    """What a tool says is shown only when it fails."""
    result = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
    )
    if result.returncode != 0:
        sys.stderr.buffer.write(result.stdout)
        sys.exit("%s failed" % command[0])
