#!/usr/bin/python3
"""What it takes to append to a list of ch5mpy's or, where that is missing, of what it makes by the calls of h5py.

    lists.py KIND COUNT PATH

Prints JSON: who, and the microseconds that it takes to append an element, and to get one. Ends with status 3 without h5py.
"""

import json
import random
import sys
from time import perf_counter

try:
    import h5py
except ImportError:
    sys.exit(3)

kind, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def value(i):
    if kind == "numbers":
        return i / 2
    if kind == "records":
        return {"id": i, "name": f"name {i}", "isEven": i % 2 == 0}
    if kind == "texts":
        return f"text {i}"
    if kind == "scalars":
        return [i, f"text {i}", None, i % 2 == 0][i % 4]
    return [i, f"text {i}", {"id": i}, None, {"id": i, "tags": f"{i}"}][i % 5]


class ByHand:
    """As ch5mpy's H5List does it: an object an element, under its index."""

    def __init__(self, group):
        self.group = group
        group.attrs["__h5_type__"] = "list"

    def append(self, item):
        key = str(len(self.group))
        if isinstance(item, dict):
            inner = self.group.create_group(key, track_order=True)
            for name, each in item.items():
                inner[name] = each
        else:
            self.group[key] = h5py.Empty("f") if item is None else item

    def __getitem__(self, index):
        item = self.group[str(index)]
        return item if isinstance(item, h5py.Group) else item[()]


try:
    from ch5mpy import File, H5List, H5Mode

    who, file = "ch5mpy", File(path, H5Mode.WRITE_TRUNCATE)
    H5List.write([], file, "list")
    list_ = H5List(file["list"])
except ImportError:
    who, file = "h5py, by the calls of ch5mpy", h5py.File(path, "w")
    list_ = ByHand(file.create_group("list"))


def timed(action):
    start = perf_counter()
    for i in range(count):
        action(i)
    return (perf_counter() - start) * 1e6 / count


append = timed(lambda i: list_.append(value(i)))
order = [random.randrange(count) for _ in range(count)]
get = timed(lambda i: list_[order[i]])
file.close()
print(json.dumps({"who": who, "append": append, "get": get}))
