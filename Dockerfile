# The kgit program with git and kubectl, for `kgit serve` and for CI. Runs as user 1000; writes below /var/lib/kgit alone.
ARG NODE=22
FROM node:${NODE} AS build
WORKDIR /src
COPY . .
RUN npm ci && npm pack --pack-destination /tmp
ARG KUBECTL=v1.33.5
# BuildKit sets it to the platform of the image; a default here would win over that.
ARG TARGETARCH
RUN arch=${TARGETARCH:-$(dpkg --print-architecture)} \
  && curl --fail --silent --show-error --location --proto =https --output /tmp/kubectl --url "https://dl.k8s.io/release/${KUBECTL}/bin/linux/${arch}/kubectl" \
  && curl --fail --silent --show-error --location --proto =https --output /tmp/kubectl.sha256 --url "https://dl.k8s.io/release/${KUBECTL}/bin/linux/${arch}/kubectl.sha256" \
  && echo "$(cat /tmp/kubectl.sha256)  /tmp/kubectl" | sha256sum --check --strict \
  && chmod 755 /tmp/kubectl

FROM node:${NODE}-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client tini \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/kubectl /usr/local/bin/kubectl
COPY --from=build /tmp/kgit-*.tgz /tmp/kgit.tgz
RUN npm install --global --ignore-scripts --no-audit --no-fund /tmp/kgit.tgz && rm /tmp/kgit.tgz \
  && "$(npm root --global)/kgit/bin/keep-code.sh" \
  && install --directory --owner=1000 --group=1000 --mode=700 /var/lib/kgit
ENV HOME=/var/lib/kgit
WORKDIR /var/lib/kgit
USER 1000:1000
EXPOSE 7467
# As the first process of the container, it ends processes that git and kubectl leave behind.
ENTRYPOINT ["tini", "--", "kgit"]
CMD ["--help"]
