"""An index of FAISS as a peer: its factory string, as many threads as cores.

Usage: faiss_index.py FACTORY. Speaks as vector-index.mjs does, and answers {"set": n} by searching
with efSearch = n or nprobe = n from then on.
"""
import ctypes
import json
import os
import sys
import time

import faiss
import numpy as np

factory = sys.argv[1]
# Enough for the centroids of IVF; more only takes longer.
trained_from_at_most = 64 * 1024
# Rows that many probes are multiplied with at a time. The first is FAISS' default, which was several
# times slower than a larger one on the machine of the results; the fastest is used.
block_sizes = [1024, 16 * 1024, 64 * 1024]
print(json.dumps({"name": f"FAISS {factory}", "version": faiss.__version__}), flush=True)
index = None


def read_floats(file, start, count, dimension):
    values = np.fromfile(file, np.float32, count * dimension, offset=start * dimension * 4)
    return values.reshape(count, dimension)


def resident_bytes():
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return float("nan")


def build(vectors, rows, dimension):
    global index
    before = resident_bytes()
    batch = 10_000
    begun = time.perf_counter()
    index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        index.train(read_floats(vectors, 0, min(rows, trained_from_at_most), dimension))
    for start in range(0, rows, batch):
        index.add(read_floats(vectors, start, min(batch, rows - start), dimension))
    ms = (time.perf_counter() - begun) * 1000
    bytes_per_vector = (resident_bytes() - before) / rows
    built = {"addMs": ms, "settledMs": 0, "bytesPerVector": bytes_per_vector}
    return {**built, "blockRows": choose_block(dimension)} if factory == "Flat" else built


def choose_block(dimension):
    probes = np.random.default_rng(1).standard_normal((64, dimension), np.float32)

    def time_of(block):
        faiss.cvar.distance_compute_blas_database_bs = block
        begun = time.perf_counter()
        index.search(probes, 10)
        return time.perf_counter() - begun

    best = min(block_sizes, key=time_of)
    faiss.cvar.distance_compute_blas_database_bs = best
    return best


def search(probes, dimension, count, k, **where):
    some = read_floats(probes, where["from"], count, dimension)
    begun = time.perf_counter()
    similarities, rows = index.search(some, k)
    ms = (time.perf_counter() - begun) * 1000
    pairs = [
        [[int(row), float(similarity)] for row, similarity in zip(*lists) if row >= 0]
        for lists in zip(rows, similarities)
    ]
    return {"ms": ms, "found": pairs}


def set_effort(value):
    if factory.startswith("HNSW"):
        index.hnsw.efSearch = value
    else:
        index.nprobe = value
    return {}


for line in sys.stdin:
    question = json.loads(line)
    if "build" in question:
        answer = build(**question["build"])
    elif "set" in question:
        answer = set_effort(question["set"])
    else:
        answer = search(**question["search"])
    print(json.dumps(answer), flush=True)
