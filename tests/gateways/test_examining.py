"""Every file that a stranger may make has a clear answer, and none of them costs this process anything."""

import os
import resource
import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from accounts.gateways import examining
from accounts.gateways.examiner.findings import MOST_PIXELS
from accounts.gateways.examining import NotKept
from tests import make
from tests.gateways import corpus

MOST = 10 * 1024 * 1024


def examine(content: bytes, **facts) -> examining.Examined:
    return examining.examine(content, **{"most_bytes": MOST, "now": make.NOW} | facts)


def refusal(content: bytes, **facts) -> str:
    with pytest.raises(NotKept) as caught:
        examine(content, **facts)
    assert caught.value.code in examining.REFUSALS
    return caught.value.code


@pytest.mark.parametrize("name", corpus.GOOD)
def test_a_good_file_is_taken(name):
    content, kind = corpus.GOOD[name]
    found = examine(content)
    assert found.kind == kind
    assert bool(found.thumbnail) == (kind in ("png", "jpeg"))
    if kind in ("pdf", "eml"):
        assert found.content == content, "byte for byte"
    # What was kept can be looked into again and stays what it is.
    again = examine(found.content, as_kept=True)
    assert (again.kind, again.content, again.thumbnail) == (kind, found.content, found.thumbnail)


@pytest.mark.parametrize("name", corpus.BAD)
def test_a_bad_file_is_refused_for_its_reason(name):
    content, code = corpus.BAD[name]
    assert refusal(content) == code


@pytest.mark.parametrize("name", corpus.HEAVY)
def test_a_bomb_takes_no_memory_here(name):
    content, code = corpus.HEAVY[name]
    assert len(content) < 2 * 1024 * 1024
    before = peak_megabytes()
    if code:
        assert refusal(content) == code
    else:
        assert len(examine(content).content) < 1000
    assert peak_megabytes() - before < 60, "this process stays small; what bounds the other one is tested below"


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_a_file_of_the_largest_size_leaves_this_process_small():
    content = make.pdf() + b"\n%%EOF\n"
    large = content[:-8] + b"%" + os.urandom(MOST - len(content) - 1).replace(b"\n", b"x") + b"\n%%EOF\n"
    before = peak_megabytes()
    assert refusal(large) in ("damaged", "two_in_one")
    assert peak_megabytes() - before < 5 * MOST // 1024**2


class TestSize:
    def test_is_asked_before_anything_is_read(self, monkeypatch):
        monkeypatch.setattr(subprocess, "run", lambda *args, **facts: pytest.fail("it was read"))
        assert refusal(make.PDF + b" " * MOST) == "large"
        assert refusal(b"") == "empty"

    def test_the_largest_picture_is_within_reach(self):
        side = int(MOST_PIXELS**0.5)
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned, which takes a second copy
        file = BytesIO()
        Image.linear_gradient("L").resize((side, side)).convert("RGB").save(file, "JPEG", exif=exif, quality=60)
        assert examine(file.getvalue(), patience_seconds=60).kind == "jpeg"

    def test_a_picture_that_grows_beyond_the_limit_is_written_with_less(self):
        noise = Image.effect_noise((900, 900), 90).convert("RGB")
        file = BytesIO()
        noise.save(file, "JPEG", quality=60)
        most = int(len(file.getvalue()) * 1.5)
        assert len(examine(file.getvalue(), most_bytes=most).content) <= most

    def test_a_picture_that_cannot_be_written_smaller_is_refused(self):
        file = BytesIO()
        Image.effect_noise((300, 300), 90).save(file, "JPEG", quality=10)
        assert refusal(file.getvalue(), most_bytes=len(file.getvalue())) == "large"


