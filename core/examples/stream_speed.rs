//! How fast items pass from one process to another, through the neck: small ones by number, large ones by bytes.
//!
//! `stream_speed [SECONDS]` starts the providing process itself, measures each size in both directions and prints one line a size.
//! Beside the largest items it asks small calls and prints how long the slowest hundredth took.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)] // A program of its own.

use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use twinspan::bridge::*;

const SIZES: [usize; 5] = [10, 64, 1 << 10, 32 << 10, 1 << 20];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [serve, cluster] if serve == "serve" => provide(cluster),
        [] => measure(2.0),
        [seconds, ..] => measure(seconds.parse().unwrap()),
    }
}

fn wait(op: Op) -> Result<Given> {
    let mut pending = start(op)?;
    loop {
        if let Some(outcome) = pending.park(Duration::from_secs(1)) {
            return outcome;
        }
    }
}

fn join(cluster: &str, services: Value) -> (u64, u64) {
    let lane = lane_open(LaneKind::Workers).unwrap();
    let spec = json!({"app": {"name": "speed", "services": services}, "language": "rust", "program": "stream_speed", "cluster": cluster, "lane": lane});
    let answer = wait(Op::Join(to_vec(spec).unwrap())).unwrap().value().unwrap();
    (from_slice::<Value>(&answer).unwrap()["node"].as_u64().unwrap(), lane)
}

/// `down` streams items of the size in its arguments until nobody wants more, `up` reads its input to the end, `say` answers at once.
fn provide(cluster: &str) {
    let (node, lane) = join(cluster, json!([{"name": "speed", "methods": [{"name": "down"}, {"name": "up"}, {"name": "say"}]}]));
    wait(Op::Serve(node)).unwrap();
    println!("ready");
    let workers = (0..3).map(|_| {
        thread::spawn(move || {
            while let Ok(found) = next(lane, None, Duration::from_secs(1)) {
                let Some(invocation) = found else { continue };
                match invocation.method {
                    0 => {
                        let size = u64::from_le_bytes(invocation.payload[..8].try_into().unwrap()) as usize;
                        let out = stream_answer(invocation.call).unwrap();
                        produce(out, size, Instant::now() + Duration::from_secs(600));
                    }
                    1 => while !take(invocation.input, invocation.call).is_empty() {},
                    _ => {}
                }
                reply(invocation.call, Bytes::new()).unwrap();
            }
        })
    });
    workers.collect::<Vec<_>>().into_iter().for_each(|worker| worker.join().unwrap());
}

/// One item after the other, as a generator would bring them.
fn produce(stream: u64, size: usize, until: Instant) {
    let item = Bytes::from(vec![7; size]);
    while let Ok(room) = stream_send(stream, vec![item.clone()]) {
        if !room && (Instant::now() > until || wait(Op::Room { stream }).is_err()) {
            return;
        }
    }
}

fn take(stream: u64, parent: u64) -> Vec<Bytes> {
    match wait(Op::Next { stream, parent, most: 256, bytes: 1 << 20 }) {
        Ok(Given::Items(items)) => items,
        _ => Vec::new(),
    }
}

struct Provider(Child);

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn measure(seconds: f64) {
    let cluster = format!("speed-{}", std::process::id());
    let child = Command::new(std::env::current_exe().unwrap()).args(["serve", &cluster]).stdout(Stdio::piped()).spawn().unwrap();
    let mut provider = Provider(child);
    BufReader::new(provider.0.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let (node, _) = join(&cluster, json!([]));
    wait(Op::WaitFor(node, to_vec(json!({"service": "speed"})).unwrap())).unwrap();
    let prepared = |name: &str| method(node, &to_vec(json!({"service": "speed", "method": name})).unwrap()).unwrap();
    let (down, up, say) = (prepared("down"), prepared("up"), prepared("say"));
    let call = |method, payload: Bytes, input| Call {
        method,
        parent: 0,
        timeout: Some(Duration::from_secs(600)),
        context: Bytes::new(),
        payload,
        input,
    };
    for size in SIZES {
        let payload = Bytes::copy_from_slice(&(size as u64).to_le_bytes());
        let Given::Stream(stream) = wait(Op::Call(call(down, payload, 0))).unwrap() else { return };
        let asked = (size == SIZES[SIZES.len() - 1]).then(|| {
            let beside = call(say, Bytes::new(), 0);
            thread::spawn(move || ask(beside.method, Instant::now() + Duration::from_secs_f64(seconds * 0.8)))
        });
        let (start, mut items, mut frames) = (Instant::now(), 0u64, 0u64);
        while start.elapsed().as_secs_f64() < seconds {
            items += take(stream, 0).len() as u64;
            frames += 1;
        }
        show("down", size, items, start.elapsed(), frames);
        stream_close(stream);
        if let Some(times) = asked.map(|asked| asked.join().unwrap()) {
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
            println!("calls beside it: {} p50 {:.0} us, p99 {:.0} us", times.len(), at(0.5), at(0.99));
        }
        let input = stream_open().unwrap();
        let reading = thread::spawn(move || wait(Op::Call(call(up, Bytes::new(), input))).map(|_| ()));
        let start = Instant::now();
        produce_for(input, size, seconds);
        let items = from_slice::<Value>(&stream_stats(input).unwrap()).unwrap()["items"].as_u64().unwrap();
        show("up", size, items, start.elapsed(), 0);
        stream_end(input, None).unwrap();
        reading.join().unwrap().unwrap();
    }
}

fn produce_for(stream: u64, size: usize, seconds: f64) {
    let (item, start) = (Bytes::from(vec![7; size]), Instant::now());
    while let Ok(room) = stream_send(stream, vec![item.clone()]) {
        if !room && (start.elapsed().as_secs_f64() > seconds || wait(Op::Room { stream }).is_err()) {
            return;
        }
    }
}

/// How long small calls take, sorted.
fn ask(method: u64, until: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let asked = Instant::now();
        wait(Op::Call(Call { method, parent: 0, timeout: None, context: Bytes::new(), payload: Bytes::new(), input: 0 })).unwrap();
        times.push(asked.elapsed());
        thread::sleep(Duration::from_millis(1));
    }
    times.sort();
    times
}

fn show(way: &str, size: usize, items: u64, time: Duration, takes: u64) {
    let rate = items as f64 / time.as_secs_f64();
    println!("{way} {size} B: {:.0} k items/s, {:.1} MB/s, {takes} takes", rate / 1e3, rate * size as f64 / 1e6);
}
