# All programs in one image: Debian 12, user 65532, nothing that needs a shell. docs/kubernetes.md says how to install it.
#
#   docker build --tag tributary .                                   # compiles in the image: half an hour on two cores
#   ./dev package && docker build --build-arg PROGRAMS=given --tag tributary .    # takes build/package/*.deb
ARG BASE=debian:12-slim
ARG PROGRAMS=compiled

FROM ${BASE} AS compiled
COPY . /src
RUN cd /src && ./dev package && mkdir /debs && cp build/package/*.deb /debs

FROM ${BASE} AS given
COPY build/package/*.deb /debs/

# The programs, and the names of Debian's packages that they need.
FROM ${PROGRAMS} AS packages
RUN set -e; \
    for name in tributary tributary-local tributary-proxy tributary-global; do \
      dpkg-deb --extract /debs/${name}_*.deb /out; \
      dpkg-deb --field /debs/${name}_*.deb Depends | tr ',' '\n' | sed 's/^ *//; s/ .*//'; \
    done | grep -v '^tributary' | sort -u > /depends

FROM ${BASE}
COPY --from=packages /depends /tmp/depends
RUN set -e; \
    apt-get update -q; \
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates $(cat /tmp/depends); \
    rm -rf /tmp/depends /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
COPY --from=packages /out/usr/bin/ /usr/bin/
COPY --from=packages /out/usr/share/doc/tributary/copyright /usr/share/doc/tributary/copyright
COPY packaging/sbom /tmp/sbom
RUN /tmp/sbom /usr/bin/tributary* > /usr/share/doc/tributary/sbom.spdx.json && rm /tmp/sbom
USER 65532:65532
EXPOSE 8125/udp 8126 8127 8128 8129 8130
LABEL org.opencontainers.image.title="Tributary" \
      org.opencontainers.image.description="Fleet-wide percentiles: agent, proxy, global, command line" \
      org.opencontainers.image.licenses="MIT"
CMD ["tributary", "--help"]
