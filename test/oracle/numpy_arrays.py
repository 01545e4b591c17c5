#!/usr/bin/python3
"""What numpy makes of selections, assignments, insertions and deletions.

    numpy_arrays.py JOBS.json

The file is a list of jobs; the answer is a list of outcomes, as JSON. A job is

    {"shape": [2, 3], "steps": [STEP, ...]}
    {"file": PATH, "dataset": NAME, "steps": [STEP, ...]}

about an array of the numbers from 0 on, or one that h5py reads; a STEP is one of

    {"read": CHAIN}                      the elements of a view
    {"write": CHAIN, "value": VALUE}     assigns to a view
    {"insert": INDICES, "value": VALUE, "axis": 0}, {"delete": INDICES, "axis": 0}
    {"all": true}                        all elements

A CHAIN is a list of {"index": [ENTRY, ...]}, {"transpose": [1, 0]} and {"reshape": [3, 2]}, an ENTRY one of {"at": 1},
{"slice": [start, stop, step]}, {"new": true}, {"dots": true}, {"list": [[0, 1]]}, {"mask": [true]}, {"is": true}. A VALUE is
{"shape": [3], "data": [1, 2, 3]}. An outcome is a list with, for each step, {"shape", "data"}, null, or {"error": class}.
"""

import json
import sys
import warnings

import h5py
import numpy


def entry_of(entry):
    (kind, value), = entry.items()
    if kind == "slice":
        return slice(*value)
    if kind == "new":
        return None
    if kind == "dots":
        return Ellipsis
    if kind == "list":
        return numpy.array(value, dtype=int)
    if kind == "mask":
        return numpy.array(value, dtype=bool)
    return value


def view_of(array, chain):
    for link in chain:
        if "index" in link:
            array = array[tuple(entry_of(entry) for entry in link["index"])]
        elif "transpose" in link:
            array = numpy.transpose(array, link["transpose"])
        else:
            array = numpy.reshape(array, link["reshape"])
    return array


def value_of(value):
    return numpy.array(value["data"], dtype=float).reshape(value["shape"])


def shown(array):
    array = numpy.asarray(array)
    return {"shape": list(array.shape), "data": array.ravel().tolist()}


def run(array, step):
    """The outcome of a step, and the array that there is then."""
    if "read" in step:
        return shown(view_of(array, step["read"])), array
    if "write" in step:
        # The places of the elements, so that a view of a list of indices is one to be written to as well.
        places = view_of(numpy.arange(array.size).reshape(array.shape), step["write"])
        values = numpy.broadcast_to(trimmed(value_of(step["value"]), places.ndim), places.shape)
        array.reshape(-1)[places.ravel()] = values.ravel()
        return None, array
    if "insert" in step:
        return None, numpy.insert(array, step["insert"], value_of(step["value"]), axis=step["axis"])
    if "delete" in step:
        indices = step["delete"]
        indices = entry_of(indices) if isinstance(indices, dict) else indices
        return None, numpy.delete(array, indices, axis=step["axis"])
    return shown(array), array


def trimmed(values, rank):
    """An assignment ignores axes of size 1 in front that are too many."""
    while values.ndim > rank and values.shape[0] == 1:
        values = values[0]
    return values


def outcome(job):
    if "file" in job:
        with h5py.File(job["file"], "r") as file:
            array = file[job["dataset"]][()]
    else:
        array = numpy.arange(numpy.prod(job["shape"], dtype=int), dtype=float).reshape(job["shape"])
    outcomes = []
    for step in job["steps"]:
        try:
            shows, array = run(array, step)
            outcomes.append(shows)
        except (IndexError, ValueError, DeprecationWarning) as error:
            outcomes.append({"error": type(error).__name__, "message": str(error)})
    return outcomes


# That an index beyond the end is an error where nothing is selected, too.
warnings.simplefilter("error", DeprecationWarning)
with open(sys.argv[1], encoding="utf-8") as jobs:
    json.dump([outcome(job) for job in json.load(jobs)], sys.stdout)
