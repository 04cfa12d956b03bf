"""Rows of bench.json and the gate on them."""

from __future__ import annotations

import pytest
from benchmark.plan import Condition, conditions, products
from benchmark.rows import Row, missing, rows
from benchmark.session import RUNS, Block, Session
from benchmark.table import table


def block(p50: float, rate: float = 1000.0) -> Block:
    return Block(p50_us=p50, p99_us=p50 * 2, rate=rate, cpu_us=p50 / 2, spread=1.5)


@pytest.fixture
def session() -> Session:
    """A whole quick run: each product at another speed, the third run an outlier."""
    made = Session(quick=True)
    for condition in conditions():
        for number, series in enumerate(products(condition, frozenset())):
            speed = 10.0 * (number + 1)
            runs = [block(speed * (9 if run == 2 else 1), 1e6 / speed) for run in range(RUNS)]
            if condition.is_stream:
                runs = [Block.read({"rate": str(run.rate)}, run.cpu_us) for run in runs]
            made.blocks.setdefault((condition, "idle"), {})[series.key] = runs
    return made


def streams(session: Session) -> list[Row]:
    return [row for row in rows(session) if row["pace"] == "streamed"]


def test_a_whole_run_has_every_row(session: Session) -> None:
    made = rows(session)
    assert missing(session, made) == []
    assert len(made) == 10 * 2 * 4
    assert len({tuple(row[key] for key in ("work", "pair", "face", "pace", "cores", "transport")) for row in made}) == len(made)


def test_a_row_holds_medians_and_its_runs(session: Session) -> None:
    row = rows(session)[0]
    assert row["pair"] == "python-python"
    assert row["p50_us"] == 10.0
    assert row["p99_us"] == 20.0
    assert row["cpu_us"] == 5.0
    assert row["rate"] is None
    assert row["runs"] == [10.0, 10.0, 90.0, 10.0, 10.0]
    assert row["ping_pong_us"] == 50.0
    assert set(row["peers"]) == {
        "sockets_python",
        "pyzmq_ipc",
        "zenoh",
        "grpcio",
        "grpc_java",
        "grpcio_grpc_java",
        "grpc_java_grpcio",
        "py4j",
    }


def test_in_flight_rows_compare_rates(session: Session) -> None:
    row = next(row for row in rows(session) if row["face"] == "async" and row["pace"] == "in_flight64")
    assert row["rate"] == 1e5
    assert row["ping_pong_us"] == 2e4
    assert row["peers"]["grpcio"] == pytest.approx(1e6 / 80, abs=0.01)


def test_call_many_stands_beside_the_awaited_face_of_others(session: Session) -> None:
    row = next(row for row in rows(session) if row["face"] == "call_many")
    assert (row["work"], row["pace"], row["rate"], list(row["peers"])) == ("call", "in_flight64", 1e5, ["grpcio"])
    condition = Condition("call", "call_many", "in_flight64", "tcp")
    asked = {series.key: (series.server, condition.order(series, 0.5)) for series in products(condition, frozenset())}
    assert "face=call_many" in asked["java-python"][1]
    assert asked["grpcio"] == ("grpcio_serve_async", "run face=async pace=in_flight64 transport=tcp to=python_async seconds=0.5 bytes=64")


def test_streams_are_judged_by_items_and_bytes_a_second(session: Session) -> None:
    small, large = streams(session)[0], streams(session)[-1]
    assert (small["work"], small["rate"], small["gb_s"]) == ("stream", 1e5, 0.006)
    assert (large["work"], large["pair"], large["rate"], large["gb_s"]) == ("stream_1mib", "java-java", 2.5e4, 26.214)
    assert (small["p50_us"], small["p99_us"], small["ping_pong_us"]) == (None, None, None)
    assert small["runs"] == [1e5] * 5
    assert small["peers"] == {"grpcio": 2e4}


def test_a_stream_without_grpcio_is_missed(session: Session) -> None:
    del session.blocks[Condition("stream", "sync", "streamed", "tcp"), "idle"]["grpcio"]
    assert len(missing(session, rows(session))) == 4


def test_py4j_calls_back_where_java_calls_python(session: Session) -> None:
    condition = Condition("call", "sync", "back_to_back", "tcp")
    measured = session.blocks[condition, "idle"]
    found = {
        row["pair"]: row["peers"] for row in rows(session) if row["face"] == "sync" and row["transport"] == "tcp" and row["work"] == "call"
    }
    assert found["java-python"]["py4j"] == measured["py4j_callback"][0].p50_us
    assert found["python-java"]["py4j"] == measured["py4j"][0].p50_us
    assert all("py4j_callback" not in peers for peers in found.values())


@pytest.mark.parametrize("lost", ["java-python", "ping_pong", "grpcio"])
def test_what_is_missing_is_named(session: Session, lost: str) -> None:
    del session.blocks[Condition("call", "sync", "sparse", "tcp"), "idle"][lost]
    lacking = missing(session, rows(session))
    assert lacking
    assert all("call" in line and "sync sparse idle tcp" in line for line in lacking)


def test_too_few_runs_are_missed(session: Session) -> None:
    session.blocks[Condition("call", "async", "in_flight64", "same_host"), "idle"]["java-java"].pop()
    assert len(missing(session, rows(session))) == 1


def test_the_table_shows_how_many_times_faster(session: Session) -> None:
    shown = table(rows(session))
    assert "call · sync · back_to_back · same_host · cores idle (bare ping-pong 50.0 us)" in shown
    assert "80.0 (x8.0)" in shown  # grpcio beside python-python
    assert "stream_1mib · sync · streamed · tcp · cores idle\n" in shown
    assert "20,000 (x5.0)" in shown  # grpcio beside a stream
