"""Describes HDF5 files as h5py sees them, one line of JSON a file.

    h5py_dump.py a.h5 b.h5 ...    prints one line for each file
    h5py_dump.py --serve          reads one path a line, answers each with one line

A line is {"file", "root", "objects"}: every object of the file once, by its address in the file, so that
sharing and cycles stay visible; `root` is the address of the root group. Under --serve a file that cannot be
read is answered with {"file", "error"}, otherwise it ends the program.

JSON has no form for some values. They are objects with one member, whose name begins with "$":

    {"$int": "9007199254740993"}        an integer beyond 2**53
    {"$float": "nan"}                   also "inf", "-inf", "-0.0", and what a float64 does not hold
    {"$complex": [re, im]}
    {"$bytes": "c3"}                    text that is not UTF-8, and opaque values
    {"$ref": 800} {"$regionref": 800}   a reference, by the address of its target; null if it has none
    {"$empty": dtype}                   a null dataspace
    {"$compound": [[name, value], ..]}  a compound with a member that a plain JavaScript object would not keep
"""

import json
import os
import sys

# A test may hold the file open for writing; the oracle only looks.
os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5i, h5l, h5o, h5r, h5s, h5t

MAX_SAFE_INTEGER = 2**53

CLASSES = {
    h5t.INTEGER: "integer",
    h5t.FLOAT: "float",
    h5t.TIME: "time",
    h5t.STRING: "string",
    h5t.BITFIELD: "bitfield",
    h5t.OPAQUE: "opaque",
    h5t.COMPOUND: "compound",
    h5t.REFERENCE: "reference",
    h5t.ENUM: "enum",
    h5t.VLEN: "vlen",
    h5t.ARRAY: "array",
}
ORDERS = {h5t.ORDER_LE: "little", h5t.ORDER_BE: "big"}
CHARACTER_SETS = {h5t.CSET_ASCII: "ascii", h5t.CSET_UTF8: "utf-8"}
PADDINGS = {h5t.STR_NULLTERM: "nullterm", h5t.STR_NULLPAD: "nullpad", h5t.STR_SPACEPAD: "spacepad"}
LAYOUTS = {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked", h5d.VIRTUAL: "virtual"}


def text(raw):
    """A string for bytes that are UTF-8; for others their hexadecimal form."""
    if isinstance(raw, str):
        try:
            raw.encode("utf-8")
            return raw
        except UnicodeEncodeError:
            # h5py decodes with surrogateescape: this gets the bytes of the file back.
            return {"$bytes": raw.encode("utf-8", "surrogateescape").hex()}
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"$bytes": raw.hex()}


# ---- types ----


def describe_type(tid):
    """The HDF5 type, and under "numpy" the dtype that h5py makes of it."""
    cls = tid.get_class()
    described = {"class": CLASSES[cls], "numpy": tid.dtype.str, "size": tid.get_size()}
    if tid.committed():
        described["committed"] = True
    if cls in (h5t.INTEGER, h5t.FLOAT, h5t.BITFIELD, h5t.TIME):
        # The order of the bytes of a single byte means nothing.
        described["order"] = ORDERS.get(tid.get_order()) if tid.get_size() > 1 else None
        if cls == h5t.INTEGER:
            described["signed"] = tid.get_sign() == h5t.SGN_2
    elif cls == h5t.STRING:
        info = h5py.check_string_dtype(tid.dtype)
        described["string"] = {
            "variable": tid.is_variable_str(),
            "length": info.length,
            "charset": CHARACTER_SETS[tid.get_cset()],
            "padding": PADDINGS[tid.get_strpad()],
        }
    elif cls == h5t.OPAQUE:
        described["tag"] = text(tid.get_tag())
    elif cls == h5t.COMPOUND:
        described["fields"] = [
            {
                "name": text(tid.get_member_name(i)),
                "offset": tid.get_member_offset(i),
                "dtype": describe_type(tid.get_member_type(i)),
            }
            for i in range(tid.get_nmembers())
        ]
    elif cls == h5t.REFERENCE:
        is_object = h5py.check_ref_dtype(tid.dtype) is h5r.Reference
        described["reference"] = "object" if is_object else "region"
    elif cls == h5t.ENUM:
        described["bool"] = tid.dtype == np.dtype(bool)
        described["base"] = describe_type(tid.get_super())
        described["members"] = [
            [text(tid.get_member_name(i)), integer(int(tid.get_member_value(i)))] for i in range(tid.get_nmembers())
        ]
    elif cls == h5t.VLEN:
        described["base"] = describe_type(tid.get_super())
    elif cls == h5t.ARRAY:
        described["base"] = describe_type(tid.get_super())
        described["dims"] = list(tid.get_array_dims())
    return described


