"""Makes files of datasets in chunks, changes them, and says where h5py finds their chunks.

Reads one JSON object {"file", "libver", "istore_k", "steps": [...]}. A step is one of

    {"make": name, "dtype", "shape", "maxshape", "chunks", "options", "early"}
    {"resize": name, "shape"}
    {"write": name, "start": [...], "count": [...], "seed"}     a box of numbers that depend on their place and the seed
    {"info": name, "most", "values"}                            answered with a line of JSON

`options` are those of h5py's create_dataset; `early` has all chunks allocated at once. `info` is answered with

    object   the address of the header
    count    the number of chunks
    chunks   [[place, address, size, mask], ...], as H5Dget_chunk_info says; the place in chunks
    direct   [[place, mask, bytes], ...], as H5Dread_chunk reads them; null instead of the bytes where there is no chunk
    values   all values as they are in memory, if asked for; those of windows [start, end] if these are given

Of chunks and of places at most `most` each, spread over all. The file is opened anew for infos. Bytes are base64.
"""

import base64
import ctypes
import json
import sys

import h5py
import numpy as np
from h5py import h5d, h5f, h5p, h5s, h5t

request = json.load(sys.stdin)
libver = request.get("libver", "latest")


def set_istore_k(fcpl, k):
    """H5Pset_istore_k, which h5py does not have."""
    with open("/proc/self/maps") as maps:
        names = [line.split(None, 5)[-1].strip() for line in maps]
    name = next(name for name in names if "/libhdf5_serial.so" in name or "/libhdf5.so" in name or "/libhdf5-" in name)
    function = ctypes.CDLL(name).H5Pset_istore_k
    function.argtypes = [ctypes.c_int64, ctypes.c_uint]
    assert function(fcpl.id, k) >= 0


def create():
    fapl = h5p.create(h5p.FILE_ACCESS)
    if libver == "latest":
        fapl.set_libver_bounds(h5f.LIBVER_LATEST, h5f.LIBVER_LATEST)
    fcpl = h5p.create(h5p.FILE_CREATE)
    if "istore_k" in request:
        set_istore_k(fcpl, request["istore_k"])
    return h5py.File(h5f.create(request["file"].encode(), h5f.ACC_TRUNC, fcpl, fapl))


def values(dtype, shape, start, count, seed):
    """The numbers of a box: place in row-major order of a shape without end, times 7, plus the seed."""
    result = np.full(count, seed, "i8")
    for axis in range(len(count)):
        steps = np.arange(start[axis], start[axis] + count[axis])
        result += (steps * (7 ** (axis + 1))).reshape([-1 if i == axis else 1 for i in range(len(count))])
    return (result % 251).astype(dtype)


def make(file, step):
    options = dict(step.get("options", {}))
    maxshape = step.get("maxshape") or step["shape"]
    if step.get("early"):
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk(tuple(step["chunks"]))
        dcpl.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        space = h5s.create_simple(tuple(step["shape"]), tuple(h5s.UNLIMITED if n is None else n for n in maxshape))
        h5d.create(file.id, step["make"].encode(), h5t.py_create(np.dtype(step["dtype"])), space, dcpl)
    else:
        file.create_dataset(
            step["make"], step["shape"], step["dtype"], maxshape=maxshape, chunks=tuple(step["chunks"]), **options
        )


def spread(count, most):
    if count <= most:
        return range(count)
    return sorted({int(i * (count - 1) / max(1, most - 1)) for i in range(most)})


def read(dataset, asked):
    if not asked:
        return b""
    if asked is True:
        return dataset[...].tobytes()
    return b"".join(dataset[start:end].tobytes() for start, end in asked)


def info(file, name, most, asked):
    dataset = file[name]
    steps = dataset.chunks
    count = dataset.id.get_num_chunks()
    chunks = []
    for i in spread(count, most):
        chunk = dataset.id.get_chunk_info(i)
        place = [n // step for n, step in zip(chunk.chunk_offset, steps)]
        chunks.append([place, chunk.byte_offset, chunk.size, chunk.filter_mask])
    counts = [-(-n // step) for n, step in zip(dataset.shape, steps)]
    direct = []
    for i in spread(int(np.prod(counts)), most):
        place = [int(n) for n in np.unravel_index(i, counts)]
        try:
            mask, data = dataset.id.read_direct_chunk(tuple(n * step for n, step in zip(place, steps)))
            direct.append([place, mask, base64.b64encode(data).decode()])
        except (OSError, RuntimeError, ValueError) as error:
            # A chunk that is not there has no size, or one of 0.
            if "not allocated" not in str(error) and "cannot be NULL" not in str(error):
                raise
            direct.append([place, 0, None])
    return {
        "object": h5py.h5o.get_info(dataset.id).addr,
        "count": count,
        "chunks": chunks,
        "direct": direct,
        "values": base64.b64encode(read(dataset, asked)).decode(),
    }


file = None
mode = None


def opened(wanted):
    global file, mode
    if file is None or mode != wanted:
        if file is not None:
            file.close()
        file = h5py.File(request["file"], wanted, libver=libver)
        mode = wanted
    return file


if not request.get("keep"):
    file, mode = create(), "r+"
for step in request["steps"]:
    if "make" in step:
        make(opened("r+"), step)
    elif "resize" in step:
        opened("r+")[step["resize"]].resize(step["shape"])
    elif "write" in step:
        dataset = opened("r+")[step["write"]]
        start, count = step["start"], step["count"]
        box = tuple(slice(a, a + n) for a, n in zip(start, count))
        dataset[box] = values(dataset.dtype, dataset.shape, start, count, step.get("seed", 0))
    elif "info" in step:
        print(json.dumps(info(opened("r"), step["info"], step.get("most", 400), step.get("values"))))
if file is not None:
    file.close()
