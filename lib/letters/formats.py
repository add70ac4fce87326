"""The format of a picture file, told from its content, never from its name."""

import re

from letters.decoding import PictureError

FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF", "AVIF", "HEIC")
HEAD = 4096  # bytes at the beginning of a file that say what it is
_SIGNATURES = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "WebP": rb"RIFF.{4}WEBP",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",  # the size of its second header: seven are in use
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "AVIF": rb"\0.{3}ftyp(.{4}){0,15}avi[fs]",
    "HEIC": rb"\0.{3}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)",
}
_EXPORT = "Export the page as PNG or JPEG."
_SAVE = "Open it where it was made and save it as PNG or JPEG."
_OTHERS = (  # other kinds of file: name, signature, what to do
    ("a PDF", rb".{0,1023}?%PDF-", _EXPORT),
    ("PostScript", rb"\x04?%!PS|\xc5\xd0\xd3\xc6", _EXPORT),
    (
        "a web page",
        rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)",
        "Take a screenshot of it.",
    ),
    ("an SVG drawing", rb"(\xef\xbb\xbf)?\s*<(.{0,3000}<)?svg[\s/>]", "Export it as PNG."),
    ("a raw photo", rb"\0.{3}ftypcrx |FUJIFILMCCD-RAW|IIU\0|IIR[OS]", "Export it as JPEG."),
    (
        "a film",
        rb"\0.{3}(ftyp|moov|mdat|wide|free|skip)|\x1aE\xdf\xa3|RIFF.{4}AVI |OggS|FLV\x01|\0\0\x01[\xb3\xba]|0&\xb2u",
        "Pause it where the writing can be seen, and send a screenshot.",
    ),
    ("a JPEG XL picture", rb"\xff\x0a|\0\0\0\x0cJXL ", _SAVE),
    ("a JPEG 2000 picture", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", _SAVE),
    ("a Photoshop file", rb"8BPS", _SAVE),
    ("an icon", rb"\0\0[\x01\x02]\0", _SAVE),
    (
        "an office document",
        rb"\xd0\xcf\x11\xe0|PK\x03\x04.{0,4000}?(word/|xl/|ppt/|\[Content_Types\]|opendocument)",
        _EXPORT,
    ),
    (
        "an archive",
        rb"PK(\x03\x04|\x05\x06|\x07\x08)|\x1f\x8b|7z\xbc\xaf|Rar!|BZh[1-9]1AY|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar",
        "Take the picture out of it and send that.",
    ),
)
_CONTROL = re.compile(rb"[^\t\n\x0c\r\x1b -\xff]")


def format_of(data: bytes) -> str:
    """Which of FORMATS a file is, by its first bytes.

    Raises PictureError "not_an_image" for any other file, and "empty_image". The message names other kinds of file
    that are known.
    """
    head = data[:HEAD]
    if not head:
        raise PictureError("empty_image", "The file is empty. Choose another one, or save it again.")
    for name, signature in _SIGNATURES.items():
        if re.match(signature, head, re.DOTALL):
            return name
    for name, signature, way_out in _OTHERS:
        if re.match(signature, head, re.DOTALL | re.IGNORECASE):
            raise PictureError("not_an_image", f"This file is {name}. {way_out}")
    if not _CONTROL.search(head):
        message = "This file is text. Letters are read in pictures: send a photo, a scan or a drawing as PNG or JPEG."
        raise PictureError("not_an_image", message)
    formats = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
    raise PictureError("not_an_image", f"This file is not a picture that can be read. Save it as {formats}.")
