"""An address as a picture that a telephone's camera opens."""

import segno


def source(text: str) -> str:
    """A QR code as the address that an `<img>` holds it in: dark on white, its quiet margin within."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(border=4, dark="#000", light="#fff"))
