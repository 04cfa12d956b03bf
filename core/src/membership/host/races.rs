//! Threads and real processes that start at once, are killed, stopped, or lose their files.

use super::*;
use crate::{
    config::NodeId,
    error::Kind,
    security::{Identity, handshakes::opens},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Barrier, mpsc},
    time::Duration,
};

const DEADLINE: Duration = Duration::from_secs(60);
const HOME: &str = "TWINSPAN_TEST_RACE_HOME";
const NAME: &str = "TWINSPAN_TEST_RACE_NAME";

/// What one racer saw.
struct Seen {
    id: String,
    cluster_id: String,
    live: BTreeSet<String>,
}

struct Joined {
    identity: Arc<Identity>,
    state: HostState,
    published: Published,
    _listener: UnixListener,
}

/// The steps of a join on one host, as protocol and node take them.
fn join(home: &Path, name: &str) -> crate::error::Result<Joined> {
    let node = NodeId::draw();
    let state = HostState::open_below(home, "race")?;
    let identity = Identity::from_state(&state, node, name)?;
    let socket = state.socket_path(node)?;
    let listener = UnixListener::bind(&socket).expect("bound");
    match state.publish(&HostRecord::of(node, name, socket.clone(), Vec::new())) {
        Ok(published) => Ok(Joined { identity, state, published, _listener: listener }),
        Err(e) => {
            std::fs::remove_file(socket).expect("removed");
            Err(e)
        }
    }
}

fn ids(records: &[HostRecord]) -> BTreeSet<String> {
    records.iter().map(|record| record.id.to_string()).collect()
}

impl Joined {
    fn seen(&self) -> Seen {
        Seen {
            id: self.identity.node().to_string(),
            cluster_id: self.identity.cluster_id().iter().map(|b| format!("{b:02x}")).collect(),
            live: ids(&self.state.live().expect("listed")),
        }
    }
}

/// Not a test of its own: the others run it as a process.
#[test]
#[ignore = "run by the other tests as a process of its own"]
fn child() {
    let (Ok(home), Ok(name)) = (std::env::var(HOME), std::env::var(NAME)) else { return };
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("told to begin");
    let joined = join(Path::new(&home), &name).expect("joined");
    let seen = joined.seen();
    let live: Vec<_> = seen.live.into_iter().collect();
    println!("\nJOINED {} {} {}", seen.id, seen.cluster_id, live.join(","));
    // Until the parent closes the pipe, or kills us.
    std::io::stdin().read_line(&mut line).expect("told to end");
}

struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
}

impl Process {
    fn start(home: &Path, name: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().expect("known"))
            .args(["membership::host::races::child", "--exact", "--ignored", "--nocapture"])
            .env(HOME, home)
            .env(NAME, name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("piped"));
        crate::env::thread("lines", move || {
            for line in out.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        })
        .expect("started");
        Process { stdin: child.stdin.take(), child, lines }
    }

    fn go(&mut self) {
        self.stdin.as_mut().expect("open").write_all(b"go\n").expect("told");
    }

    fn seen(&self) -> Seen {
        let until = crate::env::now() + DEADLINE;
        loop {
            let line = self.lines.recv_timeout(until - crate::env::now()).expect("a process joined in time");
            if let Some(rest) = line.strip_prefix("JOINED ") {
                let parts: Vec<&str> = rest.split(' ').collect();
                return Seen { id: parts[0].into(), cluster_id: parts[1].into(), live: parts[2].split(',').map(str::to_owned).collect() };
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("sent");
    }

    fn end(mut self) {
        self.stdin.take();
        self.child.wait().expect("ended");
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

fn files(dir: &Path) -> BTreeSet<String> {
    std::fs::read_dir(dir).expect("there").map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn whatever_starts_at_once_makes_one_ca_and_nobody_is_overlooked() {
    const PROCESSES: usize = 12;
    const THREADS: usize = 12;
    let temp = tempfile::tempdir().expect("temp");
    let home = temp.path().join("home");
    let mut processes: Vec<_> = (0..PROCESSES).map(|n| Process::start(&home, &format!("process-{n}"))).collect();
    let barrier = Barrier::new(THREADS + 1);
    let (mut seen, joined): (Vec<Seen>, Vec<Joined>) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|n| {
                let (barrier, home) = (&barrier, &home);
                scope.spawn(move || {
                    barrier.wait();
                    let joined = join(home, &format!("thread-{n}")).expect("joined");
                    (joined.seen(), joined)
                })
            })
            .collect();
        processes.iter_mut().for_each(Process::go);
        barrier.wait();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).unzip()
    });
    seen.extend(processes.iter().map(Process::seen));

    let clusters: BTreeSet<&String> = seen.iter().map(|s| &s.cluster_id).collect();
    assert_eq!(clusters.len(), 1, "one CA");
    let live: BTreeMap<&String, &BTreeSet<String>> = seen.iter().map(|s| (&s.id, &s.live)).collect();
    assert_eq!(live.len(), PROCESSES + THREADS);
    for (a, of_a) in &live {
        for (b, of_b) in &live {
            assert!(of_a.contains(*b) || of_b.contains(*a), "of each pair at least one sees the other");
        }
    }
    let state = &joined[0].state;
    assert_eq!(ids(&state.live().expect("listed")), seen.iter().map(|s| s.id.clone()).collect());
    let expected = ["ca-key.pem", "ca.pem", "format", "issuer.pem", "lock", "nodes"].map(str::to_owned).into();
    assert_eq!(files(state.path()), expected, "nothing else is left behind");

    // All leaves are signed under the one root.
    for pair in joined.windows(2) {
        assert!(opens(&pair[0].identity, &pair[1].identity));
    }

    processes.into_iter().for_each(Process::end);
    let sockets: Vec<PathBuf> = joined.iter().map(|j| j.published.record().socket.clone()).collect();
    let state = state.clone();
    drop(joined);
    assert_eq!(state.live().expect("listed"), []);
    assert_eq!(files(&state.path().join("nodes")), BTreeSet::new());
    assert!(sockets.iter().all(|socket| !socket.exists()));
}