# ---- values ----


def integer(value):
    return value if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else {"$int": str(value)}


def floating(value):
    if value != value:
        return {"$float": "nan"}
    if value in (np.inf, -np.inf) or (value == 0 and np.signbit(value)):
        return {"$float": str(float(value))}
    # Only a long double can differ from its float64.
    return float(value) if float(value) == value else {"$float": str(value)}


def nest(flat, shape):
    """A flat list as nested lists of this shape; its one element for a scalar."""
    if not shape:
        return flat[0]
    if 0 in shape:
        return np.empty(shape, dtype="i1").tolist()
    for size in reversed(shape[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)]
    return flat


def is_plain(name):
    """Whether a JavaScript object has this member where it was put: it moves numbers to the front."""
    return not (name.startswith("$") or name.isdigit() or name == "__proto__")


class Values:
    """Turns what h5py returns into JSON, and finds out where references lead."""

    def __init__(self, fid, found):
        self.fid = fid
        self.found = found

    def encode(self, value):
        if isinstance(value, h5py.Empty):
            return {"$empty": value.dtype.str}
        if isinstance(value, np.ndarray):
            return nest(self.flat(value.reshape(-1)), value.shape)
        if isinstance(value, np.generic):
            return self.flat(np.array([value], dtype=value.dtype))[0]
        return self.element(value)

    def flat(self, array):
        """The elements of a one-dimensional array. Whole columns at a time: a large dataset must not be slow."""
        dtype = array.dtype
        if dtype.names is not None:
            return self.records(array)
        kind = dtype.kind
        if kind == "b":
            return array.tolist()
        if kind in "iu":
            numbers = array.tolist()
            if dtype.itemsize < 8 or not numbers:
                return numbers
            if -MAX_SAFE_INTEGER <= min(numbers) and max(numbers) <= MAX_SAFE_INTEGER:
                return numbers
            return [integer(number) for number in numbers]
        if kind == "f":
            if dtype.itemsize <= 8 and np.isfinite(array).all() and not (np.signbit(array) & (array == 0)).any():
                return array.tolist()
            return [floating(number) for number in array]
        if kind == "c":
            return [{"$complex": [floating(number.real), floating(number.imag)]} for number in array]
        if kind == "S":
            return [text(raw) for raw in array.tolist()]
        if kind == "V":
            raw, size = array.tobytes(), dtype.itemsize
            return [{"$bytes": raw[i * size : (i + 1) * size].hex()} for i in range(len(array))]
        if kind in "mM":
            return self.flat(array.view("i8"))
        if kind == "O":
            return [self.element(element) for element in array.tolist()]
        raise TypeError(f"no JSON form for dtype {dtype!r}")

    def records(self, array):
        columns = []
        for name in array.dtype.names:
            column = array[name]
            inner = column.shape[1:]
            flat = self.flat(column.reshape(-1))
            if inner:
                step = int(np.prod(inner))
                flat = [nest(flat[i * step : (i + 1) * step], inner) for i in range(len(array))]
            columns.append(flat)
        names = array.dtype.names
        if not all(is_plain(name) for name in names):
            return [{"$compound": [list(member) for member in zip(names, row)]} for row in zip(*columns)]
        return [dict(zip(names, row)) for row in zip(*columns)]

    def element(self, value):
        """What an array of Python objects holds, and the scalars that h5py makes Python objects of."""
        if isinstance(value, (str, bytes)):
            return text(value)
        if isinstance(value, h5r.RegionReference):
            return {"$regionref": self.target(value)}
        if isinstance(value, h5r.Reference):
            return {"$ref": self.target(value)}
        if isinstance(value, np.ndarray):
            return self.encode(value)
        if isinstance(value, np.generic):
            return self.encode(value)
        if value is None:
            return None
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return integer(value)
        if isinstance(value, float):
            return floating(value)
        if isinstance(value, tuple):
            return [self.element(element) for element in value]
        raise TypeError(f"no JSON form for {type(value)}")

    def target(self, reference):
        if not reference:
            return None
        return self.found(h5r.dereference(reference, self.fid))


# ---- objects ----


