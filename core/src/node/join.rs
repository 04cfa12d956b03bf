//! Joining, step by step: identity, links, listening, being listed, meeting the others.

use super::{
    Node,
    engine::{Engine, WAITING},
    home::{Home, Lookout, blocking},
    outside, progress, record,
    router::Router,
};
use crate::{
    call::balance::Dice,
    config::{JoinSpec, NodeId, Settings, Transport, default_node_name},
    directory::Directory,
    env,
    error::Result,
    health::{Health, Ready},
    link::{Budget, Limits, Links, Me},
    membership::{
        MemberState, Membership, Watch,
        host::{self, HostState},
    },
    security::{Identity, names_in},
    serve::{self, Caller, Serve},
    stream::Streams,
};
use parking_lot::Mutex;
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};
use tokio::sync::mpsc;

/// Calls that wait, a service.
const WAITING_CALLS: usize = 1024;
/// Calls that wait, a node.
const WAITING_AT_ALL: usize = 8 * WAITING_CALLS;
/// Time for every listed node to become a visible member.
pub(super) const MEETING: Duration = Duration::from_secs(5);
/// The same for a visitor, who tells what didn't answer instead of waiting for it.
const VISIT: Duration = Duration::from_secs(1);
/// A cluster of one host keeps the links of so many nodes open.
const SMALL_CLUSTER: usize = 16;

/// What `join` has found out before the node exists.
struct Ground {
    settings: Settings,
    id: NodeId,
    identity: Arc<Identity>,
    /// The state directory, in a cluster of one host.
    host: Option<HostState>,
    given: Option<DefaultName>,
}

/// Names that nodes of this process got by default: a second node of one cluster gets another.
static DEFAULT_NAMES: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// A default name in use, free again when dropped.
#[derive(Debug)]
pub(super) struct DefaultName {
    cluster: String,
    name: String,
}

impl DefaultName {
    /// `<program>-<pid>` for the first node, then `<program>-<pid>-2` and so on.
    fn take(cluster: &str, default: &str) -> DefaultName {
        let mut used = DEFAULT_NAMES.lock();
        let numbered = (2..).map(|n| format!("{default}-{n}"));
        let free = std::iter::once(default.to_owned()).chain(numbered).find(|name| !used.contains(&(cluster.to_owned(), name.clone())));
        let name = free.unwrap_or_else(|| default.to_owned());
        used.insert((cluster.to_owned(), name.clone()));
        DefaultName { cluster: cluster.to_owned(), name }
    }
}

impl Drop for DefaultName {
    fn drop(&mut self) {
        DEFAULT_NAMES.lock().remove(&(std::mem::take(&mut self.cluster), std::mem::take(&mut self.name)));
    }
}

impl Ground {
    /// Settings, then identity: from the state directory of this host, or from the user's folder.
    fn find(spec: &JoinSpec) -> Result<Ground> {
        let mut settings = Settings::resolve(spec, &names_in)?;
        let default = default_node_name(&spec.program, std::process::id());
        let given = (settings.name == default).then(|| DefaultName::take(&settings.cluster, &default));
        if let Some(given) = &given {
            settings.name.clone_from(&given.name);
        }
        let id = NodeId::draw();
        let (identity, host) = match &settings.identity {
            None if spec.alone => (Identity::alone(&settings.cluster, id, &settings.name)?, None),
            Some(folder) => (Identity::from_folder(folder, id)?, None),
            None => {
                let state = HostState::open(&settings.cluster)?;
                (Identity::from_state(&state, id, &settings.name)?, Some(state))
            }
        };
        Ok(Ground { settings, id, identity, host, given })
    }
}

