"""Makes datasets with filters and hands their chunks over as they are stored, or writes chunks as they are given.

Reads one JSON object: {"file", "latest", "cases": [...]}. A case has

    type      a datatype message, base64
    shape, chunk
    filters   [[number, flags, [client values]], ...]: what a program asks for, in the order of writing
    fill      one element, base64; null for the default; "undefined" for none
    data      all elements as the file has them, base64: h5py writes them through the filters
    chunks    [[place, mask, bytes], ...] instead of data: written as they are, without the filters
    create    options of h5py's create_dataset instead of filters

and is answered with a line of JSON for each: {"filters": [[number, flags, [client values], name], ...],
"chunks": [[place, mask, bytes], ...], "data": all elements as h5py reads them}.
"""

import base64
import ctypes
import itertools
import json
import sys

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t


def library():
    """The copy of libhdf5 that h5py has loaded."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.split(None, 5)[-1].strip()
            if "libhdf5_serial.so" in path or "libhdf5.so" in path or "/libhdf5-" in path:
                return ctypes.CDLL(path)
    raise SystemExit("libhdf5 is not among the libraries of h5py")


hdf5 = library()


def set_fill(dcpl, tid, fill):
    """h5py's set_fill_value knows neither bytes nor that there is none."""
    if fill is None:
        return
    call = hdf5.H5Pset_fill_value
    call.argtypes = [ctypes.c_int64, ctypes.c_int64, ctypes.c_char_p]
    assert call(dcpl.id, tid.id, None if fill == "undefined" else base64.b64decode(fill)) >= 0


def get_filter(dcpl, index):
    """h5py's get_filter gives 16 client values right, and what lies in memory for those after them."""
    flags, config = ctypes.c_uint(), ctypes.c_uint()
    count = ctypes.c_size_t(256)  # libhdf5 takes more for a mistake
    values = (ctypes.c_uint * count.value)()
    name = ctypes.create_string_buffer(256)
    call = hdf5.H5Pget_filter2
    call.argtypes = [ctypes.c_int64, ctypes.c_uint] + [ctypes.c_void_p] * 3 + [ctypes.c_size_t] + [ctypes.c_void_p] * 2
    by = ctypes.byref
    number = call(dcpl.id, index, by(flags), by(count), values, len(name), name, by(config))
    assert number >= 0
    return [number, flags.value, list(values[: count.value]), name.value.decode()]


def make(file, name, case):
    # H5Tdecode takes the number of the message and a version before it.
    tid = h5t.decode(b"\x03\x00" + base64.b64decode(case["type"]))
    if "create" in case:
        file.create_dataset(name, case["shape"], tid.dtype, chunks=tuple(case["chunk"]), **case["create"])
        return tid
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_chunk(tuple(case["chunk"]))
    set_fill(dcpl, tid, case["fill"])
    for number, flags, values in case["filters"]:
        dcpl.set_filter(number, flags, tuple(values))
    h5d.create(file.id, name.encode(), tid, h5s.create_simple(tuple(case["shape"])), dcpl)
    return tid


def write(file, name, case):
    tid = make(file, name, case)
    dataset = file[name].id
    if "chunks" in case:
        for place, mask, data in case["chunks"]:
            dataset.write_direct_chunk(tuple(place), base64.b64decode(data), mask)
    else:
        elements = np.frombuffer(base64.b64decode(case["data"]), "V%d" % tid.get_size())
        # From the type of the file to itself: nothing is converted.
        dataset.write(h5s.ALL, h5s.ALL, elements.reshape(case["shape"]), tid)


def read(file, name, case):
    dataset = file[name].id
    dcpl = dataset.get_create_plist()
    filters = [get_filter(dcpl, i) for i in range(dcpl.get_nfilters())]
    chunks = []
    for place in itertools.product(*(range(0, n, step) for n, step in zip(case["shape"], case["chunk"]))):
        mask, data = dataset.read_direct_chunk(place)
        chunks.append([place, mask, base64.b64encode(data).decode()])
    tid = dataset.get_type()
    data = np.empty(case["shape"], "V%d" % tid.get_size())
    dataset.read(h5s.ALL, h5s.ALL, data, tid)
    return {"filters": filters, "chunks": chunks, "data": base64.b64encode(data.tobytes()).decode()}


def attempt(step, file, i, case):
    try:
        return step(file, "d%d" % i, case)
    except Exception as error:
        return {"error": "%s: %s: %s" % (step.__name__, type(error).__name__, error)}


request = json.load(sys.stdin)
cases = request["cases"]
with h5py.File(request["file"], "w", libver="latest" if request["latest"] else "earliest") as file:
    failed = [attempt(write, file, i, case) for i, case in enumerate(cases)]
# Opened anew, so that what is read has been through the filters.
with h5py.File(request["file"], "r") as file:
    for i, case in enumerate(cases):
        print(json.dumps(failed[i] or attempt(read, file, i, case)))
