//! Answers one question a connection, to a bounded number of them, in bounded time.

use super::request::{MOST, Question, parse};
use crate::{
    env::{self, fork},
    error::{Result, io},
};
use std::{net::SocketAddr, os::fd::AsRawFd, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::AbortHandle,
    time::{sleep, timeout},
};

/// Connections at once; further ones wait in the backlog.
const CONNECTIONS: usize = 32;
/// Time for a question and its answer.
const TIME: Duration = Duration::from_secs(2);
/// Pause after an accept that failed, for instance because no descriptor is left.
const PAUSE: Duration = Duration::from_millis(50);

/// Says whether the node may get calls.
pub type Ready = Arc<dyn Fn() -> bool + Send + Sync>;

/// A listener that answers until it is dropped.
#[derive(Debug)]
pub struct Health {
    task: AbortHandle,
    address: SocketAddr,
}

impl Health {
    /// Listens on `host:port`; port 0 takes a free one. Errors: `Unavailable` with the address.
    pub async fn listen(address: &str, ready: Ready) -> Result<Health> {
        let failed =
            |e| io(format_args!("health: cannot listen on {address}"), e).advice("Choose a free port and an address of this host.");
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let task = env::spawn(serve(listener, ready))?;
        Ok(Health { task: task.abort_handle(), address: local })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A descriptor that a forked child closes.
struct Listed(i32);

impl Listed {
    fn new(fd: &impl AsRawFd) -> Listed {
        fork::own(fd.as_raw_fd());
        Listed(fd.as_raw_fd())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        fork::disown(self.0);
    }
}

async fn serve(listener: TcpListener, ready: Ready) {
    // Dropped before the listener, which was made first.
    let _listed = Listed::new(&listener);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let ready = ready.clone();
                let answered = env::spawn(async move {
                    // Whoever is too slow or too long is left without an answer.
                    let _ = timeout(TIME, answer(stream, &ready)).await;
                    drop(place);
                });
                if answered.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::debug!("health: accepting failed: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(mut stream: TcpStream, ready: &Ready) -> std::io::Result<()> {
    let _listed = Listed::new(&stream);
    let mut head = Vec::with_capacity(512);
    let (question, body) = loop {
        if let Some(parsed) = parse(&head) {
            break parsed;
        }
        let mut piece = [0; 512];
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        head.extend_from_slice(&piece[..count.min(MOST - head.len())]);
    };
    let (status, text) = match question {
        Question::Alive => ("200 OK", "alive\n"),
        Question::Ready if ready() => ("200 OK", "ready\n"),
        Question::Ready => ("503 Service Unavailable", "not ready\n"),
        Question::Bad(status) => (status, "ask for /livez or /readyz\n"),
    };
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        text.len()
    );
    if body {
        answer.push_str(text);
    }
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
