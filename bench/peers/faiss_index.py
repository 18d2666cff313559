"""An index of FAISS as a peer: its factory string, as many threads as cores, its fastest settings.

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
# From which size of a batch (probes x dimension) the flat index multiplies matrices with BLAS, and
# rows of a block. By its default FAISS 1.15.1 compares 64 probes one by one, in twenty times the
# time; the fastest is used. One probe is compared as by default, BLAS takes three times as long.
default = faiss.cvar.distance_compute_blas_threshold, faiss.cvar.distance_compute_blas_database_bs
batch_settings = [default, (1, 1024), (1, 4096), (1, 65536)]
setting_for_many = default
# Threads for one probe. FAISS shares out probes, so a second thread of OpenMP only spins where it
# shares out nothing else; the faster is used.
cores = faiss.omp_get_max_threads()
threads_for_one = cores
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
    return {**built, **choose_settings(dimension)}


def choose_settings(dimension):
    """The fastest settings for one probe and for many."""
    global threads_for_one, setting_for_many
    probes = np.random.default_rng(1).standard_normal((64, dimension), np.float32)

    def time_one(threads):
        use(threads, default)
        return min(time_of(probes[:1]) for _ in range(10))

    def time_many(setting):
        use(cores, setting)
        return min(time_of(probes) for _ in range(2))

    threads_for_one = min({1, cores}, key=time_one)
    if factory != "Flat":
        return {"threadsForOne": threads_for_one}
    setting_for_many = min(batch_settings, key=time_many)
    blas_from, block_rows = setting_for_many
    return {"threadsForOne": threads_for_one, "blasFrom": blas_from, "blockRows": block_rows}


def use(threads, setting):
    faiss.omp_set_num_threads(threads)
    faiss.cvar.distance_compute_blas_threshold, faiss.cvar.distance_compute_blas_database_bs = setting


def time_of(probes):
    begun = time.perf_counter()
    index.search(probes, 10)
    return time.perf_counter() - begun


def search(probes, dimension, count, k, **where):
    some = read_floats(probes, where["from"], count, dimension)
    if count == 1:
        use(threads_for_one, default)
    else:
        use(cores, setting_for_many)
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
