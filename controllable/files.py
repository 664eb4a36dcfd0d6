"""Files, whole or not at all."""

from pathlib import Path


def write_whole(content: bytes, path: Path) -> None:
    """Write a file whole, or leave the one before as it is: raises OSError with one sentence, on a full disk say."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(f"{path} was not written: {error.strerror}; what was there before is whole") from None
