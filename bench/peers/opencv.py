"""OpenCV's pipeline as a peer: decode, YuNet, alignCrop, SFace, for every face of an image.

Usage: opencv.py YUNET.onnx SFACE.onnx THREADS

Says {"name", "version"} when it is ready; then answers each line {"file": path} with
{"ms": milliseconds, "embedMs": those of SFace alone, "faces": [[x, y, width, height], ...]}. The
file is read before the clock starts.
"""
import json
import sys
import time

import cv2
import numpy as np

yunet, sface, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
cv2.setNumThreads(threads)
# Thresholds as in OpenCV's own sample of face recognition.
detector = cv2.FaceDetectorYN.create(yunet, "", (320, 320), 0.9, 0.3, 5000)
recognizer = cv2.FaceRecognizerSF.create(sface, "")
print(json.dumps({"name": "OpenCV YuNet + SFace", "version": cv2.__version__}), flush=True)

for line in sys.stdin:
    with open(json.loads(line)["file"], "rb") as file:
        data = np.frombuffer(file.read(), np.uint8)
    begun = time.perf_counter()
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    detector.setInputSize((image.shape[1], image.shape[0]))
    _, found = detector.detect(image)
    faces = [] if found is None else found
    embed_ms = 0.0
    for face in faces:
        crop = recognizer.alignCrop(image, face)
        aligned = time.perf_counter()
        recognizer.feature(crop)
        embed_ms += (time.perf_counter() - aligned) * 1000
    ms = (time.perf_counter() - begun) * 1000
    boxes = [[float(v) for v in face[:4]] for face in faces]
    print(json.dumps({"ms": ms, "embedMs": embed_ms, "faces": boxes}), flush=True)
