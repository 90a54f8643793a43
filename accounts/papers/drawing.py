"""What a picture on paper is made of: shapes and words at places in pixels, and the SVG that they become.

Words are kept apart from the shapes: the typesetter sets them itself, in its own fonts, over the shapes.
"""

from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

FONTS = "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', system-ui, sans-serif"
SIZE = 12
# The light colours of the app (static/css/tierdash.css): paper has no dark side.
INK, SOFT, LINE, STRONG, SURFACE = "#1a1e16", "#5b6055", "#e3e4dc", "#8b8f83", "#ffffff"
NOW, NOW_INK, NOW_WASH = "#c2570c", "#a84708", "#fff4e8"
SOON, SOON_INK, SOON_WASH, SOON_LINE = "#5b6ad0", "#4552b8", "#eff1fd", "#c3caf1"
FINE, FINE_INK, FINE_WASH = "#1f8a5b", "#17734a", "#e9f6ef"
UNKNOWN_WASH, UNKNOWN_LINE = "#f1f1ec", "#d7d9cf"


@dataclass(frozen=True, slots=True)
class Word:
    """A word whose baseline is at `y`; `anchor` says what stands at `x`: its start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    fill: str = SOFT
    is_bold: bool = False


@dataclass
class Picture:
    """A drawing `width` x `height` pixels large; `says` is what it shows, for those who hear it."""

    width: int
    height: int
    says: str
    shapes: list[SafeString] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    def add(self, shape: str, **attributes: str | float) -> None:
        """Add a shape; `stroke_width` is the attribute stroke-width, and numbers have one place."""
        named = (
            (name.replace("_", "-"), f"{value:.1f}" if isinstance(value, float) else value)
            for name, value in attributes.items()
        )
        self.shapes.append(format_html("<{} {}/>", shape, format_html_join(" ", '{}="{}"', named)))

    def write(self, x: float, y: float, text: str, anchor: str = "start", fill: str = SOFT, bold: bool = False) -> None:
        if text:
            self.words.append(Word(round(x, 1), round(y, 1), text, anchor, fill, bold))

    def svg(self, *, has_words: bool = True) -> str:
        """Return the whole picture, or its shapes alone."""
        words = format_html_join(
            "\n",
            '<text x="{}" y="{}" text-anchor="{}" fill="{}" font-weight="{}">{}</text>',
            (
                (word.x, word.y, word.anchor, word.fill, 700 if word.is_bold else 400, word.text)
                for word in (self.words if has_words else ())
            ),
        )
        return format_html(
            '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            'role="img" font-family="{fonts}" font-size="{size}">\n<title>{says}</title>\n'
            '<rect width="{width}" height="{height}" fill="{paper}"/>\n{shapes}\n{words}\n</svg>\n',
            width=self.width,
            height=self.height,
            fonts=FONTS,
            size=SIZE,
            says=self.says,
            paper=SURFACE,
            shapes=format_html_join("\n", "{}", ((shape,) for shape in self.shapes)),
            words=words,
        )
