#!/usr/bin/python3
"""Reads the layout that docs/FORMAT.md specifies, with h5py and nothing else, and prints the value as a graph.

It is written from that page alone, so that the page stays enough to write a reader from. The graph:
`{"root": VALUE, "objects": [...]}`, objects in the order in which a breadth-first walk meets them. A VALUE is null,
true, false, a string, or a list: ["undefined"], ["absent"], ["n", hex of the float64], ["b", digits], ["named", name],
["o", number].

    layout_reader.py FILE...     one line of JSON for each file
    layout_reader.py --serve     the same for each path that comes in as a line
"""

import json
import struct
import sys

import h5py
import numpy

PRESENT, UNDEFINED, NULL, ABSENT = range(4)
NOT_A_TIME = -(2**63)
TYPED = {"i1": "Int8Array", "u1": "Uint8Array", "i2": "Int16Array", "u2": "Uint16Array", "i4": "Int32Array",
         "u4": "Uint32Array", "f4": "Float32Array", "f8": "Float64Array", "i8": "BigInt64Array", "u8": "BigUint64Array"}
DTYPES = {**{name: dtype for dtype, name in TYPED.items()}, "Uint8ClampedArray": "u1"}


class Undefined:
    pass


class Absent:
    pass


UNDEFINED_VALUE, ABSENT_VALUE = Undefined(), Absent()
OF_CODE = {UNDEFINED: UNDEFINED_VALUE, NULL: None, ABSENT: ABSENT_VALUE}


class BigInt(int):
    pass


class Named(str):
    pass


class Object:
    """A value with identity: an object, an array, a Map, a Date, ..."""

    def __init__(self, kind, **content):
        self.kind = kind
        self.content = content


