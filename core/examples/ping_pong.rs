//! The floor under every call: two processes that bounce bytes over one blocking socket, with nothing above it.
//!
//! `ping_pong serve FOLDER` listens on a Unix socket in FOLDER and on a loopback port. `ping_pong call unix=PATH tcp=ADDRESS`
//! takes orders on stdin, one a line (`run pace=back_to_back transport=tcp seconds=0.2 bytes=64`, then `report`), and ends with it.
#![allow(clippy::disallowed_methods)] // A program of its own: time and threads are not the library's here.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A blocking stream of either kind.
trait Wire: Read + Write + Send {}
impl Wire for TcpStream {}
impl Wire for UnixStream {}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("serve") => serve(Path::new(words.get(1).ok_or("serve FOLDER")?)),
        Some("call") => call(&pairs(words.iter().skip(1).map(String::as_str))),
        _ => Err("ping_pong serve FOLDER | ping_pong call NAME=ADDRESS...".into()),
    }
}

fn pairs<'a>(words: impl Iterator<Item = &'a str>) -> HashMap<&'a str, &'a str> {
    words.filter_map(|word| word.split_once('=')).collect()
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn serve(folder: &Path) -> Outcome<()> {
    let path = folder.join("ping_pong.sock");
    let unix = UnixListener::bind(&path)?;
    let tcp = TcpListener::bind("127.0.0.1:0")?;
    say(&format!("ready same_host={} tcp={}", path.display(), tcp.local_addr()?))?;
    thread::spawn(move || {
        for stream in unix.incoming().flatten() {
            thread::spawn(move || bounce(stream));
        }
    });
    thread::spawn(move || {
        for stream in tcp.incoming().flatten() {
            if stream.set_nodelay(true).is_ok() {
                thread::spawn(move || bounce(stream));
            }
        }
    });
    // Ends with the driver.
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// The first four bytes say how long each message is.
fn bounce(mut stream: impl Wire) -> io::Result<()> {
    let mut size = [0; 4];
    stream.read_exact(&mut size)?;
    let mut message = vec![0; u32::from_le_bytes(size) as usize];
    loop {
        stream.read_exact(&mut message)?;
        stream.write_all(&message)?;
    }
}

fn call(addresses: &HashMap<&str, &str>) -> Outcome<()> {
    say("ready")?;
    let mut open: HashMap<(String, usize), Box<dyn Wire>> = HashMap::new();
    let mut last = Run::default();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let order = pairs(line.split(' '));
        if !line.starts_with("run") {
            say(&last.report())?;
            continue;
        }
        let of = |name: &str| order.get(name).copied().ok_or_else(|| format!("the order lacks {name}"));
        let (transport, bytes) = (of("transport")?, of("bytes")?.parse::<usize>()?);
        let key = (transport.to_owned(), bytes);
        if !open.contains_key(&key) {
            let address = addresses.get(transport).ok_or_else(|| format!("no address for {transport}"))?;
            open.insert(key.clone(), connect(transport, address, bytes)?);
        }
        let wire = open.get_mut(&key).ok_or("no socket")?;
        let lasting = Duration::from_secs_f64(of("seconds")?.parse()?);
        last = match of("pace")? {
            "in_flight64" => in_flight(wire.as_mut(), bytes, lasting, 64)?,
            pace => one_at_a_time(wire.as_mut(), bytes, lasting, pace == "sparse")?,
        };
        say(&format!("done calls={}", last.calls))?;
    }
    Ok(())
}

fn connect(transport: &str, address: &str, bytes: usize) -> Outcome<Box<dyn Wire>> {
    let mut wire: Box<dyn Wire> = if transport == "tcp" {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Box::new(stream)
    } else {
        Box::new(UnixStream::connect(address)?)
    };
    wire.write_all(&u32::try_from(bytes)?.to_le_bytes())?;
    Ok(wire)
}

/// What a run measured.
#[derive(Default)]
struct Run {
    nanos: Vec<u64>,
    lasted: Duration,
    calls: usize,
}

impl Run {
    fn take(&mut self, sent: Instant, heard: Instant) {
        self.nanos.push(u64::try_from((heard - sent).as_nanos()).unwrap_or(u64::MAX));
    }

    fn report(&self) -> String {
        let mut sorted = self.nanos.clone();
        sorted.sort_unstable();
        let at = |share: usize| sorted.get(sorted.len() * share / 100).map_or(0.0, |nanos| *nanos as f64 / 1000.0);
        let rate = sorted.len() as f64 / self.lasted.as_secs_f64().max(1e-9);
        format!("report calls={} p50_us={:.2} p99_us={:.2} rate={rate:.1} spread=1", sorted.len(), at(50), at(99))
    }
}

/// Milliseconds between sparse calls, 1 to 5, from a fixed sequence that every agent shares.
struct Gaps(u64);

impl Gaps {
    fn next(&mut self) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros(1000 + (self.0 >> 33) % 4000)
    }
}

fn one_at_a_time(wire: &mut dyn Wire, bytes: usize, lasting: Duration, sparse: bool) -> Outcome<Run> {
    let mut run = Run::default();
    let mut gaps = Gaps(1);
    let (message, mut answer) = (vec![7; bytes], vec![0; bytes]);
    let start = Instant::now();
    loop {
        if sparse {
            thread::sleep(gaps.next());
        }
        let sent = Instant::now();
        wire.write_all(&message)?;
        wire.read_exact(&mut answer)?;
        let heard = Instant::now();
        run.take(sent, heard);
        if answer != message {
            return Err("the answer is not what was sent".into());
        }
        run.lasted = heard - start;
        if run.lasted >= lasting {
            run.calls = run.nanos.len();
            return Ok(run);
        }
    }
}

/// Each answer sends the next message: one write and one read a message, `window` of them on their way.
fn in_flight(wire: &mut dyn Wire, bytes: usize, lasting: Duration, window: usize) -> Outcome<Run> {
    let mut run = Run::default();
    let (message, mut answer) = (vec![7; bytes], vec![0; bytes]);
    let mut away = VecDeque::with_capacity(window);
    let start = Instant::now();
    for _ in 0..window {
        away.push_back(Instant::now());
        wire.write_all(&message)?;
    }
    while let Some(sent) = away.pop_front() {
        wire.read_exact(&mut answer)?;
        let heard = Instant::now();
        run.take(sent, heard);
        run.lasted = heard - start;
        if run.lasted < lasting {
            away.push_back(heard);
            wire.write_all(&message)?;
        }
    }
    run.calls = run.nanos.len();
    Ok(run)
}
