"""Writes a file as ch5mpy writes it, with the same calls of h5py: dicts, lists, arrays, attributes, pickled objects.

    ch5mpy_make.py FILE

And shows what ch5mpy's H5Dict would look at in a file of ours:

    ch5mpy_make.py --show FILE
"""

import json
import pickle
import sys

import h5py
import numpy as np


def make(path):
    with h5py.File(path, "w") as file:
        uns = file.create_group("uns", track_order=True)
        uns["a"] = 1
        uns["name"] = "test"
        uns["pi"] = 3.5
        dataset = uns.create_dataset("b", data=np.arange(3), chunks=True, maxshape=(None,))
        dataset.attrs["dtype"] = "int64"
        inner = uns.create_group("c", track_order=True)
        inner["d"] = "inner"
        inner.create_dataset("e", data=np.arange(100.0).reshape(10, 10), chunks=True, maxshape=(None, None))
        strings = inner.create_dataset("s", data=np.array(["x", "yy"], dtype=object), dtype=h5py.string_dtype())
        strings.attrs["dtype"] = "<U2"
        items = uns.create_group("list")
        items.attrs["__h5_type__"] = "list"
        items["0"] = 1.0
        items["1"] = "two"
        items.create_group("2")["x"] = 3
        for i in range(3, 12):
            items[str(i)] = i
        object_ = uns.create_group("object", track_order=True)
        object_["value"] = 5
        object_.attrs["__h5_type__"] = "object"
        object_.attrs["__h5_class__"] = np.void(pickle.dumps(dict))
        uns["pickled"] = np.void(pickle.dumps({1, 2}))
        uns["pickled"].attrs["__h5_type__"] = "pickle"
        uns.attrs["none"] = "__h5_NONE__"
        uns.attrs["list"] = [1, 2, 3]
        uns.attrs["state"] = np.void(pickle.dumps(("a", 1)))


def show(path):
    """Keys and values of a group as H5Dict.items() has them: links alone, scalars of 0-D datasets."""

    def of(item):
        if isinstance(item, h5py.Group):
            return {name: of(item[name]) for name in item}
        return plain(item[()])

    def plain(value):
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.decode() if isinstance(value, bytes) else value

    with h5py.File(path, "r") as file:
        print(json.dumps(of(file)))


if sys.argv[1] == "--show":
    show(sys.argv[2])
else:
    make(sys.argv[1])
