"""facenet-pytorch as a peer: decode, MTCNN, crop, InceptionResnetV1, for every face of an image.

Usage: facenet_pytorch_peer.py THREADS. Speaks as opencv.py does.
"""
import importlib.metadata
import io
import json
import sys
import time

import torch
from facenet_pytorch import MTCNN, InceptionResnetV1
from PIL import Image

torch.set_num_threads(int(sys.argv[1]))
detector = MTCNN(keep_all=True)
embedder = InceptionResnetV1(pretrained="vggface2").eval()
about = {"name": "facenet-pytorch", "version": importlib.metadata.version("facenet-pytorch")}
print(json.dumps(about), flush=True)

for line in sys.stdin:
    with open(json.loads(line)["file"], "rb") as file:
        data = file.read()
    begun = time.perf_counter()
    with torch.no_grad():
        image = Image.open(io.BytesIO(data)).convert("RGB")
        boxes, _ = detector.detect(image)
        if boxes is not None:
            embedder(detector.extract(image, boxes, None))
    ms = (time.perf_counter() - begun) * 1000
    faces = [] if boxes is None else [[x, y, r - x, b - y] for x, y, r, b in boxes.tolist()]
    print(json.dumps({"ms": ms, "faces": faces}), flush=True)
