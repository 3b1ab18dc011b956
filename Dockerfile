# Grandstand as an image: one binary with the web app inside, on a slim Debian, as nobody in particular.
#
#   docker build -t grandstand .
#   docker run -p 8080:8080 -v grandstand:/data -e GRANDSTAND_AUTH__GUESTS=always grandstand
#
# Alone like this it keeps its data in /data (SQLite). compose.yaml shows several instances on PostgreSQL and Redis.

FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
COPY web/app/package.json app/
COPY web/client/package.json client/
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY openapi /src/openapi
COPY web ./
RUN npm run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=web /src/web/app/dist web/app/dist
# What was built stays in the cache mounts; only the binary leaves them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package grandstand \
    && install -D target/release/grandstand /out/usr/local/bin/grandstand \
    && install -d -m 0700 -o 10001 -g 10001 /out/data \
    && install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ca-certificates.crt

FROM debian:bookworm-slim
# The authorities are for issuers' keys and for TLS to the database; the runtime needs no package beyond the base.
COPY --from=build /out /
# A number, so that an engine can see that it is not root.
USER 10001:10001
WORKDIR /data
# Without PostgreSQL everything that is written lies here; the rest of the file system may be read-only.
VOLUME /data
ENV GRANDSTAND_STORE__DATA_DIR=/data \
    GRANDSTAND_SERVE__LISTEN=0.0.0.0:8080
EXPOSE 8080
# Readiness falls, streams are told to come back elsewhere, what was begun is finished; then it ends by itself.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=3 CMD ["grandstand", "health"]
ENTRYPOINT ["grandstand"]
CMD ["serve"]
