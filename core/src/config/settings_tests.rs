use super::*;
use std::collections::BTreeMap;

/// A directory with an optional `twinspan.toml`, an environment, arguments.
struct Case {
    temp: tempfile::TempDir,
    environment: BTreeMap<&'static str, &'static str>,
    spec: JoinSpec,
}

impl Case {
    fn new() -> Case {
        Case { temp: tempfile::tempdir().expect("temp"), environment: BTreeMap::new(), spec: JoinSpec::default() }
    }

    fn shop() -> Case {
        let mut case = Case::new();
        case.spec.cluster = Some("shop".into());
        case
    }

    fn file(self, text: &str) -> Case {
        std::fs::write(self.temp.path().join("twinspan.toml"), text).expect("written");
        self
    }

    fn variable(mut self, name: &'static str, value: &'static str) -> Case {
        self.environment.insert(name, value);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut JoinSpec)) -> Case {
        change(&mut self.spec);
        self
    }

    fn resolve(&self) -> Result<Settings> {
        let below = self.temp.path().join("a/b");
        std::fs::create_dir_all(&below).expect("made");
        let environment = |variable: &str| self.environment.get(variable).map(|value| (*value).to_owned());
        Settings::from_sources(&self.spec, &environment, &below, &|_| Ok(("dev".into(), "ops".into())))
    }

    fn good(&self) -> Settings {
        self.resolve().expect("good settings")
    }

    /// The refusal names the key, and all of `parts`.
    #[track_caller]
    fn refused(&self, parts: &[&str]) {
        let error = self.resolve().expect_err("refused");
        assert_eq!(error.kind(), Kind::BadConfig);
        for part in parts {
            assert!(error.to_string().contains(part), "`{part}` in {error}");
        }
    }
}

#[test]
fn defaults() {
    let settings = Case::shop().with(|s| s.program = "app.py".into()).good();
    assert_eq!((settings.cluster.as_str(), settings.transport, settings.local), ("shop", Transport::Any, false));
    assert_eq!(settings.name, format!("app.py-{}", std::process::id()));
    assert_eq!((settings.listen.as_deref(), settings.seeds.len()), (None, 0));
    let cores = available_parallelism().map_or(1, |cores| cores.get() as u32);
    assert_eq!((settings.workers, settings.max_threads), ((4 * cores).min(32), 64));
    assert_eq!((settings.max_payload, settings.memory), (256 << 20, 512 << 20));
    assert!(settings.origins().contains(&("cluster", Origin::Argument)));
    assert!(settings.origins().contains(&("workers", Origin::Default)));
}

#[test]
fn the_stronger_source_wins() {
    let text = "cluster = \"file\"\nworkers = 3\nseeds = [\"127.0.0.1:1\"]\nname = \"f\"\nmemory = \"1GiB\"\n";
    let case = Case::new().file(text).variable("TWINSPAN_WORKERS", "4").variable("TWINSPAN_NAME", "e").with(|s| s.name = Some("a".into()));
    let settings = case.good();
    assert_eq!((settings.cluster.as_str(), settings.workers, settings.name.as_str()), ("file", 4, "a"));
    assert_eq!((settings.seeds, settings.memory), (vec!["127.0.0.1:1".to_owned()], 1 << 30));
    let file = case.temp.path().join("twinspan.toml");
    assert!(case.good().origins().contains(&("cluster", Origin::File(file))));
    assert!(case.good().origins().contains(&("workers", Origin::Environment("TWINSPAN_WORKERS".into()))));
    // An empty variable is an unset one.
    assert_eq!(Case::new().file(text).variable("TWINSPAN_WORKERS", "").good().workers, 3);
}

#[test]
fn without_a_cluster_the_line_to_paste_is_given() {
    Case::new().refused(&["cluster: no name is given", "cluster = \"b\"", "twinspan.toml"]);
}