#[test]
fn a_killed_owner_is_dead_at_once_and_a_stopped_one_lives() {
    let temp = tempfile::tempdir().expect("temp");
    let mut process = Process::start(temp.path(), "holder");
    process.go();
    let id = process.seen().id;
    let state = HostState::open_below(temp.path(), "race").expect("opened");
    let record = state.live().expect("listed").into_iter().next().expect("one lives");
    assert_eq!((record.id.to_string(), record.pid, record.place == place()), (id, process.child.id(), true));

    process.signal(Signal::STOP);
    assert_eq!(state.live().expect("listed").len(), 1, "silence says nothing");
    let error = join(temp.path(), "holder").err().expect("the name is taken");
    assert_eq!(error.kind(), Kind::AlreadyExists);
    assert!(error.message().contains(&format!("process {}", record.pid)), "{error}");

    process.kill();
    assert!(record.socket.exists(), "nobody has cleaned up yet");
    // Many that look at once: none takes another one's look for the owner's lock.
    std::thread::scope(|scope| {
        let looks: Vec<_> = (0..8).map(|_| scope.spawn(|| state.live().expect("listed").len())).collect();
        assert!(looks.into_iter().all(|look| look.join().expect("no panic") == 0));
    });
    assert!(!record.socket.exists());
    assert_eq!(files(&state.path().join("nodes")), BTreeSet::new());
    join(temp.path(), "holder").expect("the name is free");
}

#[test]
fn a_name_is_free_as_soon_as_its_dead_holder_is_met() {
    let temp = tempfile::tempdir().expect("temp");
    let mut process = Process::start(temp.path(), "holder");
    process.go();
    process.seen();
    process.kill();
    // Without a listing between: publishing itself finds the holder dead.
    let joined = join(temp.path(), "holder").expect("the name is free");
    assert_eq!(joined.seen().live.len(), 1);
}

#[test]
fn leftovers_of_a_crash_are_cleaned_and_strangers_are_left_alone() {
    let temp = tempfile::tempdir().expect("temp");
    let joined = join(temp.path(), "a").expect("joined");
    let nodes = joined.state.path().join("nodes");
    let precious = temp.path().join("precious");
    std::fs::write(&precious, "x").expect("written");
    let id = NodeId::draw();
    let record = HostRecord::of(id, "b", precious.clone(), Vec::new());
    std::fs::write(nodes.join(format!("{}.tmp", NodeId::draw())), "half").expect("written");
    std::fs::write(nodes.join(NodeId::draw().to_string()), "{").expect("written");
    std::fs::write(nodes.join(id.to_string()), serde_json::to_vec(&record).expect("text")).expect("written");
    assert_eq!(joined.seen().live, [joined.identity.node().to_string()].into());
    assert_eq!(files(&nodes), [joined.identity.node().to_string()].into());
    assert!(precious.exists(), "only a socket with the dead node's id is removed");
}

#[test]
fn a_node_whose_files_vanished_publishes_again() {
    let temp = tempfile::tempdir().expect("temp");
    let home = temp.path().join("home");
    let Joined { identity, state, mut published, _listener: listener } = join(&home, "a").expect("joined");
    let record = published.record().clone();
    let path = state.path().join("nodes").join(record.id.to_string());
    assert!(published.check());

    std::fs::remove_file(&path).expect("removed");
    assert!(!published.check());
    published.again(&state).expect("under its own name");
    assert!(published.check() && path.exists() && record.socket.exists());

    drop(listener);
    std::fs::remove_file(&record.socket).expect("removed");
    assert!(!published.check());
    // The new socket may well get the old one's inode number.
    let _listener = UnixListener::bind(&record.socket).expect("bound again");
    published.again(&state).expect("again");
    assert!(published.check());

    // The whole directory is gone.
    std::fs::remove_dir_all(&home).expect("removed");
    assert!(!published.check());
    let state = HostState::open_below(&home, "race").expect("made again");
    published.again(&state).expect("again");
    assert!(published.check());
    assert_eq!(ids(&state.live().expect("listed")), [identity.node().to_string()].into());
    drop(published);
    assert_eq!(state.live().expect("listed"), []);
    assert!(!record.socket.exists());
}
