//! The cipher library and the clock that every TLS configuration gets explicitly, never from a process-wide default.

use crate::env;
use rustls::{
    CipherSuite,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::UnixTime,
    time_provider::TimeProvider,
};
use std::sync::{Arc, LazyLock};

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = aws_lc_rs::default_provider();
    // AES-128-GCM is the fastest of the three and strong enough; a peer that lacks it still finds the others.
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    Arc::new(provider)
});

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

/// rustls' clock, behind our own door to time.
#[derive(Debug)]
pub(crate) struct WallClock;

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(env::wall_clock()))
    }
}