impl Node {
    /// Joins. Ends when every node that is listed on this host, or that the seed named, is a visible member, within 5 s.
    pub async fn join(spec: JoinSpec, handle: u64) -> Result<Arc<Node>> {
        let asked = spec.clone();
        let ground = blocking(move || Ground::find(&asked)).await?;
        let settings = &ground.settings;
        let (name, id) = (settings.name.clone(), ground.id);
        let limits = serve::Limits {
            workers: settings.workers as usize,
            max_threads: settings.max_threads as usize,
            waiting: WAITING_CALLS,
            waiting_at_all: WAITING_AT_ALL,
            memory: settings.memory as usize,
        };
        let serve = Serve::new(&name, handle, record::table(&spec.app, spec.lane)?, limits);
        if settings.hide_errors {
            serve.hide_errors();
        }
        let (inputs, heard) = mpsc::channel(WAITING);
        let budget = Budget::new(settings.memory as usize);
        let streams = Streams::new(budget.clone());
        let router = Arc::new(Router {
            streams: streams.clone(),
            serve: serve.clone(),
            inputs: inputs.clone(),
            max_payload: settings.max_payload as usize,
            leaving: Mutex::default(),
            links: OnceLock::new(),
            node: OnceLock::new(),
        });
        let me = Arc::new(Me::new(id, &name, &spec.language, 0));
        let limits = Limits { max_payload: settings.max_payload as usize, budget: budget.clone(), ..Limits::default() };
        let links = Links::new(ground.identity.clone(), me.clone(), router.clone(), router.clone(), limits);

        let _ = router.links.set(Arc::downgrade(&links));

        let place = host::place();
        let tcp = listen(&links, settings).await?;
        let unix = ground.host.is_some() && settings.transport != Transport::Tcp;
        let mut home = None;
        let mut addresses = tcp.clone();
        if let Some(state) = ground.host.clone() {
            let settled = Home::settle(state, id, &name, tcp, &links).await?;
            if unix {
                addresses.insert(0, settled.address());
            }
            home = Some(settled);
        }
        let first = record::first(
            &spec.app,
            record::About { id, name: &name, language: &spec.language, place: place.clone(), addresses: addresses.clone() },
        );
        let membership = Membership::new(first, env::random(), env::now())?;
        me.set_record(membership.own().version(), *membership.own().digest());
        let watch = Arc::new(Watch::new(membership.members().clone()));
        let directory = Arc::new(Directory::new());
        directory.show(membership.members(), &place, env::now());

        let lookout = Lookout { me: id, unix, links: Arc::downgrade(&links), inputs: inputs.clone(), watch: watch.clone() };
        let node = Arc::new_cyclic(|me| Node {
            id,
            name: name.clone(),
            handle,
            cluster: settings.cluster.clone(),
            addresses,
            place: place.clone(),
            alone: spec.alone,
            unix,
            max_payload: settings.max_payload as usize,
            caller: Caller { id, name: name.as_str().into(), language: spec.language.as_str().into() },
            serve,
            streams,
            links: links.clone(),
            budget,
            directory: directory.clone(),
            watch: watch.clone(),
            inputs: inputs.clone(),
            dice: Dice::new(),
            home: Mutex::new(None),
            given: Mutex::new(ground.given),
            expelled: Mutex::new(None),
            leaving: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            health: Mutex::new(None),
            me: me.clone(),
        });
        let _ = router.node.set(Arc::downgrade(&node));
        links.welcome(outside::server(&node));
        let engine = Engine::new(membership, heard, &node, ground.identity.clone());
        env::spawn(engine.run())?;
        progress::watch(&node)?;

        let started = env::now();
        let meeting = if spec.visitor { VISIT } else { MEETING };
        let met = async {
            if let Some(mut home) = home {
                let listed = match spec.visitor {
                    // What doesn't answer in time is not dialled any longer.
                    true => tokio::time::timeout(VISIT, home.meet(&lookout)).await.unwrap_or_else(|_| Ok(Vec::new())),
                    false => home.meet(&lookout).await,
                }?;
                home.keep_watch(lookout)?;
                *node.home.lock() = Some(home);
                links.keep_idle(listed.len() < SMALL_CLUSTER);
                // One that is listed but stands still has taken its share of the time already.
                let left = meeting.saturating_sub(env::now().saturating_duration_since(started));
                node.until(left, move |members| listed.iter().all(|id| members.get(*id).is_some())).await?;
            }
            node.ask_seeds(&ground.settings).await
        };
        let mut met = Box::pin(met).await;
        if let (Ok(()), Some(address)) = (&met, &ground.settings.health) {
            met = Health::listen(address, ready(&node)).await.map(|health| *node.health.lock() = Some(health));
        }
        if let Err(error) = met {
            node.close(Duration::ZERO).await;
            return Err(error);
        }
        Ok(node)
    }
}

/// Whether the node may get calls, as the others see it.
fn ready(node: &Arc<Node>) -> Ready {
    let node = Arc::downgrade(node);
    Arc::new(move || {
        let is_ready = |node: Arc<Node>| node.watch.current().get(node.id).is_some_and(|me| me.state == MemberState::Ready);
        node.upgrade().filter(|node| !node.is_closed()).is_some_and(is_ready)
    })
}

/// Listens on TCP if that is wanted; gives the addresses that others dial.
async fn listen(links: &Arc<Links>, settings: &Settings) -> Result<Vec<String>> {
    let Some(listen) = &settings.listen else { return Ok(Vec::new()) };
    let bound = links.listen_tcp(listen).await?;
    if let Some(advertise) = &settings.advertise {
        return Ok(vec![advertise.clone()]);
    }
    Ok(reachable(bound))
}

/// A wildcard address is reached at every address of the host that is not loopback, else at loopback.
fn reachable(bound: SocketAddr) -> Vec<String> {
    if !bound.ip().is_unspecified() {
        return vec![bound.to_string()];
    }
    let fits = |ip: &IpAddr| bound.is_ipv6() || ip.is_ipv4();
    let found: Vec<IpAddr> = crate::env::host_addresses().into_iter().filter(fits).collect();
    let far: Vec<_> = found.iter().filter(|ip| !ip.is_loopback()).copied().collect();
    let chosen = if far.is_empty() { vec![IpAddr::from([127, 0, 0, 1])] } else { far };
    chosen.into_iter().map(|ip| SocketAddr::new(ip, bound.port()).to_string()).collect()
}
