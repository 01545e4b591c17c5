"""Links in one group by h5py, for editing.mjs: does one thing, and prints how many seconds it took.

The start of Python and the imports do not count. Exits with the status 3 if h5py is missing.
"""

import sys
from time import perf_counter

try:
    import h5py
except ImportError:
    sys.exit(3)

action, kind, path = sys.argv[1:4]
count, looked_up, added = (int(each) for each in sys.argv[4:7])


def name_of(i):
    return f"link number {i}"


def random_links():
    at = 1
    for _ in range(looked_up):
        at = at * 48271 % 2147483647
        yield name_of(at % count)


def add_links(file, start, end):
    group = file["links"]
    target = h5py.SoftLink("/target") if kind == "soft" else file["target"]
    for i in range(start, end):
        group[name_of(i)] = target


def is_link(group, name):
    link = group.get(name, getlink=True)
    if kind == "soft":
        return isinstance(link, h5py.SoftLink) and link.path == "/target"
    return isinstance(link, h5py.HardLink)


start = perf_counter()
if action == "insert":
    with h5py.File(path, "w", libver="latest") as file:
        file.create_group("target")
        file.create_group("links")
        add_links(file, 0, count)
elif action == "add":
    with h5py.File(path, "r+", libver="latest") as file:
        add_links(file, count, count + added)
        file.flush()
elif action == "look up":
    with h5py.File(path, "r", libver="latest") as file:
        group = file["links"]
        found = sum(is_link(group, name) for name in random_links())
    assert found == looked_up, found
elif action == "get":
    with h5py.File(path, "r", libver="latest") as file:
        group = file["links"]
        found = sum(group[name] is not None for name in random_links())
    assert found == looked_up, found
elif action == "check":
    # Not timed by anyone. Some are enough: where links stand in a header, each takes long.
    with h5py.File(path, "r") as file:
        group = file["links"]
        assert len(group) == count, len(group)
        for i in range(0, count, max(1, count // 100)):
            assert is_link(group, name_of(i)), name_of(i)
            assert group[name_of(i)] == file["target"], name_of(i)
        assert group[name_of(count - 1)] == file["target"]
print(perf_counter() - start)