class Reader:
    def __init__(self, file):
        self.file = file
        self.values = {}   # by address: what an HDF5 object stands for
        self.vectors = {}  # by address: (elements, rows)
        self.tasks = []    # objects whose content is still to be read

    def read(self):
        root = self.file["/"]
        version = int(root.attrs["@h5pickle"])
        if version != 1:
            raise ValueError(f"layout version {version}")
        if encoding(root) == "value":
            holder = Object("object", keys=[], values=[])
            self.fill_members(holder, root)
            self.run()
            return holder.content["values"][0]
        value = self.value(root)
        self.run()
        return value

    def run(self):
        while self.tasks:
            self.tasks.pop()()

    # ---- values that are HDF5 objects (sections 4 and 5)

    def value(self, thing):
        key = address(thing)
        if key not in self.values:
            self.values[key] = self.dataset(thing) if isinstance(thing, h5py.Dataset) else self.group(thing)
        return self.values[key]

    def group(self, group):
        how = encoding(group)
        if how is None:
            value = Object(self.type_of(group), keys=[], values=[], **self.integrity(group))
            self.tasks.append(lambda: self.fill_members(value, group))
        elif how == "entries":
            value = Object(self.type_of(group), keys=[], values=[], **self.integrity(group))

            def fill():
                value.content["keys"] = self.vector(group["keys"])[0]
                value.content["values"] = self.vector(group["values"])[0]

            self.tasks.append(fill)
        elif how == "sparse":
            length = int(group.attrs["@length"])
            value = Object("Array", length=length, keys=[], values=[])

            def fill():
                value.content["keys"] = [int(index) for index in self.vector(group["indices"])[0]]
                value.content["values"] = self.vector(group["values"])[0]

            self.tasks.append(fill)
        else:
            value = self.list(group)
        return value

    def type_of(self, group):
        name = word(group, "@class")
        if name is not None:
            return f"class {name}"
        return word(group, "@type") or "object"

    @staticmethod
    def integrity(group):
        word_of_it = word(group, "@integrity") if "@class" in group.attrs else None
        assert word_of_it in (None, "frozen", "sealed", "inextensible")
        return {} if word_of_it is None else {"integrity": word_of_it}

    def list(self, thing):
        if word(thing, "@type") == "Set":
            value = Object("Set", values=[])
            self.tasks.append(lambda: value.content.update(values=self.vector(thing)[0]))
            return value
        value = Object("Array")
        self.tasks.append(lambda: self.fill_array(value, self.vector(thing)[0]))
        return value

    @staticmethod
    def fill_array(value, elements):
        keys = [i for i, element in enumerate(elements) if element is not ABSENT_VALUE]
        value.content.update(length=len(elements), keys=keys, values=[elements[i] for i in keys])

    def dataset(self, dataset):
        kind = word(dataset, "@type")
        if kind in ("Array", "Set"):
            return self.list(dataset)
        if dataset.shape == ():
            return self.elements(dataset.dtype, numpy.array([dataset[()]], dtype=dataset.dtype), dataset)[0]
        kind = kind or TYPED[dataset.dtype.str[1:]]
        return typed(kind, dataset[()])

    def fill_members(self, value, group):
        members = []
        for name in group.attrs:
            if not name.startswith("@") or name.startswith("@%"):
                order = h5py.h5a.get_info(group.id, name.encode("utf-8")).corder
                members.append((order, name, lambda name=name: self.attribute(group, name)))
        for name in group:
            if name.startswith("@") and not name.startswith("@%"):
                continue
            order = group.id.links.get_info(name.encode("utf-8")).corder
            members.append((order, name, lambda name=name: self.value(group[name])))
        members.sort(key=lambda member: member[0])
        value.content["keys"] = [unescape(name) for _, name, _ in members]
        value.content["values"] = [get() for _, _, get in members]

    def attribute(self, group, name):
        attribute = h5py.h5a.open(group.id, name.encode("utf-8"))
        if attribute.get_space().get_simple_extent_type() == h5py.h5s.NULL:
            return UNDEFINED_VALUE if attribute.dtype.names == ("undefined",) else None
        value = self.elements(attribute.dtype, [group.attrs[name]], group, numpy.asarray)[0]
        return float(value) if name in names_of_numbers(group) else value

    # ---- elements of datasets and attributes

    def elements(self, dtype, values, thing, convert=None):
        if dtype.names == ("date_ms",):
            return [Object("Date", time=float(v["date_ms"]) if int(v["date_ms"]) != NOT_A_TIME else float("nan"))
                    for v in values]
        if dtype.names == ("bigint",):
            return [BigInt(text(v["bigint"]) or "0") for v in values]
        if dtype.names == ("wtf8",):
            return [bytes(bytearray(v["wtf8"])).decode("utf-8", "surrogatepass") for v in values]
        if dtype.names == ("named",):
            return [Named(text(v["named"])) for v in values]
        if dtype.names == ("into", "index"):
            return [self.element(self.file[v["into"]], int(v["index"])) for v in values]
        if h5py.check_ref_dtype(dtype) is not None:
            return [self.value(self.file[v]) for v in values]
        if h5py.check_string_dtype(dtype) is not None:
            return [text(v) for v in values]
        if dtype.kind == "b":
            return [bool(v) for v in values]
        if dtype.str[1:] in ("i8", "u8"):
            return [BigInt(v) for v in values]
        return [float(v) for v in values]

    def element(self, thing, index):
        if index == -1:
            return self.value(thing)
        return self.vector(thing)[1][index]

    # ---- vectors (section 5)

    def vector(self, thing):
        """All elements, and those that references count: the ones that are stored."""
        key = address(thing)
        if key not in self.vectors:
            self.vectors[key] = self.vector_of_dataset(thing) if isinstance(thing, h5py.Dataset) else self.vector_of_group(thing)
        return self.vectors[key]

    def vector_of_dataset(self, dataset):
        enum = h5py.check_enum_dtype(dataset.dtype)
        if enum is not None and "absent" in enum:
            return self.nest([OF_CODE[int(code)] for code in dataset[()].reshape(-1)], dataset)
        if "@into" in dataset.attrs:
            into = self.file[dataset.attrs["@into"]]
            elements = [self.element(into, int(row)) for row in dataset[()]]
            return elements, elements
        elements = self.elements(dataset.dtype, dataset[()].reshape(-1), dataset)
        if "@numbers" in dataset.attrs:
            elements = [float(element) for element in elements]
        if "@mask" in dataset.attrs:
            mask = dataset.attrs["@mask"]
            elements = [e if code == PRESENT else OF_CODE[int(code)] for e, code in zip(elements, mask, strict=True)]
        return self.nest(elements, dataset)

    def nest(self, elements, dataset):
        items = word(dataset, "@items")
        shape = dataset.shape
        if "@flat" in dataset.attrs:
            outer = len(shape) - int(dataset.attrs["@flat"])
            shape = (*shape[:outer], int(numpy.prod(shape[outer:])))
        for level in range(len(shape) - 1, 0, -1):
            width = shape[level]
            if level == len(shape) - 1 and items is not None:
                elements = [typed(items, row) for row in dataset[()].reshape(-1, width)]
            else:
                rows = [elements[i:i + width] for i in range(0, len(elements), width)]
                elements = [Object("Array") for _ in rows]
                for value, row in zip(elements, rows):
                    self.fill_array(value, row)
        return elements, elements

    def vector_of_group(self, group):
        how = encoding(group)
        rows = getattr(self, how)(group)
        if "@mask" not in group.attrs:
            return rows, rows
        present = iter(rows)
        elements = [next(present) if code == PRESENT else OF_CODE[int(code)] for code in group.attrs["@mask"]]
        assert next(present, None) is None
        return elements, rows

    def records(self, group):
        kind = f"class {word(group, '@class')}" if "@class" in group.attrs else word(group, "@items") or "object"
        integrity = self.integrity(group)
        rows = [Object(kind, keys=[], values=[], **integrity) for _ in range(int(group.attrs["@length"]))]

        def fill():
            for name in in_order(group):
                column = self.vector(group[name])[0]
                assert len(column) == len(rows)
                for row, element in zip(rows, column):
                    if element is not ABSENT_VALUE:
                        row.content["keys"].append(unescape(name))
                        row.content["values"].append(element)

        self.tasks.append(fill)
        return rows

    def ragged(self, group):
        offsets = [int(offset) for offset in group["offsets"][()]]
        items = word(group, "@items") or "Array"
        bounds = list(zip(offsets, offsets[1:]))
        if items not in ("Array", "Set", "Map"):
            data = group["values"][()].reshape(-1)
            return [typed(items, data[start:end]) for start, end in bounds]
        rows = [Object(items) for _ in bounds]

        def fill():
            values = self.vector(group["values"])[0]
            assert len(values) == offsets[-1]
            for row, (start, end) in zip(rows, bounds):
                if items == "Array":
                    self.fill_array(row, values[start:end])
                else:
                    row.content["values"] = values[start:end]
                    if items == "Map":
                        row.content["keys"] = self.vector(group["keys"])[0][start:end]

        self.tasks.append(fill)
        return rows

    def union(self, group):
        parts = [iter(self.vector(group[name])[0]) for name in in_order(group) if name != "@kinds"]
        return [next(parts[int(kind)]) for kind in group["@kinds"][()]]

    def list_encoding(self, group):
        return [self.value(group[name]) for name in in_order(group)]


