"""Writes sample files with h5py, for the tests of our reader, and prints how h5py reads them back.

    h5py_make.py FOLDER

For each sample below, four files: FOLDER/{earliest,latest}[-tracked]/NAME.h5, with h5py's libver, and with
creation order tracked or not. Prints the line of h5py_dump.py for each.

Apart from "dense" and "many", no group has more than eight links and no object more than eight attributes: up
to there HDF5 keeps them in the object header itself.
"""

import sys
from itertools import product
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5d, h5p, h5s, h5t

from h5py_dump import dump

ASCII = h5py.string_dtype("ascii")
UTF8 = h5py.string_dtype("utf-8")
COLOR = h5py.enum_dtype({"red": 0, "green": 1, "blue": -300}, basetype="<i4")
INTS = h5py.vlen_dtype(np.dtype("<i4"))
POINT = np.dtype([("x", "<f8"), ("y", ">i2"), ("inside", "?")])
NESTED = np.dtype([("name", UTF8), ("at", POINT), ("grid", "<i4", (2, 3)), ("next", h5py.ref_dtype)])


def limits(code):
    info = np.iinfo(code)
    return np.array([info.min, 0, 1, info.max], dtype=code)


def integers(group, put, order):
    for code in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"):
        put(group, code, limits(order + code))


def floats(group, put):
    for order, code in product("<>", ("f2", "f4", "f8")):
        values = np.array([0.0, -0.0, 1.5, -2.25, np.nan, np.inf, -np.inf, 0.1], dtype=order + code)
        put(group, code + ("le" if order == "<" else "be"), values)


def strings(group, put):
    put(group, "fixed-ascii", np.bytes_("hello"))
    put(group, "fixed-utf8", np.array("grün".encode(), dtype=h5py.string_dtype("utf-8", 8)))
    put(group, "fixed-array", np.array([b"a", b"bb", b""], dtype="S4"))
    put(group, "variable-ascii", "plain", dtype=ASCII)
    put(group, "variable-utf8", "日本 🙂")
    put(group, "variable-empty", "")
    put(group, "variable-array", ["one", "", "drei ü", "x" * 300], dtype=UTF8)
    put(group, "variable-2d", [["a", "b"], ["c", "d"]], dtype=UTF8)


def small_types(group, put):
    put(group, "true", True)
    put(group, "bools", np.array([True, False, True]))
    put(group, "enum", np.array(-300, dtype="<i4"), dtype=COLOR)
    put(group, "enums", np.array([0, 1, -300], dtype="<i4"), dtype=COLOR)
    put(group, "opaque", np.void(b"\x00\x01\xff\x7f"))
    put(group, "complex", np.array([1 + 2j, -0.5j]))
    put(group, "vlens", ragged([1, 2, 3], [], [-4]), dtype=INTS)


def ragged(*rows):
    array = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        array[i] = np.array(row, dtype="<i4")
    return array


def compounds(group, put, target):
    put(group, "point", np.array((1.5, -2, True), dtype=POINT))
    put(group, "points", np.array([(0, 1, False), (np.inf, 2, True)], dtype=POINT))
    records = np.empty(2, dtype=NESTED)
    records[0] = ("über", (1.0, 2, True), [[1, 2, 3], [4, 5, 6]], target.ref)
    records[1] = ("", (-0.0, -1, False), [[0, 0, 0], [7, 8, 9]], h5py.Reference())
    put(group, "nested", records, dtype=NESTED)
    put(group, "tagged", np.array((2**62,), dtype=[("bigint", "<i8")]))
    # Members out of order, and holes between them.
    holes = np.dtype({"names": ["b", "a"], "formats": ["<i4", "<i2"], "offsets": [12, 2], "itemsize": 24})
    put(group, "holes", np.array([(1, 2), (3, 4)], dtype=holes))


def references(group, put, target):
    put(group, "one", target.ref, dtype=h5py.ref_dtype)
    array = np.empty(3, dtype=h5py.ref_dtype)
    array[:] = [target.ref, h5py.Reference(), group.ref]
    put(group, "many", array, dtype=h5py.ref_dtype)


def shapes(group, put):
    put(group, "scalar", np.int32(7))
    put(group, "null-int", h5py.Empty("<i4"))
    put(group, "null-string", h5py.Empty(UTF8))
    put(group, "zero", np.empty((0,), dtype="<f8"))
    put(group, "zero-2d", np.empty((3, 0), dtype="<i2"))
    put(group, "matrix", np.arange(6, dtype="<i4").reshape(2, 3))
    put(group, "cube", np.arange(24, dtype="u1").reshape(2, 3, 4))


def array_type(base, dims):
    return h5t.array_create(h5t.py_create(np.dtype(base)), dims)


def every_type(file, put):
    """The same values, as attributes or as datasets: `put` says which."""
    target = file.create_group("shapes")
    shapes(target, put)
    integers(file.create_group("little"), put, "<")
    integers(file.create_group("big"), put, ">")
    floats(file.create_group("floats"), put)
    strings(file.create_group("strings"), put)
    small_types(file.create_group("small"), put)
    compounds(file.create_group("compounds"), put, target)
    references(file.create_group("references"), put, target)


def attributes(file):
    every_type(file, lambda group, name, value, dtype=None: group.attrs.create(name, value, dtype=dtype))
    # h5py's own way turns an array type into another dimension.
    triple = array_type("<i4", (3,))
    arrays = h5a.create(file["small"].id, "arrays-ü".encode(), triple, h5s.create_simple((2,)))
    arrays.write(np.arange(6, dtype="<i4").reshape(2, 3), mtype=triple)


