//! Our records against rustls itself, and against whatever a peer may send.
#![cfg(not(twinspan_loom))]

use super::{
    records::{Records, Sealed},
    tests::{sessions, sessions_with},
    tls::{RECORD, Tls},
};
use crate::error::{Kind, Result};
use proptest::prelude::*;
use rustls::crypto::aws_lc_rs::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256};

const SIZES: [usize; 7] = [1, 15, 16, RECORD - 1, RECORD, RECORD + 1, 5 * RECORD + 7];

fn ours(tls: Tls) -> Records {
    Records::new(tls.extract().unwrap()).unwrap()
}

fn pair() -> (Records, Records) {
    let (client, server) = sessions();
    (ours(client), ours(server))
}

fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 7 + length) as u8).collect()
}

fn sealed(records: &mut Records, plain: &[u8]) -> Vec<u8> {
    let mut out = Sealed::default();
    records.seal(plain, &mut out).unwrap();
    out.bytes().to_vec()
}

/// What comes out; everything must be used.
fn opened(records: &mut Records, bytes: &[u8]) -> Result<(Vec<u8>, bool)> {
    let (mut got, mut bytes) = (Vec::new(), bytes.to_vec());
    let opened = records.open(&mut bytes, |piece| {
        got.extend_from_slice(piece);
        Ok(())
    })?;
    assert_eq!(opened.used, bytes.len());
    Ok((got, opened.closed))
}

/// The same by rustls.
fn opened_by_rustls(tls: &mut Tls, bytes: &[u8]) -> Vec<u8> {
    let (mut got, mut bytes) = (Vec::new(), bytes.to_vec());
    let opened = tls
        .open(&mut bytes, |piece| {
            got.extend_from_slice(piece);
            Ok(())
        })
        .unwrap();
    assert_eq!(opened.used, bytes.len());
    got
}

fn sealed_by_rustls(tls: &mut Tls, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    tls.seal(plain, &mut out).unwrap();
    out
}

#[test]
fn rustls_and_we_understand_each_other_with_every_cipher() {
    for suite in [TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256] {
        for we_are_the_client in [true, false] {
            let (client, server) = sessions_with(suite);
            let (mut we, mut they) = if we_are_the_client { (ours(client), server) } else { (ours(server), client) };
            for size in SIZES {
                let bytes = sealed(&mut we, &plain(size));
                assert_eq!(opened_by_rustls(&mut they, &bytes), plain(size));
                let bytes = sealed_by_rustls(&mut they, &plain(size));
                assert_eq!(opened(&mut we, &bytes).unwrap(), (plain(size), false));
            }
        }
    }
}

#[test]
fn a_session_that_was_used_before_goes_on_with_its_numbers() {
    let (mut client, mut server) = sessions();
    let bytes = sealed_by_rustls(&mut client, b"hello");
    assert_eq!(opened_by_rustls(&mut server, &bytes), b"hello");
    let bytes = sealed_by_rustls(&mut server, b"welcome");
    assert_eq!(opened_by_rustls(&mut client, &bytes), b"welcome");
    server.unread(b"early");
    let (mut client, mut server) = (ours(client), ours(server));
    let bytes = sealed(&mut client, b" and late");
    assert_eq!(opened(&mut server, &bytes).unwrap().0, b"early and late");
    let bytes = sealed(&mut server, b"back");
    assert_eq!(opened(&mut client, &bytes).unwrap().0, b"back");
}

#[test]
fn keys_change_before_they_are_worn_out() {
    let (client, mut they) = sessions();
    let mut we = ours(client);
    we.limit_to(3);
    for size in [1, 2 * RECORD, 10 * RECORD, 5] {
        let bytes = sealed(&mut we, &plain(size));
        assert_eq!(opened_by_rustls(&mut they, &bytes), plain(size));
    }
    let (mut client, mut server) = pair();
    client.limit_to(1);
    server.limit_to(2);
    for size in [5 * RECORD, 3] {
        let bytes = sealed(&mut client, &plain(size));
        assert_eq!(opened(&mut server, &bytes).unwrap().0, plain(size));
        let bytes = sealed(&mut server, &plain(size));
        assert_eq!(opened(&mut client, &bytes).unwrap().0, plain(size));
    }
}

#[test]
fn a_peer_that_changes_its_keys_gets_ours_changed_too() {
    let (client, mut they) = sessions();
    let mut we = ours(client);
    for round in 0..3 {
        they.refresh();
        let mut bytes = sealed_by_rustls(&mut they, b"under the next key");
        let opened = we.open(&mut bytes, |piece| if piece == b"under the next key" { Ok(()) } else { panic!("{piece:?}") }).unwrap();
        assert_eq!((opened.used, opened.answer), (bytes.len(), true), "round {round}");
        // Even with nothing to say.
        let mut out = Sealed::default();
        we.seal(&[], &mut out).unwrap();
        we.seal(b"ours", &mut out).unwrap();
        assert_eq!(opened_by_rustls(&mut they, out.bytes()), b"ours");
    }
}

#[test]
fn the_end_is_told_and_seen() {
    let (client, server) = sessions();
    let (mut we, mut they) = (ours(client), server);
    let mut out = Sealed::default();
    we.close(&mut out);
    assert!(they.open(&mut out.bytes().to_vec(), |_| Ok(())).unwrap().closed);
    let mut end = Vec::new();
    they.close(&mut end);
    assert!(opened(&mut we, &end).unwrap().1);
}

