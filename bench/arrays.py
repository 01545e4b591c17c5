#!/usr/bin/python3
"""What arrays.mjs does with an H5Array, with h5py and numpy. Ends with status 3 where these are missing.

    arrays.py slices PATH ROUNDS     reads each part so many times
    arrays.py sum PATH CAP           adds up a dataset, so many bytes at a time
    arrays.py double PATH CAP        writes its doubles to another dataset

Prints JSON: milliseconds, and a check sum; of the first for each part.
"""

import json
import sys
import time

try:
    import h5py
    import numpy
except ImportError:
    sys.exit(3)


def parts_of(rows, columns):
    """The same as in arrays.mjs."""
    at, some = 1, set()
    for _ in range(500):
        at = at * 48271 % 2147483647
        some.add(at % rows)
    return {
        "1000 rows": (slice(100, 1100), slice(None)),
        "100 columns": (slice(None), slice(1000, 1100)),
        "a box of 1000 by 1000": (slice(500, 1500), slice(500, 1500)),
        "every tenth row, of each every tenth element": (slice(None, None, 10), slice(None, None, 10)),
        "some 500 rows": (sorted(some), slice(None)),
    }


def elapsed(start):
    return (time.perf_counter() - start) * 1000


def slices(path, rounds):
    answer = {}
    with h5py.File(path, "r") as file:
        data = file["data"]
        for name, part in parts_of(*data.shape).items():
            times = []
            for _ in range(rounds):
                start = time.perf_counter()
                read = data[part]
                times.append(elapsed(start))
            answer[name] = {"times": times, "sum": float(read.sum())}
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            for i in range(1000):
                data[i * 7 % data.shape[0], i * 13 % data.shape[1]]
            times.append(elapsed(start))
        answer["1000 single elements"] = {"times": times, "sum": 0}
    return answer


def blocks(path, cap, doubles):
    start = time.perf_counter()
    with h5py.File(path, "r+" if doubles else "r") as file:
        data = file["data"]
        rows = max(1, cap // (data.shape[1] * data.dtype.itemsize))
        total = 0.0
        if doubles:
            target = file.create_dataset("doubles", data.shape, data.dtype, chunks=data.chunks)
        for first in range(0, data.shape[0], rows):
            block = data[first:first + rows]
            if doubles:
                target[first:first + rows] = block * 2
            else:
                total += float(block.sum())
    return {"time": elapsed(start), "sum": total}


action, path, number = sys.argv[1:4]
result = slices(path, int(number)) if action == "slices" else blocks(path, int(number), action == "double")
print(json.dumps(result))
