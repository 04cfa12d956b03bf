//! Members that are asked first, and again whenever they aren't seen: so that a cluster that was cut in two comes together by itself.

use super::{Node, join::MEETING};
use crate::{
    config::{NodeId, Settings},
    env,
    error::{Error, Kind, Result},
    link::is_itself,
    membership::Members,
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::task::JoinSet;

/// Pause between two looks at whether every seed is a member.
const PAUSE: Duration = Duration::from_secs(2);

/// An address, and who answered there last.
struct Seed {
    address: String,
    node: Option<NodeId>,
}

impl Node {
    /// Asks the seeds until one answers; a node that listens itself starts alone if none does. Whoever isn't seen is asked again and again.
    pub(super) async fn ask_seeds(&self, settings: &Settings) -> Result<()> {
        let mut told = Vec::new();
        let mut seeds: Vec<Seed> = settings.seeds.iter().map(|address| Seed { address: address.clone(), node: None }).collect();
        let mut itself = None;
        for (at, seed) in seeds.iter_mut().enumerate() {
            match self.links.open_seed(&seed.address).await {
                Ok(link) => {
                    let node = link.peer().node;
                    seed.node = Some(node);
                    // The seed's record may overtake its list of members.
                    let all = move |members: &Members| members.informed() && members.get(node).is_some() && members.pending().is_empty();
                    self.until(MEETING, all).await?;
                    break;
                }
                // One list of seeds may serve all nodes, and then it names this one too.
                Err(error) if is_itself(&error) => {
                    told.push(format!("{}: that is this node", seed.address));
                    itself = Some(at);
                }
                // A name that is taken or a certificate that doesn't fit will not get better by asking others.
                Err(error) if matches!(error.kind(), Kind::AlreadyExists | Kind::Unauthenticated | Kind::VersionMismatch) => {
                    return Err(error);
                }
                Err(error) => told.push(format!("{}: {}", seed.address, error.message())),
            }
        }
        let met = seeds.iter().any(|seed| seed.node.is_some());
        if !seeds.is_empty() && !met && settings.listen.is_none() {
            return Err(Error::new(Kind::Unavailable, format!("no seed answered: {}", told.join("; ")))
                .advice("Start a node that listens on one of these addresses, or correct `seeds`."));
        }
        if let Some(itself) = itself {
            seeds.remove(itself);
        }
        if seeds.is_empty() { Ok(()) } else { keep_asking(self.me.clone(), seeds) }
    }
}

fn keep_asking(node: Weak<Node>, mut seeds: Vec<Seed>) -> Result<()> {
    env::spawn(async move {
        while !seeds.is_empty() {
            tokio::time::sleep(PAUSE).await;
            let Some(node) = node.upgrade().filter(|node| !node.is_closed()) else { return };
            seeds = ask_unseen(&node, seeds).await;
        }
    })
    .map(|_| ())
}

/// Asks those that are no members, all at once: one that doesn't answer mustn't hold the others up. Gives back whom to ask later.
async fn ask_unseen(node: &Arc<Node>, seeds: Vec<Seed>) -> Vec<Seed> {
    let members = node.watch.current().clone();
    let by_address = |address: &String| members.all().iter().any(|member| !member.me && member.record().addresses.contains(address));
    let is_seen = |seed: &Seed| seed.node.map_or_else(|| by_address(&seed.address), |id| members.get(id).is_some());
    let (mut kept, unseen): (Vec<_>, Vec<_>) = seeds.into_iter().partition(is_seen);
    let mut asked = JoinSet::new();
    for mut seed in unseen {
        let links = node.links.clone();
        asked.spawn(async move {
            match links.open_seed(&seed.address).await {
                Ok(link) => seed.node = Some(link.peer().node),
                Err(error) if is_itself(&error) => return None,
                // It may be started later, or be on the other side of a cut.
                Err(_) => {}
            }
            Some(seed)
        });
    }
    while let Some(seed) = asked.join_next().await {
        kept.extend(seed.ok().flatten());
    }
    kept
}
