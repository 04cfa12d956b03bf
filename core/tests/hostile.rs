//! `tests/hostile/inputs.json`: each payload is refused and each failure cut, soon and with little memory. In a process of its own,
//! because memory is counted for all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use serde_json::Value;
use std::{
    env, fs,
    process::Command,
    time::{Duration, Instant},
};
use twinspan::{
    error::{Error, Failure},
    value::check,
};

/// Of one input, the second time.
const MOST_TIME: Duration = Duration::from_millis(10);
const MOST_BYTES: u64 = 1_000_000;
/// Larger allocations go back to the system when they are freed, so that the next run shows them again.
const ALLOCATOR: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "32768");
/// A busy machine disturbs a run now and then: the best one counts.
const RUNS: usize = 5;

fn rows(part: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/hostile/inputs.json");
    let inputs: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    inputs[part].as_array().unwrap().clone()
}

/// Pieces of hexadecimal text behind each other; `81*900` is 900 times 81.
fn bytes(row: &Value) -> Vec<u8> {
    let piece = |text: &str| {
        let (hex, times) = text.split_once('*').map_or((text, 1), |(hex, times)| (hex, times.parse().unwrap()));
        let once: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        once.repeat(times)
    };
    row["bytes"].as_str().unwrap().split(' ').flat_map(piece).collect()
}

/// Bytes of a row of this process's status.
fn resident(row: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(row)).unwrap();
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<u64>().unwrap() << 10
}

/// Runs it once to warm up; then how long it took and how much more memory was resident at its worst.
fn measured(mut run: impl FnMut()) -> (Duration, u64) {
    run();
    let (mut time, mut memory) = (Duration::MAX, u64::MAX);
    for _ in 0..RUNS {
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = resident("VmRSS");
        let begun = Instant::now();
        run();
        time = time.min(begun.elapsed());
        memory = memory.min(resident("VmHWM").saturating_sub(before));
    }
    (time, memory)
}

fn causes(failure: &Failure) -> usize {
    failure.cause.as_deref().map_or(0, |cause| 1 + causes(cause))
}

/// What is wrong with the error that a failure's bytes became.
fn wrong(row: &Value, error: &Error) -> Option<String> {
    if let Some(kind) = row["kind"].as_str() {
        return (error.kind().name() != kind).then(|| format!("its kind is {}", error.kind().name()));
    }
    if error.kind().name() != "Remote" {
        return Some(format!("its kind is {}: {error}", error.kind().name()));
    }
    let failure = error.failure().cloned().unwrap_or_default();
    let text = format!("{failure:?}");
    let is = |key: &str, value: usize| row[key].as_u64().is_some_and(|wanted| wanted != value as u64).then(|| format!("{key}: {value}"));
    let line = failure.frames.last().map_or(0, |frame| frame.line as usize);
    let control = text.contains(['\u{1b}', '\u{202e}']).then(|| "control characters".to_owned());
    is("line", line).or(is("frames", failure.frames.len())).or(is("causes", causes(&failure))).or(control)
}

#[test]
fn all_of_them() {
    if env::var_os(ALLOCATOR.0).is_none() {
        let again =
            Command::new(env::current_exe().unwrap()).args(["--exact", "all_of_them"]).env(ALLOCATOR.0, ALLOCATOR.1).output().unwrap();
        return assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
    }
    let (_, seen) = measured(|| drop(std::hint::black_box(vec![1u8; 2 << 20])));
    // The kernel counts pages in batches.
    assert!(seen > 1_500_000, "memory isn't measured: {seen} bytes of two million");
    let (values, failures) = (rows("values"), rows("failures"));
    assert!(values.len() >= 20 && failures.len() >= 8);
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    let mut bad = Vec::new();
    let mut note = |row: &Value, (time, memory): (Duration, u64)| {
        (slowest, largest) = (slowest.max(time), largest.max(memory));
        if time > MOST_TIME || memory > MOST_BYTES {
            bad.push(format!("{}: {time:?}, {memory} bytes", row["name"]));
        }
    };
    let mut odd = Vec::new();
    for row in &values {
        let payload = bytes(row);
        match (check(&payload), row["says"].as_str()) {
            (Err(fault), Some(says)) if fault.what().contains(says) => {
                let error = fault.error("value");
                if error.kind().name() != "Unserializable" || error.to_string().len() > 2000 {
                    odd.push(format!("{}: {error:.200}", row["name"]));
                }
            }
            (Ok(()), None) => {}
            (told, _) => odd.push(format!("{}: {told:?}", row["name"])),
        }
        note(row, measured(|| drop(check(&payload))));
    }
    for row in rows("taken") {
        odd.extend(check(&bytes(&row)).err().map(|fault| format!("{}: {fault}", row["name"])));
    }
    for row in &failures {
        let body = bytes(row);
        let error = Error::decode(&body);
        if error.encode().len() > 192 << 10 {
            odd.push(format!("{}: {} bytes are left", row["name"], error.encode().len()));
        }
        odd.extend(wrong(row, &error).map(|why| format!("{}: {why}", row["name"])));
        drop(error);
        note(row, measured(|| drop(Error::decode(&body))));
    }
    println!("slowest {slowest:?}, largest {largest} bytes");
    assert_eq!((bad, odd), (Vec::<String>::new(), Vec::<String>::new()));
}
