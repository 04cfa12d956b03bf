//! Real handshakes in memory, over rustls' unbuffered API as the links use it: who is let in and who isn't, with what error.

use super::{
    authority::{Authority, LEAF_LIFE},
    explain, *,
};
use crate::{
    config::NodeId,
    env,
    error::{Kind, Result},
};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error as TlsError, ServerConfig,
    client::UnbufferedClientConnection,
    pki_types::CertificateDer,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus},
};
use std::{sync::Arc, time::Duration};

/// What one step of a side came to.
enum Step {
    Hungry,
    Open,
}

fn encode<D>(data: &mut EncodeTlsData<'_, D>, out: &mut Vec<u8>) {
    let mut piece = vec![0; 256];
    let written = match data.encode(&mut piece) {
        Ok(written) => written,
        Err(EncodeError::InsufficientSize(needed)) => {
            piece.resize(needed.required_size, 0);
            data.encode(&mut piece).expect("the size it asked for")
        }
        Err(e) => panic!("{e}"),
    };
    out.extend_from_slice(&piece[..written]);
}

macro_rules! side {
    ($step:ident, $alert:ident, $connection:ty) => {
        fn $step(connection: &mut $connection, input: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<Step, TlsError> {
            loop {
                let UnbufferedStatus { discard, state, .. } = connection.process_tls_records(input);
                let step = match state {
                    Ok(ConnectionState::EncodeTlsData(mut data)) => {
                        encode(&mut data, out);
                        None
                    }
                    Ok(ConnectionState::TransmitTlsData(data)) => {
                        data.done();
                        None
                    }
                    Ok(ConnectionState::BlockedHandshake) => Some(Ok(Step::Hungry)),
                    Ok(ConnectionState::WriteTraffic(_)) => Some(Ok(Step::Open)),
                    Err(e) => Some(Err(e)),
                    Ok(other) => panic!("unexpected {other:?}"),
                };
                input.drain(..discard);
                if let Some(step) = step {
                    return step;
                }
            }
        }

        /// After an error the alert is still to be sent; where the error came late, handshake messages stand before it.
        /// rustls has noted positions in the input and panics if it gets another one than before.
        fn $alert(connection: &mut $connection, input: &mut [u8], out: &mut Vec<u8>) {
            while let Ok(ConnectionState::EncodeTlsData(mut data)) = connection.process_tls_records(input).state {
                encode(&mut data, out);
            }
        }
    };
}
side!(client_step, client_alert, UnbufferedClientConnection);
side!(server_step, server_alert, UnbufferedServerConnection);

struct Outcome {
    client: Result<(), TlsError>,
    server: Result<(), TlsError>,
    /// Certificates that the server saw.
    shown: Vec<CertificateDer<'static>>,
    alpn: Option<Vec<u8>>,
    from_server_after: usize,
}

fn handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> Outcome {
    let mut client = UnbufferedClientConnection::new(Arc::clone(client), server_name()).expect("a client");
    let mut server = UnbufferedServerConnection::new(Arc::clone(server)).expect("a server");
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    let (mut client_end, mut server_end) = (None, None);
    for _ in 0..8 {
        if !matches!(client_end, Some(Err(_))) {
            match client_step(&mut client, &mut to_client, &mut to_server) {
                Ok(Step::Hungry) => {}
                Ok(Step::Open) => client_end = Some(Ok(())),
                Err(e) => {
                    client_alert(&mut client, &mut to_client, &mut to_server);
                    client_end = Some(Err(e));
                }
            }
        }
        if server_end.is_none() {
            match server_step(&mut server, &mut to_server, &mut to_client) {
                Ok(Step::Hungry) => {}
                Ok(Step::Open) => server_end = Some(Ok(())),
                Err(e) => {
                    server_alert(&mut server, &mut to_server, &mut to_client);
                    server_end = Some(Err(e));
                }
            }
        }
    }
    Outcome {
        client: client_end.expect("the client came to an end"),
        server: server_end.expect("the server came to an end"),
        shown: server.peer_certificates().unwrap_or_default().iter().map(|c| c.clone().into_owned()).collect(),
        alpn: server.alpn_protocol().map(<[u8]>::to_vec),
        from_server_after: to_client.len(),
    }
}

/// Signs with a given authority at a given time.
struct Fixed {
    root: Arc<Authority>,
    name: PeerCertificate,
    /// Whether an issuer stands between root and leaf, as on one host.
    issued: bool,
    at: Duration,
}

impl LeafSource for Fixed {
    fn leaf(&self, _: Duration) -> Result<Leaf> {
        let hosts = ["elsewhere.example".to_owned()];
        let issuer = self.root.issuer("shop", env::wall_clock())?;
        let issuer = if self.issued { &issuer } else { &self.root };
        let signed = issuer.leaf(&self.name, &hosts, self.at, LEAF_LIFE)?;
        let chain = match self.issued {
            true => vec![signed.certificate.der().clone(), issuer.certificate().clone()],
            false => vec![signed.certificate.der().clone()],
        };
        Leaf::new(chain, signed.private_key())
    }
}

fn root() -> Arc<Authority> {
    Arc::new(Authority::root("shop", env::wall_clock() - 10 * LEAF_LIFE).expect("made"))
}

fn member_at(root: &Arc<Authority>, name: &str, at: Duration) -> Arc<Identity> {
    let name = PeerCertificate::parse(name).expect("a good name");
    let node = name.id.unwrap_or_else(NodeId::draw);
    let source = Fixed { root: Arc::clone(root), issued: name.id.is_some(), name, at };
    Identity::new(node, &[root.certificate().clone()], Box::new(source)).expect("made")
}

fn member(root: &Arc<Authority>, name: &str) -> Arc<Identity> {
    member_at(root, name, env::wall_clock())
}

const A: &str = "spiffe://shop/role/worker/node/0123456789abcdef0123456789abcdef/a";
const B: &str = "spiffe://shop/role/worker/node/1123456789abcdef0123456789abcdef/b";
const MADE_AHEAD: &str = "spiffe://shop/role/worker/name/b";

fn dial(from: &Identity, to: &Identity, expect: &Expect) -> Outcome {
    handshake(&from.client_config(expect), &to.server_config())
}

/// Whether a link between the two would open.
pub(crate) fn opens(from: &Identity, to: &Identity) -> bool {
    let outcome = dial(from, to, &expect(to));
    outcome.client.is_ok() && outcome.server.is_ok() && to.peer(&outcome.shown).is_ok_and(|peer| peer.id == Some(from.node()))
}

fn expect(identity: &Identity) -> Expect {
    Expect { node: Some(identity.node()), name: Some(identity.name().into()) }
}

#[track_caller]
fn refused_by_client(outcome: &Outcome, text: &str) {
    let error = outcome.client.as_ref().expect_err("refused");
    let ours = explain(error, "10.0.0.1:7700");
    assert_eq!(ours.kind(), Kind::Unauthenticated, "{error}");
    assert!(ours.message().contains(text), "{ours}");
    // The server learns it by an alert, and tells so.
    let theirs = explain(outcome.server.as_ref().expect_err("refused"), "10.0.0.2:7700");
    assert_eq!(theirs.kind(), Kind::Unauthenticated, "{theirs}");
}

#[track_caller]
fn refused_by_server(outcome: &Outcome, text: &str) {
    let error = outcome.server.as_ref().expect_err("refused");
    let ours = explain(error, "10.0.0.1:7700");
    assert_eq!(ours.kind(), Kind::Unauthenticated, "{error}");
    assert!(ours.message().contains(text), "{ours}");
    let theirs = explain(outcome.client.as_ref().expect_err("refused"), "10.0.0.2:7700");
    assert_eq!(theirs.kind(), Kind::Unauthenticated, "{theirs}");
}

#[test]
fn members_of_one_cluster_find_each_other() {
    let root = root();
    for (from, to) in [(A, B), (A, MADE_AHEAD), (MADE_AHEAD, A)] {
        let (from, to) = (member(&root, from), member(&root, to));
        for expect in [expect(&to), Expect::default(), Expect { node: None, name: Some(to.name().into()) }] {
            let outcome = dial(&from, &to, &expect);
            assert_eq!((&outcome.client, &outcome.server), (&Ok(()), &Ok(())), "{expect:?}");
            assert_eq!(outcome.alpn.as_deref(), Some(ALPN));
            let peer = to.peer(&outcome.shown).expect("a member");
            assert_eq!(peer.name, from.name());
            assert!(peer.id.is_none_or(|id| id == from.node()));
            assert_eq!(outcome.from_server_after, 0, "no tickets");
        }
        assert_eq!(from.cluster_id(), to.cluster_id());
    }
}

#[test]
fn a_foreign_ca_is_refused_by_both() {
    let (one, other) = (root(), root());
    let (a, b) = (member(&one, A), member(&other, B));
    assert_ne!(a.cluster_id(), b.cluster_id());
    refused_by_client(&dial(&a, &b, &expect(&b)), "not of this cluster's CA");
    // A client that trusts the server is still refused by it.
    let name = PeerCertificate::parse(A).expect("good");
    let source = Fixed { root: Arc::clone(&one), issued: true, name, at: env::wall_clock() };
    let trusting = Identity::new(a.node(), &[other.certificate().clone()], Box::new(source)).expect("made");
    refused_by_server(&dial(&trusting, &b, &expect(&b)), "not of this cluster's CA");
}

#[test]
fn an_expired_certificate_is_refused_by_both() {
    let root = root();
    let (now, past) = (env::wall_clock(), env::wall_clock() - 2 * LEAF_LIFE);
    let (a, b) = (member_at(&root, MADE_AHEAD, now), member_at(&root, MADE_AHEAD, past));
    refused_by_client(&dial(&a, &b, &Expect::default()), "not valid now");
    refused_by_server(&dial(&b, &a, &Expect::default()), "not valid now");
    let early = member_at(&root, MADE_AHEAD, now + LEAF_LIFE);
    refused_by_client(&dial(&a, &early, &Expect::default()), "not valid now");
}

#[test]
fn another_cluster_under_the_same_ca_is_refused_by_both() {
    let root = root();
    let (a, b) = (member(&root, MADE_AHEAD), member(&root, "spiffe://bank/role/worker/name/b"));
    assert_ne!(a.cluster_id(), b.cluster_id());
    refused_by_client(&dial(&a, &b, &Expect::default()), "of the cluster `bank`, not of `shop`");
    // The bank's client, were it to trust the shop's server.
    let mut config = b.client_config(&Expect::default()).as_ref().clone();
    config.dangerous().set_certificate_verifier(Arc::new(verifier::DialVerifier {
        trust: Arc::new(verifier::Trust::new("shop", &[root.certificate().clone()]).expect("made")),
        expect: Expect::default(),
    }));
    let outcome = handshake(&Arc::new(config), &a.server_config());
    refused_by_server(&outcome, "of the cluster `bank`, not of `shop`");
    assert!(a.peer(&outcome.shown).is_err());
}

#[test]
fn another_node_than_the_one_dialled_is_refused() {
    let root = root();
    let (a, b, ahead) = (member(&root, A), member(&root, B), member(&root, MADE_AHEAD));
    let other = Expect { node: Some(NodeId::draw()), name: Some("b".into()) };
    refused_by_client(&dial(&a, &b, &other), "was dialled");
    let outcome = dial(&a, &ahead, &Expect { node: Some(NodeId::draw()), name: Some("c".into()) });
    refused_by_client(&outcome, "`c` was dialled, `b` answered");
    refused_by_client(&dial(&a, &b, &Expect { node: None, name: Some("c".into()) }), "`c` was dialled, `b` answered");
    // Made ahead: the certificate knows no id, the handshake of the link compares it.
    assert_eq!(dial(&a, &ahead, &other).client, Ok(()));
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let root = root();
    let b = member(&root, B);
    let mut store = rustls::RootCertStore::empty();
    store.add(root.certificate().clone()).expect("added");
    let mut config = ClientConfig::builder_with_provider(provider::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("supported")
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A foreign client checks the DNS name, and finds it beside the URI.
    let mut client = UnbufferedClientConnection::new(Arc::new(config), "elsewhere.example".try_into().expect("a name")).expect("made");
    let mut server = UnbufferedServerConnection::new(b.server_config()).expect("made");
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    assert!(matches!(client_step(&mut client, &mut to_client, &mut to_server), Ok(Step::Hungry)));
    assert!(matches!(server_step(&mut server, &mut to_server, &mut to_client), Ok(Step::Hungry)));
    assert!(matches!(client_step(&mut client, &mut to_client, &mut to_server), Ok(Step::Open)));
    let error = server_step(&mut server, &mut to_server, &mut to_client).err().expect("refused");
    assert_eq!(error, TlsError::NoCertificatesPresented);
    assert_eq!(explain(&error, "x").kind(), Kind::Unauthenticated);
    server_alert(&mut server, &mut to_server, &mut to_client);
    let told = client_step(&mut client, &mut to_client, &mut to_server).err().expect("told");
    assert_eq!(told, TlsError::AlertReceived(AlertDescription::CertificateRequired));
}

#[test]
fn tls_1_2_is_refused() {
    let b = member(&root(), B);
    let mut server = UnbufferedServerConnection::new(b.server_config()).expect("made");
    // A ClientHello without `supported_versions`: groups, signature schemes, ALPN and nothing newer.
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend([0, 2, 0xc0, 0x2b]);
    hello.extend([1, 0]);
    let extensions: &[&[u8]] = &[
        &[0, 10, 0, 4, 0, 2, 0, 23],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 16, 0, 13, 0, 11, 10, b't', b'w', b'i', b'n', b's', b'p', b'a', b'n', b'/', b'1'],
    ];
    let extensions = extensions.concat();
    hello.extend((extensions.len() as u16).to_be_bytes());
    hello.extend(extensions);
    let mut record = vec![22, 3, 1];
    record.extend((hello.len() as u16 + 4).to_be_bytes());
    record.extend([1, 0]);
    record.extend((hello.len() as u16).to_be_bytes());
    record.extend(hello);
    let mut out = Vec::new();
    let error = server_step(&mut server, &mut record, &mut out).err().expect("refused");
    assert!(matches!(error, TlsError::PeerIncompatible(_)), "{error}");
    assert_eq!(explain(&error, "x").kind(), Kind::Protocol);
    server_alert(&mut server, &mut record, &mut out);
    assert_eq!(out, [21, 3, 3, 0, 2, 2, 70], "a fatal protocol_version alert");
}

#[test]
fn another_protocol_inside_tls_is_refused() {
    let root = root();
    let (a, b) = (member(&root, A), member(&root, B));
    let mut config = a.client_config(&Expect::default()).as_ref().clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let outcome = handshake(&Arc::new(config.clone()), &b.server_config());
    assert_eq!(outcome.server, Err(TlsError::NoApplicationProtocol));
    // What clients speak that are no nodes.
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    assert_eq!(handshake(&Arc::new(config), &b.server_config()).server, Ok(()));
}

#[test]
fn certificates_of_our_ca_with_another_kind_of_name_are_refused() {
    use rcgen::{CertificateParams, Issuer, KeyPair, SanType};
    let root = root();
    let uri = |text: &str| SanType::URI(text.try_into().expect("text"));
    for (names, text) in [
        (vec![], "names no URI"),
        (vec![uri(MADE_AHEAD), uri(A)], "more than one URI"),
        (vec![uri("spiffe://shop/ns/default/sa/b")], "its path is neither"),
    ] {
        let key = KeyPair::generate().expect("made");
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        let signer = KeyPair::from_pem(&root.key_pem()).expect("a key");
        let signer = Issuer::from_ca_cert_der(root.certificate(), signer).expect("an issuer");
        let certificate = params.signed_by(&key, &signer).expect("signed");
        let trust = Arc::new(verifier::Trust::new("shop", &[root.certificate().clone()]).expect("made"));
        let accept = verifier::AcceptVerifier::new(trust).expect("made");
        let now = rustls::pki_types::UnixTime::since_unix_epoch(env::wall_clock());
        let error = rustls::server::danger::ClientCertVerifier::verify_client_cert(&accept, certificate.der(), &[], now).expect_err(text);
        assert!(matches!(&error, TlsError::InvalidCertificate(CertificateError::Other(_))));
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_new_leaf_is_shown_to_the_next_handshake() {
    let root = root();
    let (a, b) = (member(&root, A), member(&root, B));
    let first = dial(&a, &b, &expect(&b)).shown;
    // The fixed source signs another one of the same length; the swap waits for one that ends later.
    assert_eq!(a.renew_if_due(a.renewal_due()), Ok(false));
    assert_eq!(dial(&a, &b, &expect(&b)).shown, first);
    let temp = tempfile::tempdir().expect("temp");
    let names = ["a".to_owned(), "b".to_owned()];
    dev_certs(temp.path(), &names, "dev", 1).expect("made");
    let [c, d] = names.map(|name| Identity::from_folder(&temp.path().join(name), NodeId::draw()).expect("usable"));
    let config = c.client_config(&expect(&d));
    let before = handshake(&config, &d.server_config()).shown;
    dev_certs(temp.path(), &["a".to_owned()], "dev", 9).expect("made");
    assert_eq!(c.renew_if_due(c.renewal_due()), Ok(true));
    let after = handshake(&config, &d.server_config());
    assert_eq!((after.client, after.server), (Ok(()), Ok(())));
    assert_ne!(after.shown, before, "a configuration made before shows the new leaf");
}
