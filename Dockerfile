# One image for a region's node and for the development chain. Builds from the lock files alone;
# what built it (pip, setuptools, npm, Node) stays behind.

FROM node:24-slim AS npm
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/app/.venv/bin:$PATH
WORKDIR /app
RUN python -m venv .venv
COPY requirements/build.lock requirements/postgres.lock requirements/
RUN pip install --require-hashes --requirement requirements/build.lock \
    && pip install --require-hashes --requirement requirements/postgres.lock
COPY pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY contracts contracts
COPY api api
COPY nodes nodes
RUN pip install --no-deps --no-index --no-build-isolation --editable . \
    && pip uninstall --yes setuptools pip

FROM python:3.13-slim
LABEL org.opencontainers.image.title="License Ledger" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN pip uninstall --yes pip \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ledger \
    && install --directory --owner ledger --group ledger --mode 0750 /var/lib/ledger
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=build /app /app
COPY --from=npm /app/node_modules node_modules
USER ledger
VOLUME /var/lib/ledger
EXPOSE 8000
CMD ["license-ledger", "node", "run"]
