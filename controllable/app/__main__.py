"""The web page: `python -m controllable.app [--host 127.0.0.1] [--port 7860]`."""

import argparse
import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_CACHE_MODE", "lazy")  # examples whose results are kept are computed at their first use

from controllable.app.serve import serve
from controllable.app.space import load


def main() -> int:
    """Serve until interrupted; models are loaded when the first visitor needs them."""
    in_space = "SPACE_ID" in os.environ
    parser = argparse.ArgumentParser(description="Controllable: say what to fix in a photo.")
    parser.add_argument("--host", default="0.0.0.0" if in_space else "127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on")
    parser.add_argument("--no-mcp", action="store_true", help="do not offer the endpoints to agents as MCP tools")
    parser.add_argument("--clip", metavar="NAME", help="open_clip model that reads the prompts, fitted once (minutes)")
    arguments = parser.parse_args()
    try:
        enhancer = load(os.environ.get("CONTROLLABLE_MODELS"), clip=arguments.clip)
        if arguments.clip:
            from controllable.training.adapter import ensure_adapter

            ensure_adapter(arguments.clip, enhancer.folder / "clip" / "words.txt")
        print(f"Controllable: http://{arguments.host}:{arguments.port}", flush=True)
        serve(enhancer, host=arguments.host, port=arguments.port, mcp=not arguments.no_mcp)
    except (ValueError, OSError) as error:
        print(f"app: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
