# The page in a container: `docker build -t colorizer .`, then `docker run -p 7860:7860 colorizer`
FROM python:3.12-slim

# PyTorch's edition for processors is a tenth as large; its site tells what to write here for that.
ARG TORCH="torch torchvision"
RUN pip install --no-cache-dir $TORCH

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY app.py .
COPY colorizer colorizer
COPY weights weights

USER nobody
ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_TEMP_DIR=/tmp/gradio HOME=/tmp
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/health')"]
CMD ["python", "app.py"]