class Dump:
    def __init__(self, path):
        # Objects wait here with their identifier: a walk by recursion would end at Python's own depth limit.
        self.waiting = []
        self.objects = {}
        with h5py.File(path, "r") as file:
            self.values = Values(file.id, self.found)
            root = self.found(h5g.open(file.id, b"/"))
            while self.waiting:
                address, oid = self.waiting.pop()
                self.objects[address] = self.describe(oid)
            self.document = {"file": path, "root": root, "objects": self.objects}
            self.waiting = self.values = None

    def found(self, oid):
        """The address of an object, which is described later if it is new."""
        address = h5o.get_info(oid).addr
        if address not in self.objects:
            self.objects[address] = None
            self.waiting.append((address, oid))
        return address

    def describe(self, oid):
        where = h5i.get_name(oid)
        try:
            if isinstance(oid, h5g.GroupID):
                return self.group(oid)
            if isinstance(oid, h5d.DatasetID):
                return self.dataset(oid)
            return self.datatype(oid)
        except Exception as error:
            raise RuntimeError(f"{where!r}: {type(error).__name__}: {error}") from error

    def common(self, kind, oid, obj):
        return {
            "kind": kind,
            "address": h5o.get_info(oid).addr,
            "linkCount": h5o.get_info(oid).rc,
            "attrs": [self.attribute(oid, obj, name) for name in obj.attrs],
        }

    def attribute(self, oid, obj, name):
        raw_name = name.encode("utf-8", "surrogateescape")
        aid = h5a.open(oid, raw_name)
        space = aid.get_space()
        info = h5a.get_info(oid, raw_name)
        return {
            "name": text(raw_name),
            "charset": CHARACTER_SETS[info.cset],
            "order": info.corder if info.corder_valid else None,
            "dtype": describe_type(aid.get_type()),
            "shape": shape_of(space),
            "value": self.values.encode(obj.attrs[name]),
        }

    def group(self, gid):
        group = h5py.Group(gid)
        flags = gid.get_create_plist()
        described = self.common("group", gid, group)
        described["linkOrder"] = flags.get_link_creation_order() != 0
        described["attributeOrder"] = flags.get_attr_creation_order() != 0
        described["links"] = [self.link(gid, name.encode("utf-8", "surrogateescape")) for name in group]
        return described

    def link(self, gid, raw_name):
        info = gid.links.get_info(raw_name)
        described = {
            "name": text(raw_name),
            "charset": CHARACTER_SETS[info.cset],
            "order": info.corder if info.corder_valid else None,
        }
        if info.type == h5l.TYPE_HARD:
            return {**described, "type": "hard", "target": self.found(h5o.open(gid, raw_name))}
        if info.type == h5l.TYPE_SOFT:
            return {**described, "type": "soft", "path": text(gid.links.get_val(raw_name))}
        if info.type == h5l.TYPE_EXTERNAL:
            file, path = gid.links.get_val(raw_name)
            return {**described, "type": "external", "file": text(file), "path": text(path)}
        return {**described, "type": "user-defined"}

    def dataset(self, did):
        dataset = h5py.Dataset(did)
        creation = did.get_create_plist()
        space = did.get_space()
        described = self.common("dataset", did, dataset)
        described["attributeOrder"] = creation.get_attr_creation_order() != 0
        described["dtype"] = describe_type(did.get_type())
        described["shape"] = shape_of(space)
        described["maxshape"] = maxshape_of(space)
        described["layout"] = LAYOUTS[creation.get_layout()]
        described["chunks"] = list(dataset.chunks) if dataset.chunks else None
        described["filters"] = [describe_filter(creation, i) for i in range(creation.get_nfilters())]
        described["value"] = self.values.encode(dataset[()])
        return described

    def datatype(self, tid):
        return {**self.common("datatype", tid, h5py.Datatype(tid)), "dtype": describe_type(tid)}


def shape_of(space):
    return None if space.get_simple_extent_type() == h5s.NULL else list(space.get_simple_extent_dims())


def maxshape_of(space):
    if space.get_simple_extent_type() == h5s.NULL:
        return None
    return [None if size == h5s.UNLIMITED else size for size in space.get_simple_extent_dims(True)]


def describe_filter(creation, index):
    code, flags, values, name = creation.get_filter(index)
    return {"id": code, "flags": flags, "values": list(values), "name": text(name)}


def dump(path):
    """The description of one file, as a line of JSON."""
    return json.dumps(Dump(path).document, allow_nan=False, separators=(",", ":"))


def serve():
    for line in sys.stdin:
        path = line.rstrip("\n")
        try:
            answer = dump(path)
        except Exception as error:
            answer = json.dumps({"file": path, "error": f"{type(error).__name__}: {error}"})
        print(answer, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        for argument in sys.argv[1:]:
            print(dump(argument), flush=True)
