"""Writes the tables of docs/values.md from the golden vectors: `page.py --write`. Without it, says whether they are stale.

The text around the tables is written by hand. A vector's row is told by the head of its bytes, or by its `row` where that says less.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/values.md"
VALUES = Path(__file__).resolve().parent / "values.json"
BEGIN, END = "<!-- {}: made from the vectors by `make fix` -->", "<!-- end -->"
LONGEST = 96
"""Characters of a literal, and bytes of a payload in hex, that are shown."""


class Row(NamedTuple):
    value: str
    python: str
    java: str
    example: str
    """Name of the vector whose literals stand in the table; empty for the first one."""
    loses: str = ""


NANOS = "nanoseconds, in Python"
ROWS = {
    "null": Row("null", "`None`", "`null`, an empty `Optional`", "null (appendix A)"),
    "boolean": Row("boolean", "`bool`", "`Boolean`", "true (appendix A)"),
    "integer": Row(
        "integer of any size",
        "`int`",
        "`Long`, beyond it `BigInteger`; declared `int`, `short`, `byte`: exactly or not at all",
        "integer 18446744073709551616 (appendix A)",
    ),
    "float": Row("float", "`float`", "`Double`; declared `float`: only if it is exact", "float 1.5 (appendix A)"),
    "decimal": Row("decimal", "`Decimal`", "`BigDecimal`, with its scale", "decimal 1.00 keeps its scale"),
    "text": Row("text", "`str`", "`String`; `char` is sent", "text 'a' of 1 bytes (appendix A)"),
    "bytes": Row("bytes", "`bytes`; `bytearray`, `memoryview` are sent", "`byte[]`; `ByteBuffer` is sent", "bytes (appendix A)"),
    "list": Row("list", "`list`, `tuple`, `NamedTuple`", "`List`, arrays of objects", "array (appendix A)", "that it was a tuple"),
    "map": Row(
        "map, in the sender's order; keys: integer, text, bytes, enum, UUID, date and time values, arrays of these",
        "`dict`; array keys are tuples",
        "`LinkedHashMap`, declared `Map<K, V>`",
        "map with the keys 1 and '1'",
    ),
    "set": Row("set; elements like keys, or only booleans, or only floats", "`set`", "`Set`", "set of integers", "that it was frozen"),
    "record": Row(
        "record",
        "dataclass, attrs class, pydantic model, declared `TypedDict`",
        "record, plain class",
        "record",
        "its class: a `dict`, a `Map`",
    ),
    "registered": Row(
        'registered record: `@twinspan.record("shop.Card")`, `@WireType("shop.Card")`',
        "that class",
        "that class",
        "registered record",
        "its class, if nobody there knows the name: a `dict`, a `Map`",
    ),
    "enum": Row("enum, by its name", "`Enum`", "`enum`", "enum by its name", "its class: text"),
    "instant": Row("instant", "aware `datetime` in UTC", "`Instant`", "instant", NANOS),
    "offset": Row("date-time with an offset", "aware `datetime`", "`OffsetDateTime`", "date-time at +02:00", NANOS),
    "zoned": Row("date-time in a zone", "`datetime` with `ZoneInfo`, fold kept", "`ZonedDateTime`", "zoned date-time", NANOS),
    "local": Row("local date-time", "naive `datetime`", "`LocalDateTime`", "local date-time", NANOS),
    "date": Row("local date", "`date`", "`LocalDate`", "local date"),
    "time": Row("local time", "`time`", "`LocalTime`", "local time", NANOS),
    "duration": Row("duration", "`timedelta`", "`Duration`", "duration 1.5 s", NANOS),
    "uuid": Row("UUID", "`UUID`", "`UUID`", "UUID"),
    "complex": Row("complex number", "`complex`", "`Complex`", "complex"),
    "range": Row("range", "`range`", "`Range`", "range"),
    "numbers": Row(
        "array of numbers",
        "NumPy array if NumPy is installed, else `array.array`",
        "`long[]`, `int[]`, `short[]`, `double[]`, `float[]`, else `NdArray`",
        "typed array of float64",
    ),
    "dimensions": Row("array of numbers with dimensions", "NumPy array, else `twinspan.NdArray`", "`NdArray`", "typed array, 2-D"),
    "reference": Row(
        "reference to a service or a node; not as a key",
        "`ServiceRef`, `NodeRef`; a client, a `Member`, a node are sent",
        "`ServiceRef`, `NodeRef`; a client, a `Member`, a `Node` are sent",
        "reference to a service",
    ),
    # Its bytes are those of the library that wrote it, so that no vector has one.
    "table": Row(
        "table",
        "anything with `__arrow_c_stream__`, by pyarrow",
        "`VectorSchemaRoot`, by `twinspan-arrow`",
        "",
        "that it wasn't a `pyarrow.Table`",
    ),
}
HEADS = {
    "c2": "integer",
    "c3": "integer",
    "c4": "decimal",
    "d825": "uuid",
    "d828": "dimensions",
    "d864": "date",
    "d90102": "set",
    "d903e9": "instant",
    "d903ea": "duration",
    "d903ec": "date",
    "da54570010": "offset",
    "da54570011": "zoned",
    "da54570012": "time",
    "da54570013": "local",
    "da54570020": "complex",
    "da54570021": "range",
    "da54570031": "table",
    "da54570022": "reference",
    "f4": "boolean",
    "f5": "boolean",
    "f6": "null",
    "f9": "float",
    "fa": "float",
    "fb": "float",
}
MAJORS = ["integer", "integer", "bytes", "text", "list", "map", "numbers"]


def row_of(vector: dict[str, Any]) -> str:
    cbor = vector["cbor"]
    if "row" in vector:
        return str(vector["row"])
    if cbor.startswith("da54570001"):
        return "registered" if "da54570003" in cbor else "record"
    return next((row for head, row in HEADS.items() if cbor.startswith(head)), None) or MAJORS[int(cbor[:2], 16) >> 5]


def code(literal: str) -> str:
    """A literal in a cell."""
    if not literal:
        return ""
    cut = literal if len(literal) <= LONGEST else literal[:LONGEST] + "…"
    return "`" + cut.replace("|", "\\|") + "`"


def literals(vector: dict[str, Any] | None) -> tuple[str, str]:
    return (code(vector["python"]), code(vector["java"])) if vector else ("", "")


def line(*cells: str) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def loaded() -> dict[str, list[dict[str, Any]]]:
    """The valid vectors of each row of the table, in its order."""
    rows: dict[str, list[dict[str, Any]]] = {key: [] for key in ROWS}
    for vector in json.loads(VALUES.read_text(encoding="utf-8"))["valid"]:
        rows[row_of(vector)].append(vector)
    return rows


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """The table of values."""
    lines = [
        "| Value | Python | Java | Example in Python | Example in Java | A receiver without a type loses |",
        "|---|---|---|---|---|---|",
    ]
    for key, vectors in rows.items():
        row = ROWS[key]
        example = next((vector for vector in vectors if row.example in ("", vector["name"])), None)
        if example is None and row.example:
            raise SystemExit(f"tests/vectors/values.json: no vector {row.example!r} for the row {row.value!r}")
        lines.append(line(row.value, row.python, row.java, *literals(example), row.loses))
    return "\n".join(lines)


def vectors(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Every vector under its row."""
    lines = []
    for key, found in rows.items():
        if not found:
            continue
        title = re.sub(r"[;:,].*", "", ROWS[key].value)
        lines += ["", f"### {title[0].upper()}{title[1:]}", "", "| Vector | Bytes | Python | Java |", "|---|---|---|---|"]
        for vector in found:
            note = " (only read)" if vector.get("encode") is False else ""
            lines.append(line(vector["name"] + note, code(vector["cbor"]), code(vector["python"]), code(vector["java"])))
    return "\n".join(lines[1:])


def made(page: str) -> str:
    """The page with the tables as the vectors say."""
    rows = loaded()
    for name, text in (("table", table(rows)), ("vectors", vectors(rows))):
        begin = BEGIN.format(name)
        if page.count(begin) != 1 or END not in page.partition(begin)[2]:
            raise SystemExit(f"docs/values.md: the line {begin} with its {END} is missing")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n\n{text}\n\n{END}{rest.partition(END)[2]}"
    return page


def stale() -> list[str]:
    page = PAGE.read_text(encoding="utf-8")
    return [] if made(page) == page else ["docs/values.md: its tables aren't those of tests/vectors/values.json; `make fix` writes them"]


def main() -> int:
    if "--write" in sys.argv[1:]:
        PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    wrong = stale()
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
