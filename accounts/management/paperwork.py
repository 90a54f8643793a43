"""Receipts for the demo, made by code: a document, a picture of a billing page, a mail. Invented, like all of it."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from io import BytesIO

from PIL import Image, ImageDraw
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def document(reference: str, amount: str, at: datetime) -> bytes:
    """A PDF of one page."""
    lines = ["Receipt", "", f"Number  {reference}", f"Date  {at:%d %B %Y}", f"Amount paid  ${amount}", "API credit"]
    drawn = "".join(f"({line}) Tj T* " for line in lines)
    writer = PdfWriter()
    page = writer.add_blank_page(420, 595)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 18 Tf 26 TL 48 520 Td {drawn}ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(content)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def picture(reference: str, amount: str, at: datetime) -> bytes:
    """A PNG of what a billing page may look like."""
    page = Image.new("RGB", (720, 900), "#f4f5f2")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 720, 96), fill="#1f8a5b")
    draw.text((40, 28), "Payment received", fill="white", font_size=36)
    draw.rounded_rectangle((40, 140, 680, 560), 18, fill="white", outline="#d7d9cf", width=2)
    draw.text((80, 180), f"${amount}", fill="#1a1e16", font_size=88)
    rows = (("Number", reference), ("Date", f"{at:%d %b %Y}"), ("Paid with", "card ending 4242"))
    for place, (name, value) in enumerate(rows):
        y = 320 + 70 * place
        draw.text((80, y), name, fill="#5b6055", font_size=28)
        draw.text((340, y), value, fill="#1a1e16", font_size=28)
    file = BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def mail(reference: str, amount: str, at: datetime) -> bytes:
    """A mail as a provider may send it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Billing <billing@provider.example>"
    message["To"] = "demo@tierdash.example"
    message["Subject"] = f"Your API account has been funded: ${amount}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{reference.lower()}@provider.example>"
    message.set_content(f"We have received ${amount}. Receipt number: {reference}.\n", cte="7bit")
    return message.as_bytes()


MADE = {"pdf": document, "png": picture, "eml": mail}
