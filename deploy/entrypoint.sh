#!/bin/sh
# Links the image's models into the data directory, then becomes Face Watcher. Links, because the
# volume may be a bind mount, which nothing fills, and because a newer image then brings its own
# models; a model that was installed into the volume stays.
set -eu
data=${FACE_WATCHER_DATA_DIR:?}
mkdir -p "$data/models"
for model in /opt/face-watcher/baked-models/*/; do
  link=$data/models/$(basename "$model")
  [ -e "$link" ] || ln -sfn "${model%/}" "$link"
done
exec node /opt/face-watcher/dist/cli/main.js "$@"
