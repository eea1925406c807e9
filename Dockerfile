# The image of the operator: one static program, nothing else. The chart runs it as this user on a read-only root.
ARG RUST=1.90
FROM rust:${RUST}-alpine AS build
# ring compiles some C.
RUN apk add --no-cache gcc musl-dev
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package cxguard --bin cxguard

FROM scratch
COPY --from=build /src/target/release/cxguard /cxguard
USER 65532:65532
ENTRYPOINT ["/cxguard"]
CMD ["run"]
