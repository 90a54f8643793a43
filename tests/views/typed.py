"""What is typed into fields, and what is taken of it: (typed, the amount or day that is meant; None: refused).

Of `LINES` it is (typed, whether it is taken as a line of text).
"""

from django.db import transaction

from tests.views.reading import error_at, html_of, value_of

MEGABYTE = "x" * 1_000_000
AMOUNTS = [
    *(("NaN", None), ("sNaN", None), ("Infinity", None), ("-Infinity", None), ("1e309", None), ("1e3", None)),
    *(("-0", None), ("0", None), ("0.0000", None), ("-5", None), ("1.234,56", None), ("1,5", None), ("12,34.5", None)),
    *(("٣٫٥", None), ("०", None), ("9" * 40, None), ("9" * 41, None), ("0.00005", None), (str(10**15), None)),
    *(("0x10", None), ("1_000", None), ("5 USD", None), ("five", None), ("--5", None), ("½", None), ("²", None)),
    *(("", None), (" ", None), (MEGABYTE, None), ("9" * 1_000_000, None), ("{{7*7}}", None), ("<svg onload=x>", None)),
    *(("\u202e5", None), ("5\u200b", None), ("5\n6", None), ("🚀", None), ("%n", None)),
    *(("1,234.56", "1234.56"), (" 5", "5"), ("５０", "50"), ("４９．９９", "49.99"), ("$5", "5"), ("US$ 5", "5")),
    *(("+5", "5"), ("5.0000", "5"), ("0.0001", "0.0001"), ("007", "7"), ("999999999.99", "999999999.99")),
]
DAYS = [
    *(("0001-01-01", None), ("9999-12-31", None), ("2027-02-29", None), ("2025-02-30", None), ("2025-05-21", None)),
    *(("2014-12-31", None), ("1748649600000", None), ("1748649600", None), ("05/04/2025", None), ("2025-5", None)),
    *(("20250504", None), ("2025-05-04T10:00", None), ("", None), ("tomorrow", None), ("10000-01-01", None)),
    *((MEGABYTE, None), ("<svg onload=x>", None), ("\u202e2025-05-04", None), ("-2025-05-04", None)),
    *(("2025-05-04", "2025-05-04"), (" 2025-05-04 ", "2025-05-04"), ("2025/5/4", "2025-05-04")),
    *(("2025年5月4日", "2025-05-04"), ("2024-02-29", "2024-02-29"), ("2015-01-01", "2015-01-01")),
]
LINES = [
    *(
        ("a\nb", False),
        ("a\r\nBcc: everyone@example.org", False),
        ("a\tb", False),
        ("a\x0bb", False),
        ("\x1b[31m", False),
    ),
    *(("a\u2028b", False), ("a\u2029b", False), ("a\x85b", False), ("\u202egnp.exe", False), ("\u2066x", False)),
    *(("\u200b", False), ("\u200b\u200d", False), ("\ufeff", False), ("x" * 501, False), (MEGABYTE, False)),
    *(("🚀 launch", True), ("👩‍💻", True), ("{{7*7}}", True), ("{% now 'Y' %}", True), ("<svg onload=x>", True)),
    *(("%n %s %(x)s {0} {name}", True), ("生产环境", True), ("Ünïcødé", True), ("عربي", True), ("a' OR 1=1 --", True)),
    *(("../../etc/passwd", True), ("=1+1", True), ("null", True)),
]


def undone(rows):
    """Each row in turn; what follows from it is rolled back before the next one."""
    for row in rows:
        with transaction.atomic():
            yield row
            transaction.set_rollback(True)


def refused(answer, field: str, field_id: str, typed: str) -> None:
    """The answer is the form again: a complaint beside the field, what was typed still in it, and none of it markup."""
    assert answer.status_code == 422, repr(typed[:40])
    assert error_at(answer, field_id), repr(typed[:40])
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert value_of(answer, field) == escaped, repr(typed[:40])
    assert "<svg onload" not in html_of(answer)