#[test]
fn what_has_no_place_here_ends_the_session() {
    let split_message = [24, 0, 0, 2, 0];
    let key_update_with_more = [24, 0, 0, 1, 0, 24, 0, 0, 1, 0];
    let cases: [(u8, &[u8], Kind); 9] = [
        (20, &[1], Kind::Protocol),
        (22, &[], Kind::Protocol),
        (22, &split_message, Kind::Protocol),
        (22, &[24, 0, 0, 1, 2], Kind::Protocol),
        (22, &key_update_with_more, Kind::Protocol),
        (22, &[1, 0, 0, 0], Kind::Protocol),
        (21, &[2], Kind::Protocol),
        (21, &[2, 20], Kind::Unavailable),
        (99, b"what", Kind::Protocol),
    ];
    for (kind, content, expected) in cases {
        let (mut client, mut server) = pair();
        let mut out = Sealed::default();
        client.seal_as(kind, content, &mut out);
        let error = opened(&mut server, out.bytes()).unwrap_err();
        assert_eq!(error.kind(), expected, "{kind} {content:?}");
        assert_eq!(opened(&mut server, &[]).unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(server.seal(b"more", &mut Sealed::default()).unwrap_err().kind(), Kind::Unavailable);
    }
}

#[test]
fn lengths_and_padding() {
    let (mut client, mut server) = pair();
    let mut out = Sealed::default();
    // Zeros behind the type are padding: to the opener this is the text and its type.
    client.seal_as(0, b"padded\x17\0\0\0", &mut out);
    client.seal_as(23, b"", &mut out);
    assert_eq!(opened(&mut server, out.bytes()).unwrap().0, b"padded");
    for (length, kind) in [(RECORD + 1, Kind::Protocol), (RECORD + 300, Kind::Protocol)] {
        let (mut client, mut server) = pair();
        let mut out = Sealed::default();
        client.seal_as(23, &plain(length), &mut out);
        assert_eq!(opened(&mut server, out.bytes()).unwrap_err().kind(), kind, "{length}");
    }
    let (mut client, mut server) = pair();
    let mut out = Sealed::default();
    client.seal_as(0, &[0; 9], &mut out);
    assert_eq!(opened(&mut server, out.bytes()).unwrap_err().kind(), Kind::Protocol);
    // Too short for a tag, and not protected at all.
    for bytes in [[23, 3, 3, 0, 0].as_slice(), &[23, 3, 3, 0, 4, 1, 2, 3, 4], &[22, 3, 3, 0, 1, 1], &[20, 3, 3, 0, 1, 1]] {
        assert_eq!(opened(&mut pair().1, bytes).unwrap_err().kind(), Kind::Protocol);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_pieces_give_the_same(sizes in prop::collection::vec(0usize..40_000, 1..5), cuts in prop::collection::vec(1usize..20_000, 1..9)) {
        let (mut client, mut server) = pair();
        let mut out = Sealed::default();
        let mut all = Vec::new();
        for size in sizes {
            client.seal(&plain(size), &mut out).unwrap();
            all.extend(plain(size));
        }
        let (mut held, mut got, mut rest) = (Vec::new(), Vec::new(), out.bytes());
        let mut cuts = cuts.into_iter().cycle();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            held.extend_from_slice(piece);
            rest = behind;
            let opened = server.open(&mut held, |piece| { got.extend_from_slice(piece); Ok(()) }).unwrap();
            held.drain(..opened.used);
        }
        prop_assert!(held.is_empty());
        prop_assert_eq!(got, all);
    }

    #[test]
    fn a_changed_bit_is_seen(size in 0usize..3_000, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (mut client, mut server) = pair();
        let mut bytes = sealed(&mut client, &plain(size + 1));
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let mut got = Vec::new();
        let opened = server.open(&mut bytes, |piece| { got.extend_from_slice(piece); Ok(()) });
        // A length that grew leaves the record incomplete.
        prop_assert!(got.is_empty());
        prop_assert!(opened.is_err() || opened.is_ok_and(|o| o.used == 0), "{at}");
    }

    #[test]
    fn a_record_counts_once_and_in_its_place(first in 1usize..99, second in 1usize..99) {
        let (mut client, server) = pair();
        let (one, two) = (sealed(&mut client, &plain(first)), sealed(&mut client, &plain(second)));
        let mut server = server;
        prop_assert_eq!(opened(&mut server, &one).unwrap().0, plain(first));
        prop_assert!(opened(&mut server, &one).is_err());
        let (mut client, mut server) = pair();
        sealed(&mut client, &plain(first));
        let two_alone = sealed(&mut client, &plain(second));
        prop_assert!(opened(&mut server, &two_alone).is_err());
        prop_assert!(!two.is_empty());
    }

    #[test]
    fn garbage_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..600), typed in any::<bool>()) {
        if let (true, [kind, _, _, high, ..]) = (typed, bytes.as_mut_slice()) {
            (*kind, *high) = (23, 0);
        }
        let _ = pair().0.open(&mut bytes, |_| Ok(()));
    }
}
