# Face Watcher with its models: nothing is downloaded when a container starts.
#
#   docker build -t face-watcher .
#   docker build -t face-watcher --build-arg WITH_MILVUS=true --build-arg WITH_FAISS=true .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
ARG WITH_FAISS=false
# The compiler and the library of the optional FAISS addon.
RUN if [ "$WITH_FAISS" = true ]; then \
      apt-get update \
      && apt-get install -y --no-install-recommends g++ make python3 libfaiss-dev libopenblas-dev \
      && rm -rf /var/lib/apt/lists/*; \
    fi
WORKDIR /opt/face-watcher
COPY package.json package-lock.json .npmrc ./
# No package's own script runs here: none of them is needed, and `prepare` comes after the sources.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build
RUN mkdir -p native/faiss/build/Release \
    && if [ "$WITH_FAISS" = true ]; then \
      npm run build:faiss && rm -rf native/faiss/build/Release/obj.target; \
    fi
RUN node dist/cli/main.js --data-dir /tmp/data models install mtcnn mobilefacenet

FROM ${NODE_IMAGE} AS dependencies
ARG WITH_MILVUS=false
WORKDIR /opt/face-watcher
COPY package.json package-lock.json .npmrc ./
# Milvus' client is a peer dependency; its version is the one that the tests use. The runtimes of
# other systems are a quarter of a gigabyte.
RUN if [ "$WITH_MILVUS" = true ]; then \
      client=@zilliz/milvus2-sdk-node; \
      version=$(node -p "require('./package-lock.json').packages['node_modules/$client'].version"); \
      npm pkg delete "devDependencies.$client" && npm pkg set "dependencies.$client=$version" \
      && npm install --package-lock-only --ignore-scripts; \
    fi \
    && npm ci --omit=dev --ignore-scripts \
    && rm -rf node_modules/onnxruntime-node/bin/*/darwin node_modules/onnxruntime-node/bin/*/win32

FROM ${NODE_IMAGE}
ARG WITH_FAISS=false
RUN if [ "$WITH_FAISS" = true ]; then \
      apt-get update \
      && apt-get install -y --no-install-recommends libopenblas0-pthread libgomp1 \
      && rm -rf /var/lib/apt/lists/*; \
    fi
WORKDIR /opt/face-watcher
COPY package.json LICENSE THIRD_PARTY.md ./
COPY models/manifest.json models/
COPY --from=dependencies /opt/face-watcher/node_modules node_modules
COPY --from=build /opt/face-watcher/native/faiss/build/Release native/faiss/build/Release
COPY --from=build /opt/face-watcher/dist dist
COPY --from=build /tmp/data/models baked-models
COPY deploy/entrypoint.sh deploy/
RUN install -d -o node -g node -m 0700 /data
# Beyond loopback because it is inside a container; the start is refused without an API key.
ENV FACE_WATCHER_DATA_DIR=/data \
    FACE_WATCHER_HTTP_HOST=0.0.0.0 \
    npm_config_cache=/tmp/npm
USER node
VOLUME /data
EXPOSE 8000
# Whether the process answers; whether it can serve is /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.FACE_WATCHER_HTTP_PORT || 8000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/face-watcher/deploy/entrypoint.sh"]
CMD ["serve"]
