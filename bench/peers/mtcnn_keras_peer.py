"""mtcnn with keras-facenet as a peer: decode, MTCNN, crop, FaceNet, for every face of an image.

Usage: mtcnn_keras_peer.py. Speaks as opencv.py does.
"""
import contextlib
import importlib.metadata
import json
import os
import sys
import time

# What the libraries print must not get between the answers.
answers = sys.stdout
sys.stdout = sys.stderr
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from keras_facenet import FaceNet
from mtcnn import MTCNN

detector = MTCNN()
embedder = FaceNet()
about = {"name": "mtcnn + keras-facenet", "version": importlib.metadata.version("mtcnn")}
print(json.dumps(about), file=answers, flush=True)

for line in sys.stdin:
    with open(json.loads(line)["file"], "rb") as file:
        data = np.frombuffer(file.read(), np.uint8)
    begun = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        image = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        boxes = [found["box"] for found in detector.detect_faces(image)]
        corners = [(max(0, x), max(0, y), x + w, y + h) for x, y, w, h in boxes]
        crops = [cv2.resize(image[y:b, x:r], (160, 160)) for x, y, r, b in corners]
        if crops:
            embedder.embeddings(crops)
    ms = (time.perf_counter() - begun) * 1000
    faces = [[float(v) for v in box] for box in boxes]
    print(json.dumps({"ms": ms, "faces": faces}), file=answers, flush=True)
