# The server with its embedded Valkey. What it keeps is in the volume /data; VALKEY_URL has it
# keep the game in another Valkey, as docker-compose.yml does; `oracle` as its command makes it the
# price service (docker-compose.mockx.yml). Images: DOCKER_VERSIONS.md.
FROM python:3.13.9-slim-bookworm AS build

WORKDIR /source
# Requirements first: they change seldom, and their layer is kept.
COPY requirements.txt .
RUN python -m venv /opt/cxgame \
    && /opt/cxgame/bin/pip install --no-cache-dir -r requirements.txt
COPY setup.py pyproject.toml README.md LICENSE ./
COPY cxgame cxgame
# With ccxt, for `cxgame oracle`.
RUN /opt/cxgame/bin/pip install --no-cache-dir '.[live]'

FROM python:3.13.9-slim-bookworm

# A number, so that an orchestrator sees that it is not root.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin cxgame \
    && install -d -m 0700 -o cxgame -g cxgame /data
COPY --from=build /opt/cxgame /opt/cxgame
COPY scripts/healthcheck.py /opt/cxgame/healthcheck.py

USER 10001
WORKDIR /data
ENV PATH=/opt/cxgame/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CXGAME_DATA_DIR=/data
VOLUME /data
EXPOSE 9877 9876 8000
# On SIGTERM the game is written out, which takes far less than the 10 s that Docker gives.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "/opt/cxgame/healthcheck.py"]
ENTRYPOINT ["cxgame"]
