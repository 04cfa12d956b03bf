//! Where a node of this host would listen, and where others would reach it.

use super::Finding;
use crate::error::Kind;
use std::{
    fs,
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::Path,
    time::Duration,
};

const CHECK: &str = "port";
const REACH: Duration = Duration::from_secs(3);

/// Whether `listen` can be bound. `running` is the node of this identity that runs already, if there is one.
pub(super) fn listen(listen: &str, running: Option<&str>) -> Finding {
    let Err(error) = TcpListener::bind(listen) else {
        return Finding::ok(CHECK, format!("{listen} is free"));
    };
    let fail = |kind, what: String, advice: &str| Finding::fail(CHECK, kind, what, advice);
    match error.kind() {
        ErrorKind::AddrInUse => match (running, holder(listen)) {
            (Some(node), _) => Finding::ok(CHECK, format!("{listen} is in use, by the node `{node}`, which runs")),
            (None, Some(process)) => fail(
                Kind::Unavailable,
                format!("{listen} is in use by {process}"),
                "Stop that process, or choose another port with `listen`; port 0 takes a free one.",
            ),
            (None, None) => fail(
                Kind::Unavailable,
                format!("{listen} is in use by another process"),
                "Find it with `ss -ltnp`, or choose another port with `listen`; port 0 takes a free one.",
            ),
        },
        ErrorKind::AddrNotAvailable => fail(
            Kind::BadConfig,
            format!("{listen} is no address of this host"),
            "Listen on one of its addresses (`ip addr`), or on 0.0.0.0, and give the other to `advertise`.",
        ),
        ErrorKind::PermissionDenied => {
            fail(Kind::PermissionDenied, format!("this user may not listen on {listen}"), "Choose a port from 1024 up.")
        }
        _ => fail(Kind::BadConfig, format!("{listen} can't be listened on: {error}"), "Correct `listen`: host:port of this host."),
    }
}

/// Whether others' way leads here: only while the node runs there is somebody to answer.
pub(super) fn advertise(advertise: &str, listen: &str, running: Option<&str>) -> Option<Finding> {
    running?;
    let reached = advertise.to_socket_addrs().ok()?.any(|address| TcpStream::connect_timeout(&address, REACH).is_ok());
    Some(if reached {
        Finding::ok("advertise", format!("{advertise} leads to somebody who listens"))
    } else {
        Finding::fail(
            "advertise",
            Kind::Unavailable,
            format!("nobody answers at {advertise}, though the node listens on {listen}"),
            "Correct `advertise`, or let the firewall and the forwarding of ports pass it.",
        )
    })
}

/// The process that listens there, as far as this user may see it: `process 123 (nginx)`.
fn holder(listen: &str) -> Option<String> {
    let address = listen.to_socket_addrs().ok()?.next()?;
    let inode = inode(address)?;
    let wanted = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let path = process.path();
        let Some(pid) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.bytes().all(|b| b.is_ascii_digit())) else {
            continue;
        };
        let holds = |fd: fs::DirEntry| fs::read_link(fd.path()).is_ok_and(|link| link == Path::new(&wanted));
        if fs::read_dir(path.join("fd")).is_ok_and(|mut fds| fds.any(|fd| fd.is_ok_and(holds))) {
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            return Some(format!("process {pid} ({})", name.trim()));
        }
    }
    None
}

/// The inode of the socket that listens on a port, on this address or on all.
fn inode(address: SocketAddr) -> Option<String> {
    let port = format!(":{:04X}", address.port());
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        // Local address, remote address, state: 0A listens.
        .find(|fields| fields.len() > 9 && fields[1].ends_with(&port) && fields[3] == "0A")
        .map(|fields| fields[9].to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn who_holds_a_port() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap().to_string();
        let finding = listen(&address, None);
        assert!(finding.state == State::Fail && finding.what.contains(&format!("process {}", std::process::id())), "{finding}");
        assert_eq!(listen(&address, Some("web")).state, State::Ok);
        assert_eq!(advertise(&address, &address, Some("web")).map(|finding| finding.state), Some(State::Ok));
        drop(held);
        assert_eq!(listen(&address, None).state, State::Ok);
        assert_eq!(advertise(&address, &address, Some("web")).map(|finding| finding.state), Some(State::Fail));
        assert_eq!(advertise(&address, &address, None), None);
        let finding = listen("192.0.2.1:7700", None);
        assert!(finding.state == State::Fail && finding.advice.contains("advertise"), "{finding}");
    }
}
