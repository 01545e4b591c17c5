#!/usr/bin/python3
"""What dicts.mjs does with an H5Dict, by ch5mpy or, where that is missing, by the calls of h5py that it makes.

    dicts.py KIND COUNT PATH

Prints JSON: who, and the microseconds that it takes to set, get, overwrite and delete a key. Ends with status 3 without h5py.
"""

import json
import sys
from time import perf_counter

try:
    import h5py
    import numpy as np
except ImportError:
    sys.exit(3)

kind, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
keys = [f"key {i}" for i in range(count)]


def value(i):
    if kind == "scalars":
        return i
    if kind == "arrays":
        return np.array([i, 2.0, 3.0])
    return {"id": i, "name": f"name {i}"}


class ByHand:
    """As ch5mpy's H5Dict does it."""

    def __init__(self, group):
        self.group = group

    def __setitem__(self, key, item):
        if key in self.group:
            del self.group[key]
        if isinstance(item, dict):
            inner = self.group.create_group(key, track_order=True)
            for name, each in item.items():
                inner[name] = each
        elif isinstance(item, np.ndarray):
            self.group.create_dataset(key, data=item, chunks=True, maxshape=(None,))
        else:
            self.group[key] = item

    def __getitem__(self, key):
        item = self.group[key]
        return item if isinstance(item, h5py.Group) or item.ndim else item[()]

    def __delitem__(self, key):
        del self.group[key]


try:
    from ch5mpy import File, H5Dict, H5Mode

    who, file = "ch5mpy", File(path, H5Mode.WRITE_TRUNCATE)
    dict_ = H5Dict(file)
except ImportError:
    who, file = "h5py, by the calls of ch5mpy", h5py.File(path, "w")
    dict_ = ByHand(file)


def timed(action):
    start = perf_counter()
    for i, key in enumerate(keys):
        action(i, key)
    return (perf_counter() - start) * 1e6 / count


times = {
    "set": timed(lambda i, key: dict_.__setitem__(key, value(i))),
    "get": timed(lambda i, key: dict_[key]),
    "overwrite": timed(lambda i, key: dict_.__setitem__(key, value(i + 1))),
    "delete": timed(lambda i, key: dict_.__delitem__(key)),
}
file.close()
print(json.dumps({"who": who, "times": times}))
