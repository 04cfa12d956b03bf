//! The gRPC side of a node's listeners: one HTTP/2 connection each for clients with a certificate of the cluster.

use super::{Cluster, catalog::Catalog, exchange};
use crate::{
    env,
    link::{Outside, Session},
    security::PeerCertificate,
};
use bytes::Bytes;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Semaphore, watch},
    time::timeout,
};

/// Connections of one node.
const CONNECTIONS_MOST: usize = 64;
/// Calls at once on one connection.
const CALLS_MOST: u32 = 128;
/// Largest block of headers.
const HEADERS_MOST: u32 = 16 << 10;
/// What a client may send ahead on one stream, and on a connection.
const WINDOW: u32 = 64 << 10;
/// Room for all of them, so that streams whose handlers hold them back leave the others theirs.
const CONNECTION_WINDOW: u32 = CALLS_MOST * WINDOW;
/// What frames may cost beyond their bytes until they are taken: a window full of the smallest messages, each in a frame of its own.
const FRAMES_COST: usize = 16 << 20;
/// Bytes of answers that wait for a slow client, a stream.
const SEND_BUFFER: usize = 256 << 10;
/// Streams that a client opened and gave up before they were answered.
const RESETS_MOST: usize = 64;
/// Time for the client's first words after TLS.
const PREFACE_TIME: Duration = Duration::from_secs(5);

/// How far a node's life is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Open,
    /// What runs is finished, nothing new begins.
    Draining,
    Closed,
}

/// Serves gRPC for one node.
pub struct Server {
    pub(super) cluster: Arc<dyn Cluster>,
    pub(super) catalog: Catalog,
    phase: watch::Sender<Phase>,
    places: Arc<Semaphore>,
}

impl Server {
    /// For the node behind `cluster`.
    pub fn new(cluster: Arc<dyn Cluster>) -> Arc<Server> {
        let (phase, _) = watch::channel(Phase::Open);
        Arc::new(Server { cluster, catalog: Catalog::default(), phase, places: Arc::new(Semaphore::new(CONNECTIONS_MOST)) })
    }

    /// Told when the node drains or closes.
    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let later = to > *phase;
            if later {
                *phase = to;
            }
            later
        });
    }

    /// Serves one connection.
    pub(super) async fn connection<S>(self: Arc<Self>, stream: S, who: PeerCertificate)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Ok(_place) = self.places.clone().try_acquire_owned() else {
            tracing::warn!(client = %who.name, "{CONNECTIONS_MOST} gRPC connections are open, another one was refused");
            return;
        };
        let mut settings = h2::server::Builder::new();
        settings
            .max_concurrent_streams(CALLS_MOST)
            .max_header_list_size(HEADERS_MOST)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .data_frame_budget(FRAMES_COST)
            .max_send_buffer_size(SEND_BUFFER)
            .max_concurrent_reset_streams(RESETS_MOST)
            .max_pending_accept_reset_streams(RESETS_MOST);
        let Ok(Ok(mut connection)) = timeout(PREFACE_TIME, settings.handshake::<_, Bytes>(stream)).await else {
            tracing::debug!(client = %who.name, "a client spoke no HTTP/2");
            return;
        };
        let mut phase = self.phase();
        loop {
            let now = *phase.borrow_and_update();
            match now {
                Phase::Open => {}
                Phase::Draining => connection.graceful_shutdown(),
                Phase::Closed => return,
            }
            tokio::select! {
                biased;
                // Nobody is left to change it when the server is gone.
                changed = phase.changed() => if changed.is_err() { return },
                request = connection.accept() => match request {
                    Some(Ok((request, respond))) => {
                        let server = self.clone();
                        if env::spawn(async move { exchange::serve(&server, request, respond).await }).is_err() {
                            return;
                        }
                    }
                    Some(Err(error)) => {
                        tracing::debug!(client = %who.name, "a gRPC connection ended: {error}");
                        return;
                    }
                    None => return,
                },
            }
        }
    }
}

impl Outside for Server {
    fn serve(self: Arc<Self>, stream: Session, who: PeerCertificate) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.connection(stream, who))
    }

    fn drain(&self) {
        self.advance(Phase::Draining);
    }

    fn connections(&self) -> usize {
        CONNECTIONS_MOST - self.places.available_permits()
    }

    fn close(&self) {
        self.advance(Phase::Closed);
    }
}
