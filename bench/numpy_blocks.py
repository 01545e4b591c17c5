"""Computes with numpy over h5py, by chunks, what numpy-ours.mjs does.

    python3 numpy_blocks.py sum|mean|std|max|add|sin|in-place PATH OUT
"""

import json
import os
import resource
import sys
import time

# This file is called as the package is.
sys.path.pop(0)

import h5py
import numpy as np

what, path, out = sys.argv[1:4]
BLOCK = 2**19


def blocks(array):
    for start in range(0, len(array), BLOCK):
        yield slice(start, min(len(array), start + BLOCK))


def compute():
    if what == "in-place":
        with h5py.File(path, "r+") as file:
            array = file["b"]
            for block in blocks(array):
                array[block] = array[block] + 1
            return array[-1]
    with h5py.File(path, "r") as file:
        a = file["a"]
        if what == "sum":
            return sum(np.sum(a[block]) for block in blocks(a))
        if what == "mean":
            return sum(np.sum(a[block]) for block in blocks(a)) / len(a)
        if what == "max":
            return max(np.max(a[block]) for block in blocks(a))
        if what == "std":
            mean = sum(np.sum(a[block]) for block in blocks(a)) / len(a)
            return (sum(np.sum((a[block] - mean) ** 2) for block in blocks(a)) / len(a)) ** 0.5
        with h5py.File(out, "w") as target:
            result = target.create_dataset("result", a.shape, "f8")
            for block in blocks(a):
                result[block] = a[block] + file["b"][block] if what == "add" else np.sin(a[block])
            return result[-1]


start = time.perf_counter()
value = float(compute())
elapsed = (time.perf_counter() - start) * 1000
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
json.dump({"time": elapsed, "result": value, "memory": memory}, sys.stdout)