def typed(kind, data):
    return Object(kind, bytes=(data.astype("<" + DTYPES[kind]) if kind in DTYPES else data).tobytes().hex())


def names_of_numbers(group):
    return [text(name) for name in group.attrs["@numbers"]] if "@numbers" in group.attrs else []


def address(thing):
    return h5py.h5o.get_info(thing.id).addr


def text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def word(thing, name):
    return text(thing.attrs[name]) if name in thing.attrs else None


def encoding(group):
    how = word(group, "@encoding")
    return "list_encoding" if how == "list" else how


def in_order(group):
    names = []
    group.id.links.iterate(lambda name: names.append(name.decode("utf-8")), idx_type=h5py.h5.INDEX_CRT_ORDER)
    return names


def unescape(name):
    if not name.startswith("@%"):
        return name
    raw = name[2:].encode("utf-8")
    out = bytearray()
    i = 0
    while i < len(raw):
        if raw[i] == ord("%"):
            out.append(int(raw[i + 1:i + 3], 16))
            i += 3
        else:
            out.append(raw[i])
            i += 1
    return out.decode("utf-8", "surrogatepass")


def number(value):
    return ["n", "nan" if value != value else struct.pack(">d", value).hex()]


def in_order_of_names(value):
    """The content of an instance, whose class may have given names that are kept in a Map."""
    content = value.content
    if not value.kind.startswith("class ") or content.get("keys") != ["[[entries]]"]:
        return content
    names = content["values"][0].content
    return {**content, "keys": names["keys"], "values": names["values"]}