#[test]
fn unknown_keys_and_bad_values_of_a_file_are_named() {
    Case::new().file("clutser = \"shop\"").refused(&["clutser", "twinspan.toml", "cluster, name"]);
    Case::new().file("cluster = ").refused(&["twinspan.toml", "line 1"]);
    Case::shop().file("workers = 1.5").refused(&["workers", "twinspan.toml"]);
    Case::new().file("cluster = \"Shop\"").refused(&["cluster: `Shop`", "'S'", "from /", "twinspan.toml"]);
    Case::new().file("cluster = 3").refused(&["cluster: text is expected"]);
}

#[test]
fn bad_values_name_key_and_origin() {
    Case::shop().variable("TWINSPAN_WORKERS", "many").refused(&["workers: `many`", "environment variable TWINSPAN_WORKERS"]);
    Case::shop().with(|s| s.workers = Some(0)).refused(&["workers: `0`", "argument of join"]);
    Case::shop().with(|s| s.name = Some("a b".into())).refused(&["name: `a b`", "' '", "argument of join"]);
    Case::shop().with(|s| s.transport = Some("udp".into())).refused(&["transport: `udp`"]);
    Case::shop().with(|s| s.listen = Some("127.0.0.1".into())).refused(&["listen: `127.0.0.1`", "port is missing"]);
    Case::shop().with(|s| s.listen = Some("::1:7".into())).refused(&["in brackets"]);
    Case::shop().with(|s| s.seeds = Some(vec!["127.0.0.1:0".into()])).refused(&["seeds: `127.0.0.1:0`", "port 0"]);
    Case::shop().variable("TWINSPAN_LOCAL", "maybe").refused(&["local: `maybe`", "TWINSPAN_LOCAL"]);
    Case::shop().variable("TWINSPAN_MEMORY", "12 parsecs").refused(&["memory: `12 parsecs`", "MiB"]);
    Case::shop().with(|s| s.max_payload = Some(1)).refused(&["max_payload: `1`"]);
    Case::shop().variable("TWINSPAN_MODE", "clutser").refused(&["TWINSPAN_MODE: `clutser`"]);
}

#[test]
fn keys_that_don_t_fit_together() {
    Case::shop().with(|s| (s.workers, s.max_threads) = (Some(9), Some(8))).refused(&["workers: 9", "max_threads"]);
    assert_eq!(Case::shop().with(|s| s.workers = Some(100)).good().max_threads, 100);
    assert_eq!(Case::shop().with(|s| s.max_threads = Some(2)).good().workers, 2);
    Case::shop().with(|s| (s.max_payload, s.memory) = (Some(2 << 20), Some(1 << 20))).refused(&["max_payload: ", "memory"]);
    assert_eq!(Case::shop().with(|s| s.memory = Some(1 << 20)).good().max_payload, 1 << 20);
    Case::shop().with(|s| (s.local, s.seeds) = (Some(true), Some(vec!["127.0.0.1:1".into()]))).refused(&["local: ", "seeds"]);
}

#[test]
fn other_hosts_need_an_identity() {
    Case::shop().with(|s| s.listen = Some("0.0.0.0:7700".into())).refused(&["listen: `0.0.0.0:7700`", "identity"]);
    Case::shop().with(|s| s.seeds = Some(vec!["ops:7700".into()])).refused(&["seeds: `ops:7700`", "identity"]);
    for own in ["127.0.0.1:0", "[::1]:7700", "localhost:7700"] {
        assert_eq!(Case::shop().with(|s| s.listen = Some(own.into())).good().listen.as_deref(), Some(own));
    }
    Case::new().with(|s| s.identity = Some("certs/ops".into())).refused(&["identity: ", "listen", "seeds"]);
}

#[test]
fn an_identity_gives_cluster_and_name() {
    let with = |change: fn(&mut JoinSpec)| {
        Case::new().with(|s| (s.identity, s.listen) = (Some("/certs/ops".into()), Some("0.0.0.0:7700".into()))).with(change)
    };
    let settings = with(|_| ()).good();
    assert_eq!((settings.cluster.as_str(), settings.name.as_str()), ("dev", "ops"));
    assert!(settings.origins().contains(&("name", Origin::Identity("/certs/ops".into()))));
    assert_eq!(with(|s| s.name = Some("ops".into())).good().name, "ops");
    with(|s| s.name = Some("web".into())).refused(&["name: `web` is not `ops`", "/certs/ops", "argument of join"]);
    with(|_| ()).variable("TWINSPAN_CLUSTER", "shop").refused(&["cluster: `shop` is not `dev`", "TWINSPAN_CLUSTER"]);
    // In a file a path is relative to the file.
    let case = Case::new().file("identity = \"certs/ops\"\nlisten = \"0.0.0.0:1\"");
    assert_eq!(case.good().identity, Some(case.temp.path().join("certs/ops")));
}

