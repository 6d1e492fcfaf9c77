# The lab in a container. What people make is kept in the volume /data:
#   docker build --target light --tag digit-lab .    # answers, judges and draws; --target full trains, too
#   docker run --init --publish 8501:8501 --volume digit-lab:/data digit-lab
# --init: what an engine that was killed leaves to the first process is waited for.
# Linted with hadolint, but never built where the lab is made, which has no container engine.

FROM python:3.12-slim AS wheel
WORKDIR /source
RUN python -m pip install --no-cache-dir hatchling==1.33.0
COPY . .
RUN python -m hatchling build -t wheel -d /wheel

FROM python:3.12-slim AS program
# In a container the lab cannot know the addresses of its host: those of private networks are let in. Names are added so:
#   docker run --env MNIST_HOSTS=lab.school.example …
ENV MNIST_HOME=/data PYTHONUNBUFFERED=1 MNIST_HOSTS=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7
RUN useradd --create-home --uid 1000 lab && install --directory --owner lab /data
VOLUME /data
WORKDIR /home/lab
EXPOSE 8501
HEALTHCHECK --start-period=30s --timeout=5s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["digit-lab"]

FROM program AS light
COPY requirements-light.lock .
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements-light.lock
RUN --mount=from=wheel,source=/wheel,target=/wheel python -m pip install --no-cache-dir --no-index --no-deps /wheel/*.whl
USER 1000

FROM program AS full
COPY requirements.lock .
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements.lock
RUN --mount=from=wheel,source=/wheel,target=/wheel python -m pip install --no-cache-dir --no-index --no-deps /wheel/*.whl
USER 1000