class TestPictures:
    @pytest.mark.parametrize("content", [corpus.told_png(), corpus.told_jpeg()])
    def test_nothing_but_the_picture_is_kept(self, content):
        assert b"secret" in content
        found = examine(content)
        assert b"secret" not in found.content
        assert b"secret" not in found.thumbnail
        assert not Image.open(BytesIO(found.content)).getexif()

    def test_what_stands_behind_a_picture_is_gone(self):
        for content in (make.PNG, make.JPEG):
            assert b"<script>" not in examine(content + b"<script>alert(1)</script>").content

    def test_a_photograph_stands_upright(self):
        picture = Image.open(BytesIO(examine(corpus.told_jpeg(orientation=6)).content))
        assert picture.size == (20, 40)
        red, _green, blue = picture.getpixel((10, 5))
        assert blue > 200 > red, "the left half of what the camera saw is on top"

    def test_the_small_picture_is_a_square_png(self):
        small = Image.open(BytesIO(examine(make.PNG).thumbnail))
        assert (small.format, small.size, small.mode) == ("PNG", (96, 96), "RGB")
        assert small.getpixel((50, 50)) == (0xC2, 0x57, 0x0C)

    def test_holes_are_white_in_the_small_picture(self):
        small = Image.open(BytesIO(examine(corpus.image("RGBA", "PNG")).thumbnail))
        assert small.getpixel((50, 50)) == (255, 255, 255)

    @pytest.mark.parametrize(
        "content",
        [
            corpus.told_png(),
            corpus.told_jpeg(),
            corpus.animated(),
            make.PNG + b"<script>",
            make.JPEG + b"<script>",
            make.PNG[:33] + corpus.chunk(b"tEXt", b"Comment\0hello") + make.PNG[33:],
        ],
    )
    def test_one_that_was_not_written_here_does_not_pass_for_one_that_was(self, content):
        assert refusal(content, as_kept=True) == "not_bare"


class TestMails:
    def test_say_who_wrote_about_what_and_when(self):
        assert examine(make.EML).facts == {
            "sender": "Billing <billing@provider.example>",
            "subject": "充值成功",
            "sent_at": "2025-05-01T10:00:00+00:00",
        }

    def test_a_subject_of_several_lines_is_one_text(self):
        facts = examine(corpus.mail(Subject="one\r\n two")).facts
        assert facts["subject"] == "one two"


class TestTheProcess:
    def test_gets_nothing_of_our_surroundings(self, monkeypatch):
        monkeypatch.setenv("SECRET_KEY", "canary")
        seen = {}
        run = subprocess.run

        def watched(command, **facts):
            seen.update(facts["env"], command=command)
            return run(command, **facts)

        monkeypatch.setattr(subprocess, "run", watched)
        examine(make.PDF)
        assert set(seen) - {"command"} <= set(examining.KEPT)
        assert not any("canary" in part for part in seen["command"])

    def test_binds_itself_before_it_looks(self, tmp_path):
        """Memory, time and what it may write are limited; what it would need beyond that it does not get."""
        program = (
            "from accounts.gateways.examiner import __main__ as examiner\n"
            "examiner.bind(1000)\n"
            "try: hoard = bytearray(1024**3)\n"
            "except MemoryError: print('no memory')\n"
            "import resource\n"
            "print(resource.getrlimit(resource.RLIMIT_CPU)[0], resource.getrlimit(resource.RLIMIT_FSIZE)[0])\n"
        )
        home = Path(examining.HOME)
        done = subprocess.run([sys.executable, "-c", program], cwd=home, capture_output=True, text=True, check=True)
        assert done.stdout.split("\n")[:2] == ["no memory", "8 1000"]

    def test_one_that_does_not_come_back_is_given_up(self):
        started = time.monotonic()
        assert refusal(make.pdf(150), patience_seconds=0.05) == "heavy"
        assert time.monotonic() - started < 3

    def test_one_that_crashes_is_a_damaged_file(self, monkeypatch):
        monkeypatch.setattr(sys, "executable", "/bin/false")
        assert refusal(make.PDF) == "damaged"

    def test_only_two_are_looked_into_at_once(self, monkeypatch):
        gate, busy = threading.Event(), []
        monkeypatch.setattr(examining, "_ask", lambda *facts: (gate.wait(10), b'{"refused": "kind"}\n')[1])

        def look(patience):
            with pytest.raises(NotKept) as caught:
                examine(make.PDF, patience_seconds=patience)
            busy.append(caught.value.code)

        threads = [threading.Thread(target=look, args=[10]) for _each in range(examining.AT_ONCE)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        look(0.1)
        assert busy == ["busy"]
        gate.set()
        for thread in threads:
            thread.join()
        assert busy == ["busy", "kind", "kind"]
