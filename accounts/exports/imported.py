"""How an import stands in a workspace's document: its file's name, what its columns hold, what came of it."""

from accounts import rules
from accounts.exports.inside import Content, ImportChoices, Zone
from accounts.exports.kinds import Flag, Key, Line, ListOf, OneOf, Past, Whole, Words
from accounts.exports.shape import Field, Shape, stored
from accounts.models.imports import RUNNING, STATES

MOST_COUNT = 2**31 - 1

IMPORT = Shape(
    "import",
    "A file or pasted table of payments, in an account or on its way there. One that was being written is told as one "
    "that waits.",
    (
        stored("id", Key(), "its name, by which its payments name it"),
        stored("account", Key(), "the account; null: its rows name the accounts", nullable=True, column="account_id"),
        Field("state", OneOf(tuple(state for state in STATES if state != RUNNING)), "what became of it"),
        stored("file_name", Words(200), "the file's name; none when rows were pasted"),
        Field("content", Content(), "what was given; kept only until it is over"),
        stored("digest", Line(64, 64), "SHA-256 of what was given"),
        stored("form", Line(40), "how it was read: `xlsx`, an encoding with a delimiter, or `text`"),
        stored("sheet", Words(100), "the sheet of a workbook that was chosen"),
        stored("header_key", Line(64), "what tells tables of this kind from others; none: its columns were forgotten"),
        stored("columns", ListOf(OneOf(("", *rules.imports.FIELDS))), "what each column holds"),
        stored("begins_at", Whole(0, MOST_COUNT), "the place of the first row of payments, from 0"),
        stored("choices", ImportChoices(), "what the file leaves open"),
        stored("zone", Zone(), "the zone of its days"),
        stored("destined", Line(64), "what tells whether the names of accounts still lead where they led"),
        stored("leaves_out", Flag(), "whether rows that are not understood are left out"),
        stored("rows", Whole(0, MOST_COUNT), "how many rows it has"),
        Field("rows_done", Whole(0, MOST_COUNT), "how many of them are done"),
        stored("added", Whole(0, MOST_COUNT), "how many payments it brought"),
        stored("duplicates", Whole(0, MOST_COUNT), "how many rows were there already"),
        stored("conflicts", Whole(0, MOST_COUNT), "how many contradicted what was there"),
        stored("left_out", Whole(0, MOST_COUNT), "how many were not understood"),
        stored("kept", Whole(0, MOST_COUNT), "how many payments stayed when it was undone"),
        stored("error", Line(40), "why it failed"),
        stored("attempts", Whole(0, MOST_COUNT), "how often it was taken up"),
        Field("created_by", Whole(1, 1_000_000), "the number of who gave it; null: nobody, or gone", is_nullable=True),
        stored("created_at", Past(), "when it was given"),
        Field("beaten_at", Past(), "when it was last worked on", is_nullable=True),
        stored("ended_at", Past(), "when it was over", nullable=True),
    ),
)
