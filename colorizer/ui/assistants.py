"""How do assistants use the page? By MCP, as whose tools Gradio serves the endpoints."""

from __future__ import annotations

import json
from typing import Any

from gradio.mcp import GradioMCPServer


class Tools(GradioMCPServer):
    """Gradio's server, but for two things. It calls itself by its own client, which would send any file of
    this machine that a value names as clients do; and it would put whole pictures into its answers."""

    def _prepare_tool_call_args(self, name: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
        if "gradio.FileData" in json.dumps(arguments):
            raise ValueError("A picture is named by its path or address, or given as data:...")
        return super()._prepare_tool_call_args(name, arguments)

    def postprocess_output_data(self, data: list[Any], root_url: str) -> list[Any]:
        """A text for each value: a file's address, a text, or all else as JSON."""
        values = data[0] if isinstance(data[0], tuple) else data  # several come in one, or not
        texts = [value["url"] if isinstance(value, dict) and "url" in value else value for value in values]
        return [
            self.types.TextContent(
                type="text", text=text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
            )
            for text in texts
        ]