#[test]
fn a_lost_setting_makes_no_private_cluster() {
    let in_kubernetes = || Case::shop().variable("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    in_kubernetes().refused(&["seeds: none", "KUBERNETES_SERVICE_HOST", "local=True"]);
    in_kubernetes().variable("TWINSPAN_SEEDS", "").refused(&["seeds: none"]);
    Case::shop().variable("TWINSPAN_MODE", "cluster").refused(&["seeds: none", "TWINSPAN_MODE"]);
    Case::shop().variable("TWINSPAN_MODE", "cluster").with(|s| s.transport = Some("tcp".into())).refused(&["seeds: none"]);
    assert!(in_kubernetes().with(|s| s.local = Some(true)).good().local);
    let seeds = in_kubernetes()
        .variable("TWINSPAN_SEEDS", "ops-0:7700, ops-1:7700,")
        .variable("TWINSPAN_IDENTITY", "/certs")
        .with(|s| s.cluster = None);
    assert_eq!(seeds.good().seeds, ["ops-0:7700", "ops-1:7700"]);
    in_kubernetes().with(|s| s.listen = Some("127.0.0.1:0".into())).good();
}

#[test]
fn tcp_without_listen_listens_on_loopback() {
    assert_eq!(Case::shop().with(|s| s.transport = Some("tcp".into())).good().listen.as_deref(), Some("127.0.0.1:0"));
}

#[test]
fn a_visitor_leaves_out_what_belongs_to_the_node_that_serves() {
    let toml = "cluster = \"shop\"\nname = \"web\"\nlisten = \"127.0.0.1:7700\"\nadvertise = \"10.0.0.1:7700\"\nworkers = 3\n";
    let visit = |case: Case| case.with(|spec| spec.visitor = true).with(|spec| spec.program = "cli".into()).good();
    let found = visit(Case::new().file(toml));
    assert_eq!((found.cluster.as_str(), found.listen, found.advertise), ("shop", None, None));
    assert!(found.name.starts_with("cli-") && found.seeds.is_empty() && found.workers != 3);
    // With an identity, where the node listens is where the cluster is found.
    for (listen, seeds) in [("127.0.0.1:7700", "127.0.0.1:7700"), ("0.0.0.0:7700", "127.0.0.1:7700"), ("[::]:7700", "[::1]:7700")] {
        let case = Case::new().variable("TWINSPAN_LISTEN", listen).variable("TWINSPAN_IDENTITY", "ops");
        assert_eq!(visit(case).seeds, [seeds]);
    }
    let given = Case::new().variable("TWINSPAN_LISTEN", "0.0.0.0:7700").variable("TWINSPAN_IDENTITY", "ops");
    assert_eq!(visit(given.variable("TWINSPAN_SEEDS", "10.0.0.2:1")).seeds, ["10.0.0.2:1"]);
}

#[test]
fn a_node_that_is_alone_hears_of_its_arguments_only() {
    let spec = JoinSpec { alone: true, cluster: Some("fake".into()), name: Some("one".into()), workers: Some(3), ..JoinSpec::default() };
    let resolve = |spec: &JoinSpec| Settings::resolve(spec, &|_| Err(Error::internal("no folder")));
    let settings = resolve(&spec).expect("settings");
    assert_eq!((settings.cluster.as_str(), settings.name.as_str(), settings.workers), ("fake", "one", 3));
    assert!(settings.listen.is_none() && settings.seeds.is_empty() && settings.identity.is_none());
    let refused = resolve(&JoinSpec { seeds: Some(vec!["127.0.0.1:1".into()]), ..spec }).expect_err("refused");
    assert_eq!(refused.message(), "seeds: a node that is alone meets nobody");
}
