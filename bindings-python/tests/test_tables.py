"""Tables: Arrow streams in payloads, by pyarrow on both sides."""

from __future__ import annotations

import datetime
import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from twinspan import _native, _types
from twinspan._errors import Unserializable


def sent(value: Any, hint: Any = Any) -> Any:
    payload = _native.encode(value)
    assert _native.check(payload) is None
    return _native.decode(payload, _types.plan_for(hint))


def flights() -> pyarrow.Table:
    first = {
        "carrier": ["UA", "B6", None],
        "delay": [1.5, None, -3.0],
        "seats": [180, 150, 90],
        "paid": [Decimal("1.50"), None, Decimal("-2.25")],
        "day": [datetime.date(2013, 1, 1)] * 3,
        "stops": [["EWR", "IAH"], [], None],
    }
    return pyarrow.concat_tables([pyarrow.table(first), pyarrow.table(first).slice(1)])


def test_a_table_comes_back_as_it_was() -> None:
    table = flights()
    back = sent(table)
    assert type(back) is pyarrow.Table
    assert back.equals(table, check_metadata=True)
    assert [len(chunk) for chunk in back["seats"].chunks] == [3, 2]


@pytest.mark.parametrize("rows", [0, 1, 5, 20_000])
def test_heads_of_every_length(rows: int) -> None:
    table = pyarrow.table({"n": pyarrow.array(range(rows), pyarrow.int64())})
    assert sent(table).equals(table)
    assert sent({"deep": [table, 7]})["deep"][0].equals(table)


def test_whatever_gives_an_arrow_stream_is_a_table() -> None:
    table = flights().select(["carrier", "seats"])
    frame = pandas.DataFrame({"a": [1, 2]}, index=pandas.Index(["x", "y"], name="key"))
    assert sent(table.to_batches()[0]).equals(table.slice(0, 3))
    assert sent(table.to_reader()).equals(table)
    assert sent(polars.DataFrame({"a": [1, 2]})).to_pydict() == {"a": [1, 2]}
    assert sent(frame).column_names == ["a", "key"]

    class Custom:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            return table.__arrow_c_stream__(requested_schema)

    assert sent(Custom()).equals(table)


def test_a_hint_chooses_the_class() -> None:
    frame = pandas.DataFrame({"a": [1, 2]}, index=pandas.Index(["x", "y"], name="key"))
    back = sent(frame, pandas.DataFrame)
    pandas.testing.assert_frame_equal(back, frame)
    assert sent(frame, pandas.DataFrame | None).equals(frame)
    columns = polars.DataFrame({"a": [1, None], "b": ["x", "y"]})
    assert sent(columns, polars.DataFrame).equals(columns)
    assert sent(flights(), pyarrow.Table).equals(flights())
    batches = sent(flights(), pyarrow.RecordBatchReader)
    assert type(batches) is pyarrow.RecordBatchReader
    assert [batch.num_rows for batch in batches] == [3, 2]
    assert sent([flights()], list[pyarrow.Table])[0].equals(flights())


def test_numbers_lie_in_the_payload_and_keep_it() -> None:
    numbers = np.arange(100_000, dtype="float64")
    payload = _native.encode(pyarrow.table({"n": numbers}))
    start = np.frombuffer(payload, "uint8").__array_interface__["data"][0]
    aligned = (start + payload.index(b"\xff\xff\xff\xff")) % 8 == 0
    before = pyarrow.total_allocated_bytes()
    back = _native.decode(payload)
    assert pyarrow.total_allocated_bytes() - before < 10_000
    address = back["n"].chunk(0).buffers()[1].address
    assert (start <= address < start + len(payload)) is aligned
    del payload
    assert back["n"].to_numpy().tolist() == numbers.tolist()


@pytest.mark.parametrize(
    ("value", "hint", "path", "what"),
    [
        ([1, pyarrow.chunked_array([[1, 2]])], Any, "value[1]", "it gives no table"),
        ({"t": 1}, dict[str, pyarrow.Table], 'value["t"]', "1 where Table belongs"),
        ([flights()], list[int], "value[0]", "a table where int belongs"),
        (b"", pyarrow.Table, "value", "bytes where Table belongs"),
    ],
)
def test_what_is_no_table(value: Any, hint: Any, path: str, what: str) -> None:
    with pytest.raises(Unserializable, match=what) as raised:
        sent(value, hint)
    assert raised.value.path == path


def test_hostile_streams_are_refused() -> None:
    def table(content: bytes) -> bytes:
        return b"\xda\x54\x57\x00\x31" + _native.encode(content)

    strings = pyarrow.StringArray.from_buffers(2, pyarrow.py_buffer(np.array([0, 70_000, 5], "int32")), pyarrow.py_buffer(b"x" * 70_000))
    sink = pyarrow.BufferOutputStream()
    schema = pyarrow.schema([("s", pyarrow.string())])
    with pyarrow.ipc.new_stream(sink, schema) as out:
        out.write_batch(pyarrow.RecordBatch.from_arrays([strings], schema=schema))
    crooked = sink.getvalue().to_pybytes()
    for content in (b"x" * 70_000, crooked, crooked[:60_000].ljust(66_000, b"\0")):
        with pytest.raises(Unserializable, match="a table that can't be read") as raised:
            _native.decode(table(content))
        assert raised.value.path == "value"
    with pytest.raises(Unserializable, match="a table in a text"):
        _native.decode(bytes.fromhex("da5457003160"))


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_compressed_columns_are_bounded(codec: str) -> None:
    """A table may expand to 32 times its stream and a mebibyte; small ones always may."""

    def table(zeros: int) -> bytes:
        columns = pyarrow.record_batch({"zeros": np.zeros(zeros), "noise": np.random.default_rng(1).random(zeros), "s": ["x"] * zeros})
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, columns.schema, options=pyarrow.ipc.IpcWriteOptions(compression=codec)) as out:
            out.write_batch(columns)
            out.write_batch(columns.slice(0, 1))
        return b"\xda\x54\x57\x00\x31" + _native.encode(sink.getvalue().to_pybytes())

    for rows in (1, 10, 100_000):
        back = _native.decode(table(rows))
        assert back["zeros"].to_pylist() == [0.0] * (rows + 1)
    batches = [pyarrow.record_batch({"zeros": np.zeros(1 << 20)})] * 5
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batches[0].schema, options=pyarrow.ipc.IpcWriteOptions(compression=codec)) as out:
        for batch in batches:
            out.write_batch(batch)
    # Each batch would fit alone.
    with pytest.raises(Unserializable, match=rf"compressed columns expand to {5 << 23} bytes; \d+ are allowed"):
        _native.decode(b"\xda\x54\x57\x00\x31" + _native.encode(sink.getvalue().to_pybytes()))


def test_without_pyarrow_it_says_what_to_install() -> None:
    payload = _native.encode({"rows": pyarrow.table({"a": [1]})})
    program = f"""
import sys
sys.modules["pyarrow"] = None
from twinspan import _native
class Frame:
    def __arrow_c_stream__(self, requested_schema=None): raise AssertionError
for attempt in (lambda: _native.decode({payload!r}), lambda: _native.encode({{"rows": Frame()}})):
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__, error)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    lines = [line for line in run.stdout.splitlines() if "pyarrow" in line]
    assert len(lines) == 2, run.stdout
    for line in lines:
        assert line.startswith('Unserializable value["rows"]: ')
        assert "pyarrow isn't installed; install `twinspan[arrow]`" in line
