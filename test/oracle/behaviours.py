"""Runs pieces of h5py code, each on a file of its own, and says what came of it.

    behaviours.py < [{"name": ..., "code": ...}, ...] > {"name": {"value": ...} or {"error": "KeyError"}, ...}

Each piece gets `f`, a new file opened with track_order, and sets `r`, the result.
"""

import json
import os
import sys
import tempfile

import h5py
import numpy as np


def plain(value):
    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, (h5py.Group, h5py.Dataset)):
        return value.name
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)) or type(value).__name__.startswith(("Keys", "Values", "Items")):
        return [plain(each) for each in value]
    return value


answers = {}
with tempfile.TemporaryDirectory() as folder:
    for i, case in enumerate(json.load(sys.stdin)):
        path = os.path.join(folder, f"{i}.h5")
        names = {"h5py": h5py, "np": np, "path": path, "r": None}
        names["f"] = h5py.File(path, "w", track_order=True, libver="latest")
        try:
            exec(case["code"], names)
            answers[case["name"]] = {"value": plain(names["r"])}
        except Exception as error:
            answers[case["name"]] = {"error": type(error).__name__}
        finally:
            try:
                names["f"].close()
            except Exception:
                pass
json.dump(answers, sys.stdout)
