//! Whether the language still fetches what it is to run. The node itself lives on native threads, so a held interpreter lock or a paused
//! virtual machine costs no membership; but it must get no calls then.

use super::{Node, engine::publish};
use crate::{env, error::Result, serve::Serve};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// Pause between two looks while there is something to run.
const LOOK: Duration = Duration::from_millis(150);
/// Nothing was fetched for so long: handlers make no progress. With the way of the news that is less than a second.
const STUCK: Duration = Duration::from_millis(750);
/// Looks without anything to run after which nobody looks any more: an idle process doesn't wake.
const QUIET: u32 = 20;

/// Watches for as long as the node lives.
pub(super) fn watch(node: &Arc<Node>) -> Result<()> {
    let (node, busy) = (Arc::downgrade(node), node.serve.busy());
    env::spawn(async move {
        loop {
            busy.notified().await;
            if watch_load(&node).await.is_none() {
                return;
            }
        }
    })
    .map(|_| ())
}

/// Looks until nothing ran for a while; `None`: the node ended.
async fn watch_load(node: &Weak<Node>) -> Option<()> {
    let (mut told, mut quiet, mut pause) = (false, 0, LOOK);
    loop {
        tokio::time::sleep(pause).await;
        let node = node.upgrade().filter(|node| !node.is_closed())?;
        let standing = node.serve.stuck(env::now());
        let stuck = standing >= STUCK;
        // The next look is no later than the moment from which they count as stuck.
        pause = STUCK.checked_sub(standing).filter(|left| !left.is_zero()).map_or(LOOK, |left| left.min(LOOK));
        if stuck != told {
            tracing::warn!(node = %node.name, stuck, "the handlers of this node {}", if stuck { "make no progress" } else { "go on" });
            // A node that can't tell any more is about to end.
            publish(&node.inputs, Box::new(move |record| record.stalled = stuck)).await.ok()?;
            told = stuck;
        }
        if stuck {
            send_away(&node, &node.serve);
        }
        quiet = if node.serve.load() == 0 && !told { quiet + 1 } else { 0 };
        if quiet > QUIET && node.serve.unwatch() {
            return Some(());
        }
    }
}

/// What others could run needn't wait here; what nobody else can run waits until this node goes on.
fn send_away(node: &Node, serve: &Serve) {
    serve.send_away(env::now(), STUCK, |target| {
        let Some((service, method)) = target.rsplit_once('.') else { return false };
        let candidates = node.directory.lookup(service, method);
        candidates.is_ok_and(|found| found.list().iter().any(|other| !other.provider.me && other.provider.is_ready()))
    });
}
