"""Runs programs as `python3 -c` and `python3 program.py` do, each in a process of its own.

h5py takes longer to load than most programs run: it is loaded here once, and each program has a fork of this process. A line of
JSON comes in for each, `{"args": [...], "folder": "..."}`: the folder has its input as `in`. Its output is written to `out` and
`err` there, and the answer is its exit code, negative if a signal has ended it.
"""

import gc
import json
import os
import runpy
import sys
import types

try:
    import h5py  # noqa: F401: the programs import it
except ImportError:
    # Those that need no more than numpy run all the same.
    import numpy  # noqa: F401


def begin(folder):
    """Has the input and the output of a program in files."""
    for number, name, flags in (
        (0, "in", os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, "err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(os.path.join(folder, name), flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", closefd=False)


def run(args):
    if args[0] == "-c":
        sys.argv = ["-c", *args[2:]]
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        exec(compile(args[1], "<string>", "exec"), main.__dict__)
    else:
        sys.argv = list(args)
        sys.path[0] = os.path.dirname(args[0])
        runpy.run_path(args[0], run_name="__main__")


# What is loaded stays: no fork has to look through it for garbage.
gc.freeze()
requests, answers = os.fdopen(os.dup(0)), os.dup(1)
for line in iter(requests.readline, ""):
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        os.close(answers)
        begin(request["folder"])
        run(request["args"])
        # The process ends as any other, so that what is open is closed, and what is buffered written.
        break
    _, status = os.waitpid(child, 0)
    os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))
