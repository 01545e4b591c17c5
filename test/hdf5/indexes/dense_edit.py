"""Edits groups with dense storage with h5py, and tells what it finds there: the other side of our editor's tests.

    dense_edit.py --serve

A line of JSON comes in: {"file", "make": whether the file is new, "tracked", "links": [[name, target or null], ...],
"attributes": [[name, size, seed] or [name, null], ...]}. Soft links and attributes of the group "group" are made or, where
there is null, deleted, one by one. A line of JSON goes out: what the group holds then, each found by its name as well.
"""

import hashlib
import json
import sys

import h5py
import numpy as np
from h5py import h5a, h5g, h5o, h5p, h5s, h5t


def data(size, seed):
    return ((np.arange(size, dtype="<u4") * 7 + seed * 31) & 0xFF).astype("u1")


def make(task):
    creation = h5p.create(h5p.GROUP_CREATE)
    if task["tracked"]:
        creation.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
        creation.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    with h5py.File(task["file"], "w", libver="latest") as file:
        h5g.create(file.id, b"group", gcpl=creation)


def change(group, task):
    for name, target in task["links"]:
        if target is None:
            group.unlink(name.encode())
        else:
            group.links.create_soft(name.encode(), target.encode())
    for name, *rest in task["attributes"]:
        if rest[0] is None:
            h5a.delete(group, name.encode())
        else:
            values = data(*rest)
            space = h5s.create_simple((len(values),))
            h5a.create(group, name.encode(), h5t.STD_U8LE, space).write(values)


def tell(group):
    info = group.links.get_info
    names = [n.decode() for n in group]
    links = {n: group.links.get_val(n.encode()).decode() for n in names}
    orders = {n: info(n.encode()).corder for n in names}
    attributes = {}
    attribute_orders = {}
    for index in range(h5a.get_num_attrs(group)):
        attribute = h5a.open(group, index=index)
        name = attribute.name.decode()
        again = h5a.open(group, name.encode())
        values = np.empty(again.shape, "u1")
        again.read(values)
        attributes[name] = [len(values), hashlib.md5(values.tobytes()).hexdigest()]
        attribute_orders[name] = h5a.get_info(group, name.encode()).corder
    return {
        "links": links,
        "orders": orders,
        "count": group.get_num_objs(),
        "attributes": attributes,
        "attributeOrders": attribute_orders,
        "missing": "no such link".encode() in group,
    }


def work(task):
    if task["make"]:
        make(task)
    changes = task["links"] or task["attributes"]
    with h5py.File(task["file"], "r+" if changes else "r", libver="latest") as file:
        group = file["group"].id
        change(group, task)
    with h5py.File(task["file"], "r") as file:
        group = file["group"].id
        answer = tell(group)
        answer["address"] = h5o.get_info(group).addr
    return answer


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)
