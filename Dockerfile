# One image for every process: `crm serve`, `crm worker`, `crm migrate`. compose.yaml shows how they go together.
FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/crm
COPY requirements/run.txt requirements/run.txt
RUN /opt/crm/bin/pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY migrations migrations
COPY src src
RUN /opt/crm/bin/pip install --no-build-isolation --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home crm
COPY --from=build /opt/crm /opt/crm
ENV PATH=/opt/crm/bin:$PATH CRM_DATA_DIR=/data PYTHONUNBUFFERED=1
USER crm
WORKDIR /data
VOLUME /data
EXPOSE 8000
# crm drains by itself on SIGTERM: sockets get 1012, requests 20 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["crm"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
