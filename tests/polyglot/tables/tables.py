"""Serves tables, and sends them when it is told to on its standard input. desk/Tables.java is its twin and says how."""

from __future__ import annotations

import sys
from typing import Any, Protocol

import pyarrow
import pyarrow.compute
import twinspan


class Desk(Protocol):
    def echo(self, table: pyarrow.Table) -> pyarrow.Table: ...
    def untyped(self, table: pyarrow.Table) -> Any: ...
    def count(self, table: pyarrow.Table) -> dict[str, int]: ...


class Handlers:
    def echo(self, table: pyarrow.Table) -> pyarrow.Table:
        return table

    def untyped(self, table: Any) -> Any:
        return table

    def count(self, table: pyarrow.Table) -> dict[str, int]:
        characters = pyarrow.compute.sum(pyarrow.compute.utf8_length(table["texts"])).as_py()
        return {"rows": table.num_rows, "sum": pyarrow.compute.sum(table["numbers"]).as_py() or 0, "characters": characters or 0}


def table(rows: int) -> pyarrow.Table:
    """In two chunks, the second with a dictionary less: as programs put tables together."""
    kept = [i if i % 5 != 4 else None for i in range(rows)]
    whole = pyarrow.table(
        {
            "numbers": pyarrow.array([None if i is None else i << 20 for i in kept], pyarrow.int64()),
            "halves": pyarrow.array([None if i is None else i / 2 for i in kept], pyarrow.float64()),
            "texts": pyarrow.array([None if i is None else f"ž{i}" for i in kept], pyarrow.utf8()),
        }
    )
    return pyarrow.concat_tables([whole.slice(0, rows // 3), whole.slice(rows // 3)])


def send(desk: Desk, rows: int) -> str:
    sent = table(rows)
    same = all(type(back) is pyarrow.Table and back.equals(sent) for back in (desk.echo(sent), desk.untyped(sent)))
    # A dictionary is Python's own way to keep few texts: the other side may answer with the texts themselves.
    folded = sent.set_column(2, "texts", sent["texts"].dictionary_encode())
    texts = desk.echo(folded)["texts"]
    same = same and texts.cast(pyarrow.utf8()).equals(sent["texts"])
    counted = desk.count(sent)
    return f"{'same' if same else 'different'} {counted['rows']} {counted['sum']} {counted['characters']}"


def main() -> None:
    cluster, name = sys.argv[1:]
    app = twinspan.App("tables")
    app.add_service(name, Handlers())
    with twinspan.join(app, cluster=cluster, name=name) as node:
        print("up", flush=True)
        for line in sys.stdin:
            service, rows = line.split()
            node.wait_for(service, timeout=20)
            print(send(node.client(service, Desk), int(rows)), flush=True)


if __name__ == "__main__":
    main()