def datasets(file):
    every_type(file, lambda group, name, value, dtype=None: group.create_dataset(name, data=value, dtype=dtype))
    # h5py's own way turns an array type into another dimension.
    triple = array_type("<i4", (3,))
    arrays = h5d.create(file["small"].id, b"arrays", triple, h5s.create_simple((2,)))
    arrays.write(h5s.ALL, h5s.ALL, np.arange(6, dtype="<i4").reshape(2, 3), mtype=triple)
    file["small/bools"].attrs["unit"] = "none"


def layouts(file):
    numbers = np.arange(1000, dtype="<i4").reshape(100, 10)
    compact_plan = h5p.create(h5p.DATASET_CREATE)
    compact_plan.set_layout(h5d.COMPACT)

    plain = file.create_group("plain")
    plain["contiguous"] = numbers
    plain.create_dataset("never-written", (5,), "<f4", fillvalue=2.5)
    compact = h5d.create(plain.id, b"compact", h5t.STD_I32LE, h5s.create_simple((6,)), compact_plan)
    compact.write(h5s.ALL, h5s.ALL, np.arange(6, dtype="<i4"))

    # With libver='latest' each of these has another index of chunks.
    index = file.create_group("index")
    index.create_dataset("single", data=numbers, chunks=(100, 10))
    index.create_dataset("fixed-array", data=numbers, chunks=(32, 4))
    index.create_dataset("extensible-array", data=numbers, chunks=(16, 10), maxshape=(None, 10))
    index.create_dataset("b-tree", data=numbers, chunks=(16, 4), maxshape=(None, None))
    index.create_dataset("single-filtered", data=numbers, chunks=(100, 10), compression="gzip")
    index.create_dataset("many-chunks", data=np.arange(3000, dtype="<u2"), chunks=(2,), maxshape=(None,))
    sparse = index.create_dataset("sparse", (64, 64), "<i2", chunks=(8, 8), fillvalue=-1)
    sparse[20:30, 40:50] = 5
    early = h5p.create(h5p.DATASET_CREATE)
    early.set_chunk((5,))
    early.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    implicit = h5d.create(index.id, b"implicit", h5t.STD_I32LE, h5s.create_simple((20,)), early)
    implicit.write(h5s.ALL, h5s.ALL, np.arange(20, dtype="<i4"))

    filters = file.create_group("filters")
    filters.create_dataset("gzip", data=numbers, chunks=(32, 10), compression="gzip", compression_opts=9)
    filters.create_dataset("shuffle-gzip", data=numbers, chunks=(32, 4), shuffle=True, compression="gzip")
    filters.create_dataset("fletcher32", data=numbers, chunks=(32, 10), fletcher32=True)
    filters.create_dataset("lzf", data=numbers, chunks=(32, 10), compression="lzf")
    filters.create_dataset("all", data=numbers, chunks=(32, 4), shuffle=True, compression="gzip", fletcher32=True)
    filters.create_dataset("strings", data=["a", "bb", ""] * 20, dtype=UTF8, chunks=(16,), compression="gzip")
    filters.create_dataset("scale-offset", data=numbers, chunks=(32, 10), scaleoffset=0)


def links(file):
    a = file.create_group("a")
    b = a.create_group("b")
    b.attrs["depth"] = 2
    a["shared"] = np.arange(3, dtype="<i4")
    b["same dataset"] = a["shared"]
    b["up"] = a
    b["root"] = file
    b["self"] = b
    file["soft"] = h5py.SoftLink("/a/b")
    file["dangling"] = h5py.SoftLink("no/such/path")
    file["external"] = h5py.ExternalLink("elsewhere.h5", "/there")
    file["ünï 日本"] = a
    file["type"] = np.dtype("<f4")
    file["type"].attrs["unit"] = "m"
    typed = file.create_dataset("typed", (2,), dtype=file["type"])
    typed[:] = [1, 2]
    file.create_group("empty")


def deep(file):
    group = file
    for _ in range(64):
        group = group.create_group("deeper")
    group.attrs["reached"] = True


def dense(file):
    """Past eight, HDF5 moves links and attributes into a heap of their own, if libver or tracking allow it."""
    # Created out of the order of their names.
    shuffled = [(i * 7) % 20 for i in range(20)]
    children = file.create_group("links")
    for i in shuffled:
        children.create_group(f"child-{i:02}").attrs["number"] = i
    busy = file.create_group("attributes")
    for i in shuffled:
        busy.attrs[f"attribute-{i:02}"] = i
    # Larger than an object header message can be: 64 KiB.
    if file.libver[0] != "earliest":
        file.create_group("large").attrs["values"] = np.arange(20000, dtype="<i4")


def many(file):
    """Indexes of several levels."""
    children = file.create_group("links")
    for i in range(2000):
        children[f"link number {i:05}"] = h5py.SoftLink(f"/somewhere/{i}")
    busy = file.create_group("attributes")
    for i in range(500):
        busy.attrs[f"attribute number {i:05}"] = f"value {i}"


SAMPLES = [attributes, datasets, layouts, links, deep, dense, many]


def make(folder):
    for libver, tracked in product(("earliest", "latest"), (False, True)):
        variant = folder / (libver + ("-tracked" if tracked else ""))
        variant.mkdir(parents=True, exist_ok=True)
        # The only way to reach groups and datasets that assignment makes.
        h5py.get_config().track_order = tracked
        for sample in SAMPLES:
            path = variant / f"{sample.__name__}.h5"
            with h5py.File(path, "w", libver=libver) as file:
                sample(file)
            print(dump(str(path)), flush=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
