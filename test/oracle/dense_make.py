"""Writes groups of every size and style with h5py, for the tests of our indexes, and prints how h5py reads them.

    dense_make.py FOLDER [NAME ...]

For each sample below, or those named, four files: FOLDER/{earliest,latest}[-tracked]/NAME.h5, with h5py's libver, and with
creation order tracked or not. Prints the line of h5py_dump.py for each.

"earliest" without tracking makes groups of the old style: symbol tables, and attributes in the object header
however many there are. All others have dense storage beyond eight links or attributes. Attributes are int32 or
uint8 only: what they mean is tested elsewhere.
"""

import sys
from itertools import product
from pathlib import Path

import h5py
import numpy as np
from h5py import h5f, h5p

from h5py_dump import dump


def shuffled(count):
    """0 to count - 1, out of order; 7919 is a prime that divides no count used here."""
    return [i * 7919 % count for i in range(count)]


def add_links(group, count, hard):
    for i in shuffled(count):
        name = f"link {i:05}"
        if i % 3 == 0:
            group[name] = hard
        else:
            group[name] = h5py.SoftLink(f"/somewhere/{i}")


def add_attributes(owner, count):
    for i in shuffled(count):
        owner.attrs.create(f"attribute {i:04}", i, dtype="<i4")


def bytes_of(size):
    return np.arange(size, dtype="<u8").astype("u1")


def links(file, _):
    target = file.create_group("target")
    for count in (0, 1, 5, 8, 9, 100, 5000):
        add_links(file.create_group(str(count)), count, target)


def names(file, old):
    group = file.create_group("names")
    texts = ["z", "", "ü", "日本", "\uff5e", "\U0001f642", "e\u0301", ".hidden", "a b", "-", "0", "10", "9"]
    for text in texts:
        if text:
            group[text] = h5py.SoftLink("/" + text)
    # A link message of more than 4,096 bytes is a huge object.
    for size in (255, 256, 300, 3000, 4000, 4096, 5000, 60000):
        group["n" * size] = h5py.SoftLink("short")
        group[f"to {size}"] = h5py.SoftLink("t" * size)
    if not old:
        for i in range(20):
            group[f"external {i}"] = h5py.ExternalLink(f"file {i}.h5", f"/object {i}")


def deleted(file, _):
    """Holes in heaps, nodes that were merged, and what is small again after it was large."""
    target = file.create_group("target")
    for name, kept in (("some", range(0, 1000, 3)), ("few", range(3)), ("none", ())):
        group = file.create_group(name)
        add_links(group, 1000, target)
        add_attributes(group, 300)
        for i in range(1000):
            if i not in kept:
                del group[f"link {i:05}"]
        for i in range(300):
            if i not in kept:
                del group.attrs[f"attribute {i:04}"]
    for i in range(50):
        file["some"][f"new {i * 7 % 50}"] = target
        file["some"].attrs.create(f"new {i * 7 % 50}", i, dtype="<i4")


def attributes(file, _):
    for count in (0, 8, 9, 100, 2000):
        add_attributes(file.create_group(f"group {count}"), count)
    add_attributes(file.create_dataset("dataset", data=np.arange(3, dtype="<i4")), 100)
    file["type"] = np.dtype("<i4")
    add_attributes(file["type"], 100)
    # Their datatype is that of another object.
    shared = file.create_group("shared")
    for i in range(20):
        shared.attrs.create(f"attribute {i}", i, dtype=file["type"])


def large(file, old):
    owner = file.create_group("owner")
    # Beyond 64 KiB no object header can hold them.
    sizes = (1, 4000, 4096, 5000, 60000) + (() if old else (65400, 65535, 65536, 100000, 300000))
    for size in sizes:
        owner.attrs.create(f"size {size}", bytes_of(size))
    for i in range(100):
        owner.attrs.create(f"huge {i:03}", np.roll(bytes_of(5000), i))
    small = file.create_group("one large, few others")
    small.attrs.create("large", bytes_of(60000 if old else 70000))
    small.attrs.create("small", 1, dtype="<i4")


def deep(file, _):
    """Heaps of more than 512 KiB, whose indirect blocks lead to other indirect blocks."""
    group = file.create_group("links")
    for i in shuffled(3000):
        group[f"{i:04}"] = h5py.SoftLink(f"{i} " * 200)
    owner = file.create_group("attributes")
    for i in shuffled(500):
        owner.attrs.create(f"{i:03}", np.roll(bytes_of(3000), i))


def forest(file, _):
    """B-trees of four levels."""
    group = file.create_group("links")
    for i in shuffled(30000):
        group[f"{i}"] = h5py.SoftLink("x")


def few(file, _):
    """Small files, to be damaged at every byte."""
    target = file.create_group("target")
    add_links(file.create_group("links"), 30, target)
    add_attributes(file.create_group("attributes"), 12)
    file["attributes"].attrs.create("large", bytes_of(4500))


SAMPLES = [links, names, deleted, attributes, large, deep, forest, few]

# Sizes of offsets and of lengths in bytes. With lengths of two, libhdf5 1.10 overruns its own buffers as soon as it
# makes a fractal heap.
SIZES = [(4, 8), (8, 4), (4, 4), (2, 8), (2, 4)]
OLD_SIZES = [(8, 2), (2, 2)]


def make_sizes(path, offset_size, length_size, libver, tracked):
    creation = h5p.create(h5p.FILE_CREATE)
    creation.set_sizes(offset_size, length_size)
    if tracked:
        creation.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
        creation.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    access = h5p.create(h5p.FILE_ACCESS)
    low = h5f.LIBVER_EARLIEST if libver == "earliest" else h5f.LIBVER_LATEST
    access.set_libver_bounds(low, h5f.LIBVER_LATEST)
    with h5py.File(h5f.create(str(path).encode(), h5f.ACC_TRUNC, creation, access)) as file:
        target = file.create_group("target")
        add_links(file.create_group("links"), 30, target)
        add_attributes(file.create_group("attributes"), 20)
        # Short enough, with addresses of two bytes, to be stored in the heap ID itself.
        short = file.create_group("short")
        for letter in "abcdefghijkl":
            short.id.links.create_hard(letter.encode(), file.id, b"target")


def make(folder, chosen):
    for libver, tracked in product(("earliest", "latest"), (False, True)):
        variant = folder / (libver + ("-tracked" if tracked else ""))
        variant.mkdir(parents=True, exist_ok=True)
        # The only way to reach groups and datasets that assignment makes.
        h5py.get_config().track_order = tracked
        old = libver == "earliest" and not tracked
        for sample in SAMPLES:
            path = variant / f"{sample.__name__}.h5"
            if chosen and path.stem not in chosen:
                continue
            with h5py.File(path, "w", libver=libver) as file:
                sample(file, old)
            print(dump(str(path)), flush=True)
        for sizes in SIZES + (OLD_SIZES if old else []):
            path = variant / "sizes-{}-{}.h5".format(*sizes)
            if chosen and path.stem not in chosen:
                continue
            make_sizes(path, *sizes, libver, tracked)
            print(dump(str(path)), flush=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2:])
