# SPDX-License-Identifier: GPL-3.0-or-later
"""Built images are kept under a name that hashes what they were made from."""

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def folder():
    path = os.environ.get("IMAGE_CACHE") or os.path.join(HERE, "..", "..", "build", "images")
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


def key(script, *words):
    """Changes with the script, with the modules beside it, and with words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for name in sorted(glob.glob(os.path.join(HERE, "*.py"))) + [script]:
        with open(name, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


def get(name, make):
    """Path of the cached file or folder of that name; make(temporary path) builds it once, also
    when several tests want it at the same time."""
    path = os.path.join(folder(), name)
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            work = path + ".work"
            shutil.rmtree(work, ignore_errors=True)
            os.makedirs(work)
            try:
                os.rename(make(work), path)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return path


def copy(source, target):
    subprocess.run(["cp", "-r", "--reflink=auto", "--sparse=always", source, target], check=True)
