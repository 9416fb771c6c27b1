# Installing needs npm and nothing else; the second stage takes the result. The npm package `node`, which supplies the
# Node binary to npm scripts on a developer's machine, is a development dependency and stays out: the image's own Node
# runs the sources as they are.
#
# The base image is pinned by digest, so that a build repeats. Renew it each month, and at once for a security release of
# Node or Debian: `docker buildx imagetools inspect node:24-bookworm-slim` prints the new digest (docs/releasing.md).
ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# --engine-strict: an old copy of the base image fails here, not at the first start. No dependency needs its scripts.
RUN npm ci --omit=dev --ignore-scripts --engine-strict --no-audit --no-fund

FROM ${NODE_IMAGE}
# docker build --build-arg VERSION=$(node -p 'require("./package.json").version') --build-arg REVISION=$(git rev-parse HEAD) .
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="openspp-crvs-bridge" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.description="Receives civil registry (CRVS) notifications over DCI, keeps them durably, and delivers them to OpenSPP." \
      org.opencontainers.image.licenses="Apache-2.0"

# The inbox: on a volume, since what was acknowledged must outlive the container. A new volume takes this folder's owner.
RUN install -d -o node -g node -m 0700 /data

WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY bin ./bin
COPY config ./config
COPY src ./src
# The name by which the documents and the bridge's own sentences call it: docker exec CONTAINER crvs-bridge doctor
RUN ln -s /app/bin/crvs-bridge.cjs /usr/local/bin/crvs-bridge

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    HEALTH_LISTEN=127.0.0.1:8081 \
    INBOX_URL=sqlite:/data/inbox.db \
    KEYS_DIR=/data/keys

# A country's extensions (docs/extensions.md) are mounted inside this folder, where they find the bridge's types and
# helpers: -v ./extensions:/app/extensions:ro -e EXTENSIONS=/app/extensions/NAME.ts

# The base image's user `node`, by number, so that Kubernetes' runAsNonRoot can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM

# bash speaks TCP itself: no second Node every 30 seconds. HEALTH_LISTEN is plain HTTP whatever PORT and TLS are; where it
# is set to another address, the check follows its port.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${HEALTH_LISTEN##*:} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == 'HTTP/1.'?' 200'* ]]"]

# Exec form: the signal to stop reaches Node. Other commands run in the same way: docker run IMAGE doctor
# The flags are those of `npm start`; docs/performance.md says what they give.
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=20", "src/main.ts"]
CMD ["serve"]
