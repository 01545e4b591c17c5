"""Computes with numpy what a test has computed: a list of calls comes in as JSON, their results go out."""

import base64
import json
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")


def decode(value):
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$float" in value:
        return float(value["$float"])
    if "$int" in value:
        return int(value["$int"])
    if "$tuple" in value:
        return tuple(decode(each) for each in value["$tuple"])
    if "$slice" in value:
        return slice(*value["$slice"])
    if "$complex" in value:
        return complex(*decode(value["$complex"]))
    if "$array" in value:
        if value["$array"] == "str":
            array = np.array(value["strings"], dtype=str)
        else:
            array = np.frombuffer(base64.b64decode(value["bytes"]), dtype=value["$array"])
        return array.reshape(value["shape"]).copy()
    return {key: decode(each) for key, each in value.items()}


def encode(value):
    if isinstance(value, (tuple, list)):
        return {"$tuple": [encode(each) for each in value]}
    if value is None:
        return None
    array = np.asarray(value)
    shape = list(array.shape)
    if array.dtype.kind == "U":
        return {"$array": "str", "shape": shape, "strings": [str(each) for each in array.ravel()]}
    data = np.ascontiguousarray(array).tobytes()
    return {"$array": array.dtype.str, "shape": shape, "bytes": base64.b64encode(data).decode()}


def half_free(value):
    """There are no half floats in JavaScript: what numpy would compute in them is computed in f4."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biu" and value.dtype.itemsize == 1:
        return value.astype(np.float32)
    return value


def call(question):
    function = np
    for name in question["function"].split("."):
        function = getattr(function, name)
    args = [decode(each) for each in question["args"]]
    options = {key: decode(each) for key, each in question["options"].items()}
    if question.get("mutates") is not None:
        function(*args, **options)
        return args[question["mutates"]]
    result = function(*args, **options)
    if isinstance(result, (np.ndarray, np.generic)) and result.dtype == np.float16:
        result = function(*[half_free(each) for each in args], **options)
    return result


def answer(question):
    try:
        return encode(call(question))
    except Exception as error:  # What is thrown is a result too.
        return {"$error": type(error).__name__, "message": str(error)}


json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
