use super::*;
use crate::{directory::stats::Stats, env};

fn node(n: u8) -> NodeId {
    NodeId::from_bytes([n; 16])
}

fn service(name: &str, methods: &[&str]) -> ServiceSpec {
    let method = |name: &&str| MethodSpec { name: (*name).into(), idempotent: *name == "lookup", ..MethodSpec::default() };
    ServiceSpec { name: name.into(), methods: methods.iter().map(method).collect(), ..ServiceSpec::default() }
}

fn offer<'a>(n: u8, name: &'a str, services: &'a [ServiceSpec]) -> Offer<'a> {
    Offer {
        node: node(n),
        name,
        language: "python",
        version: 1,
        me: n == 1,
        near: false,
        ready: true,
        stalled: false,
        suspect: false,
        services,
    }
}

fn failure(directory: &Directory, service: &str, method: &str) -> (Kind, String, String) {
    let error = directory.lookup(service, method).unwrap_err();
    (error.kind(), error.message().to_owned(), error.advice_text().to_owned())
}

#[test]
fn providers_are_found_by_method() {
    let (old, new) = (vec![service("pricing", &["quote"])], vec![service("pricing", &["quote", "lookup"])]);
    let directory = Directory::new();
    directory.update(&[offer(2, "b", &new), offer(1, "a", &old)], env::now());
    let names = |method: &str| -> Vec<Arc<str>> {
        directory.lookup("pricing", method).unwrap().list().iter().map(|c| c.provider.name.clone()).collect()
    };
    assert_eq!(names("quote"), ["a".into(), "b".into()]);
    assert_eq!(names("lookup"), ["b".into()]);
    assert!(directory.lookup("pricing", "lookup").unwrap().idempotent());
    assert!(!directory.lookup("pricing", "quote").unwrap().idempotent());
    let services = directory.services();
    let view = services.get("pricing").unwrap().view();
    assert_eq!((view.providers.len(), view.methods.len()), (2, 2));
    assert!(minicbor_serde::to_vec(view).is_ok());
}

#[test]
fn each_language_calls_in_its_own_style() {
    let services = vec![service("pricing", &["order_total", "unitPrice", "two_ways", "twoWays"])];
    let directory = Directory::new();
    directory.update(&[offer(2, "b", &services)], env::now());
    let found = |method: &str| directory.lookup("pricing", method).map(|candidates| candidates.method().to_owned());
    assert_eq!(found("orderTotal").unwrap(), "order_total");
    assert_eq!(found("unit_price").unwrap(), "unitPrice");
    assert_eq!(found("twoWays").unwrap(), "twoWays");
    assert_eq!(found("TwoWays").unwrap_err().kind(), Kind::NoSuchMethod);
    // A provider that comes later may make a name ambiguous.
    let more = vec![service("pricing", &["orderTotal", "ordertotal"])];
    directory.update(&[offer(2, "b", &services), offer(3, "c", &more)], env::now());
    assert_eq!(found("orderTotal").unwrap(), "orderTotal");
    assert_eq!(found("Order_Total").unwrap_err().kind(), Kind::NoSuchMethod);
}

#[test]
fn errors_tell_apart_what_is_missing() {
    let services = vec![service("pricing", &["quote", "lookup"])];
    let directory = Directory::new();
    let (kind, _, advice) = failure(&directory, "pricing", "quote");
    assert_eq!(kind, Kind::NotFound);
    assert!(advice.contains("serves anything"), "{advice}");

    directory.update(&[offer(2, "b", &services)], env::now());
    let (kind, message, advice) = failure(&directory, "pricng", "quote");
    assert_eq!((kind, advice.as_str()), (Kind::NotFound, "Did you mean `pricing`?"));
    assert!(message.contains("`pricng`"));
    let (kind, _, advice) = failure(&directory, "pricing", "qoute");
    assert_eq!(kind, Kind::NoSuchMethod);
    assert_eq!(advice, "Did you mean `quote`? It has: lookup() -> any, quote() -> any.");

    directory.update(&[Offer { ready: false, ..offer(2, "b", &services) }], env::now());
    let (kind, message, _) = failure(&directory, "pricing", "quote");
    assert_eq!(kind, Kind::Unavailable);
    assert!(message.ends_with("`b` is not ready"), "{message}");
    directory.update(&[Offer { suspect: true, ..offer(2, "b", &services) }], env::now());
    assert!(failure(&directory, "pricing", "quote").1.ends_with("`b` doesn't answer"));

    directory.update(&[], env::now());
    assert_eq!(failure(&directory, "pricing", "quote").0, Kind::Unavailable);
    directory.update(&[offer(2, "b", &services)], env::now());
    assert!(directory.lookup("pricing", "quote").is_ok());
}

#[test]
fn measurements_survive_a_rebuild_and_end_with_the_provider() {
    let services = vec![service("pricing", &["quote"])];
    let directory = Directory::new();
    let stats = || -> Arc<Stats> { directory.lookup("pricing", "quote").unwrap().list()[0].provider.stats.clone() };
    directory.update(&[offer(2, "b", &services)], env::now());
    let first = stats();
    let turn = directory.lookup("pricing", "quote").unwrap().next_turn();
    directory.update(&[offer(2, "b", &services), offer(3, "c", &services)], env::now());
    assert!(Arc::ptr_eq(&first, &stats()));
    assert_eq!(directory.lookup("pricing", "quote").unwrap().next_turn(), turn + 1);
    directory.update(&[], env::now());
    directory.update(&[offer(2, "b", &services)], env::now());
    assert!(!Arc::ptr_eq(&first, &stats()));
}

#[test]
fn a_record_is_read_again_only_with_a_new_version() {
    let (old, new) = (vec![service("pricing", &["quote"])], vec![service("pricing", &["ask"])]);
    let directory = Directory::new();
    directory.update(&[offer(2, "b", &old)], env::now());
    directory.update(&[offer(2, "b", &new)], env::now());
    assert!(directory.lookup("pricing", "quote").is_ok());
    directory.update(&[Offer { version: 2, ..offer(2, "b", &new) }], env::now());
    assert!(directory.lookup("pricing", "ask").is_ok() && directory.lookup("pricing", "quote").is_err());
}
