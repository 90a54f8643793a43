"""Files as strangers make them, built by code: good ones, broken ones, and ones that try something."""

import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from tests.make import EML, JPEG, PDF, PNG, pdf

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZEROS = b"\0" * 1024 * 1024


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int, rows: bytes, *more: bytes, depth: int = 1) -> bytes:
    """A PNG by hand: it may say anything of its size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return SIGNATURE + head + b"".join(more) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def squeezed(count: int) -> bytes:
    """Zlib data that unfolds to `count` megabytes of zeros."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(ZEROS) for _each in range(count)) + packer.flush()


def animated() -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    file = BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def told_png() -> bytes:
    """A picture that carries text, a profile and a place."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "secret-comment")
    exif = Image.Exif()
    exif[0x010E] = "secret-description"
    file = BytesIO()
    Image.new("RGB", (30, 20), "red").save(
        file, "PNG", pnginfo=info, exif=exif, icc_profile=b"secret-profile", dpi=(72, 72)
    )
    return file.getvalue()


def told_jpeg(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "secret-description"
    exif[0x0112] = orientation
    file = BytesIO()
    picture = Image.new("RGB", (40, 20), "red")
    picture.paste("blue", (0, 0, 20, 20))
    picture.save(file, "JPEG", exif=exif, comment=b"secret-comment", icc_profile=b"secret-profile", quality=95)
    return file.getvalue()


def image(mode: str, kind: str) -> bytes:
    file = BytesIO()
    Image.new(mode, (16, 16)).save(file, kind)
    return file.getvalue()


def acting_pdf(where: str = "/OpenAction", **action: object) -> bytes:
    """A PDF of one page with an action, as DictionaryObject's entries by their names."""
    writer = PdfWriter(clone_from=BytesIO(PDF))
    entries = {NameObject(f"/{name}"): value for name, value in action.items()}
    writer.root_object[NameObject(where)] = DictionaryObject(entries)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def scripted(in_annotation: bool = False) -> bytes:
    script = {"S": NameObject("/JavaScript"), "JS": TextStringObject("app.alert(1)")}
    if not in_annotation:
        return acting_pdf(**script)
    writer = PdfWriter(clone_from=BytesIO(PDF))
    action = DictionaryObject({NameObject(f"/{name}"): value for name, value in script.items()})
    annotation = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): action})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([annotation])
    return written(writer)


def with_attachment() -> bytes:
    writer = PdfWriter(clone_from=BytesIO(PDF))
    writer.add_attachment("virus.exe", b"MZ")
    return written(writer)


def locked(user_password: str) -> bytes:
    writer = PdfWriter(clone_from=BytesIO(PDF))
    writer.encrypt(user_password, owner_password="owner", algorithm="AES-256")
    return written(writer)


def claiming(pages: int) -> bytes:
    """A PDF that says that it has more pages than it has."""
    writer = PdfWriter(clone_from=BytesIO(PDF))
    writer.root_object["/Pages"].get_object()[NameObject("/Count")] = NumberObject(pages)
    return written(writer)


def looping_pages() -> bytes:
    """A page tree that is its own child."""
    writer = PdfWriter(clone_from=BytesIO(PDF))
    pages = writer.root_object["/Pages"]
    pages.get_object()[NameObject("/Kids")] = ArrayObject([pages.indirect_reference])
    return written(writer)


def looping_xref() -> bytes:
    """A cross-reference table whose previous one is itself."""
    start = PDF.split(b"startxref\n")[1].split(b"\n")[0]
    return PDF.replace(b"trailer\n<<", b"trailer\n<</Prev " + start + b" ")