OF_ERRORS = ["name", "message", "stack", "cause", "errors"]


def without_enumerable(value, content):
    """The content of an error, some of whose own names are enumerable: graphs have those before all others."""
    keys = content.get("keys")
    if not (value.kind.endswith("Error") or value.kind.startswith("class ")) or "[[enumerable]]" not in (keys or []):
        return content
    pairs = dict(zip(keys, content["values"], strict=True))
    del pairs["[[enumerable]]"]
    names = [name for name in OF_ERRORS if name in pairs] + [name for name in pairs if name not in OF_ERRORS]
    return {**content, "keys": names, "values": [pairs[name] for name in names]}


def graph(root):
    numbers = {}
    objects = []

    def encode(value):
        if isinstance(value, Named):
            return ["named", str(value)]
        if value is None or isinstance(value, (bool, str)):
            return value
        if value is UNDEFINED_VALUE:
            return ["undefined"]
        if value is ABSENT_VALUE:
            return ["absent"]
        if isinstance(value, BigInt):
            return ["b", str(int(value))]
        if isinstance(value, (int, float)):
            return number(float(value))
        if id(value) not in numbers:
            numbers[id(value)] = len(objects)
            objects.append(value)
        return ["o", numbers[id(value)]]

    document = {"root": encode(root), "objects": []}
    at = 0
    while at < len(objects):
        value = objects[at]
        at += 1
        entry = {"kind": value.kind}
        content = without_enumerable(value, in_order_of_names(value))
        if "time" in content:
            entry["time"] = number(content["time"])
        if "bytes" in content:
            entry["bytes"] = content["bytes"]
        if "length" in content:
            entry["length"] = content["length"]
        if "values" in content:
            keys = content.get("keys")
            if keys is None:
                entry["values"] = [encode(v) for v in content["values"]]
            elif value.kind == "Array":
                entry["keys"] = keys
                entry["values"] = [encode(v) for v in content["values"]]
            else:
                pairs = [(encode(k), encode(v)) for k, v in zip(keys, content["values"], strict=True)]
                entry["keys"] = [k for k, _ in pairs]
                entry["values"] = [v for _, v in pairs]
        if "integrity" in content:
            entry["integrity"] = content["integrity"]
        document["objects"].append(entry)
    return document


def answer(path):
    try:
        with h5py.File(path, "r") as file:
            return json.dumps(graph(Reader(file).read()), allow_nan=False, separators=(",", ":"))
    except Exception as error:
        import traceback
        return json.dumps({"error": "".join(traceback.format_exception(error)[-3:])})


if __name__ == "__main__":
    for argument in (line.rstrip("\n") for line in sys.stdin) if sys.argv[1:] == ["--serve"] else sys.argv[1:]:
        print(answer(argument), flush=True)
