"""Tables: Arrow streams, by pyarrow. Imported when the first table crosses, because pyarrow is optional."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

# Classes that a hint may ask for, by name, so that nothing is imported for hints that nobody wrote.
_CLASSES = {
    "pyarrow.lib.Table": "table",
    "pyarrow.lib.RecordBatchReader": "batches",
    "pandas.DataFrame": "pandas_frame",
    "pandas.core.frame.DataFrame": "pandas_frame",
    "polars.dataframe.frame.DataFrame": "polars_frame",
}


def maker(name: str) -> Callable[[Any], Any] | None:
    """What makes an instance of the class with this full name from the buffer of an Arrow stream; None for other classes."""
    found = _CLASSES.get(name)
    return None if found is None else getattr(sys.modules[__name__], found)


def write(value: Any, sink: Any) -> None:
    """Writes whatever has `__arrow_c_stream__` as an Arrow IPC stream, batch by batch."""
    pyarrow = _pyarrow()
    with pyarrow.RecordBatchReader.from_stream(value) as batches, pyarrow.ipc.new_stream(sink, batches.schema) as out:
        for batch in batches:
            out.write_batch(batch)


def batches(buffer: Any) -> Any:
    """A `pyarrow.RecordBatchReader`. A batch is checked when it is read: nobody trusts the offsets of a peer."""
    pyarrow = _pyarrow()
    stream = pyarrow.ipc.open_stream(pyarrow.py_buffer(buffer))

    def checked() -> Iterator[Any]:
        for batch in stream:
            batch.validate(full=True)
            yield batch

    return pyarrow.RecordBatchReader.from_batches(stream.schema, checked())


def table(buffer: Any) -> Any:
    """A `pyarrow.Table` that looks at the buffer."""
    return batches(buffer).read_all()


def pandas_frame(buffer: Any) -> Any:
    """A `pandas.DataFrame`; an index that pandas sent is one again."""
    return table(buffer).to_pandas()


def polars_frame(buffer: Any) -> Any:
    """A `polars.DataFrame`."""
    return sys.modules["polars"].from_arrow(table(buffer))


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
    except ImportError as error:
        raise ImportError("pyarrow isn't installed; install `twinspan[arrow]`") from error
    return pyarrow
