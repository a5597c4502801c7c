# The server with its embedded Valkey; games are kept in the volume /data.
FROM python:3.13-slim

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY setup.py pyproject.toml LICENSE ./
COPY cxgame cxgame
RUN pip install --no-cache-dir . \
    && useradd --create-home player \
    && install -d -o player /data

USER player
WORKDIR /data
ENV CXGAME_DATA_DIR=/data
VOLUME /data
EXPOSE 9877 9876 8000
# The time a game needs to be written out before the container is killed is far below 10 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["cxgame"]
