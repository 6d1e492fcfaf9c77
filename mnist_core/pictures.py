"""Digits as HTML: sharp, enlarged without smoothing, each with a caption in words. Never Streamlit."""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image


def png(image: np.ndarray) -> bytes:
    """Encodes a picture uint8 `[height, width]` as PNG."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return content.getvalue()


def figure(image: np.ndarray, caption: str, size: int, alt: str = "") -> str:
    """Returns one picture with its caption.

    Args:
        image: uint8 `[height, width]`, white ink on black.
        caption: What stands below it; may be empty.
        size: Side of the square that it fills, in pixels.
        alt: What a screen reader says; the caption by default.
    """
    source = f"data:image/png;base64,{base64.b64encode(png(image)).decode()}"
    words = html.escape(alt or caption, quote=True)
    label = f'<figcaption style="font-size:0.85rem;line-height:1.25;margin-top:4px">{html.escape(caption)}</figcaption>'
    return (
        f'<figure style="margin:0;width:{size}px">'
        f'<img src="{source}" alt="{words}" width="{size}" height="{size}" '
        'style="image-rendering:pixelated;object-fit:contain;background:#000;border-radius:4px;display:block">'
        f"{label if caption else ''}</figure>"
    )


def gallery(images: Sequence[np.ndarray] | np.ndarray, captions: Sequence[str], size: int = 72) -> str:
    """Returns pictures in rows that wrap to the width of the page."""
    figures = "".join(figure(image, caption, size) for image, caption in zip(images, captions, strict=True))
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{figures}</div>'