def nested_pdf(depth: int) -> bytes:
    """An array within an array within an array."""
    body = b"[" * depth + b"]" * depth
    objects = [b"<</Type/Catalog/Pages 2 0 R/Deep " + body + b">>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """A PDF of these objects, the first of which is the root."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + table + trailer


def stream_bomb() -> bytes:
    """An object stream of a few kilobytes that unfolds to half a gigabyte."""
    data = squeezed(512)
    head = b"<</Type/ObjStm/N 1/First 10/Filter/FlateDecode/Length %d>>stream\n" % len(data)
    objects = [b"<</Type/Catalog/Pages 2 0 R/X 5 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", head + data + b"\nendstream"]
    # A cross-reference stream is what names objects within a stream.
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    entries = b"\0" + struct.pack(">IH", 0, 65535)
    entries += b"".join(b"\1" + struct.pack(">IH", place, 0) for place in places)
    entries += b"\2" + struct.pack(">IH", 4, 0) + b"\1" + struct.pack(">IH", len(out), 0)
    head = b"<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length %d>>stream\n" % len(entries)
    return out + b"6 0 obj\n" + head + entries + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(out)


def zipped(prefix: bytes) -> bytes:
    """A ZIP that begins with something else, as archives may."""
    file = BytesIO(prefix)
    file.seek(0, 2)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("run.bat", "echo")
    return file.getvalue()


def mail(**headers: str) -> bytes:
    """A mail with these headers; "" leaves one out."""
    said = {
        "From": "Billing <billing@provider.example>",
        "Subject": "Your receipt",
        "Date": "Thu, 01 May 2025 12:00:00 +0200",
    } | headers
    return "".join(f"{name}: {value}\r\n" for name, value in said.items() if value).encode() + b"\r\nHello\r\n"


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
# What is taken: (name, content, kind).
GOOD = {
    "a PNG": (PNG, "png"),
    "a JPEG": (JPEG, "jpeg"),
    "a PDF": (PDF, "pdf"),
    "a mail": (EML, "eml"),
    "an animated PNG, as its first picture": (animated(), "png"),
    "a PNG of one bit": (image("1", "PNG"), "png"),
    "a PNG with a palette": (image("P", "PNG"), "png"),
    "a PNG of 16 bits": (image("I;16", "PNG"), "png"),
    "a PNG with holes": (image("RGBA", "PNG"), "png"),
    "a grey JPEG": (image("L", "JPEG"), "jpeg"),
    "a JPEG in the colours of print": (image("CMYK", "JPEG"), "jpeg"),
    "a PDF of 200 pages": (pdf(200), "pdf"),
    "a PDF that only its owner may change": (locked(""), "pdf"),
    "a PDF with zeros behind its end": (PDF + b"\r\n\0\0", "pdf"),
    "a PDF with a link": (
        acting_pdf(S=NameObject("/URI"), URI=TextStringObject("https://example.org/")),
        "pdf",
    ),
    "a mail without a zone": (mail(Date="Thu, 1 May 2025 12:00:00"), "eml"),
    "a mail that begins with what other servers wrote": (b"Received: by mx\r\n" + mail(), "eml"),
}
# What is not: (content, the code of its refusal).
BAD = {
    "nothing": (b"", "empty"),
    "HTML": (HTML, "kind"),
    "SVG": (SVG, "kind"),
    "a ZIP": (zipped(b""), "kind"),
    "a program": (b"MZ\x90\0" + b"\0" * 200, "kind"),
    "a GIF": (b"GIF89a" + b"\0" * 40, "kind"),
    "noise": (bytes(range(256)), "kind"),
    "a PDF behind a line break": (b"\n" + PDF, "kind"),
    "HTML with a PDF in it": (HTML + PDF, "kind"),
    "a PNG cut in its data": (PNG[:-30], "damaged"),
    "a PNG of which only the head is there": (PNG[:40], "damaged"),
    "a PNG's signature alone": (SIGNATURE, "damaged"),
    "a PNG with a wrong sum": (PNG[:45] + bytes([PNG[45] ^ 255]) + PNG[46:], "damaged"),
    "a PNG that is larger than it says": (png_of(65_000, 65_000, b"\0"), "pixels"),
    "a PNG bomb": (png_of(30_000, 30_000, b"\0" * 3751 * 10), "pixels"),
    "a JPEG cut in its data": (JPEG[: len(JPEG) // 2], "damaged"),
    "a JPEG's beginning alone": (b"\xff\xd8\xff\xe0", "damaged"),
    "a PDF cut off": (PDF[:-20], "damaged"),
    "a PDF cut in the middle": (PDF[:150] + b"\n%%EOF\n", "damaged"),
    "a PDF whose bytes have moved": (PDF.replace(b"%PDF-1.3\n", b"%PDF-1.3\n%moved\n"), "damaged"),
    "a PDF's head alone": (b"%PDF-1.7\n%%EOF", "damaged"),
    "a PDF whose table names itself": (looping_xref(), "damaged"),
    "a PDF whose pages are their own children": (looping_pages(), "damaged"),
    "a PDF nested without end": (nested_pdf(20_000), "damaged"),
    "a PDF of 201 pages": (pdf(201), "pages"),
    "a PDF that claims a million pages": (claiming(10**6), "pages"),
    "a PDF with a script": (scripted(), "script"),
    "a PDF with a script on a page": (scripted(in_annotation=True), "script"),
    "a PDF with a form of scripts": (acting_pdf("/AcroForm", XFA=TextStringObject("x")), "script"),
    "a PDF that starts a program": (
        acting_pdf(S=NameObject("/Launch"), F=TextStringObject("calc.exe")),
        "program",
    ),
    "a PDF that sends a form": (acting_pdf(S=NameObject("/SubmitForm")), "program"),
    "a PDF with a file in it": (with_attachment(), "attachment"),
    "a PDF with a password": (locked("user"), "encrypted"),
    "a PDF with HTML behind its head": (PDF.replace(b"%PDF-1.3\n", b"%PDF-1.3\n%" + HTML + b"\n"), "two_in_one"),
    "a PDF with PHP in it": (PDF + b"<?php system($_GET[0]);", "two_in_one"),
    "a PDF that is a ZIP": (zipped(PDF), "two_in_one"),
    "a PDF with something behind its end": (PDF + b"x" * 400, "damaged"),
    "a mail without a sender": (mail(From=""), "mail"),
    "a mail without an address": (mail(From="Somebody"), "mail"),
    "a mail without a date": (mail(Date=""), "mail"),
    "a mail of no day": (mail(Date="some day"), "mail"),
    "a mail of next year": (mail(Date="Fri, 01 May 2026 12:00:00 +0200"), "mail"),
    "a mail of the war": (mail(Date="Mon, 01 May 1944 12:00:00 +0200"), "mail"),
    "a mail that holds zeros": (mail() + b"\0", "mail"),
    "a mail that is all headers": (b"From: a@b.c\r\n" + b"X-A: b\r\n" * 50_000, "mail"),
    "HTML that looks like a header": (b"Location: x\r\n\r\n" + HTML, "mail"),
    "a table of settings": (b"name: value\nother: value\n", "mail"),
}
# What would unfold to hundreds of megabytes if nobody stopped it: (content, the code of its refusal, "" if taken).
HEAVY = {
    "a PNG whose profile unfolds": (png_of(1, 1, b"\0\0", chunk(b"iCCP", b"p\0\0" + squeezed(400))), "damaged"),
    "a PNG whose text unfolds": (png_of(1, 1, b"\0\0", chunk(b"zTXt", b"t\0\0" + squeezed(400))), "damaged"),
    # Only as much is unfolded as the picture has; the rest is not kept.
    "a PNG whose data unfolds beyond its size": (png_of(10, 10, b"\0" * 200 * 1024 * 1024), ""),
    "a PDF whose objects unfold": (stream_bomb(), "damaged"),
}
