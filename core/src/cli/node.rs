//! `twinspan node`.

use super::{
    cluster::Cluster,
    console::{Console, Interrupt},
    duration::duration,
    exit::{Done, Stop},
};
use crate::{
    config::{AppSpec, JoinSpec},
    env,
    error::{Error, Kind},
    node::Node,
};
use clap::Args;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Pause between two looks whether the node is still a member.
const LOOK: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "Examples:
  twinspan node --cluster shop
  twinspan node --identity certs/seed-1 --listen 0.0.0.0:7700
  twinspan node --identity certs/seed-2 --listen 0.0.0.0:7700 --seeds 10.0.0.1:7700";

/// Run a plain node: it joins and serves nothing, but keeps a cluster together, as a seed for the others.
///
/// Prints one line when it is ready. SIGTERM or Ctrl-C leaves the cluster and ends with 0; a second one ends at once.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PlainNode {
    /// Name of the node [default: twinspan-node-<pid>, or that of the certificate]
    #[arg(long)]
    name: Option<String>,
    /// Where other hosts reach it
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// What others dial, when it differs from --listen
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Option<String>,
    /// How long leaving may take
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    drain: Duration,
    #[command(flatten)]
    cluster: Cluster,
}

impl PlainNode {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let interrupt = Interrupt::listen()?;
        let spec = self.spec();
        let (limit, heard) = (self.cluster.limit(), interrupt.clone());
        let joined = env::block_on(async move {
            tokio::select! {
                joined = tokio::time::timeout(limit, join(spec)) => joined.unwrap_or_else(|_| Err(late()))
                    .map_err(Stop::from),
                code = heard.heard() => Err(Stop::Interrupted(code)),
            }
        })?;
        let node = joined?;
        let addresses = node.addresses();
        let facts = json!({"node": node.name, "id": node.id.to_string(), "cluster": node.cluster, "addresses": addresses});
        let line = format!("node {} of the cluster {} is ready at {}\n", node.name, node.cluster, addresses.join(", "));
        let told = console.facts(&facts, line);
        let drain = self.drain;
        // Left properly even when the line could not be written.
        env::block_on(async move {
            let ended = match told {
                Ok(()) => until_told(&node, &interrupt).await,
                Err(stop) => Err(stop),
            };
            node.close(drain).await;
            ended
        })?
    }

    fn spec(&self) -> JoinSpec {
        JoinSpec {
            app: AppSpec { name: "twinspan-node".into(), version: env!("CARGO_PKG_VERSION").into(), ..AppSpec::default() },
            language: "rust".into(),
            program: "twinspan-node".into(),
            visitor: false,
            name: self.name.clone(),
            listen: self.listen.clone(),
            advertise: self.advertise.clone(),
            ..self.cluster.visit()
        }
    }
}

async fn join(spec: JoinSpec) -> Result<Arc<Node>, Error> {
    let node = Node::join(spec, 0).await?;
    node.open().await?;
    Ok(node)
}

fn late() -> Error {
    Error::new(Kind::DeadlineExceeded, "the cluster didn't answer in time").operation("join").advice("Give it more with --timeout.")
}

/// Until a signal, or until the node had to leave by itself.
async fn until_told(node: &Node, interrupt: &Interrupt) -> Done {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = interrupt.heard() => return Ok(()),
            _ = look.tick() => node.check()?,
        }
    }
}
