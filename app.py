"""How is the page started? `python app.py`, on a laptop and on a Hugging Face Space alike."""

from __future__ import annotations

import argparse

from colorizer.ui.page import appearance, build_page
from colorizer.ui.served import LOG_LEVELS, log_from


def options() -> argparse.Namespace:
    """The launch options; Gradio's own environment variables hold where an option is not given."""
    parser = argparse.ArgumentParser(description="Serve the Colorizer page.")
    parser.add_argument(
        "--host", help="address to listen on (default: this machine only, or GRADIO_SERVER_NAME)"
    )
    parser.add_argument("--port", type=int, help="port to listen on (default: 7860 or the next free one)")
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="info", help="default: info")
    parser.add_argument("--share", action="store_true", help="also open a public link through gradio.live")
    parser.add_argument(
        "--root-path", help="path under which a reverse proxy serves the page, such as /colorizer"
    )
    parser.add_argument(
        "--mcp", action="store_true", help="also serve assistants by MCP, at /gradio_api/mcp/"
    )
    return parser.parse_args()


demo = build_page()

if __name__ == "__main__":
    chosen = options()
    log_from(chosen.log_level)
    demo.launch(
        server_name=chosen.host,
        server_port=chosen.port,
        share=chosen.share or None,
        root_path=chosen.root_path,
        mcp_server=chosen.mcp or None,
        **appearance(),
    )
