# The page, the HTTP API and the MCP server on port 7860, on the CPU:
#   docker build -t controllable . && docker run --rm -p 7860:7860 --read-only --tmpfs /tmp controllable
# With an NVIDIA GPU: add --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 and run with --gpus all.
FROM python:3.12-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

COPY packages.txt /tmp/
RUN apt-get update \
    && xargs apt-get install --yes --no-install-recommends < /tmp/packages.txt \
    && rm -rf /var/lib/apt/lists/* /tmp/packages.txt

WORKDIR /app
COPY requirements.txt ./
# Gradio 6 asks for Pillow below 13, but runs with 13, whose readers of damaged files are safer: hence --no-deps.
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" "torch>=2.11" "torchvision>=0.26" \
    && pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir --no-deps "pillow>=13,<14"

COPY app.py LICENSE README.md ./
COPY models models
COPY controllable controllable

# Everything is in the image: nothing is fetched, and nothing is written but below /tmp.
ENV HF_HUB_OFFLINE=1 \
    HOME=/tmp \
    GRADIO_ANALYTICS_ENABLED=False \
    GRADIO_TEMP_DIR=/tmp/gradio \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --no-create-home --uid 1000 user
USER user

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/gradio_api/info', timeout=4)"]
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
