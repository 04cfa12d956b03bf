//! Becoming ready, waiting for others, draining, leaving.

use super::{
    Node,
    engine::{Input, publish},
};
use crate::{
    env,
    error::{Error, Kind, Result},
    membership::{Members, Ticket, Watch},
};
use parking_lot::Mutex;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{sync::oneshot, time::timeout};

/// Time for telling the others that this node leaves.
const FAREWELL: Duration = Duration::from_millis(500);

/// A wait for members; forgotten when dropped, because its operation may be cancelled and places are few.
struct Waiting<'n> {
    watch: &'n Watch,
    ticket: Option<Ticket>,
}

impl Waiting<'_> {
    /// Whether it had been fulfilled.
    fn end(&mut self) -> bool {
        self.ticket.take().is_none_or(|ticket| !self.watch.forget(ticket))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

impl Node {
    /// Gets calls from now on: handlers run, and the others are told.
    pub async fn open(&self) -> Result<()> {
        self.serve.open();
        publish(&self.inputs, Box::new(|record| record.ready = true)).await
    }

    /// Waits until a condition on the members holds.
    pub(super) async fn until(&self, most: Duration, met: impl Fn(&Members) -> bool + Send + 'static) -> Result<bool> {
        let (send, heard) = oneshot::channel();
        let send = Mutex::new(Some(send));
        let ticket = self.watch.wait(Box::new(move |members| {
            let done = met(members);
            if done && let Some(send) = send.lock().take() {
                // Nobody waits any more when the operation was cancelled.
                let _ = send.send(());
            }
            done
        }))?;
        let mut waiting = Waiting { watch: &self.watch, ticket };
        if timeout(most, heard).await.is_ok() {
            return Ok(true);
        }
        Ok(waiting.end())
    }

    /// Waits until so many providers of a service take calls.
    pub async fn wait_for(&self, service: &str, count: usize, most: Duration) -> Result<()> {
        let wanted = service.to_owned();
        if self.until(most, move |members| members.ready_providers(&wanted) >= count).await? {
            return Ok(());
        }
        let found = self.watch.current().ready_providers(service);
        Err(Error::new(Kind::DeadlineExceeded, format!("{found} of {count} providers of `{service}` were ready after {most:?}"))
            .advice(format!("Start a program that serves `{service}` in the cluster `{}`, or wait longer.", self.cluster)))
    }

    /// Takes no new invocations, waits for the running ones.
    pub async fn drain(&self, most: Duration) -> Result<()> {
        let told = publish(
            &self.inputs,
            Box::new(|record| {
                record.ready = false;
                record.draining = true;
            }),
        );
        // A node that can't tell any more still drains.
        let _ = timeout(FAREWELL, told).await;
        self.serve.stop_accepting();
        self.links.drain();
        let finished = async {
            self.serve.until_idle().await;
            // A stream is under way until its reader has taken what came before its end.
            self.streams.sent().await;
            // An answer above 64 KiB is under way for longer than its handler runs.
            self.links.bodies_sent().await;
        };
        timeout(most, finished)
            .await
            .map_err(|_| Error::new(Kind::DeadlineExceeded, format!("{} invocations still ran after {most:?}", self.serve.load())))
    }

    /// Leaves: drains for at most so long, tells the others, ends everything that is left.
    pub async fn close(&self, drain: Duration) {
        if self.leaving.swap(true, Ordering::AcqRel) {
            return;
        }
        if !drain.is_zero() {
            let started = env::now();
            match self.drain(drain).await {
                // A link's `Bye` may overtake the large answers, which go by another.
                Ok(()) => {
                    let left = drain.saturating_sub(env::now().saturating_duration_since(started));
                    // In vain for a peer that stands still.
                    let _ = timeout(left.max(FAREWELL), self.links.bodies_read()).await;
                    // Their answers are under way for longer than our own calls; one that keeps its connection waits in vain.
                    let _ = timeout(FAREWELL, self.links.clients_gone()).await;
                }
                Err(error) => tracing::warn!(%error, node = %self.name, "left before everything was finished"),
            }
        }
        // Only now: what still ran may have had to call others to finish.
        self.closed.store(true, Ordering::Release);
        let (done, heard) = oneshot::channel();
        if self.inputs.send(Input::Leave { done }).await.is_ok() {
            let _ = timeout(FAREWELL, heard).await;
        }
        self.serve.abandon();
        self.links.drain();
        self.links.close();
        self.streams.close(&self.name);
        let home = self.home.lock().take();
        if let Some(home) = home {
            home.leave().await;
        }
        self.given.lock().take();
        self.health.lock().take();
    }
}

impl Node {
    /// The node must leave: its name belongs to another.
    pub(super) fn expelled(self: Arc<Self>, reason: Error) {
        tracing::error!(%reason, node = %self.name, "this node has to leave");
        *self.expelled.lock() = Some(reason);
        // Without a runtime there is no node.
        let _ = env::spawn(async move { self.close(Duration::ZERO).await });
    }
}
